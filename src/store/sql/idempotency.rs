//! Idempotency keys: claimed before the work, answered in the transaction of its effect.

use async_trait::async_trait;
use subtle::ConstantTimeEq;

use super::{Session, SqlStore, args, in_time};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Scope;
use crate::keyring::Sealed;
use crate::store::{Claim, ClaimRequest, IdempotencyStore, Remember, Result, StoreError, Ticket};

/// Stores the answer to an outcome, if there is one and the claim is still held.
pub async fn store<T>(
    tx: &mut dyn Session,
    scope: Scope,
    remember: Option<&Remember<'_, T>>,
    outcome: &T,
) -> Result<()> {
    let Some(remember) = remember else { return Ok(()) };
    let Some(answer) = (remember.answer)(outcome) else { return Ok(()) };
    let touched = tx
        .run(
            "UPDATE idempotency SET state = 'done', enrolment = $1, answer_key = $2, answer = $3
             WHERE app_id = $4 AND mode = $5 AND key_mac = $6 AND token = $7 AND state = 'running'",
            args![
                remember.enrolment,
                answer.key,
                answer.bytes,
                scope.app,
                scope.mode,
                &remember.ticket.key,
                &remember.ticket.token
            ],
        )
        .await?;
    if touched == 1 { Ok(()) } else { Err(StoreError::ClaimLost) }
}

/// Erases the stored answer that holds an enrolment's secret.
pub async fn forget_enrolment(tx: &mut dyn Session, scope: Scope, enrolment: ChallengeId) -> Result<()> {
    tx.run(
        "UPDATE idempotency SET state = 'expired', answer = NULL, answer_key = NULL
         WHERE app_id = $1 AND mode = $2 AND enrolment = $3",
        args![scope.app, scope.mode, enrolment],
    )
    .await?;
    Ok(())
}

const ENROLMENT_LIFE: std::time::Duration = std::time::Duration::from_mins(15);
const ANSWER_LIFE: std::time::Duration = std::time::Duration::from_hours(24);

async fn claim(tx: &mut dyn Session, scope: Scope, request: &ClaimRequest) -> Result<Claim> {
    let won = tx
        .run(
            "INSERT INTO idempotency (app_id, mode, key_mac, body_mac, token, state, claimed_until, created_at)
             VALUES ($1, $2, $3, $4, $5, 'running', $6, $7)
             ON CONFLICT (app_id, mode, key_mac) DO UPDATE
             SET body_mac = $4, token = $5, state = 'running', enrolment = NULL, answer_key = NULL, answer = NULL,
                 claimed_until = $6, created_at = $7
             WHERE (idempotency.state = 'running' AND idempotency.claimed_until <= $7 AND idempotency.body_mac = $4)
                OR idempotency.created_at <= $8",
            args![
                scope.app,
                scope.mode,
                &request.ticket.key,
                &request.body,
                &request.ticket.token,
                request.claimed_until,
                request.now,
                request.now.minus(ANSWER_LIFE)
            ],
        )
        .await?;
    if won == 1 {
        return Ok(Claim::Fresh);
    }
    let row = tx
        .row(
            "SELECT body_mac, state, enrolment, answer_key, answer, created_at FROM idempotency
             WHERE app_id = $1 AND mode = $2 AND key_mac = $3",
            args![scope.app, scope.mode, &request.ticket.key],
        )
        .await?;
    // Released between the two statements: the caller tries again.
    let Some(row) = row else { return Ok(Claim::InProgress) };
    if !bool::from(row.bytes32("body_mac")?.ct_eq(&request.body)) {
        return Ok(Claim::Mismatch);
    }
    let state: String = row.get("state")?;
    if state == "running" {
        return Ok(Claim::InProgress);
    }
    let enrolment: Option<String> = row.get("enrolment")?;
    let too_old = enrolment.is_some() && row.moment("created_at")?.plus(ENROLMENT_LIFE) <= request.now;
    match (row.get::<Option<String>>("answer_key")?, row.get::<Option<Vec<u8>>>("answer")?) {
        (Some(key), Some(bytes)) if !too_old => Ok(Claim::Replay(Sealed { key, bytes })),
        _ => Ok(Claim::Expired),
    }
}

#[async_trait]
impl IdempotencyStore for SqlStore {
    async fn claim(&self, scope: Scope, request: &ClaimRequest) -> Result<Claim> {
        in_time(async {
            let mut tx = self.writing().await?;
            let outcome = claim(&mut *tx, scope, request).await?;
            tx.commit().await?;
            Ok(outcome)
        })
        .await
    }

    async fn release(&self, scope: Scope, ticket: &Ticket) -> Result<()> {
        let mut tx = self.writing().await?;
        tx.run(
            "DELETE FROM idempotency
             WHERE app_id = $1 AND mode = $2 AND key_mac = $3 AND token = $4 AND state = 'running'",
            args![scope.app, scope.mode, &ticket.key, &ticket.token],
        )
        .await?;
        tx.commit().await
    }
}
