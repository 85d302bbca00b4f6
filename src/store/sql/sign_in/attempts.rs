//! Attempts as rows: a count and the end of its span.

use crate::domain::time::Moment;
use crate::store::sql::{Session, args};
use crate::store::{Attempt, Result};

/// Counts one attempt, if there is room; else until when there is none. A span that has ended begins anew.
async fn count(tx: &mut dyn Session, attempt: &Attempt, now: Moment) -> Result<Option<Moment>> {
    let counted = tx
        .run(
            "INSERT INTO attempts (key_mac, count, ends_at) VALUES ($1, 1, $2)
             ON CONFLICT (key_mac) DO UPDATE
             SET count = CASE WHEN attempts.ends_at <= $3 THEN 1 ELSE attempts.count + 1 END,
                 ends_at = CASE WHEN attempts.ends_at <= $3 THEN $2 ELSE attempts.ends_at END
             WHERE attempts.ends_at <= $3 OR attempts.count < $4",
            args![&attempt.key, now.plus(attempt.span), now, attempt.most],
        )
        .await?;
    if counted == 1 {
        return Ok(None);
    }
    let row = tx.row("SELECT ends_at FROM attempts WHERE key_mac = $1", args![&attempt.key]).await?;
    Ok(Some(row.map_or(Ok(now), |row| row.moment("ends_at"))?))
}

/// Always in the order of their keys, so that two requests cannot wait for each other.
fn ordered(attempts: &[Attempt]) -> Vec<&Attempt> {
    let mut all: Vec<_> = attempts.iter().collect();
    all.sort_by_key(|attempt| attempt.key);
    all
}

/// Counts all of them; where one is full the caller drops the transaction, and none is counted.
pub async fn reserve(tx: &mut dyn Session, attempts: &[Attempt], now: Moment) -> Result<Option<Moment>> {
    for attempt in ordered(attempts) {
        let full = count(tx, attempt, now).await?;
        if full.is_some() {
            return Ok(full);
        }
    }
    Ok(None)
}

pub async fn give_back(tx: &mut dyn Session, attempts: &[Attempt], now: Moment) -> Result<()> {
    for attempt in ordered(attempts) {
        tx.run(
            "UPDATE attempts SET count = count - 1 WHERE key_mac = $1 AND count > 0 AND ends_at > $2",
            args![&attempt.key, now],
        )
        .await?;
    }
    Ok(())
}
