//! Starting a challenge and checking a sent code: one transaction each.

use async_trait::async_trait;

use super::outbox::queue;
use super::rows::{Extras, drop_messages, insert, latest, record_check, supersede};
use super::{Row, Session};
use super::{SqlStore, args, audit, close, erase, events, idempotency, in_time, quota, sets, traces, users};
use crate::domain::challenge::{Failure, Latest, MfaType, REPEAT, Refusal, Status, VerifiedBy, refusal};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::CodeMac;
use crate::store::{
    Approval, AuditNote, ChallengeRecord, ChallengeStore, CheckCode, Checked, Deadline, DeliveryFilter,
    ListFilter, ListedDelivery, Remember, Result, StartCode, Started, Trace, UserRef, UserSummary,
};

async fn start(tx: &mut dyn Session, scope: Scope, start: &StartCode) -> Result<Started> {
    let new = &start.challenge;
    let mut user = users::lock(tx, scope, &new.user, start.now).await?;
    if let Some(until) = user.locked_until(start.now) {
        return Ok(Started::Locked { until });
    }
    if let Err(refused) = user.admit_send(start.now, &start.limits) {
        return Ok(Started::Refused(refused));
    }
    let mut limits = user.look_at_sends(start.now, &start.limits);
    match quota::admit(tx, scope, start.quota.as_ref(), start.now).await? {
        Err(until) => return Ok(Started::CountryFull { until }),
        Ok(looked) => limits.extend(looked),
    }
    user.record_send(start.now);
    let resend_after = user.next_send(start.now, &start.limits);
    users::save(tx, scope, &user).await?;

    let family = new.kind.family();
    supersede(tx, scope, &new.user.key, family, Status::Pending, start.now).await?;
    let extras = Extras {
        family,
        status: Status::Pending,
        code: Some(&start.code),
        second_code: start.second_code.as_ref(),
        factor: None,
        backup_count: None,
        resend_after: Some(resend_after),
        verified_by: None,
        limits,
        now: start.now,
    };
    insert(tx, scope, new, &extras).await?;
    for message in &start.messages {
        queue(tx, scope, new.id, message, start.now).await?;
    }
    events::started(tx, scope, new, EventKind::ChallengeStarted, start.now).await?;
    Ok(Started::Started { resend_after })
}

/// A candidate under the n-th root key. A code lives for 10 minutes at most, so it was made under the primary key, under
/// the one before it, or, while a rotation spreads, under the new key at the end of the ring.
fn candidate(macs: &[CodeMac], at: usize) -> (String, Vec<u8>) {
    macs.get(at).or(macs.first()).map(|mac| (mac.key.to_string(), mac.mac.to_vec())).unwrap_or_default()
}

async fn check(tx: &mut dyn Session, scope: Scope, check: &CheckCode<'_>) -> Result<Checked> {
    let now = check.now;
    let mut user = users::lock(tx, scope, check.user, now).await?;
    if let Some(until) = user.locked_until(now) {
        return Ok(Checked::Locked { until });
    }
    let [(k1, m1), (k2, m2), (k3, m3)] =
        [0, 1, check.macs.len().saturating_sub(1)].map(|at| candidate(check.macs, at));
    let spent = tx
        .rows(
            "UPDATE challenges SET
                 attempts = attempts + 1,
                 status = CASE WHEN (code_key, code_mac) IN (VALUES ($1, $2), ($3, $4), ($5, $6)) THEN 'approved'
                               WHEN (code_key, code_mac_2) IN (VALUES ($1, $2), ($3, $4), ($5, $6)) THEN 'approved'
                               WHEN attempts + 1 >= max_attempts THEN 'exhausted'
                               ELSE 'pending' END,
                 decided_at = CASE WHEN (code_key, code_mac) IN (VALUES ($1, $2), ($3, $4), ($5, $6)) THEN $7
                                   WHEN (code_key, code_mac_2) IN (VALUES ($1, $2), ($3, $4), ($5, $6)) THEN $7 END,
                 verified_by = CASE WHEN (code_key, code_mac) IN (VALUES ($1, $2), ($3, $4), ($5, $6)) THEN NULL
                                    WHEN (code_key, code_mac_2) IN (VALUES ($1, $2), ($3, $4), ($5, $6)) THEN 'sms' END
             WHERE app_id = $8 AND mode = $9 AND user_key = $10 AND family = $11 AND ($12 IS NULL OR id = $12)
               AND status = 'pending' AND expires_at > $7 AND attempts < max_attempts
               AND ((code_key, code_mac) IN (VALUES ($1, $2), ($3, $4), ($5, $6))
                    OR (code_key, code_mac_2) IN (VALUES ($1, $2), ($3, $4), ($5, $6))
                    OR NOT EXISTS (
                        SELECT 1 FROM challenges AS old
                        WHERE old.app_id = $8 AND old.mode = $9 AND old.user_key = $10 AND old.family = $11
                          AND old.status = 'approved' AND old.decided_at > $13
                          AND ((old.verified_by IS NULL
                                AND (old.code_key, old.code_mac) IN (VALUES ($1, $2), ($3, $4), ($5, $6)))
                               OR (old.verified_by = 'sms'
                                   AND (old.code_key, old.code_mac_2) IN (VALUES ($1, $2), ($3, $4), ($5, $6))))))
             RETURNING id, status, type, reference, attempts, max_attempts, verified_by,
                       CAST(CASE WHEN code_mac_2 IS NULL THEN 0 ELSE 1 END AS BIGINT) AS of_two",
            args![
                k1,
                m1,
                k2,
                m2,
                k3,
                m3,
                now,
                scope.app,
                scope.mode,
                &check.user.key,
                check.family,
                check.id,
                now.minus(REPEAT)
            ],
        )
        .await?;
    // One, but for clocks that differ: a node that holds a code for dead lets a new one stand beside it.
    let approved = |row: &Row| row.parse::<Status>("status").is_ok_and(|status| status == Status::Approved);
    let spent = spent.into_iter().max_by_key(approved);
    let outcome = match spent {
        Some(row) => {
            let id: ChallengeId = row.parse("id")?;
            let status: Status = row.parse("status")?;
            if status == Status::Approved {
                let by: Option<VerifiedBy> = row.parse_opt("verified_by")?;
                // Where one of two codes is enough, it shows nothing of the other one's contact.
                let other = usize::from(by != Some(VerifiedBy::Sms));
                let of_two = row.get::<i64>("of_two")? == 1;
                let unproven = check.user.contacts.get(other..=other).filter(|_| of_two).unwrap_or_default();
                user.approve(check.family, unproven);
                // What is still on its way carries a code that is dead by now: a mail, too, is tried again where it was taken
                // for lost.
                drop_messages(tx, scope, id, "approved", now).await?;
                record_check(tx, scope, id, "approved", now).await?;
                let kind: MfaType = row.parse("type")?;
                let by = by.unwrap_or(VerifiedBy::of(kind));
                let reference: Option<String> = row.get("reference")?;
                let word = check.reference.or(reference.as_deref());
                let event = Event::of_challenge(EventKind::ChallengeApproved, id, kind, word).by(by);
                events::log(tx, scope, check.user, &event, now).await?;
                Checked::Approved(Approval {
                    id,
                    status: Status::Approved,
                    by,
                    reference,
                    factor: None,
                    backup_remaining: None,
                })
            } else {
                wrong(tx, scope, &mut user, check, &row).await?
            }
        }
        None => explain(tx, scope, &mut user, check).await?,
    };
    if matches!(outcome, Checked::Approved(_) | Checked::Failed { .. }) {
        users::save(tx, scope, &user).await?;
    }
    Ok(outcome)
}

/// A guess that was none, of which a challenge's attempts may be spent.
async fn wrong(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    check: &CheckCode<'_>,
    row: &Row,
) -> Result<Checked> {
    let id: ChallengeId = row.parse("id")?;
    let left = row.get::<i64>("max_attempts")? - row.get::<i64>("attempts")?;
    let failure = Failure::InvalidCode;
    record_check(tx, scope, id, failure.as_str(), check.now).await?;
    if row.parse::<Status>("status")? == Status::Exhausted {
        drop_messages(tx, scope, id, "exhausted", check.now).await?;
        let reference: Option<String> = row.get("reference")?;
        let word = check.reference.or(reference.as_deref());
        events::exhausted(tx, scope, check.user, id, row.parse("type")?, word, check.now).await?;
    }
    fail(tx, scope, user, check).await?;
    Ok(Checked::Failed { failure, attempts_remaining: Some(u64::try_from(left).unwrap_or(0)) })
}

async fn fail(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    check: &CheckCode<'_>,
) -> Result<()> {
    if user.fail(check.family, check.now, &check.lock).is_some() {
        events::locked(tx, scope, check.user, check.reference, check.now).await?;
    }
    Ok(())
}

/// No challenge took the code: says why, and counts it where the contract does.
async fn explain(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    check: &CheckCode<'_>,
) -> Result<Checked> {
    let row = latest(tx, scope, &check.user.key, check.family, check.id).await?;
    if row.is_none() && check.id.is_some() {
        return Ok(Checked::Unknown);
    }
    let facts = match &row {
        None => None,
        Some(row) => {
            let verified_by: Option<VerifiedBy> = row.parse_opt("verified_by")?;
            // Of two codes, the one that was accepted.
            let second = verified_by == Some(VerifiedBy::Sms);
            let mac: Option<Vec<u8>> = row.get(if second { "code_mac_2" } else { "code_mac" })?;
            // Approved by a backup code: the code that was sent was never accepted, it is merely dead.
            let by_its_code = verified_by != Some(VerifiedBy::BackupCode);
            let same_code = by_its_code
                && check.macs.iter().any(|candidate| mac.as_deref() == Some(candidate.mac.as_slice()));
            let expires_at = row.moment_opt("expires_at")?;
            Some(Latest {
                status: row.parse::<Status>("status")?.at(check.now, expires_at),
                same_code,
                decided_at: row.moment_opt("decided_at")?,
                expires_at,
            })
        }
    };
    match refusal(facts, check.now) {
        Refusal::Spent => {
            let resend_after = row.as_ref().map(|row| row.moment_opt("resend_after")).transpose()?.flatten();
            Ok(Checked::Spent { resend_after: resend_after.unwrap_or(check.now) })
        }
        Refusal::Failure { failure, counts } => {
            if let Some(row) = &row {
                record_check(tx, scope, row.parse("id")?, failure.as_str(), check.now).await?;
            }
            if counts {
                fail(tx, scope, user, check).await?;
            }
            Ok(Checked::Failed { failure, attempts_remaining: None })
        }
    }
}

#[async_trait]
impl ChallengeStore for SqlStore {
    async fn start_code(
        &self,
        scope: Scope,
        intent: &StartCode,
        remember: Option<Remember<'_, Started>>,
    ) -> Result<Started> {
        let mut tx = self.writing().await?;
        let outcome = start(&mut *tx, scope, intent).await?;
        close(tx, scope, remember, outcome, intent.deadline).await
    }

    async fn check_code(
        &self,
        scope: Scope,
        intent: &CheckCode<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let mut tx = self.writing().await?;
        let outcome = check(&mut *tx, scope, intent).await?;
        close(tx, scope, remember, outcome, Deadline::never()).await
    }

    async fn cancel(&self, scope: Scope, id: ChallengeId, now: Moment) -> Result<Option<bool>> {
        let mut tx = self.writing().await?;
        let known = tx
            .row(
                "SELECT user_key, masked, type, reference FROM challenges WHERE app_id = $1 AND mode = $2 AND id = $3",
                args![scope.app, scope.mode, id],
            )
            .await?;
        let Some(row) = known else { return Ok(None) };
        let user = UserRef::new(row.user_key("user_key")?, row.get("masked")?);
        let (kind, reference) = (row.parse("type")?, row.get::<Option<String>>("reference")?);
        // A check of this user decides before or after, never in between.
        users::lock(&mut *tx, scope, &user, now).await?;
        let canceled = tx
            .row(
                "UPDATE challenges SET status = 'canceled', decided_at = $1
                 WHERE app_id = $2 AND mode = $3 AND id = $4 AND status IN ('pending', 'enrolling')
                   AND expires_at > $1
                 RETURNING factor_id",
                args![now, scope.app, scope.mode, id],
            )
            .await?;
        let Some(row) = canceled else { return Ok(Some(false)) };
        if let Some(factor) = row.get::<Option<String>>("factor_id")? {
            tx.run(
                "DELETE FROM factors WHERE app_id = $1 AND mode = $2 AND id = $3 AND status = 'pending'",
                args![scope.app, scope.mode, factor],
            )
            .await?;
            idempotency::forget_enrolment(&mut *tx, scope, id).await?;
        }
        sets::drop_pending(&mut *tx, scope, id).await?;
        drop_messages(&mut *tx, scope, id, "canceled", now).await?;
        let event = Event::of_challenge(EventKind::ChallengeCanceled, id, kind, reference.as_deref());
        events::log(&mut *tx, scope, &user, &event, now).await?;
        tx.commit().await?;
        Ok(Some(true))
    }

    async fn trace(&self, scope: Scope, id: ChallengeId) -> Result<Option<Trace>> {
        in_time(async { traces::trace(&mut *self.reading().await?, scope, id).await }).await
    }

    async fn list(&self, scope: Scope, filter: &ListFilter, now: Moment) -> Result<Vec<ChallengeRecord>> {
        in_time(async { traces::list(&mut *self.reading().await?, scope, filter, now).await }).await
    }

    async fn deliveries(&self, scope: Scope, filter: &DeliveryFilter) -> Result<Vec<ListedDelivery>> {
        in_time(async { traces::list_deliveries(&mut *self.reading().await?, scope, filter).await }).await
    }

    async fn summary(&self, scope: Scope, user: &UserRef, now: Moment) -> Result<UserSummary> {
        in_time(async { traces::summary(&mut *self.reading().await?, scope, user, now).await }).await
    }

    async fn unlock(&self, scope: Scope, user: &UserRef, now: Moment, note: &AuditNote) -> Result<()> {
        let mut tx = self.writing().await?;
        // Nothing is known of the user, so nothing is locked; a row made here would tell that somebody asked.
        let Some(mut locked) = users::lock_known(&mut *tx, scope, user, now).await? else { return Ok(()) };
        let note = note.with(erase::lock_changes(&locked, None, true, now));
        if !locked.unlock() {
            return Ok(());
        }
        users::save(&mut *tx, scope, &locked).await?;
        events::log(&mut *tx, scope, user, &Event::of(EventKind::UserUnlocked), now).await?;
        audit::append(&mut *tx, &note, now).await?;
        tx.commit().await
    }
}
