//! Delivery reports: what a provider tells later about a message that it took.

use super::turns::{self, Turn};
use super::{Row, Session, args, events, sets};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;
use crate::store::{DeliveryReport, ReportTaken, Result};

/// Moves a delivery to `delivered` or `undelivered`.
pub async fn record(tx: &mut dyn Session, report: &DeliveryReport<'_>, now: Moment) -> Result<ReportTaken> {
    let Some(row) = find(tx, report).await? else { return Ok(ReportTaken::Unknown) };
    let scope = Scope { app: row.parse("app_id")?, mode: Mode::Live };
    let challenge: ChallengeId = row.parse("challenge_id")?;
    // A backup set changes hands under its user's row, as everything that is decided about a user.
    sets::lock_owner(tx, scope, challenge, now).await?;
    let id: String = row.get("id")?;
    let turn = Turn {
        scope,
        challenge,
        to: row.user_key("user_key")?,
        step: u8::try_from(row.get::<i64>("step")?).unwrap_or(u8::MAX),
        ordered: row.get::<Option<i64>>("wait_ms")?.is_some(),
    };
    turns::lock(tx, &turn).await?;
    if report.delivered {
        delivered(tx, &turn, &id, now).await?;
        return Ok(ReportTaken::Taken);
    }
    undelivered(tx, &turn, &id, report, now).await
}

/// The message by our own id, where the report repeats it and this provider has or had it; else by the provider's id. A
/// report under an application's own credentials finds only that application's messages, and of those, as one under the
/// operator's does, only what was sent through the same credentials.
async fn find(tx: &mut dyn Session, report: &DeliveryReport<'_>) -> Result<Option<Row>> {
    let own = report.own.is_some();
    let app = report.own.map(|app| app.to_string()).unwrap_or_default();
    if let Some(id) = report.message {
        // A report may come before the try is recorded; one about another try of the same provider does not count.
        return tx
            .row(
                "SELECT m.app_id, m.id, m.challenge_id, m.user_key, m.step, m.wait_ms FROM messages m
                 WHERE m.id = $1 AND m.mode = 'live' AND ($4 = '' OR m.app_id = $4)
                   AND (EXISTS (SELECT 1 FROM delivery_attempts a
                                WHERE a.app_id = m.app_id AND a.mode = m.mode AND a.message_id = m.id
                                  AND a.provider = $2 AND a.provider_id = $3 AND a.own = $5)
                        OR (NOT EXISTS (SELECT 1 FROM delivery_attempts a
                                        WHERE a.app_id = m.app_id AND a.mode = m.mode AND a.message_id = m.id
                                          AND a.provider = $2 AND a.result = 'sent' AND a.provider_id IS NOT NULL)
                            AND $5 = EXISTS (SELECT 1 FROM app_providers p
                                             WHERE p.app_id = m.app_id AND p.channel = m.channel)))",
                args![id, report.provider, report.provider_id, &app, own],
            )
            .await;
    }
    tx.row(
        "SELECT m.app_id, m.id, m.challenge_id, m.user_key, m.step, m.wait_ms FROM delivery_attempts a
         JOIN messages m ON m.app_id = a.app_id AND m.mode = a.mode AND m.id = a.message_id
         WHERE a.mode = 'live' AND a.provider_id = $1 AND a.provider = $2 AND a.own = $3
           AND ($4 = '' OR a.app_id = $4)
         ORDER BY a.started_at DESC LIMIT 1",
        args![report.provider_id, report.provider, own, app],
    )
    .await
}

/// It arrived, whatever was thought of it before: one that was still queued had been taken all the same.
async fn delivered(tx: &mut dyn Session, turn: &Turn, id: &str, now: Moment) -> Result<()> {
    let touched = tx
        .run(
            "UPDATE messages SET status = 'delivered', reason = NULL, payload = NULL, payload_key = NULL,
                 reported_at = $1, ended_at = COALESCE(ended_at, $1)
             WHERE app_id = $2 AND mode = $3 AND id = $4 AND status <> 'delivered'",
            args![now, turn.scope.app, turn.scope.mode, id],
        )
        .await?;
    if touched == 1 {
        sets::handed_over(tx, turn.scope, turn.challenge, now).await?;
        turns::delivered(tx, turn, now).await?;
    }
    Ok(())
}

/// It did not arrive: the next channel's turn is now. Only of a message that no other provider is being asked to send.
async fn undelivered(
    tx: &mut dyn Session,
    turn: &Turn,
    id: &str,
    report: &DeliveryReport<'_>,
    now: Moment,
) -> Result<ReportTaken> {
    // The node that holds it records the hand-over in a moment: asked for again, the report finds what it is about.
    let early = tx
        .row(
            "SELECT 1 AS early FROM messages m
             WHERE m.app_id = $1 AND m.mode = $2 AND m.id = $3 AND m.status = 'queued' AND m.lease <> ''
               AND NOT EXISTS (SELECT 1 FROM delivery_attempts a
                               WHERE a.app_id = $1 AND a.mode = $2 AND a.message_id = $3 AND a.provider = $4
                                 AND a.own = $5)",
            args![turn.scope.app, turn.scope.mode, id, report.provider, report.own.is_some()],
        )
        .await?;
    if early.is_some() {
        return Ok(ReportTaken::Early);
    }
    let touched = tx
        .run(
            "UPDATE messages SET status = 'undelivered', reason = $1, reported_at = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND status = 'sent'
               AND EXISTS (SELECT 1 FROM delivery_attempts a
                           WHERE a.app_id = $3 AND a.mode = $4 AND a.message_id = $5
                             AND a.provider = $6 AND a.provider_id = $7 AND a.result = 'sent' AND a.own = $8)",
            args![
                report.reason.unwrap_or("undelivered"),
                now,
                turn.scope.app,
                turn.scope.mode,
                id,
                report.provider,
                report.provider_id,
                report.own.is_some()
            ],
        )
        .await?;
    if touched == 1 {
        events::undelivered(tx, turn.scope, id, report.reason.unwrap_or("undelivered"), now).await?;
        turns::failed(tx, turn, now).await?;
    }
    Ok(ReportTaken::Taken)
}
