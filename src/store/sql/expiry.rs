//! Challenges whose life ends before anybody decides them: told once, a moment later.

use std::time::Duration;

use super::session::{Claiming, claiming};
use super::{Database, Session, args, events};
use crate::domain::event::{Event, EventKind};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::store::{Result, UserRef};

/// So long after its end a challenge is touched: the clocks of two nodes are less than this apart, so that none of them
/// still takes its code.
const AFTER: Duration = Duration::from_secs(5);

const EXPIRE: Claiming = claiming!(
    "WITH due AS MATERIALIZED (SELECT app_id AS d_app, mode AS d_mode, id AS d_id FROM challenges
           WHERE status IN ('pending', 'enrolling') AND backup_count IS NULL AND expires_at <= $1
           ORDER BY expires_at LIMIT $2",
    ")
     UPDATE challenges SET status = 'expired'
     FROM due WHERE app_id = d_app AND mode = d_mode AND id = d_id AND status IN ('pending', 'enrolling')
     RETURNING app_id, mode, id, user_key, masked, type, reference"
);

/// Whether there is one. An idle look writes nothing.
pub async fn any(db: &mut dyn Session, now: Moment) -> Result<bool> {
    let row = db
        .row(
            "SELECT 1 AS found FROM challenges
             WHERE status IN ('pending', 'enrolling') AND backup_count IS NULL AND expires_at <= $1 LIMIT 1",
            args![now.minus(AFTER)],
        )
        .await?;
    Ok(row.is_some())
}

/// Ends up to `limit` of them. It takes no user's row: whoever holds one may wait for this, and this waits for nobody.
pub async fn expire(tx: &mut dyn Session, database: &dyn Database, now: Moment, limit: i64) -> Result<u64> {
    let rows = tx.rows(EXPIRE.of(database), args![now.minus(AFTER), limit]).await?;
    for row in &rows {
        let scope = Scope { app: row.parse("app_id")?, mode: row.parse("mode")? };
        let user = UserRef::new(row.user_key("user_key")?, row.get("masked")?);
        let reference: Option<String> = row.get("reference")?;
        let (id, kind) = (row.parse("id")?, row.parse("type")?);
        let event = Event::of_challenge(EventKind::ChallengeExpired, id, kind, reference.as_deref());
        events::log(tx, scope, &user, &event, now).await?;
    }
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}
