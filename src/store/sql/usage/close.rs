//! Closing an hour: it is counted from the raw rows of everybody and put in the place of what was counted before.

use std::time::Duration;

use super::statements::{ADD_DAY, ADD_HOUR, CHECKS, KEPT, MESSAGES, OLD_HOUR};
use super::{Cells, HOUR, Marks, add_checks, add_messages, cell, figures, marks, values};
use crate::domain::time::Moment;
use crate::domain::usage::By;
use crate::store::Result;
use crate::store::sql::{Session, SqlStore, args};

/// An hour is counted so long after its end, when its codes have had their lives.
const FIRST: Duration = Duration::from_mins(15);

/// And once more so long after its end, when late delivery reports are in.
const FINAL: Duration = Duration::from_hours(25);

/// Raw rows live for 30 days. What is older than this may be gone in part, and what was counted of it stays.
const RAW: Duration = Duration::from_hours(29 * 24);

/// What one statement counts at most, so that no load outlasts the time limit of a statement.
const SLICE: Duration = Duration::from_mins(5);

/// One of the two times that an hour is counted.
struct Due {
    pass: &'static str,
    hour: Moment,
    /// The raw rows are there.
    counted: bool,
}

fn due(marks: &Marks, now: Moment) -> Option<Due> {
    if marks.first.plus(HOUR).plus(FIRST) <= now {
        return Some(Due { pass: "first", hour: marks.first, counted: true });
    }
    (marks.last < marks.first && marks.last.plus(HOUR).plus(FINAL) <= now).then(|| Due {
        pass: "final",
        hour: marks.last,
        counted: marks.last > now.minus(RAW),
    })
}

/// Begins with the oldest hour that has anything to count. Where two begin at once, the first one's marks stay.
async fn begin(store: &SqlStore, now: Moment) -> Result<()> {
    let mut tx = store.writing().await?;
    let oldest = tx
        .row(
            "SELECT (SELECT MIN(created_at) FROM messages) AS message, (SELECT MIN(at) FROM checks) AS checked,
                    (SELECT MIN(at) FROM usage_kept) AS kept",
            args![],
        )
        .await?;
    let mut from = now;
    if let Some(row) = oldest {
        let oldest = [row.moment_opt("message")?, row.moment_opt("checked")?, row.moment_opt("kept")?];
        for oldest in oldest.into_iter().flatten() {
            from = from.min(oldest);
        }
    }
    let from = By::Hour.floor(from);
    tx.run(
        "INSERT INTO usage_marks (name, value) VALUES ('first', $1), ('final', $1), ('erased', 0)
         ON CONFLICT (name) DO NOTHING",
        args![from],
    )
    .await?;
    tx.commit().await
}

/// What is kept of users who were erased.
async fn kept(db: &mut dyn Session, hour: Moment) -> Result<Cells> {
    let rows = db.rows(KEPT, args![hour, hour.plus(HOUR)]).await?;
    rows.iter().map(|row| Ok((cell(row)?, figures(row)?))).collect()
}

async fn count(db: &mut dyn Session, hour: Moment, kept: &Cells) -> Result<Cells> {
    let end = hour.plus(HOUR);
    let mut cells = kept.clone();
    let mut from = hour;
    while from < end {
        let to = from.plus(SLICE);
        add_messages(&mut cells, &db.rows(MESSAGES, args![from, to]).await?)?;
        add_checks(&mut cells, &db.rows(CHECKS, args![from, to]).await?)?;
        from = to;
    }
    Ok(cells)
}

/// Puts the hour's figures in the place of older ones; the day moves by the difference.
async fn replace(tx: &mut dyn Session, hour: Moment, counted: Cells) -> Result<()> {
    let end = hour.plus(HOUR);
    let mut moved = counted.clone();
    for row in &tx.rows(OLD_HOUR, args![hour, end]).await? {
        *moved.entry(cell(row)?).or_default() += -figures(row)?;
    }
    moved.retain(|_, figures| !figures.is_nothing());
    if moved.is_empty() {
        return Ok(());
    }
    tx.run("DELETE FROM usage_hours WHERE at >= $1 AND at < $2", args![hour, end]).await?;
    for (cell, figures) in &counted {
        tx.run(ADD_HOUR, values(cell, figures)).await?;
    }
    for (mut cell, figures) in moved {
        cell.at = By::Day.floor(cell.at);
        tx.run(ADD_DAY, values(&cell, &figures)).await?;
    }
    Ok(())
}

/// See [`crate::store::UsageStore::close_hour`].
pub async fn next(store: &SqlStore, now: Moment) -> Result<Option<Moment>> {
    let known = marks(&mut *store.reading().await?).await?;
    let Some(marks) = known else {
        begin(store, now).await?;
        return Box::pin(next(store, now)).await;
    };
    let Some(Due { pass, hour, counted }) = due(&marks, now) else { return Ok(None) };
    // Counted before anything is locked: a slow count keeps nobody waiting.
    let counted = if counted {
        let mut db = store.reading().await?;
        let kept = kept(&mut *db, hour).await?;
        let cells = count(&mut *db, hour, &kept).await?;
        Some((kept, cells))
    } else {
        None
    };
    let mut tx = store.writing().await?;
    let moved = tx
        .run(
            "UPDATE usage_marks SET value = $1 WHERE name = $2 AND value = $3",
            args![hour.plus(HOUR), pass, hour],
        )
        .await?;
    // From here on nobody is erased.
    tx.run("UPDATE usage_marks SET value = value WHERE name = 'erased'", args![]).await?;
    if let (1, Some((before, cells))) = (moved, counted) {
        // A user of this hour who was erased meanwhile may have been counted twice or not at all: once more. Any other one is
        // of no concern, so that a tenant that erases all day does not keep everybody's hours from being closed.
        if kept(&mut *tx, hour).await? != before {
            return Ok(Some(hour));
        }
        replace(&mut *tx, hour, cells).await?;
    }
    if moved == 1 {
        tx.commit().await?;
    }
    // Where another node was faster, there may be more to do all the same.
    Ok(Some(hour))
}
