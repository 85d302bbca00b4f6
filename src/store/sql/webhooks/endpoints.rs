//! Endpoints as rows.

use std::collections::BTreeMap;

use crate::domain::id::{AppId, WebhookId};
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;
use crate::domain::webhook::{Disabled, FAILED_TRIES, FAILING_FOR, MOST_ENDPOINTS, Wanted, Webhook};
use crate::keyring::Sealed;
use crate::store::sql::{Row, Session, args};
use crate::store::{Result, StoreError, WebhookMade};

pub async fn create(tx: &mut dyn Session, webhook: &Webhook, secrets: &Sealed) -> Result<WebhookMade> {
    let scope = webhook.scope;
    let most = i64::try_from(MOST_ENDPOINTS).unwrap_or(i64::MAX);
    let full = tx
        .row(
            "SELECT COUNT(*) AS n FROM webhook_endpoints WHERE app_id = $1 AND mode = $2",
            args![scope.app, scope.mode],
        )
        .await?;
    if full.map_or(Ok(0_i64), |row| row.get("n"))? >= most {
        return Ok(WebhookMade::TooMany);
    }
    tx.one(
        "a new webhook",
        "INSERT INTO webhook_endpoints (app_id, mode, id, url, description, status, disabled_reason, secrets_key, secrets,
             failed_attempts, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $10)",
        args![
            scope.app,
            scope.mode,
            webhook.id,
            &webhook.url,
            &webhook.description,
            status(webhook),
            webhook.disabled.map(Disabled::as_str),
            &secrets.key,
            &secrets.bytes,
            webhook.created_at
        ],
    )
    .await?;
    subscribe(tx, webhook).await?;
    Ok(WebhookMade::Yes)
}

const fn status(webhook: &Webhook) -> &'static str {
    if webhook.disabled.is_some() { "disabled" } else { "enabled" }
}

async fn subscribe(tx: &mut dyn Session, webhook: &Webhook) -> Result<()> {
    for kind in webhook.wanted.names() {
        tx.one(
            "a wanted event",
            "INSERT INTO webhook_subscriptions (app_id, mode, kind, endpoint_id) VALUES ($1, $2, $3, $4)",
            args![webhook.scope.app, webhook.scope.mode, kind, webhook.id],
        )
        .await?;
    }
    Ok(())
}

async fn unsubscribe(tx: &mut dyn Session, id: WebhookId) -> Result<()> {
    tx.run("DELETE FROM webhook_subscriptions WHERE endpoint_id = $1", args![id]).await?;
    Ok(())
}

pub async fn all(db: &mut dyn Session, app: AppId, mode: Option<Mode>) -> Result<Vec<Webhook>> {
    let kinds =
        db.rows("SELECT endpoint_id, kind FROM webhook_subscriptions WHERE app_id = $1", args![app]).await?;
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &kinds {
        wanted.entry(row.get("endpoint_id")?).or_default().push(row.get("kind")?);
    }
    let rows = db
        .rows(
            "SELECT app_id, mode, id, url, description, status, disabled_reason, failing_since, created_at
             FROM webhook_endpoints WHERE app_id = $1 AND ($2 IS NULL OR mode = $2) ORDER BY id",
            args![app, mode.map(Mode::as_str)],
        )
        .await?;
    rows.iter()
        .map(|row| read(row, wanted.get(&row.get::<String>("id")?).map(Vec::as_slice).unwrap_or_default()))
        .collect()
}

pub async fn one(db: &mut dyn Session, app: AppId, id: WebhookId) -> Result<Option<Webhook>> {
    let row = db
        .row(
            "SELECT app_id, mode, id, url, description, status, disabled_reason, failing_since, created_at
             FROM webhook_endpoints WHERE id = $1 AND app_id = $2",
            args![id, app],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let kinds = db.rows("SELECT kind FROM webhook_subscriptions WHERE endpoint_id = $1", args![id]).await?;
    let kinds = kinds.iter().map(|row| row.get("kind")).collect::<Result<Vec<String>>>()?;
    read(&row, &kinds).map(Some)
}

fn read(row: &Row, kinds: &[String]) -> Result<Webhook> {
    let wanted = Wanted::parse(kinds.iter().map(String::as_str))
        .map_err(|_| StoreError::Corrupt("webhook_subscriptions.kind holds an unknown value".into()))?;
    let disabled = if row.get::<String>("status")? == "enabled" {
        None
    } else {
        let reason: Option<String> = row.get("disabled_reason")?;
        Some(reason.as_deref().and_then(Disabled::parse).unwrap_or(Disabled::ByHand))
    };
    Ok(Webhook {
        id: row.parse("id")?,
        scope: Scope { app: row.parse("app_id")?, mode: row.parse("mode")? },
        url: row.get("url")?,
        wanted,
        description: row.get("description")?,
        disabled,
        failing_since: row.moment_opt("failing_since")?,
        created_at: row.moment("created_at")?,
    })
}

pub async fn change(tx: &mut dyn Session, old: &Webhook, new: &Webhook, now: Moment) -> Result<bool> {
    let touched = tx
        .run(
            "UPDATE webhook_endpoints SET url = $1, description = $2, status = $3, disabled_reason = $4, updated_at = $5,
                 failing_since = CASE WHEN status <> $3 OR url <> $1 THEN NULL ELSE failing_since END,
                 failed_attempts = CASE WHEN status <> $3 OR url <> $1 THEN 0 ELSE failed_attempts END
             WHERE app_id = $6 AND mode = $7 AND id = $8 AND url = $9 AND description = $10 AND status = $11",
            args![
                &new.url,
                &new.description,
                status(new),
                new.disabled.map(Disabled::as_str),
                now,
                old.scope.app,
                old.scope.mode,
                old.id,
                &old.url,
                &old.description,
                status(old)
            ],
        )
        .await?;
    if touched != 1 {
        return Ok(false);
    }
    if new.wanted != old.wanted {
        unsubscribe(tx, old.id).await?;
        subscribe(tx, new).await?;
    }
    Ok(true)
}

pub async fn delete(tx: &mut dyn Session, scope: Scope, id: WebhookId) -> Result<bool> {
    let touched = tx
        .run(
            "DELETE FROM webhook_endpoints WHERE app_id = $1 AND mode = $2 AND id = $3",
            args![scope.app, scope.mode, id],
        )
        .await?;
    unsubscribe(tx, id).await?;
    Ok(touched == 1)
}

pub async fn is_enabled(db: &mut dyn Session, scope: Scope, id: WebhookId) -> Result<bool> {
    let row = db
        .row(
            "SELECT id FROM webhook_endpoints WHERE app_id = $1 AND mode = $2 AND id = $3 AND status = 'enabled'",
            args![scope.app, scope.mode, id],
        )
        .await?;
    Ok(row.is_some())
}

pub async fn secrets(db: &mut dyn Session, scope: Scope, id: WebhookId) -> Result<Option<Sealed>> {
    let row = db
        .row(
            "SELECT secrets_key, secrets FROM webhook_endpoints WHERE app_id = $1 AND mode = $2 AND id = $3",
            args![scope.app, scope.mode, id],
        )
        .await?;
    row.map(|row| Ok(Sealed { key: row.get("secrets_key")?, bytes: row.get("secrets")? })).transpose()
}

pub async fn roll(
    tx: &mut dyn Session,
    scope: Scope,
    id: WebhookId,
    old: &Sealed,
    new: &Sealed,
    now: Moment,
) -> Result<bool> {
    let touched = tx
        .run(
            "UPDATE webhook_endpoints SET secrets_key = $1, secrets = $2, updated_at = $3
             WHERE app_id = $4 AND mode = $5 AND id = $6 AND secrets = $7",
            args![&new.key, &new.bytes, now, scope.app, scope.mode, id, &old.bytes],
        )
        .await?;
    Ok(touched == 1)
}

/// Switches an endpoint off for what it did at this address. One that is said to fail may have come back since that was found.
pub async fn disable(
    tx: &mut dyn Session,
    scope: Scope,
    id: WebhookId,
    url: &str,
    reason: Disabled,
    now: Moment,
) -> Result<bool> {
    let touched = tx
        .run(
            "UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = $1, updated_at = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND status = 'enabled' AND url = $8
               AND ($1 <> 'failing' OR (failing_since <= $6 AND failed_attempts >= $7))",
            args![reason.as_str(), now, scope.app, scope.mode, id, now.minus(FAILING_FOR), FAILED_TRIES, url],
        )
        .await?;
    Ok(touched == 1)
}
