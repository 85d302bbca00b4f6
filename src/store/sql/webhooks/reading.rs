//! Deliveries as they are shown.

use crate::domain::event::EventKind;
use crate::domain::id::{EventId, WebhookId};
use crate::domain::webhook::{HookAttempt, HookDelivery};
use crate::store::sql::{Row, Session, args};
use crate::store::{HookFilter, Result};

/// Those of the newest events first, one more than the limit.
pub async fn deliveries(
    db: &mut dyn Session,
    webhook: WebhookId,
    filter: &HookFilter,
) -> Result<Vec<HookDelivery>> {
    let rows = db
        .rows(
            "SELECT app_id, mode, id, event_id, kind, status, reason, due_at, created_at, ended_at FROM webhook_deliveries
             WHERE endpoint_id = $1
               AND ($2 IS NULL OR status = $2)
               AND ($3 IS NULL OR event_id = $3)
               AND ($4 IS NULL OR kind = $4)
               AND ($5 IS NULL OR event_id < (SELECT l.event_id FROM webhook_deliveries l
                                              WHERE l.endpoint_id = $1 AND l.id = $5))
             ORDER BY event_id DESC LIMIT $6",
            args![
                webhook,
                &filter.status,
                filter.event,
                filter.kind.map(EventKind::as_str),
                filter.starting_after,
                filter.limit.saturating_add(1)
            ],
        )
        .await?;
    let mut deliveries = Vec::with_capacity(rows.len());
    for row in &rows {
        deliveries.push(read(db, row).await?);
    }
    Ok(deliveries)
}

/// The delivery of one event.
pub async fn of_event(
    db: &mut dyn Session,
    webhook: WebhookId,
    event: EventId,
) -> Result<Option<HookDelivery>> {
    let filter = HookFilter { event: Some(event), limit: 1, ..HookFilter::default() };
    Ok(deliveries(db, webhook, &filter).await?.into_iter().next())
}

async fn read(db: &mut dyn Session, row: &Row) -> Result<HookDelivery> {
    let id: String = row.get("id")?;
    let attempts = db
        .rows(
            "SELECT started_at, ended_at, result, http_status, reason FROM webhook_attempts
             WHERE app_id = $1 AND mode = $2 AND delivery_id = $3 ORDER BY seq",
            args![row.get::<String>("app_id")?, row.get::<String>("mode")?, &id],
        )
        .await?;
    let status: String = row.get("status")?;
    let due_at = row.moment("due_at")?;
    Ok(HookDelivery {
        id: row.parse("id")?,
        event: row.parse("event_id")?,
        kind: row.get("kind")?,
        reason: row.get("reason")?,
        created_at: row.moment("created_at")?,
        ended_at: row.moment_opt("ended_at")?,
        next_attempt_at: (status == "pending").then_some(due_at),
        attempts: attempts.iter().map(read_attempt).collect::<Result<_>>()?,
        status,
    })
}

fn read_attempt(row: &Row) -> Result<HookAttempt> {
    Ok(HookAttempt {
        started_at: row.moment("started_at")?,
        ended_at: row.moment("ended_at")?,
        result: row.get("result")?,
        http_status: row.get::<Option<i64>>("http_status")?.and_then(|status| u16::try_from(status).ok()),
        reason: row.get("reason")?,
    })
}
