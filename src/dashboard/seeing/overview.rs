//! GET /dashboard/applications/{app}: figures and charts; for a new application, its next steps.

mod charts;
mod steps;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::chart::{Chart, Unit, count, percent};
use crate::dashboard::frame::{Here, PageError, Shell, Visit, page};
use crate::domain::access::Permission;
use crate::domain::tenant::Mode;
use crate::http::needs::UsageRead;
use crate::service::manage::{Overview, Range};

use charts::{Country, SENT};
use steps::Steps;

#[derive(Template)]
#[template(path = "dashboard/seeing/overview.html")]
struct OverviewPage {
    shell: Shell,
    app: String,
    name: String,
    ranges: Vec<RangeLink>,
    span: &'static str,
    steps: Option<Steps>,
    /// Whether there is anything to draw.
    begun: bool,
    tiles: Vec<Tile>,
    charts: Vec<Chart>,
    countries: Vec<Country>,
}

struct RangeLink {
    name: &'static str,
    words: &'static str,
    current: bool,
}

/// A number with its name.
struct Tile {
    value: String,
    name: &'static str,
    about: String,
}

/// GET
pub async fn get(Path(id): Path<String>, visit: Visit<UsageRead>) -> Result<Response, PageError> {
    let app = visit.app(&id).await?;
    let mode = visit.query.mode();
    let range = Range::named(visit.query.text("range"));
    let shell = visit.shell(Here::Overview, Some(&app));
    let found = app.clone();
    let (first, overview) = visit
        .run(move |_, manage| async move {
            let first = manage.first_steps(&found).await?;
            let overview =
                if first.started { Some(manage.overview(&found, mode, range).await?) } else { None };
            Ok((first, overview))
        })
        .await?;
    let begun = overview.is_some();
    let (tiles, charts, countries) = overview.map_or_else(Default::default, |overview| {
        (tiles(&overview, mode, range), charts::all(&overview, range), charts::countries(&overview))
    });
    page(&OverviewPage {
        steps: (!first.verified && app.deletion.is_none()).then(|| Steps::of(&first, &visit.service)),
        app: app.id.to_string(),
        name: app.name,
        ranges: Range::ALL.into_iter().map(|one| link(one, range)).collect(),
        span: words(range),
        begun,
        tiles,
        charts,
        countries,
        shell,
    })
}

fn link(range: Range, current: Range) -> RangeLink {
    RangeLink { name: range.as_str(), words: words(range), current: range == current }
}

fn words(range: Range) -> &'static str {
    match range {
        Range::Day => "24 hours",
        Range::Week => "7 days",
        Range::Month => "30 days",
        Range::Quarter => "90 days",
    }
}

fn tiles(overview: &Overview, mode: Mode, range: Range) -> Vec<Tile> {
    let total = overview.total();
    let by_code: i64 = SENT.iter().map(|channel| overview.of_channel(channel).verifications).sum();
    let tile = |name, value, about: &str| Tile { value, name, about: about.to_owned() };
    let locks = match range {
        Range::Quarter => "in the last 30 days",
        _ => "in this time",
    };
    let delay = |percent| Unit::Millis.told(total.percentile(percent));
    vec![
        tile("Sends", count(total.sends), "messages that were started"),
        tile("Verified", count(total.verifications), "checks with a right code"),
        tile("Failed", count(total.failed), "messages that nobody got"),
        tile("Wrong codes", count(total.failures), "checks that failed"),
        tile("Conversion", percent(by_code, total.sends), "messages that led to a right code"),
        tile("Time to deliver", delay(50), &format!("half of them; 95 of 100 within {}", delay(95))),
        tile("Locked now", count(overview.locked), mode_words(mode)),
        tile("Locks", count(overview.locks), locks),
    ]
}

fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::Test => "users of test mode",
        Mode::Live => "users of live mode",
    }
}
