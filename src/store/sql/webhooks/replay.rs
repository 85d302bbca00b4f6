//! Events that are sent again by hand. One event has one delivery to an endpoint: it begins anew, and keeps its tries.

use crate::domain::event::EventKind;
use crate::domain::id::{EventId, HookDeliveryId, WebhookId};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::domain::webhook::{LIFE, MOST_REPLAYED};
use crate::store::sql::session::event_chance;
use crate::store::sql::{Row, Session, args};
use crate::store::{Replay, Replayed, Result};

/// Queues an event for an endpoint: where it has failed or was never sent, and `by_name` whatever became of it before. One that is
/// on its way just now is left alone, and one that is erased by now with its user is nothing to tell: 0.
pub async fn queue(
    tx: &mut dyn Session,
    scope: Scope,
    webhook: WebhookId,
    event: EventId,
    kind: &str,
    by_name: bool,
    now: Moment,
) -> Result<u64> {
    let id = HookDeliveryId::new(now, &mut *event_chance());
    tx.run(
        "INSERT INTO webhook_deliveries (app_id, mode, id, endpoint_id, event_id, kind, status, lease, due_at, expires_at,
             tries, created_at)
         SELECT $1, $2, $3, $4, $5, $6, 'pending', '', $7, $8, 0, $7
         WHERE EXISTS (SELECT 1 FROM events WHERE app_id = $1 AND mode = $2 AND id = $5)
         ON CONFLICT (endpoint_id, event_id) DO UPDATE SET status = 'pending', reason = NULL, lease = '',
             due_at = $7, expires_at = $8, tries = 0, ended_at = NULL
         WHERE webhook_deliveries.status = 'failed'
            OR ($9 AND (webhook_deliveries.status <> 'pending' OR webhook_deliveries.lease = ''))",
        args![scope.app, scope.mode, id, webhook, event, kind, now, now.plus(LIFE), by_name],
    )
    .await
}

/// What is to be sent again. It is looked for under no lock: the walk over an application's events of a month may take seconds.
pub async fn find(
    db: &mut dyn Session,
    scope: Scope,
    webhook: WebhookId,
    replay: Replay,
) -> Result<Vec<Row>> {
    match replay {
        Replay::Delivery(id) => {
            db.rows(
                "SELECT e.id, e.kind FROM webhook_deliveries d
                 JOIN events e ON e.app_id = d.app_id AND e.mode = d.mode AND e.id = d.event_id
                 WHERE d.app_id = $1 AND d.mode = $2 AND d.id = $3 AND d.endpoint_id = $4",
                args![scope.app, scope.mode, id, webhook],
            )
            .await
        }
        Replay::Event(id) => {
            db.rows(
                "SELECT id, kind FROM events WHERE app_id = $1 AND mode = $2 AND id = $3",
                args![scope.app, scope.mode, id],
            )
            .await
        }
        Replay::Since(since) => {
            // Ids sort by their time: the first one of that millisecond bounds the walk over the primary key.
            let first = EventId::first_of(since);
            db.rows(
                "SELECT e.id, e.kind FROM events e
                 WHERE e.app_id = $1 AND e.mode = $2 AND e.id >= $3
                   AND EXISTS (SELECT 1 FROM webhook_subscriptions s
                               WHERE s.app_id = $1 AND s.mode = $2 AND s.endpoint_id = $4
                                 AND (s.kind = e.kind OR (s.kind = '*' AND $6 LIKE '% ' || e.kind || ' %')))
                   AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d
                                   WHERE d.endpoint_id = $4 AND d.event_id = e.id AND d.status <> 'failed')
                 ORDER BY e.id LIMIT $5",
                args![scope.app, scope.mode, first, webhook, MOST_REPLAYED, public_kinds()],
            )
            .await
        }
    }
}

/// Queues what was found.
pub async fn queue_all(
    tx: &mut dyn Session,
    scope: Scope,
    webhook: WebhookId,
    replay: Replay,
    found: &[Row],
    now: Moment,
) -> Result<Replayed> {
    let by_name = !matches!(replay, Replay::Since(_));
    if found.is_empty() && by_name {
        return Ok(Replayed::Unknown);
    }
    let mut queued = 0;
    for row in found {
        let kind: String = row.get("kind")?;
        // The log holds more than is told.
        if !EventKind::parse(&kind).is_some_and(may_be_sent) {
            return Ok(Replayed::Unknown);
        }
        queued += queue(tx, scope, webhook, row.parse("id")?, &kind, by_name, now).await?;
    }
    Ok(Replayed::Queued(queued))
}

fn may_be_sent(kind: EventKind) -> bool {
    kind.is_public() || kind == EventKind::WebhookTest
}

/// All kinds that can be wanted, each between two spaces.
fn public_kinds() -> String {
    EventKind::PUBLIC.iter().fold(" ".to_owned(), |text, kind| text + kind.as_str() + " ")
}
