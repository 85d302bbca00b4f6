//! The row in which an application's messages to a country count. It is taken after the users' rows, never before.

use super::{Session, args};
use crate::domain::asked::Looked;
use crate::domain::quota::{PhoneQuota, PhoneSends};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::store::{Result, StoreError};

/// Counts the messages of a start, and says how many there were before; or says when they will be allowed.
pub async fn admit(
    tx: &mut dyn Session,
    scope: Scope,
    quota: Option<&PhoneQuota>,
    now: Moment,
) -> Result<std::result::Result<Option<Looked>, Moment>> {
    let Some(quota) = quota else { return Ok(Ok(None)) };
    let row = tx
        .row(
            "INSERT INTO phone_sends (app_id, mode, country, sends, version, updated_at)
             VALUES ($1, $2, $3, '[]', 1, $4)
             ON CONFLICT (app_id, mode, country)
             DO UPDATE SET version = phone_sends.version + 1, updated_at = $4
             RETURNING sends, version",
            args![scope.app, scope.mode, &quota.country, now],
        )
        .await?
        .ok_or_else(|| StoreError::Corrupt("the country's row did not come back".into()))?;
    let text: String = row.get("sends")?;
    let corrupt = |error: serde_json::Error| StoreError::Corrupt(format!("phone_sends.sends: {error}"));
    let mut sends: PhoneSends = serde_json::from_str(&text).map_err(corrupt)?;
    let before = match sends.admit(now, quota.messages, quota.per_hour) {
        Err(until) => return Ok(Err(until)),
        Ok(before) => before,
    };
    tx.one(
        "the messages to a country",
        "UPDATE phone_sends SET sends = $1 WHERE app_id = $2 AND mode = $3 AND country = $4 AND version = $5",
        args![
            serde_json::to_string(&sends).map_err(corrupt)?,
            scope.app,
            scope.mode,
            &quota.country,
            row.get::<i64>("version")?
        ],
    )
    .await?;
    let [used, most] = [before, quota.per_hour].map(u64::from);
    Ok(Ok(Some(Looked { limit: "phone.sends_per_hour".to_owned(), used, most })))
}
