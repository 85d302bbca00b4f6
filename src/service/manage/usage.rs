//! Figures of the organization's applications.

use std::time::Duration;

use super::Manage;
use super::answers::{Delay, UsageRowView, UsageView};
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;
use crate::domain::usage::By;
use crate::service::answers::Time;
use crate::service::error::{Result, ServiceError};
use crate::service::fields::field;
use crate::store::{UsageQuery, UsageRow};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What is shown where nothing is said.
const WEEK: u32 = 7;

/// Which figures are asked for.
pub struct UsageFields {
    /// `mode`.
    pub mode: Mode,
    /// `from`.
    pub from: Option<Moment>,
    /// `to`.
    pub to: Option<Moment>,
    /// `by`.
    pub by: By,
    /// `group` names `channel`.
    pub by_channel: bool,
    /// `group` names `country`.
    pub by_country: bool,
}

impl Manage {
    /// Figures of one application.
    pub async fn usage(&self, app: &str, fields: &UsageFields) -> Result<UsageView> {
        let scope = Scope { app: self.own_app(app).await?.id, mode: fields.mode };
        let query = fields.query(self.desk.now())?;
        let rows = self.desk.store.usage(scope, &query).await?;
        Ok(UsageView {
            object: "usage",
            app: scope.app.to_string(),
            mode: scope.mode,
            from: Time(query.from),
            to: Time(query.to),
            by: query.by.as_str(),
            data: rows.into_iter().map(|row| fields.view(row)).collect(),
        })
    }
}

impl UsageFields {
    /// Cut to whole hours, and within bounds. The hour that runs is in where no end was given.
    fn query(&self, now: Moment) -> Result<UsageQuery> {
        let to = self.to.map_or_else(|| By::Hour.floor(now).plus(HOUR), |to| By::Hour.floor(to));
        let from = self.from.map_or_else(|| to.minus(DAY * WEEK), |from| By::Hour.floor(from));
        if from >= to {
            return Err(wrong("`from` must be at least an hour before `to`."));
        }
        let (days, span) = match self.by {
            By::Hour => (31, "31 days"),
            By::Day => (400, "400 days"),
            By::Month => (1096, "3 years"),
        };
        if from.until(to) > DAY * days {
            let by = self.by.as_str();
            return Err(wrong(&format!("`from` must be at most {span} before `to` where `by` is {by}.")));
        }
        Ok(UsageQuery { from, to, by: self.by, by_channel: self.by_channel, by_country: self.by_country })
    }

    fn view(&self, row: UsageRow) -> UsageRowView {
        let figures = row.figures;
        let delay = figures.percentile(50).zip(figures.percentile(95));
        UsageRowView {
            from: Time(row.at),
            channel: self.by_channel.then_some(row.channel),
            country: self.by_country.then_some(row.country),
            sends: figures.sends,
            handed_over: figures.handed_over,
            failed: figures.failed,
            verifications: figures.verifications,
            failures: figures.failures,
            delivery_ms: delay.map(|(p50, p95)| Delay { p50, p95 }),
        }
    }
}

fn wrong(message: &str) -> ServiceError {
    field("invalid_value", "from", message, "Send times such as 2026-11-24T00:00:00Z.".to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_521_600_000 + 34 * 60_000;

    fn asked(from: Option<i64>, to: Option<i64>, by: By) -> std::result::Result<(String, String), String> {
        let hours = |hours: i64| Moment::from_millis(NOW + hours * 3_600_000);
        let fields = UsageFields {
            mode: Mode::Live,
            from: from.map(hours),
            to: to.map(hours),
            by,
            by_channel: false,
            by_country: false,
        };
        match fields.query(Moment::from_millis(NOW)) {
            Ok(query) => Ok((query.from.to_string(), query.to.to_string())),
            Err(ServiceError::Field(error)) => Err(error.message),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn the_last_week_is_meant_and_spans_are_cut_to_hours() {
        let day = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));
        assert_eq!(asked(None, None, By::Day), day("2026-11-17T13:00:00Z", "2026-11-24T13:00:00Z"));
        assert_eq!(asked(Some(-2), None, By::Day), day("2026-11-24T10:00:00Z", "2026-11-24T13:00:00Z"));
        assert_eq!(asked(Some(-2), Some(0), By::Hour), day("2026-11-24T10:00:00Z", "2026-11-24T12:00:00Z"));
        assert_eq!(asked(None, Some(-24), By::Hour), day("2026-11-16T12:00:00Z", "2026-11-23T12:00:00Z"));
    }

    #[test]
    fn spans_have_bounds_by_what_they_are_added_up_by() {
        for (by, days, bound) in
            [(By::Hour, 31, "31 days"), (By::Day, 400, "400 days"), (By::Month, 1096, "3 years")]
        {
            assert!(asked(Some(-24 * days), Some(0), by).is_ok(), "{bound}");
            let message = asked(Some(-24 * days - 1), Some(0), by).unwrap_err();
            assert!(message.contains(bound) && message.contains(by.as_str()), "{message}");
        }
        for (from, to) in [(0, 0), (1, 0), (i64::MAX / 3_600_000 - 1_000_000, 0)] {
            assert!(asked(Some(from), Some(to), By::Day).is_err());
        }
    }
}
