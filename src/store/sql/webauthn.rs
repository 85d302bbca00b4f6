//! Security keys: the start, and the check of an answer whose worth is known.

mod check;
mod refuse;

use async_trait::async_trait;

use super::factors::{facts, insert_factor, use_proof};
use super::rows::{Extras, drop_enrolments, insert, supersede};
use super::{Row, Session, SqlStore, args, close, events, in_time, users};
use crate::domain::asked::Looked;
use crate::domain::challenge::{Family, Status};
use crate::domain::event::EventKind;
use crate::domain::factor::{EnrolmentFacts, EnrolmentRule, enrolment_rule};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::{CodeMac, Sealed, UserKey};
use crate::store::{
    CheckKey, Checked, Deadline, KeyFacts, KeyRef, KeyRow, NewCeremony, OpenCeremony, Remember, Result,
    StartKey, StartedKey, WebauthnStore,
};

async fn start(tx: &mut dyn Session, scope: Scope, start: &StartKey) -> Result<StartedKey> {
    let common = &start.start;
    let now = common.now;
    let challenge = &common.challenge;
    let mut user = users::lock(tx, scope, &challenge.user, now).await?;
    let locked = user.locked_until(now);
    let limits = user.look_at_starts(now, common.per_ten_minutes);
    if let Err(refused) = user.admit_start(now, common.per_ten_minutes) {
        return Ok(locked.map_or(StartedKey::Refused(refused), |until| StartedKey::Locked { until }));
    }
    let keys = keys_at(tx, scope, &challenge.user.key, &start.rp_id).await?;
    // A key of another relying party cannot be asked for here.
    let facts = EnrolmentFacts { has_this_type: !keys.is_empty(), ..facts(tx, scope, common).await? };
    let rule = enrolment_rule(facts);
    // A lock keeps guesses away. A key is none, but nothing new is enrolled meanwhile.
    if let Some(until) = locked.filter(|_| rule != EnrolmentRule::Challenge) {
        return Ok(StartedKey::Locked { until });
    }
    users::save(tx, scope, &user).await?;
    let outcome = match rule {
        EnrolmentRule::ProofRequired => return Ok(StartedKey::ProofRequired),
        EnrolmentRule::Challenge => {
            supersede(tx, scope, &challenge.user.key, Family::Hsm, Status::Pending, now).await?;
            begin(tx, scope, start, &start.assertion, Status::Pending, limits).await?;
            StartedKey::Pending { keys }
        }
        EnrolmentRule::EnrolFirst | EnrolmentRule::EnrolProven => {
            let proven = rule == EnrolmentRule::EnrolProven;
            if proven && !use_proof(tx, scope, common).await? {
                return Ok(StartedKey::ProofRequired);
            }
            drop_enrolments(tx, scope, &challenge.user.key, Family::Hsm, now).await?;
            begin(tx, scope, start, &start.registration, Status::Enrolling, limits).await?;
            insert_factor(tx, scope, common, proven).await?;
            StartedKey::Enrolling { handle: handle(tx, scope, start).await?, keys }
        }
    };
    events::started(tx, scope, challenge, EventKind::ChallengeStarted, now).await?;
    Ok(outcome)
}

async fn begin(
    tx: &mut dyn Session,
    scope: Scope,
    start: &StartKey,
    ceremony: &NewCeremony,
    status: Status,
    limits: Vec<Looked>,
) -> Result<()> {
    let common = &start.start;
    let extras = Extras {
        family: Family::Hsm,
        status,
        code: Some(&ceremony.challenge),
        second_code: None,
        factor: (status == Status::Enrolling).then_some(common.factor.id),
        backup_count: None,
        resend_after: None,
        verified_by: None,
        limits,
        now: common.now,
    };
    insert(tx, scope, &common.challenge, &extras).await?;
    tx.one(
        "the state of a ceremony",
        "INSERT INTO webauthn_states (app_id, mode, id, user_key, state_key, state, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            scope.app,
            scope.mode,
            common.challenge.id,
            &common.challenge.user.key,
            &ceremony.state.key,
            &ceremony.state.bytes,
            common.challenge.expires_at
        ],
    )
    .await
}

/// The user's handle at the relying party: the one that it has, or the one that is offered.
async fn handle(tx: &mut dyn Session, scope: Scope, start: &StartKey) -> Result<Vec<u8>> {
    let user = &start.start.challenge.user.key;
    tx.run(
        "INSERT INTO webauthn_users (app_id, mode, user_key, rp_id, handle, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (app_id, mode, user_key, rp_id) DO NOTHING",
        args![scope.app, scope.mode, user, &start.rp_id, &start.handle, start.start.now],
    )
    .await?;
    let row = tx
        .row(
            "SELECT handle FROM webauthn_users WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND rp_id = $4",
            args![scope.app, scope.mode, user, &start.rp_id],
        )
        .await?;
    super::rows::required(row, "the handle of a user")?.get("handle")
}

async fn keys_at(tx: &mut dyn Session, scope: Scope, user: &UserKey, rp_id: &str) -> Result<Vec<KeyRef>> {
    let rows = tx
        .rows(
            "SELECT credential_id, transports FROM webauthn_credentials
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND rp_id = $4 ORDER BY factor_id",
            args![scope.app, scope.mode, user, rp_id],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(KeyRef { id: row.get("credential_id")?, transports: row.get("transports")? }))
        .collect()
}

/// Whether the MAC that a row holds is one of these.
fn is_of(row: &Row, column: &'static str, macs: &[CodeMac]) -> Result<bool> {
    let key: Option<String> = row.get("code_key")?;
    let mac: Option<Vec<u8>> = row.get(column)?;
    let same = |of: &CodeMac| Some(of.key.as_str()) == key.as_deref() && Some(&of.mac[..]) == mac.as_deref();
    Ok(macs.iter().any(same))
}

async fn ceremony(
    db: &mut dyn Session,
    scope: Scope,
    user: &UserKey,
    challenge: &[CodeMac],
    now: Moment,
) -> Result<Option<OpenCeremony>> {
    let rows = db
        .rows(
            "SELECT c.id, c.status, c.factor_id, c.code_key, c.code_mac, s.state_key, s.state FROM challenges c
             JOIN webauthn_states s ON s.app_id = c.app_id AND s.mode = c.mode AND s.id = c.id
             WHERE c.app_id = $1 AND c.mode = $2 AND c.user_key = $3 AND c.family = 'HSM'
               AND c.status IN ('pending', 'enrolling') AND c.expires_at > $4",
            args![scope.app, scope.mode, user, now],
        )
        .await?;
    for row in &rows {
        if is_of(row, "code_mac", challenge)? {
            return Ok(Some(OpenCeremony {
                id: row.parse::<ChallengeId>("id")?,
                status: row.parse("status")?,
                factor: row.parse_opt("factor_id")?,
                state: Sealed { key: row.get("state_key")?, bytes: row.get("state")? },
            }));
        }
    }
    Ok(None)
}

async fn keys(db: &mut dyn Session, scope: Scope, user: &UserKey) -> Result<Vec<KeyRow>> {
    let rows = db
        .rows(
            "SELECT k.factor_id, k.rp_id, k.credential_id, f.secret_key, f.secret, k.sign_count, k.backup_state, u.handle
             FROM webauthn_credentials k
             JOIN factors f ON f.app_id = k.app_id AND f.mode = k.mode AND f.id = k.factor_id
             JOIN webauthn_users u
               ON u.app_id = k.app_id AND u.mode = k.mode AND u.user_key = k.user_key AND u.rp_id = k.rp_id
             WHERE k.app_id = $1 AND k.mode = $2 AND k.user_key = $3 AND f.status = 'confirmed' ORDER BY k.factor_id",
            args![scope.app, scope.mode, user],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(KeyRow {
                factor: row.parse("factor_id")?,
                rp_id: row.get("rp_id")?,
                credential_id: row.get("credential_id")?,
                credential: Sealed { key: row.get("secret_key")?, bytes: row.get("secret")? },
                sign_count: row.get("sign_count")?,
                backup_state: row.get("backup_state")?,
                handle: row.get("handle")?,
            })
        })
        .collect()
}

#[async_trait]
impl WebauthnStore for SqlStore {
    async fn start_key(
        &self,
        scope: Scope,
        intent: &StartKey,
        remember: Option<Remember<'_, StartedKey>>,
    ) -> Result<StartedKey> {
        let mut tx = self.writing().await?;
        let outcome = start(&mut *tx, scope, intent).await?;
        let remember = remember.map(|mut remember| {
            // An enrolment's answer dies with it, as an app's does: its challenge is worth nothing any more.
            if matches!(outcome, StartedKey::Pending { .. }) {
                remember.enrolment = None;
            }
            remember
        });
        close(tx, scope, remember, outcome, intent.start.deadline).await
    }

    async fn key_facts(
        &self,
        scope: Scope,
        user: &UserKey,
        challenge: &[CodeMac],
        now: Moment,
    ) -> Result<KeyFacts> {
        in_time(async {
            let mut db = self.reading().await?;
            let ceremony = ceremony(&mut *db, scope, user, challenge, now).await?;
            Ok(KeyFacts { ceremony, keys: keys(&mut *db, scope, user).await? })
        })
        .await
    }

    async fn check_key(
        &self,
        scope: Scope,
        intent: &CheckKey<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let mut tx = self.writing().await?;
        let outcome = check::check(&mut *tx, scope, intent).await?;
        close(tx, scope, remember, outcome, Deadline::never()).await
    }
}
