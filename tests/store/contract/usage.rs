//! Usage figures: exact whether they are counted when they are read or were closed before, and closed once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rift_mfa::domain::challenge::Family;
use rift_mfa::domain::tenant::Mode;
use rift_mfa::domain::usage::By;
use rift_mfa::store::{DeliveryReport, Next, ReportTaken, UsageQuery};

use crate::support::{DAY, Fixture, Guess, HOUR, MINUTE, at, at_once, told};

/// When an hour is counted, and when it is counted again: both from its beginning.
const CLOSES: i64 = HOUR + 15 * MINUTE;
const FINAL: i64 = HOUR + 25 * HOUR;

/// Two hours of mails, texts and checks; the third has nothing.
async fn two_hours(f: &Fixture) {
    let (jane, john, eve) = (f.user("jane"), f.user("john"), f.user("eve"));
    // At the very beginning of the hour, and at its very end.
    let mail = f.start(&jane, "111111", 0);
    f.store.start_code(f.scope, &mail, None).await.unwrap();
    let text = f.texted(&john, "DE", "222222", 10).await;
    f.handed_over(&text.message, 180).await;
    let second = f.texted(&john, "DE", "333333", 100).await;
    f.handed_over(&second.message, 30_001).await;
    let american = f.texted(&eve, "US", "444444", HOUR - 1).await;
    f.store
        .record_attempt(&american.message, None, &Next::Failed { reason: "no".into() }, at(HOUR + 1))
        .await
        .unwrap();
    for code in ["999999", "999998", "111111"] {
        f.check(f.guess(&jane, code, 20)).await;
    }
    let texted = |user, code, second| Guess { family: Family::Phone, ..f.guess(user, code, second) };
    assert_eq!(f.check(texted(&john, "333333", 101)).await, "approved");
    // A check of the next hour, of a challenge of this one.
    assert_eq!(f.check(texted(&eve, "555555", HOUR)).await, "invalid_code 4");
    // The confirmation of a factor is no verification; what follows is.
    let factor = f.enrolled(&jane, HOUR + 2).await;
    assert_eq!(f.totp(f.totp_guess(&jane, factor, 101, HOUR + 3)).await, "approved");
    f.issued(&jane, HOUR + 60).await;
    assert_eq!(f.backup(f.backup_guess(&jane, '1', HOUR + 90)).await, "approved");
    assert_eq!(
        f.backup(crate::support::BackupGuess { fits: false, ..f.backup_guess(&jane, '2', HOUR + 90) })
            .await
            .split(' ')
            .next(),
        Some("invalid_code")
    );
}

const HOURS: [&str; 7] = [
    "2026-11-24T12 email - 1 0 1 1 2 00000000000",
    "2026-11-24T12 sms DE 2 2 0 1 0 01000000100",
    "2026-11-24T12 sms US 1 0 1 0 0 00000000000",
    "2026-11-24T13 backup_code - 0 0 0 1 1 00000000000",
    "2026-11-24T13 email - 1 1 0 0 0 10000000000",
    "2026-11-24T13 sms US 0 0 0 0 1 00000000000",
    "2026-11-24T13 totp - 0 0 0 1 0 00000000000",
];

pub async fn figures_are_the_same_live_and_closed(f: &Fixture) {
    two_hours(f).await;
    let read = async || f.usage(f.scope, -HOUR, 5 * HOUR, By::Hour).await;
    assert_eq!(read().await, HOURS, "nothing is closed, not even begun");
    assert_eq!(f.close_hours(CLOSES - 1).await, 0);
    assert_eq!(read().await, HOURS);
    assert_eq!(f.close_hours(CLOSES).await, 1);
    assert_eq!(f.raw.count("usage_hours", "1 = 1").await, 3);
    assert_eq!(read().await, HOURS, "one is closed");
    assert_eq!(f.close_hours(3 * HOUR + CLOSES).await, 3);
    assert_eq!(f.raw.count("usage_hours", "1 = 1").await, 7, "hours without any figure leave none");
    assert_eq!(read().await, HOURS, "all are closed");
    // Only what is kept speaks now.
    for table in ["messages", "challenges", "checks"] {
        f.raw.run(&format!("DELETE FROM {table}")).await;
    }
    assert_eq!(read().await, HOURS);
    for scope in f.strangers() {
        assert!(f.usage(scope, -HOUR, 5 * HOUR, By::Hour).await.is_empty());
    }
}

pub async fn figures_are_added_up_by_day_and_month_and_by_what_is_asked(f: &Fixture) {
    two_hours(f).await;
    // The last day of the month, and the first of the next.
    for second in [5 * DAY + 11 * HOUR, 6 * DAY + 12 * HOUR] {
        let text = f.texted(&f.user(&format!("user {second}")), "DE", "111111", second).await;
        f.handed_over(&text.message, 90).await;
    }
    for closed in [0, 6 * DAY + 12 * HOUR + 30 * MINUTE, 8 * DAY] {
        f.close_hours(closed).await;
        let total = async |from, to, by| {
            let query = UsageQuery { from: at(from), to: at(to), by, by_channel: false, by_country: false };
            f.store.usage(f.scope, &query).await.unwrap().iter().map(told).collect::<Vec<_>>()
        };
        let first = "2026-11-24T00 - - 5 3 2 4 4 11000000100";
        let second = "2026-11-29T00 - - 1 1 0 0 0 10000000000";
        let third = "2026-12-01T00 - - 1 1 0 0 0 10000000000";
        assert_eq!(total(-12 * HOUR, 10 * DAY, By::Day).await, [first, second, third], "closed at {closed}");
        assert_eq!(
            total(-40 * DAY, 40 * DAY, By::Month).await,
            ["2026-11-01T00 - - 6 4 2 4 4 21000000100", third]
        );
        // Spans need not begin or end with a day.
        assert_eq!(total(0, HOUR, By::Day).await, ["2026-11-24T00 - - 4 2 2 2 2 01000000100"]);
        assert_eq!(total(HOUR, 2 * HOUR, By::Month).await, ["2026-11-01T00 - - 1 1 0 2 2 10000000000"]);
        assert_eq!(
            total(HOUR, 5 * DAY + 12 * HOUR, By::Day).await,
            ["2026-11-24T00 - - 1 1 0 2 2 10000000000", second]
        );
        assert!(total(2 * HOUR, 5 * DAY, By::Day).await.is_empty());
        let query =
            UsageQuery { from: at(0), to: at(7 * DAY), by: By::Month, by_channel: false, by_country: true };
        let by_country: Vec<_> = f.store.usage(f.scope, &query).await.unwrap().iter().map(told).collect();
        assert_eq!(
            by_country,
            [
                "2026-11-01T00 - - 2 1 1 3 3 10000000000",
                "2026-11-01T00 - DE 3 3 0 1 0 11000000100",
                "2026-11-01T00 - US 1 0 1 0 1 00000000000",
                "2026-12-01T00 - DE 1 1 0 0 0 10000000000"
            ]
        );
    }
}

pub async fn closing_again_changes_nothing(f: &Fixture) {
    two_hours(f).await;
    f.close_hours(4 * HOUR).await;
    let closed = f.raw.everything().await;
    assert_eq!(f.close_hours(4 * HOUR).await, 0);
    assert_eq!(f.raw.everything().await, closed);
    // A node that died before its commit left the mark where it was.
    for mark in ["first", "final"] {
        f.raw.run(&format!("UPDATE usage_marks SET value = {} WHERE name = '{mark}'", at(0).millis())).await;
    }
    assert_eq!(f.close_hours(4 * HOUR).await, 3);
    assert_eq!(f.raw.everything().await, closed);
    assert_eq!(f.close_hours(30 * HOUR).await, 26 + 5, "each hour comes once more");
    assert_eq!(f.usage(f.scope, 0, DAY, By::Hour).await, HOURS);
}

pub async fn many_closers_at_once_close_each_hour_once(f: &Fixture) {
    two_hours(f).await;
    let fixture = f.clone();
    let closed = at_once(8, move |_| {
        let f = fixture.clone();
        async move {
            let mut closed = 0;
            while f.store.close_hour(at(40 * HOUR)).await?.is_some() {
                closed += 1;
            }
            Ok(closed)
        }
    })
    .await;
    assert!(closed.iter().sum::<usize>() >= 39 + 15, "{closed:?}");
    let mark = async |name: &str| {
        f.raw.number(&format!("SELECT value FROM usage_marks WHERE name = '{name}'")).await
    };
    assert_eq!(mark("first").await, at(39 * HOUR).millis());
    assert_eq!(mark("final").await, at(15 * HOUR).millis());
    assert_eq!(f.usage(f.scope, 0, DAY, By::Hour).await, HOURS);
    let day = f.usage(f.scope, -12 * HOUR, 12 * HOUR, By::Day).await;
    assert_eq!(day[0], "2026-11-24T00 backup_code - 0 0 0 1 1 00000000000", "the day was added up once");
    assert_eq!(day.len(), 5);
}

pub async fn a_late_report_counts_when_the_hour_is_counted_again(f: &Fixture) {
    // Only live mode has reports.
    let mut f = f.clone();
    f.scope.mode = Mode::Live;
    let f = &f;
    let text = f.texted(&f.user("jane"), "DE", "111111", 0).await;
    f.handed_over(&text.message, 180).await;
    f.close_hours(CLOSES).await;
    let report = DeliveryReport {
        provider: "twilio",
        own: None,
        provider_id: "SM1",
        message: None,
        delivered: false,
        reason: Some("30003"),
    };
    assert_eq!(f.store.record_report(&report, at(5 * HOUR)).await.unwrap(), ReportTaken::Taken);
    f.close_hours(FINAL - 1).await;
    assert_eq!(f.usage(f.scope, 0, HOUR, By::Hour).await, ["2026-11-24T12 sms DE 1 1 0 0 0 01000000000"]);
    f.close_hours(FINAL).await;
    for by in [By::Hour, By::Day] {
        let [row] = &f.usage(f.scope, -12 * HOUR, 12 * HOUR, by).await[..] else { panic!("one row") };
        assert!(row.ends_with("sms DE 1 1 1 0 0 01000000000"), "{row}");
    }
}

pub async fn an_outage_is_made_up_for_and_what_is_gone_stays_as_it_was_counted(f: &Fixture) {
    two_hours(f).await;
    f.close_hours(2 * HOUR).await;
    // Nobody was there for 40 days, and the traces were swept before the hours were counted again.
    let late = 40 * DAY;
    while f.store.sweep(at(late), 500).await.unwrap().more {}
    assert_eq!(f.raw.count("checks", "1 = 1").await, 0);
    f.close_hours(late).await;
    assert_eq!(f.usage(f.scope, 0, HOUR, By::Hour).await, HOURS[..3], "the first count stands");
    let mark = f.raw.number("SELECT value FROM usage_marks WHERE name = 'first'").await;
    assert_eq!(mark, at(late - HOUR).millis());
    // After three years the figures go as well.
    let sweep = async |second| while f.store.sweep(at(second), 500).await.unwrap().more {};
    sweep(3 * 365 * DAY).await;
    assert_eq!(f.raw.count("usage_hours", "1 = 1").await, 3);
    sweep(1096 * DAY + HOUR).await;
    assert_eq!(f.raw.count("usage_hours", "1 = 1").await + f.raw.count("usage_days", "1 = 1").await, 0);
}

/// A year of hours of a hundred applications, past the store.
pub async fn a_year_is_read_by_the_primary_key(f: &Fixture) {
    let app = f.scope.app;
    let mode = f.scope.mode;
    for (table, step, rows) in
        [("usage_hours", HOUR, 24 * 31), ("usage_days", DAY, 366), ("usage_kept", HOUR, 300)]
    {
        f.raw.fill_usage(table, &app.to_string(), mode.as_str(), at(0).millis(), step * 1000, rows).await;
    }
    f.raw.run("ANALYZE").await;
    for (statement, days) in rift_mfa::store::USAGE_READS.iter().zip([7, 366, 1]) {
        let places = [
            format!("'{app}'"),
            format!("'{mode}'"),
            at(0).millis().to_string(),
            at(days * DAY).millis().to_string(),
            "TRUE".to_owned(),
            "FALSE".to_owned(),
        ];
        let filled =
            places.iter().zip(1..).fold((*statement).to_owned(), |sql, (value, place): (_, usize)| {
                sql.replace(&format!("${place}"), value)
            });
        let plan = f.raw.plan(&filled).await;
        assert!(plan.contains("usage_") && !plan.contains("Seq Scan") && !plan.contains("SCAN "), "{plan}");
        assert!(
            plan.contains("_pkey") || plan.contains("sqlite_autoindex") || plan.contains("PRIMARY KEY"),
            "{plan}"
        );
    }
}

pub async fn a_flood_of_erasures_keeps_nobody_from_figures(f: &Fixture) {
    const HOURS: i64 = 12;
    for hour in 0..HOURS {
        f.started(&f.user(&format!("user {hour}")), "111111", hour * HOUR + 30 * MINUTE).await;
    }
    assert!(f.store.close_hour(at(HOUR)).await.unwrap().is_none());
    // Another tenant locks and erases nobodies, one after the other.
    let ended = Arc::new(AtomicBool::new(false));
    let floods: Vec<_> = ["ghost", "spook", "wraith"]
        .into_iter()
        .map(|name| {
            let (mut f, end) = (f.clone(), Arc::clone(&ended));
            f.scope = f.strangers()[1];
            let nobody = f.user(name);
            tokio::spawn(async move {
                while !end.load(Ordering::SeqCst) {
                    let _ = f.store.lock_user(f.scope, &nobody, at(DAY), at(2 * HOUR), &f.note()).await;
                    let _ = f.store.erase_user(f.scope, &nobody, at(2 * HOUR), &f.note()).await;
                }
            })
        })
        .collect();
    while f.raw.count("usage_marks", "name = 'erased' AND value > 3").await == 0 {
        tokio::task::yield_now().await;
    }
    let query =
        UsageQuery { from: at(0), to: at(HOURS * HOUR), by: By::Hour, by_channel: true, by_country: true };
    let mut figures = Vec::new();
    for _ in 0..20 {
        figures.push(f.store.usage(f.scope, &query).await.map_or(0, |rows| rows.len()));
    }
    // Each try closes its hour: nobody of that hour was erased.
    for _ in 0..HOURS {
        f.store.close_hour(at(HOURS * HOUR + 15 * MINUTE)).await.unwrap();
    }
    let closed = f.raw.count("usage_hours", "sends > 0").await;
    ended.store(true, Ordering::SeqCst);
    for flood in floods {
        flood.await.unwrap();
    }
    assert_eq!((figures, closed), (vec![12; 20], HOURS));
}
