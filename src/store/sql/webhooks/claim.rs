//! Deliveries on their way: what is due, who holds it, and what came of a try.
//!
//! Everything goes by endpoint, so that the backlog of one is never walked through for another's.

use crate::domain::id::WebhookId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::domain::webhook::{HookAttempt, Told};
use crate::keyring::Sealed;
use crate::store::sql::session::{Claiming, claiming};
use crate::store::sql::{Database, Row, Session, args};
use crate::store::{ClaimedHook, DueWebhook, HookNext, HookRecorded, Lease, Result};

/// Endpoints that one look takes up.
const ENDPOINTS: i64 = 1_000;

/// Endpoints with something due. The recursion jumps from endpoint to endpoint on the index. Of more than one look takes up,
/// those that fail come last and the rest as it falls, so that none waits for ever behind others.
pub async fn due(db: &mut dyn Session, now: Moment) -> Result<Vec<DueWebhook>> {
    let rows = db
        .rows(
            "WITH RECURSIVE waiting (id) AS (
                 SELECT MIN(d.endpoint_id) FROM webhook_deliveries d WHERE d.status = 'pending'
                 UNION ALL
                 SELECT (SELECT MIN(d.endpoint_id) FROM webhook_deliveries d
                         WHERE d.status = 'pending' AND d.endpoint_id > w.id)
                 FROM waiting w WHERE w.id IS NOT NULL)
             SELECT e.id, CAST(CASE WHEN e.failing_since IS NULL THEN 0 ELSE 1 END AS BIGINT) AS failing,
                    COALESCE(a.org_id, e.app_id) AS tenant
             FROM waiting w JOIN webhook_endpoints e ON e.id = w.id
             LEFT JOIN applications a ON a.id = e.app_id
             WHERE e.status = 'enabled' AND a.deleted_at IS NULL
               AND EXISTS (SELECT 1 FROM webhook_deliveries d
                           WHERE d.status = 'pending' AND d.endpoint_id = e.id AND d.due_at <= $1)
             ORDER BY failing, RANDOM() LIMIT $2",
            args![now, ENDPOINTS],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let failing = row.get::<i64>("failing")? == 1;
            Ok(DueWebhook { id: row.parse("id")?, failing, tenant: row.get("tenant")? })
        })
        .collect()
}

pub const CLAIM: Claiming = claiming!(
    "WITH due AS MATERIALIZED (SELECT app_id AS d_app, mode AS d_mode, id AS d_id FROM webhook_deliveries
           WHERE endpoint_id = $3 AND status = 'pending' AND due_at <= $4
           ORDER BY due_at, id LIMIT $5",
    ")
     UPDATE webhook_deliveries SET lease = $1, due_at = $2
     FROM due WHERE app_id = d_app AND mode = d_mode AND id = d_id AND status = 'pending'"
);

pub async fn claim(
    tx: &mut dyn Session,
    statement: &'static str,
    now: Moment,
    lease: &Lease,
    of: &[(WebhookId, i64)],
) -> Result<Vec<ClaimedHook>> {
    let mut claimed = Vec::new();
    for (endpoint, limit) in of {
        let taken = tx.run(statement, args![&lease.token, lease.until, *endpoint, now, *limit]).await?;
        if taken == 0 {
            continue;
        }
        // The index leads by the lease's end to what was just taken.
        let rows = tx
            .rows(
                "SELECT d.app_id, d.mode, d.id, d.tries, d.expires_at, w.url, w.secrets_key, w.secrets,
                        e.id AS event_id, e.kind, e.masked, e.data, e.created_at
                 FROM webhook_deliveries d
                 JOIN webhook_endpoints w ON w.id = d.endpoint_id
                 LEFT JOIN events e ON e.app_id = d.app_id AND e.mode = d.mode AND e.id = d.event_id
                 WHERE d.endpoint_id = $1 AND d.status = 'pending' AND d.due_at = $2 AND d.lease = $3
                 ORDER BY d.id",
                args![*endpoint, lease.until, &lease.token],
            )
            .await?;
        for row in &rows {
            claimed.push(read(row, *endpoint, lease)?);
        }
    }
    Ok(claimed)
}

fn read(row: &Row, webhook: WebhookId, lease: &Lease) -> Result<ClaimedHook> {
    let scope = Scope { app: row.parse("app_id")?, mode: row.parse("mode")? };
    let event = match row.parse_opt("event_id")? {
        None => None,
        Some(id) => Some(Told {
            id,
            scope,
            kind: row.get("kind")?,
            masked: row.get("masked")?,
            data: row.get("data")?,
            at: row.moment("created_at")?,
        }),
    };
    Ok(ClaimedHook {
        id: row.parse("id")?,
        scope,
        webhook,
        url: row.get("url")?,
        secrets: Sealed { key: row.get("secrets_key")?, bytes: row.get("secrets")? },
        event,
        lease: lease.clone(),
        tries: u32::try_from(row.get::<i64>("tries")?).unwrap_or(u32::MAX),
        expires_at: row.moment("expires_at")?,
    })
}

/// Records a try: the delivery's row first, then the endpoint's, which nobody takes before a delivery's.
pub async fn record(
    tx: &mut dyn Session,
    hook: &ClaimedHook,
    attempt: &HookAttempt,
    next: &HookNext,
    now: Moment,
) -> Result<HookRecorded> {
    let scope = hook.scope;
    let (status, due_at, ended_at) = match next {
        HookNext::Delivered => ("delivered", now, Some(now)),
        HookNext::Again(at) => ("pending", *at, None),
        HookNext::Failed => ("failed", now, Some(now)),
    };
    let delivered = matches!(next, HookNext::Delivered);
    let http_status = attempt.http_status.map(i64::from);
    let touched = tx
        .run(
            "UPDATE webhook_deliveries SET status = $1, reason = $2, lease = '', due_at = $3, tries = tries + 1,
                 last_status = $4, ended_at = $5
             WHERE app_id = $6 AND mode = $7 AND id = $8
               AND ((status = 'pending' AND lease = $9) OR ($10 AND status <> 'delivered'))",
            args![
                status,
                &attempt.reason,
                due_at,
                http_status,
                ended_at,
                scope.app,
                scope.mode,
                hook.id,
                &hook.lease.token,
                delivered
            ],
        )
        .await?;
    tx.one(
        "a try of a webhook",
        "INSERT INTO webhook_attempts (app_id, mode, delivery_id, seq, started_at, ended_at, result, http_status, reason)
         SELECT $1, $2, $3, COALESCE(MAX(seq), 0) + 1, $4, $5, $6, $7, $8 FROM webhook_attempts
         WHERE app_id = $1 AND mode = $2 AND delivery_id = $3",
        args![
            scope.app,
            scope.mode,
            hook.id,
            attempt.started_at,
            attempt.ended_at,
            &attempt.result,
            http_status,
            &attempt.reason
        ],
    )
    .await?;
    let failing = if delivered {
        tx.run(
            "UPDATE webhook_endpoints SET failing_since = NULL, failed_attempts = 0
             WHERE id = $1 AND failing_since IS NOT NULL",
            args![hook.webhook],
        )
        .await?;
        None
    } else {
        let row = tx
            .row(
                "UPDATE webhook_endpoints
                 SET failing_since = COALESCE(failing_since, $1), failed_attempts = failed_attempts + 1
                 WHERE id = $2 RETURNING failing_since, failed_attempts",
                args![now, hook.webhook],
            )
            .await?;
        row.map(|row| {
            Ok::<_, crate::store::StoreError>((row.moment("failing_since")?, row.get("failed_attempts")?))
        })
        .transpose()?
    };
    Ok(HookRecorded { held: touched == 1, failing })
}

/// What is to be given up.
pub struct Hopeless {
    /// Something is too old.
    old: bool,
    /// Endpoints that something waits for, and that are disabled or gone.
    shut: Vec<String>,
}

impl Hopeless {
    pub fn is_nothing(&self) -> bool {
        !self.old && self.shut.is_empty()
    }
}

/// Looks for what is to be given up.
pub async fn hopeless(db: &mut dyn Session, now: Moment) -> Result<Hopeless> {
    let old = db
        .row(
            "SELECT 1 AS found FROM webhook_deliveries
             WHERE status = 'pending' AND expires_at <= $1 AND due_at <= $1 LIMIT 1",
            args![now],
        )
        .await?;
    let shut = db
        .rows(
            "WITH RECURSIVE waiting (id) AS (
                 SELECT MIN(d.endpoint_id) FROM webhook_deliveries d WHERE d.status = 'pending'
                 UNION ALL
                 SELECT (SELECT MIN(d.endpoint_id) FROM webhook_deliveries d
                         WHERE d.status = 'pending' AND d.endpoint_id > w.id)
                 FROM waiting w WHERE w.id IS NOT NULL)
             SELECT w.id FROM waiting w
             WHERE w.id IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = w.id AND e.status = 'enabled')
             LIMIT 10",
            args![],
        )
        .await?;
    let shut = shut.iter().map(|row| row.get("id")).collect::<Result<_>>()?;
    Ok(Hopeless { old: old.is_some(), shut })
}

const GIVE_UP_OLD: Claiming = claiming!(
    "WITH due AS MATERIALIZED (SELECT app_id AS d_app, mode AS d_mode, id AS d_id FROM webhook_deliveries
           WHERE status = 'pending' AND expires_at <= $1 AND due_at <= $1
           ORDER BY expires_at LIMIT $2",
    ")
     UPDATE webhook_deliveries SET status = 'failed', reason = COALESCE(reason, 'expired'), lease = '', ended_at = $1
     FROM due WHERE app_id = d_app AND mode = d_mode AND id = d_id AND status = 'pending'"
);

const GIVE_UP_SHUT: Claiming = claiming!(
    "WITH due AS MATERIALIZED (SELECT app_id AS d_app, mode AS d_mode, id AS d_id FROM webhook_deliveries
           WHERE endpoint_id = $3 AND status = 'pending' LIMIT $2",
    ")
     UPDATE webhook_deliveries SET status = 'failed', reason = 'endpoint_disabled', lease = '', ended_at = $1
     FROM due WHERE app_id = d_app AND mode = d_mode AND id = d_id AND status = 'pending'"
);

/// Gives up what is hopeless, at most `limit` of each kind.
pub async fn give_up(
    tx: &mut dyn Session,
    database: &dyn Database,
    what: &Hopeless,
    now: Moment,
    limit: i64,
) -> Result<u64> {
    let mut rows = 0;
    if what.old {
        rows += tx.run(GIVE_UP_OLD.of(database), args![now, limit]).await?;
    }
    for endpoint in &what.shut {
        rows += tx.run(GIVE_UP_SHUT.of(database), args![now, limit, endpoint]).await?;
    }
    Ok(rows)
}
