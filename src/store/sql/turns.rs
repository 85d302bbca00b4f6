//! The order of channels in which one code is sent: whose turn it is when a message is sent, fails, or is reported.
//!
//! All messages of the order are rows from the start. Those whose turn has not come are queued without a lease and due
//! later; here their time is moved, or they are skipped.

use super::{Session, args};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::UserKey;
use crate::store::{ClaimedMessage, Result};

/// Takes the row of an ordered code's challenge before its messages. Who approves, cancels or replaces the code has that row
/// first, too, so that no two wait for each other over the messages.
pub async fn lock(tx: &mut dyn Session, turn: &Turn) -> Result<()> {
    if !turn.ordered {
        return Ok(());
    }
    tx.run(
        "UPDATE challenges SET attempts = attempts WHERE app_id = $1 AND mode = $2 AND id = $3",
        args![turn.scope.app, turn.scope.mode, turn.challenge],
    )
    .await?;
    Ok(())
}

/// A message's place in its order; `ordered` is false where it is the only one.
pub struct Turn {
    pub scope: Scope,
    pub challenge: ChallengeId,
    pub to: UserKey,
    pub step: u8,
    pub ordered: bool,
}

impl Turn {
    pub fn of(message: &ClaimedMessage) -> Self {
        Self {
            scope: message.scope,
            challenge: message.challenge,
            to: message.to,
            step: message.step,
            ordered: message.wait.is_some(),
        }
    }
}

/// It was handed over: those behind it wait for its report from now on; those before it, still tried, have had their turn.
pub async fn sent(tx: &mut dyn Session, turn: &Turn, now: Moment) -> Result<()> {
    if !turn.ordered {
        return Ok(());
    }
    tx.run(
        "UPDATE messages SET due_at =
             CASE WHEN $1 + wait_ms * (step - $2) < expires_at THEN $1 + wait_ms * (step - $2) ELSE expires_at END
         WHERE app_id = $3 AND mode = $4 AND challenge_id = $5 AND user_key = $6 AND step > $2
           AND status = 'queued' AND lease = ''",
        args![now, turn.step, turn.scope.app, turn.scope.mode, turn.challenge, &turn.to],
    )
    .await?;
    passed_over(tx, turn, now).await
}

/// It will not be sent, or did not arrive: the next one's turn is now.
pub async fn failed(tx: &mut dyn Session, turn: &Turn, now: Moment) -> Result<()> {
    if !turn.ordered {
        return Ok(());
    }
    let due = tx
        .run(
            "UPDATE messages SET due_at = $1
             WHERE app_id = $3 AND mode = $4 AND challenge_id = $5 AND user_key = $6 AND step = $2 + 1
               AND status = 'queued' AND lease = '' AND due_at > $1",
            args![now, turn.step, turn.scope.app, turn.scope.mode, turn.challenge, &turn.to],
        )
        .await?;
    if due > 0 { tx.wake().await } else { Ok(()) }
}

/// It arrived: no other is needed, not even one that is between two tries. One that is on its way just now is told of when
/// it was handed over.
pub async fn delivered(tx: &mut dyn Session, turn: &Turn, now: Moment) -> Result<()> {
    if !turn.ordered {
        return Ok(());
    }
    tx.run(
        "UPDATE messages SET status = 'skipped', reason = 'delivered', payload = NULL, payload_key = NULL, ended_at = $1
         WHERE app_id = $3 AND mode = $4 AND challenge_id = $5 AND user_key = $6 AND step > $2 AND status = 'queued'",
        args![now, turn.step, turn.scope.app, turn.scope.mode, turn.challenge, &turn.to],
    )
    .await?;
    passed_over(tx, turn, now).await
}

async fn passed_over(tx: &mut dyn Session, turn: &Turn, now: Moment) -> Result<()> {
    tx.run(
        "UPDATE messages SET status = 'failed', reason = 'passed_over', payload = NULL, payload_key = NULL, ended_at = $1
         WHERE app_id = $3 AND mode = $4 AND challenge_id = $5 AND user_key = $6 AND step < $2 AND status = 'queued'",
        args![now, turn.step, turn.scope.app, turn.scope.mode, turn.challenge, &turn.to],
    )
    .await?;
    Ok(())
}
