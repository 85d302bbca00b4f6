//! Usage figures: closing hours, and reading what is closed together with what is not.

mod close;
mod keep;
mod statements;

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Arg, Row, Session, SqlStore, args, in_time};
use crate::domain::id::MessageId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::domain::usage::{By, Figures};
use crate::store::{Locks, Result, StoreError, UsageQuery, UsageRow, UsageStore};
pub use keep::Kept;
use statements::{LIVE_CHECKS, LIVE_MESSAGES, READ_DAYS, READ_HOURS, READ_KEPT};

/// The statements that read rollups, each with its six places: for tests that ask a database how it would run them.
pub const USAGE_READS: [&str; 3] = [READ_HOURS, READ_DAYS, READ_KEPT];

/// The statements that count locks, each with its three places: for the same tests.
pub const LOCK_READS: [&str; 2] = [
    "SELECT COUNT(*) AS n FROM users WHERE app_id = $1 AND mode = $2 AND locked_until > $3",
    "SELECT COUNT(*) AS n FROM events WHERE app_id = $1 AND mode = $2 AND created_at >= $3 AND kind = 'user.locked'",
];

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);
const DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// How far a message's id may tell another time than its row: both are made in one request.
const SLACK: std::time::Duration = std::time::Duration::from_mins(5);

/// How often figures are read anew because a user who has a part in them was erased while they were read.
const READS: usize = 5;

/// Up to where hours are counted; see the table `usage_marks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    first: Moment,
    last: Moment,
}

async fn marks(db: &mut dyn Session) -> Result<Option<Marks>> {
    let mut found = BTreeMap::new();
    for row in db.rows("SELECT name, value FROM usage_marks", args![]).await? {
        found.insert(row.get::<String>("name")?, row.get::<i64>("value")?);
    }
    let moment = |name| found.get(name).copied().map(Moment::from_millis);
    let (Some(first), Some(last)) = (moment("first"), moment("final")) else { return Ok(None) };
    Ok(Some(Marks { first, last }))
}

/// Whose figures, and of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    app: String,
    mode: String,
    at: Moment,
    channel: String,
    country: String,
}

type Cells = BTreeMap<Cell, Figures>;

fn cell(row: &Row) -> Result<Cell> {
    Ok(Cell {
        app: row.get("app_id")?,
        mode: row.get("mode")?,
        at: row.moment("at")?,
        channel: row.get("channel")?,
        country: row.get("country")?,
    })
}

fn figures(row: &Row) -> Result<Figures> {
    Ok(Figures {
        sends: row.get("sends")?,
        handed_over: row.get("handed_over")?,
        failed: row.get("failed")?,
        verifications: row.get("verifications")?,
        failures: row.get("failures")?,
        timings: [
            row.get("t0")?,
            row.get("t1")?,
            row.get("t2")?,
            row.get("t3")?,
            row.get("t4")?,
            row.get("t5")?,
            row.get("t6")?,
            row.get("t7")?,
            row.get("t8")?,
            row.get("t9")?,
            row.get("t10")?,
        ],
    })
}

/// Adds rows of messages to the cells.
fn add_messages(cells: &mut Cells, rows: &[Row]) -> Result<()> {
    for row in rows {
        let status: String = row.get("status")?;
        cells.entry(cell(row)?).or_default().count_messages(&status, row.get("took")?, row.get("n")?);
    }
    Ok(())
}

/// Adds rows of checks to the cells.
fn add_checks(cells: &mut Cells, rows: &[Row]) -> Result<()> {
    for row in rows {
        let figures = cells.entry(cell(row)?).or_default();
        let many: i64 = row.get("n")?;
        if row.get::<String>("result")? == "approved" {
            figures.verifications += many;
        } else {
            figures.failures += many;
        }
    }
    Ok(())
}

/// A cell and its figures in the order of the statements that add them.
fn values(cell: &Cell, figures: &Figures) -> Vec<Arg> {
    let mut values = args![
        &cell.app,
        &cell.mode,
        cell.at,
        &cell.channel,
        &cell.country,
        figures.sends,
        figures.handed_over,
        figures.failed,
        figures.verifications,
        figures.failures
    ];
    values.extend(figures.timings.iter().map(|count| Arg::from(*count)));
    values
}

/// Figures by span, channel and country, the last two empty where they are added up.
type Sums = BTreeMap<(Moment, String, String), Figures>;

/// What is read, put together.
#[derive(Clone)]
struct Reading<'a> {
    query: &'a UsageQuery,
    rows: Sums,
}

impl Reading<'_> {
    fn add(&mut self, at: Moment, channel: String, country: String, figures: Figures) {
        let key = (
            self.query.by.floor(at),
            if self.query.by_channel { channel } else { String::new() },
            if self.query.by_country { country } else { String::new() },
        );
        *self.rows.entry(key).or_default() += figures;
    }

    /// Adds the rows of a rollup.
    async fn rollup(
        &mut self,
        db: &mut dyn Session,
        statement: &'static str,
        scope: Scope,
        from: Moment,
        to: Moment,
    ) -> Result<()> {
        if from >= to {
            return Ok(());
        }
        let asked = args![scope.app, scope.mode, from, to, self.query.by_channel, self.query.by_country];
        for row in &db.rows(statement, asked).await? {
            self.add(row.moment("at")?, row.get("channel")?, row.get("country")?, figures(row)?);
        }
        Ok(())
    }

    /// Adds what is closed. A whole day comes from the days; the hours before the first one and after the last one by
    /// themselves. The day in which the last closed hour lies is not whole.
    async fn closed(&mut self, db: &mut dyn Session, scope: Scope, from: Moment, to: Moment) -> Result<()> {
        let last = By::Day.floor(to).max(from);
        let first = match By::Day.floor(from) {
            day if day == from => day,
            day => day.plus(DAY).min(last),
        };
        if self.query.by == By::Hour || first >= last {
            return self.rollup(db, READ_HOURS, scope, from, to).await;
        }
        self.rollup(db, READ_HOURS, scope, from, first).await?;
        self.rollup(db, READ_DAYS, scope, first, last).await?;
        self.rollup(db, READ_HOURS, scope, last, to).await
    }

    /// Adds what is not closed yet.
    async fn live(&mut self, db: &mut dyn Session, scope: Scope, from: Moment, to: Moment) -> Result<()> {
        if from >= to {
            return Ok(());
        }
        let mut cells = Cells::new();
        let ids = [from.minus(SLACK), to.plus(SLACK)].map(MessageId::first_of);
        let asked = args![scope.app, scope.mode, from, to, ids[0], ids[1]];
        add_messages(&mut cells, &db.rows(LIVE_MESSAGES, asked).await?)?;
        add_checks(&mut cells, &db.rows(LIVE_CHECKS, args![scope.app, scope.mode, from, to]).await?)?;
        for (cell, figures) in cells {
            self.add(cell.at, cell.channel, cell.country, figures);
        }
        Ok(())
    }

    /// What is kept of erased users in the hours that are not closed yet.
    async fn kept(&self, db: &mut dyn Session, scope: Scope, from: Moment, to: Moment) -> Result<Sums> {
        let mut kept = Self { query: self.query, rows: Sums::new() };
        kept.rollup(db, READ_KEPT, scope, from, to).await?;
        Ok(kept.rows)
    }

    fn told(self) -> Vec<UsageRow> {
        let some = |text: String| (!text.is_empty()).then_some(text);
        let rows = self.rows.into_iter().filter(|(_, figures)| !figures.is_nothing());
        rows.map(|((at, channel, country), figures)| UsageRow {
            at,
            channel: some(channel),
            country: some(country),
            figures,
        })
        .collect()
    }
}

async fn read(db: &mut dyn Session, scope: Scope, query: &UsageQuery) -> Result<Vec<UsageRow>> {
    for _ in 0..READS {
        let marked = marks(db).await?;
        let closed =
            marked.map_or(query.from, |marks| marks.first.clamp(query.from, query.to.max(query.from)));
        let mut reading = Reading { query, rows: Sums::new() };
        // An erasure moves figures from the raw rows to those that are kept; a half of it must not be seen. Whoever else is
        // erased meanwhile is of no concern: a tenant that erases all day must not keep others from their figures.
        let kept = reading.kept(db, scope, closed, query.to).await?;
        reading.closed(db, scope, query.from, closed).await?;
        reading.live(db, scope, closed, query.to).await?;
        let same = reading.kept(db, scope, closed, query.to).await? == kept;
        // Behind the last mark nothing is kept any more.
        let known = closed >= query.to || marks(db).await?.is_none_or(|now| now.last <= closed);
        if same && known {
            for ((at, channel, country), figures) in kept {
                reading.add(at, channel, country, figures);
            }
            return Ok(reading.told());
        }
    }
    Err(StoreError::Unavailable("users were erased all the while that figures were read".into()))
}

#[async_trait]
impl UsageStore for SqlStore {
    async fn close_hour(&self, now: Moment) -> Result<Option<Moment>> {
        close::next(self, now).await
    }

    async fn usage(&self, scope: Scope, query: &UsageQuery) -> Result<Vec<UsageRow>> {
        in_time(async { read(&mut *self.reading().await?, scope, query).await }).await
    }

    async fn locks(&self, scope: Scope, since: Moment, now: Moment) -> Result<Locks> {
        in_time(async {
            let mut db = self.reading().await?;
            let [locked, begun] = LOCK_READS;
            let mut count = async |statement, moment| {
                let row = db.row(statement, args![scope.app, scope.mode, moment]).await?;
                row.map_or(Ok(0), |row| row.get::<i64>("n"))
            };
            Ok(Locks { now: count(locked, now).await?, begun: count(begun, since).await? })
        })
        .await
    }
}
