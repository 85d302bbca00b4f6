//! The charts of an overview, made of its figures.

use crate::dashboard::seeing::chart::{
    BAR, Chart, Data, Series, Shape, Span, Unit, bar, count, percent, share,
};
use crate::dashboard::seeing::{times, words};
use crate::domain::country;
use crate::domain::time::Moment;
use crate::domain::usage::Figures;
use crate::service::manage::{Overview, Range};

/// The channels by which messages go.
pub const SENT: [&str; 4] = ["email", "sms", "whatsapp", "voice"];

/// All methods of checks, each with its colour.
const METHODS: [(&str, u8); 7] = [
    ("email", 1),
    ("sms", 2),
    ("whatsapp", 3),
    ("voice", 4),
    ("totp", 5),
    ("webauthn", 6),
    ("backup_code", 7),
];

/// Countries that are listed.
const COUNTRIES: usize = 10;

/// A country as it is listed.
pub struct Country {
    /// Its name.
    pub name: String,
    /// Messages to it.
    pub sends: String,
    /// Checks of its numbers that were right.
    pub verified: String,
    /// How many of the messages led to one.
    pub conversion: String,
    /// How long its bar is, of [`BAR`].
    pub bar: i64,
}

impl Country {
    /// The box of its bar.
    pub fn view_box() -> String {
        format!("0 0 {BAR} 10")
    }
}

/// The charts, in their order.
pub fn all(overview: &Overview, range: Range) -> Vec<Chart> {
    let spans = spans(overview, range);
    let by_channel = |value: fn(&Figures) -> Option<i64>| -> Vec<Series> {
        let series = |(channel, colour): (&str, u8)| {
            let values = overview.channels.get(channel)?.iter().map(value).collect();
            Some(Series { name: words::channel(channel).to_owned(), colour, values })
        };
        METHODS.into_iter().filter_map(series).collect()
    };
    let delay = |name: &str, colour, percent| Series {
        name: name.to_owned(),
        colour,
        values: (0..overview.spans.len()).map(|span| overview.of_span(span).percentile(percent)).collect(),
    };
    let data = |title, about, empty, unit, shape, series| {
        Chart::of(Data { title, about, empty, unit, shape, spans: spans.clone(), series })
    };
    vec![
        data(
            "Sends",
            "Messages that were started, by channel.",
            "No message was started in this time. Each start with POST /v1/mfa shows here within seconds.",
            Unit::Count,
            Shape::Stacked,
            by_channel(|figures| Some(figures.sends)),
        ),
        data(
            "Verified",
            "Checks with a right code, by the method that it came from.",
            "No code was right in this time. Send one to POST /v1/mfa/verify.",
            Unit::Count,
            Shape::Stacked,
            by_channel(|figures| Some(figures.verifications)),
        ),
        data(
            "Conversion",
            "Of a hundred messages, how many led to a right code. A code that is typed an hour later counts in its own hour.",
            "There were no messages of which a part could be told.",
            Unit::Percent,
            Shape::Lines,
            by_channel(|figures| share(figures.verifications, figures.sends)),
        ),
        data(
            "Failed",
            "Messages that no provider took, or that were reported undelivered. The log tells why.",
            "No message failed in this time. That is how it should be.",
            Unit::Count,
            Shape::Stacked,
            by_channel(|figures| Some(figures.failed)),
        ),
        data(
            "Time to deliver",
            "From the start until a provider has taken the message.",
            "No message was handed over in this time.",
            Unit::Millis,
            Shape::Lines,
            vec![delay("Half of them (p50)", 1, 50), delay("95 of 100 (p95)", 3, 95)],
        ),
        data(
            "Wrong codes",
            "Checks that failed. Many at once may be somebody who guesses.",
            "No check failed in this time.",
            Unit::Count,
            Shape::Stacked,
            by_channel(|figures| Some(figures.failures)),
        ),
    ]
}

fn spans(overview: &Overview, range: Range) -> Vec<Span> {
    let ends = overview.spans.iter().copied().skip(1).chain([overview.to]);
    let span = |(begins, end): (&Moment, Moment)| {
        let last = end.minus(std::time::Duration::from_millis(1));
        let (short, long) = match range {
            Range::Day => (
                times::hour(*begins),
                format!("{}, {}–{}", times::day(*begins), times::hour(*begins), times::hour(end)),
            ),
            Range::Week | Range::Month => (times::day(*begins), times::day(*begins)),
            Range::Quarter => {
                (times::day(*begins), format!("{} – {}", times::day(*begins), times::day(last)))
            }
        };
        Span { short, long }
    };
    overview.spans.iter().zip(ends).map(span).collect()
}

/// `001` are numbers of no country, as phone numbers are divided up.
fn named(code: &str) -> String {
    match code {
        "001" => "No country",
        code => country::name(code).unwrap_or(code),
    }
    .to_owned()
}

/// The countries with most messages.
pub fn countries(overview: &Overview) -> Vec<Country> {
    let mut all: Vec<_> = overview.countries.iter().filter(|(_, figures)| figures.sends > 0).collect();
    all.sort_by_key(|(code, figures)| (std::cmp::Reverse(figures.sends), code.as_str()));
    let most = all.first().map_or(0, |(_, figures)| figures.sends);
    let row = |(code, figures): (&String, &Figures)| Country {
        name: named(code),
        sends: count(figures.sends),
        verified: count(figures.verifications),
        conversion: percent(figures.verifications, figures.sends),
        bar: bar(figures.sends, most),
    };
    all.into_iter().take(COUNTRIES).map(row).collect()
}
