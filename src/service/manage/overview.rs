//! What one looks at first: an application's figures over a span, and what a new one still lacks.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Manage;
use crate::domain::challenge::{MfaType, Status};
use crate::domain::tenant::{Application, Mode, Scope};
use crate::domain::time::Moment;
use crate::domain::usage::{By, Figures};
use crate::service::error::Result;
use crate::store::{ListFilter, UsageQuery};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Events, and so the locks that began, are kept for so long.
const EVENTS_KEPT: Duration = Duration::from_hours(30 * 24);

/// So many of the latest challenges are looked at for one that was verified.
const LATEST: i64 = 100;

/// How far back one looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// 24 hours, by the hour.
    Day,
    /// 7 days, by the day.
    Week,
    /// 30 days, by the day.
    Month,
    /// 90 days, in fives.
    Quarter,
}

impl Range {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Quarter];

    /// Its name in a query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// The one of this name; a week where there is none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|range| range.as_str() == name).unwrap_or(Self::Week)
    }

    /// By what its figures are read.
    #[must_use]
    pub const fn by(self) -> By {
        match self {
            Self::Day => By::Hour,
            Self::Week | Self::Month | Self::Quarter => By::Day,
        }
    }

    /// How many spans of which length it has.
    #[must_use]
    pub const fn spans(self) -> (u32, Duration) {
        match self {
            Self::Day => (24, HOUR),
            Self::Week => (7, DAY),
            Self::Month => (30, DAY),
            Self::Quarter => (18, Duration::from_hours(5 * 24)),
        }
    }

    /// When its spans begin, the oldest first, and when the last one ends. The hour or day that runs is in.
    fn begins(self, now: Moment) -> (Vec<Moment>, Moment) {
        let (many, span) = self.spans();
        let unit = if self.by() == By::Hour { HOUR } else { DAY };
        let to = self.by().floor(now).plus(unit);
        ((1..=many).rev().map(|back| to.minus(span * back)).collect(), to)
    }
}

/// An application's figures.
pub struct Overview {
    /// When each span begins, the oldest first.
    pub spans: Vec<Moment>,
    /// Before then.
    pub to: Moment,
    /// All figures of each span by channel, or by a check's method.
    pub channels: BTreeMap<String, Vec<Figures>>,
    /// All figures of each country; what has none is left out.
    pub countries: BTreeMap<String, Figures>,
    /// Users that are locked now.
    pub locked: i64,
    /// Locks that began in the range, or in the last 30 days of it.
    pub locks: i64,
}

impl Overview {
    /// All figures of a span.
    #[must_use]
    pub fn of_span(&self, span: usize) -> Figures {
        self.channels.values().filter_map(|spans| spans.get(span)).fold(Figures::default(), added)
    }

    /// All figures of a channel.
    #[must_use]
    pub fn of_channel(&self, channel: &str) -> Figures {
        self.channels.get(channel).into_iter().flatten().fold(Figures::default(), added)
    }

    /// All figures.
    #[must_use]
    pub fn total(&self) -> Figures {
        self.channels.values().flatten().fold(Figures::default(), added)
    }
}

fn added(mut sum: Figures, more: &Figures) -> Figures {
    sum += *more;
    sum
}

/// What a new application has, and what it lacks.
pub struct FirstSteps {
    /// The methods that are on, in the order of the contract.
    pub methods: Vec<MfaType>,
    /// The first characters of its newest key of the test mode that is active.
    pub key_hint: Option<String>,
    /// Whether anything was started with it, in either mode.
    pub started: bool,
    /// Whether anything of the latest was verified in test mode, or it is live already.
    pub verified: bool,
}

impl Manage {
    /// The figures of an application that was found, in one reading.
    pub async fn overview(&self, app: &Application, mode: Mode, range: Range) -> Result<Overview> {
        let scope = Scope { app: app.id, mode };
        let now = self.desk.now();
        let (spans, to) = range.begins(now);
        let from = spans.first().copied().unwrap_or(to);
        let query = UsageQuery { from, to, by: range.by(), by_channel: true, by_country: true };
        let (channels, countries) = gathered(self.desk.store.usage(scope, &query).await?, &spans);
        let locks = self.desk.store.locks(scope, from.max(now.minus(EVENTS_KEPT)), now).await?;
        Ok(Overview { spans, to, channels, countries, locked: locks.now, locks: locks.begun })
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.desk.now()
    }

    /// How far a new application has come.
    pub async fn first_steps(&self, app: &Application) -> Result<FirstSteps> {
        let now = self.desk.now();
        let latest = async |mode, limit| {
            let filter = ListFilter { limit, ..ListFilter::default() };
            self.desk.store.list(Scope { app: app.id, mode }, &filter, now).await
        };
        let (tried, live) = (latest(Mode::Test, LATEST).await?, latest(Mode::Live, 1).await?);
        let keys = self.tenants().keys(Some(app.id)).await?;
        let usable = keys.iter().filter(|key| key.scope.mode == Mode::Test && key.state(now) == "active");
        let methods = MfaType::ALL
            .iter()
            .copied()
            .filter(|kind| *kind != MfaType::Backup && app.settings.allows(*kind))
            .collect();
        Ok(FirstSteps {
            methods,
            key_hint: usable.max_by_key(|key| key.created_at).map(|key| key.hint.clone()),
            started: !tried.is_empty() || !live.is_empty(),
            verified: !live.is_empty() || tried.iter().any(|record| record.status == Status::Approved),
        })
    }
}

/// Figures by channel and span, and by country.
type Gathered = (BTreeMap<String, Vec<Figures>>, BTreeMap<String, Figures>);

fn gathered(rows: Vec<crate::store::UsageRow>, spans: &[Moment]) -> Gathered {
    let mut channels: BTreeMap<String, Vec<Figures>> = BTreeMap::new();
    let mut countries: BTreeMap<String, Figures> = BTreeMap::new();
    for row in rows {
        let channel = channels
            .entry(row.channel.unwrap_or_default())
            .or_insert_with(|| vec![Figures::default(); spans.len()]);
        let span = spans.partition_point(|begins| *begins <= row.at).saturating_sub(1);
        if let Some(figures) = channel.get_mut(span) {
            *figures += row.figures;
        }
        if let Some(country) = row.country {
            *countries.entry(country).or_default() += row.figures;
        }
    }
    (channels, countries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::UsageRow;

    /// 2026-11-24T12:34:00Z.
    const NOW: i64 = 1_795_523_640_000;

    #[test]
    fn spans_follow_each_other_and_end_with_what_runs() {
        for (range, first, to) in [
            (Range::Day, "2026-11-23T13:00:00Z", "2026-11-24T13:00:00Z"),
            (Range::Week, "2026-11-18T00:00:00Z", "2026-11-25T00:00:00Z"),
            (Range::Month, "2026-10-26T00:00:00Z", "2026-11-25T00:00:00Z"),
            (Range::Quarter, "2026-08-27T00:00:00Z", "2026-11-25T00:00:00Z"),
        ] {
            let (spans, end) = range.begins(Moment::from_millis(NOW));
            assert_eq!((spans[0].to_string().as_str(), end.to_string().as_str()), (first, to), "{range:?}");
            let (many, span) = range.spans();
            assert_eq!(spans.len(), usize::try_from(many).unwrap());
            assert!(
                spans.windows(2).all(|two| two[0].plus(span) == two[1])
                    && spans.last().unwrap().plus(span) == end
            );
        }
    }

    #[test]
    fn each_row_counts_in_the_span_in_which_it_lies() {
        let spans: Vec<Moment> = [0, 10, 20].map(Moment::from_millis).to_vec();
        let row = |at, channel: &str, country: Option<&str>| UsageRow {
            at: Moment::from_millis(at),
            channel: Some(channel.to_owned()),
            country: country.map(str::to_owned),
            figures: Figures { sends: 1, ..Figures::default() },
        };
        let rows = vec![
            row(0, "sms", Some("DE")),
            row(9, "sms", None),
            row(10, "email", None),
            row(25, "sms", Some("DE")),
        ];
        let (channels, countries) = gathered(rows, &spans);
        let sends = |channel: &str| channels[channel].iter().map(|figures| figures.sends).collect::<Vec<_>>();
        assert_eq!((sends("sms"), sends("email")), (vec![2, 0, 1], vec![0, 1, 0]));
        assert_eq!((countries.len(), countries["DE"].sends), (1, 2));
    }
}
