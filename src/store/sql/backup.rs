//! A new backup set, and the check of a backup code in two steps.

use async_trait::async_trait;

use super::outbox::queue;
use super::rows::{Extras, drop_messages, insert, latest, record_check};
use super::sets::{drop_sets, handed_over, remaining};
use super::{Session, SqlStore, args, close, events, quota, sign_in, users};
use crate::domain::asked::Looked;
use crate::domain::challenge::{Failure, Family, REPEAT, Status, VerifiedBy};
use crate::domain::event::{Event, EventKind, FEW_BACKUP_CODES};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::store::{
    Approval, BackupCandidate, BackupHash, BackupStore, Checked, Deadline, Disposition, NewChallenge,
    Remember, Result, SettleBackup, ShownBackup, SpendBackup, SpentBackup, StartBackup, Started,
};

async fn start(tx: &mut dyn Session, scope: Scope, start: &StartBackup) -> Result<Started> {
    let now = start.now;
    let new = &start.challenge;
    let both = users::lock_all(tx, scope, &[&new.user, &start.recipient], now).await?;
    if let Some(until) = both.locked_until(now) {
        return Ok(Started::Locked { until });
    }
    let mut recipient = both.only(&start.recipient);
    if let Err(refused) = recipient.admit_send(now, &start.limits) {
        return Ok(Started::Refused(refused));
    }
    let mut limits = recipient.look_at_sends(now, &start.limits);
    match quota::admit(tx, scope, start.quota.as_ref(), now).await? {
        Err(until) => return Ok(Started::CountryFull { until }),
        Ok(looked) => limits.extend(looked),
    }
    recipient.record_send(now);
    let resend_after = recipient.next_send(now, &start.limits);
    users::save(tx, scope, &recipient).await?;

    keep(tx, scope, new, &start.codes, Sending { resend_after: Some(resend_after), limits }, now).await?;
    for message in &start.messages {
        queue(tx, scope, new.id, message, now).await?;
    }
    if start.messages.iter().any(|message| matches!(message.disposition, Disposition::Inbox(_))) {
        handed_over(tx, scope, new.id, now).await?;
    }
    events::started(tx, scope, new, EventKind::BackupRequested, now).await?;
    Ok(Started::Started { resend_after })
}

/// What the send of a set was held to; nothing for one that is shown.
#[derive(Default)]
struct Sending {
    resend_after: Option<Moment>,
    limits: Vec<Looked>,
}

/// Keeps a set that waits; another one that waits dies.
async fn keep(
    tx: &mut dyn Session,
    scope: Scope,
    new: &NewChallenge,
    codes: &[BackupHash],
    sending: Sending,
    now: Moment,
) -> Result<()> {
    drop_sets(tx, scope, &new.user.key, "pending", new.id, now).await?;
    let extras = Extras {
        family: Family::Backup,
        status: Status::Pending,
        code: None,
        second_code: None,
        factor: None,
        backup_count: Some(i64::try_from(codes.len()).unwrap_or(i64::MAX)),
        resend_after: sending.resend_after,
        verified_by: None,
        limits: sending.limits,
        now,
    };
    insert(tx, scope, new, &extras).await?;
    tx.one(
        "a new backup set",
        "INSERT INTO backup_sets (app_id, mode, id, user_key, status, created_at) VALUES ($1, $2, $3, $4, 'pending', $5)",
        args![scope.app, scope.mode, new.id, &new.user.key, now],
    )
    .await?;
    for code in codes {
        tx.one(
            "a new backup code",
            "INSERT INTO backup_codes (app_id, mode, set_id, idx, salt, hash) VALUES ($1, $2, $3, $4, $5, $6)",
            args![scope.app, scope.mode, new.id, code.index.to_string(), &code.salt, &code.hash],
        )
        .await?;
    }
    Ok(())
}

async fn settle(tx: &mut dyn Session, scope: Scope, settle: &SettleBackup<'_>) -> Result<Checked> {
    let now = settle.now;
    let who = settle.user;
    let mut user = users::lock(tx, scope, who, now).await?;
    let mut named = None;
    if let Some(id) = settle.id {
        let family = settle.record.kind.family();
        let row = latest(tx, scope, &who.key, family, Some(id)).await?;
        // It was this user's when the attempt was spent; by now it may be gone.
        let Some(row) = row else {
            return failed(tx, scope, &mut user, settle, Failure::NoPendingCode).await;
        };
        match row.parse::<Status>("status")?.at(now, row.moment_opt("expires_at")?) {
            Status::Pending => {}
            Status::Expired => return failed(tx, scope, &mut user, settle, Failure::CodeExpired).await,
            _ => return failed(tx, scope, &mut user, settle, Failure::NoPendingCode).await,
        }
        named = Some((id, row.get::<Option<String>>("reference")?));
    }
    let Some((set, index)) = settle.fits else {
        let known = tx
            .row(
                "SELECT id FROM backup_sets WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND status = 'active'",
                args![scope.app, scope.mode, &who.key],
            )
            .await?;
        let failure = if known.is_some() { Failure::InvalidCode } else { Failure::NotEnrolled };
        return failed(tx, scope, &mut user, settle, failure).await;
    };
    let consumed = tx
        .run(
            "UPDATE backup_codes SET used_at = $1
             WHERE app_id = $2 AND mode = $3 AND set_id = $4 AND idx = $5 AND used_at IS NULL
               AND EXISTS (SELECT 1 FROM backup_sets s WHERE s.app_id = $2 AND s.mode = $3 AND s.id = $4
                           AND s.user_key = $6 AND s.status = 'active')",
            args![now, scope.app, scope.mode, set, index.to_string(), &who.key],
        )
        .await?;
    if consumed != 1 {
        return used_before(tx, scope, &mut user, settle, set, index).await;
    }
    // A pair's set went both ways: a code of it shows neither contact.
    user.approve(Family::Backup, &who.contacts);
    users::save(tx, scope, &user).await?;
    let (id, reference) = if let Some((id, reference)) = named {
        tx.one(
            "the approval of a challenge by a backup code",
            "UPDATE challenges SET status = 'approved', verified_by = 'backup_code', decided_at = $1
             WHERE app_id = $2 AND mode = $3 AND id = $4 AND status = 'pending'",
            args![now, scope.app, scope.mode, id],
        )
        .await?;
        drop_messages(tx, scope, id, "approved", now).await?;
        (id, reference)
    } else {
        insert_record(tx, scope, settle, Status::Approved).await?;
        (settle.record.id, settle.record.reference.clone())
    };
    record_check(tx, scope, id, "approved", now).await?;
    let left = remaining(tx, scope, &who.key).await?;
    let word = settle.record.reference.as_deref().or(reference.as_deref());
    let event = Event::of_challenge(EventKind::ChallengeApproved, id, settle.record.kind, word)
        .by(VerifiedBy::BackupCode)
        .leaving(left);
    events::log(tx, scope, who, &event, now).await?;
    if left <= FEW_BACKUP_CODES {
        let event = Event::of(EventKind::BackupLow).referring(word).leaving(left);
        events::log(tx, scope, who, &event, now).await?;
    }
    Ok(Checked::Approved(Approval {
        id,
        status: Status::Approved,
        by: VerifiedBy::BackupCode,
        reference,
        factor: None,
        backup_remaining: Some(left),
    }))
}

async fn insert_record(
    tx: &mut dyn Session,
    scope: Scope,
    settle: &SettleBackup<'_>,
    status: Status,
) -> Result<()> {
    let extras = Extras {
        family: Family::Backup,
        status,
        code: None,
        second_code: None,
        factor: None,
        backup_count: None,
        resend_after: None,
        verified_by: (status == Status::Approved).then_some(VerifiedBy::BackupCode),
        limits: Vec::new(),
        now: settle.now,
    };
    insert(tx, scope, &settle.record, &extras).await
}

/// The hash fits a code that cannot be consumed: used already, or its set died while it was hashed.
async fn used_before(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    settle: &SettleBackup<'_>,
    set: ChallengeId,
    index: char,
) -> Result<Checked> {
    let row = tx
        .row(
            "SELECT used_at FROM backup_codes WHERE app_id = $1 AND mode = $2 AND set_id = $3 AND idx = $4",
            args![scope.app, scope.mode, set, index.to_string()],
        )
        .await?;
    let used_at = row.map(|row| row.moment_opt("used_at")).transpose()?.flatten();
    let Some(used_at) = used_at else {
        return failed(tx, scope, user, settle, Failure::InvalidCode).await;
    };
    if used_at.plus(REPEAT) > settle.now {
        user.take_back(Family::Backup, settle.spent_at);
        return reject(tx, scope, user, settle, Failure::CodeAlreadyUsed).await;
    }
    failed(tx, scope, user, settle, Failure::CodeAlreadyUsed).await
}

/// The attempt stays spent: locks the user where that is due.
async fn failed(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    settle: &SettleBackup<'_>,
    failure: Failure,
) -> Result<Checked> {
    if user.settle(settle.now, &settle.lock).is_some() {
        let word = settle.record.reference.as_deref();
        events::locked(tx, scope, settle.user, word, settle.now).await?;
    }
    reject(tx, scope, user, settle, failure).await
}

/// Leaves a record of a check that failed.
async fn reject(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    settle: &SettleBackup<'_>,
    failure: Failure,
) -> Result<Checked> {
    let left = u64::try_from(user.failures_left(&settle.lock)).unwrap_or(0);
    users::save(tx, scope, user).await?;
    insert_record(tx, scope, settle, Status::Exhausted).await?;
    record_check(tx, scope, settle.record.id, failure.as_str(), settle.now).await?;
    let attempts_remaining = (failure == Failure::InvalidCode).then_some(left);
    Ok(Checked::Failed { failure, attempts_remaining })
}

#[async_trait]
impl BackupStore for SqlStore {
    async fn start_backup(
        &self,
        scope: Scope,
        intent: &StartBackup,
        remember: Option<Remember<'_, Started>>,
    ) -> Result<Started> {
        let mut tx = self.writing().await?;
        let outcome = start(&mut *tx, scope, intent).await?;
        close(tx, scope, remember, outcome, intent.deadline).await
    }

    async fn show_backup(&self, scope: Scope, shown: &ShownBackup<'_>) -> Result<()> {
        let mut tx = self.writing().await?;
        let (new, now) = (&shown.challenge, shown.now);
        let user = users::lock(&mut *tx, scope, &new.user, now).await?;
        users::save(&mut *tx, scope, &user).await?;
        keep(&mut *tx, scope, new, &shown.codes, Sending::default(), now).await?;
        handed_over(&mut *tx, scope, new.id, now).await?;
        sign_in::tell(&mut *tx, shown.told, vec![], now).await?;
        tx.commit().await
    }

    async fn spend_backup(&self, scope: Scope, spend: &SpendBackup<'_>) -> Result<SpentBackup> {
        let mut tx = self.writing().await?;
        let mut user = users::lock(&mut *tx, scope, spend.user, spend.now).await?;
        if let Some((id, family)) = spend.named
            && latest(&mut *tx, scope, &spend.user.key, family, Some(id)).await?.is_none()
        {
            return Ok(SpentBackup::Unknown);
        }
        user.spend(Family::Backup, spend.now);
        users::save(&mut *tx, scope, &user).await?;
        let row = tx
            .row(
                "SELECT c.set_id, c.salt, c.hash FROM backup_codes c
                 JOIN backup_sets s ON s.app_id = c.app_id AND s.mode = c.mode AND s.id = c.set_id
                 WHERE s.app_id = $1 AND s.mode = $2 AND s.user_key = $3 AND s.status = 'active' AND c.idx = $4",
                args![scope.app, scope.mode, &spend.user.key, spend.index.to_string()],
            )
            .await?;
        tx.commit().await?;
        let candidate = row.map(|row| {
            Ok(BackupCandidate { set: row.parse("set_id")?, salt: row.get("salt")?, hash: row.get("hash")? })
        });
        candidate.transpose().map(SpentBackup::Spent)
    }

    async fn settle_backup(
        &self,
        scope: Scope,
        intent: &SettleBackup<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let mut tx = self.writing().await?;
        let outcome = settle(&mut *tx, scope, intent).await?;
        close(tx, scope, remember, outcome, Deadline::never()).await
    }
}
