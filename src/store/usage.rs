//! Figures: hours that are closed, kept as rollups, and the live hours, counted when they are read.

use async_trait::async_trait;

use super::{Result, Scope};
use crate::domain::time::Moment;
use crate::domain::usage::{By, Figures};

/// Which figures are read.
#[derive(Clone, Copy, Debug)]
pub struct UsageQuery {
    /// From then on; a whole hour.
    pub from: Moment,
    /// Before then; a whole hour.
    pub to: Moment,
    /// How they are added up.
    pub by: By,
    /// Each channel by itself.
    pub by_channel: bool,
    /// Each country by itself.
    pub by_country: bool,
}

/// The figures of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// When the hour, day or month begins.
    pub at: Moment,
    /// The channel, or a check's method; none where channels are added up.
    pub channel: Option<String>,
    /// The country; none where countries are added up, and for what has none.
    pub country: Option<String>,
    /// The figures.
    pub figures: Figures,
}

/// How many users are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locks {
    /// Now.
    pub now: i64,
    /// Locks that began in the span, of which events are kept.
    pub begun: i64,
}

/// Usage figures.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Counts the oldest hour that is due, over all tenants, and says which; none is left where it says none. An hour is
    /// due 15 minutes past its end, and once more 25 hours past it, when late delivery reports are in. Of closers at once
    /// one counts; whatever dies in between leaves nothing behind.
    async fn close_hour(&self, now: Moment) -> Result<Option<Moment>>;
    /// Figures in the order of their spans; what has none is left out. Hours that are not closed are counted now.
    async fn usage(&self, scope: Scope, query: &UsageQuery) -> Result<Vec<UsageRow>>;
    /// How many users are locked, and how many locks began since then. Events of locks are kept for 30 days.
    async fn locks(&self, scope: Scope, since: Moment, now: Moment) -> Result<Locks>;
}
