//! What a send costs, seen from outside: a release binary, a mail server and providers on loopback, and clients that start
//! at fixed times, whatever the answers (an open model: a slow answer does not slow the load down).
//!
//! ```text
//! cargo bench --bench delivery                                             on SQLite
//! BENCH_DATABASE_URL=postgres://…/empty cargo bench --bench delivery       on an empty PostgreSQL database, with two nodes
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly, and prints its figures"
)]

#[path = "../tests/delivery/lab.rs"]
mod lab;
#[allow(dead_code, reason = "shared with the tests of the command line")]
#[path = "../tests/cli/place.rs"]
mod place;
#[path = "../tests/delivery/reports.rs"]
mod reports;
#[path = "../tests/support/smtp.rs"]
mod smtp;
#[allow(dead_code, reason = "shared with the tests of the providers")]
#[path = "../tests/providers/standin.rs"]
mod standin;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use lab::{Lab, Node, PATIENCE, number, reaches};
use reports::report;
use smtp::SmtpSink;
use standin::{Answer, StandIn};

/// Starts a second.
const RATE: u32 = 50;
const ALONE: Duration = Duration::from_secs(30);
const BESIDE: Duration = Duration::from_secs(15);

/// The slow provider's messages, and its time for an answer.
const HELD: usize = 200;
const SLOW: Duration = Duration::from_secs(5);

/// Reports that make the next channel's turn come.
const TURNS: usize = 40;

/// Times of many starts.
struct Figures {
    answered: Vec<Duration>,
    arrived: Vec<Duration>,
    lost: usize,
}

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    let (mails, sms, whatsapp) = (SmtpSink::start().await, StandIn::twilio().await, StandIn::meta().await);
    let settings =
        [lab::smtp(&mails.url("", "")), lab::twilio("sms", &sms.base_url), lab::meta(&whatsapp.base_url)]
            .concat();
    let url = std::env::var("BENCH_DATABASE_URL").ok();
    let lab = match &url {
        Some(url) => Lab::over(&settings, url),
        None => Lab::sqlite(&settings),
    };
    let key = lab.tenant(&[]).key;
    let in_turn = lab.tenant(&["sms.fallback=whatsapp", "sms.fallback_after=5m", "code.ttl=10m"]).key;
    let first = Node::start(&lab).await;
    // The one that is told of reports; SQLite is for one node.
    let second = if url.is_some() { Node::start(&lab).await } else { Arc::clone(&first) };
    println!("{}; {}", machine(), if url.is_some() { "PostgreSQL, two nodes" } else { "SQLite, one node" });

    mail(&first, &mails, &key, "warm", Duration::from_secs(2)).await;
    let alone = mail(&first, &mails, &key, "alone", ALONE).await;
    println!("\nmails, {RATE}/s for {} s", ALONE.as_secs());
    alone.print();

    turns(&first, &second, &in_turn, &sms, &whatsapp).await;

    sms.otherwise(|_| {
        let (release, held) = watch::channel(false);
        tokio::spawn(async move {
            tokio::time::sleep(SLOW).await;
            release.send_replace(true);
        });
        Answer::Hold(held)
    });
    let mut starts = JoinSet::new();
    for n in 0..HELD {
        let (node, key) = (Arc::clone(&first), key.clone());
        starts.spawn(async move { node.sent(&key, &number(n), "SMS").await });
    }
    starts.join_all().await;
    let beside = mail(&first, &mails, &key, "beside", BESIDE).await;
    println!(
        "\nmails, {RATE}/s for {} s beside {HELD} texts at {} s an answer",
        BESIDE.as_secs(),
        SLOW.as_secs()
    );
    beside.print();
    let later = |part: f64| millis(at(&beside.arrived, part)) - millis(at(&alone.arrived, part));
    println!("  the slow provider's part: p50 {:+.1} ms, p99 {:+.1} ms", later(0.5), later(0.99));
    first.terminate();
    assert_eq!(first.ended().await.code(), Some(0), "{}", first.said());
    assert_eq!(alone.lost + beside.lost, 0, "mails were lost");
}

/// Starts at fixed times, each to an address of its own.
async fn mail(node: &Arc<Node>, mails: &SmtpSink, key: &str, name: &str, time: Duration) -> Figures {
    let many = usize::try_from(time.as_secs()).unwrap() * usize::try_from(RATE).unwrap();
    let before = mails.received().len();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / RATE);
    let mut clients = JoinSet::new();
    for n in 0..many {
        pace.tick().await;
        let (node, key, to) = (Arc::clone(node), key.to_owned(), format!("{name}{n}@example.com"));
        clients.spawn(async move {
            let written = Instant::now();
            let told = node.start_mfa(&key, &to, "EMAIL").await;
            let answered = written.elapsed();
            told.ok();
            (to, written, answered)
        });
    }
    let starts = clients.join_all().await;
    let mut count = mails.count();
    let all = count.wait_for(|count| *count >= before + many);
    let _ = tokio::time::timeout(PATIENCE, all).await;
    let arrivals: HashMap<String, Instant> =
        mails.received().into_iter().skip(before).map(|mail| (mail.to, mail.at)).collect();
    let mut figures = Figures { answered: Vec::new(), arrived: Vec::new(), lost: 0 };
    for (to, written, answered) in starts {
        figures.answered.push(answered);
        match arrivals.get(&to) {
            Some(at) => figures.arrived.push(at.duration_since(written)),
            None => figures.lost += 1,
        }
    }
    figures.answered.sort_unstable();
    figures.arrived.sort_unstable();
    figures
}

/// From a report that a text did not arrive to the next channel's request.
async fn turns(first: &Arc<Node>, second: &Arc<Node>, key: &str, sms: &StandIn, whatsapp: &StandIn) {
    let mut times = Vec::new();
    for n in 1..=TURNS {
        let id = first.sent(key, &number(1_000 + n), "SMS").await;
        first.delivery(key, &id, "sms", "sent").await;
        let told = Instant::now();
        assert_eq!(report(second, &sms.last(), n, "undelivered", lab::TOKEN).await, 204);
        reaches(whatsapp.count(), n).await;
        times.push(told.elapsed());
    }
    times.sort_unstable();
    println!("\nnext channel's turn after a report to the other node, {TURNS} times");
    line("report written → next request", &times);
}

impl Figures {
    fn print(&self) {
        line("start written → answered", &self.answered);
        line("start written → 250", &self.arrived);
        println!("  lost: {} of {}", self.lost, self.answered.len());
    }
}

fn line(what: &str, times: &[Duration]) {
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|part| millis(at(times, part)));
    let most = millis(times.last().copied().unwrap_or_default());
    println!("  {what:<30} p50 {p50:6.1}  p95 {p95:6.1}  p99 {p99:6.1}  max {most:6.1} ms");
}

/// The value that so large a part of the sorted times does not exceed.
fn at(times: &[Duration], part: f64) -> Duration {
    let mut passed = 0.0;
    let all = f64::from(u32::try_from(times.len()).unwrap());
    let found = times.iter().find(|_| {
        passed += 1.0;
        passed >= part * all
    });
    found.copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!("{cores} cores, {}, load {load} at the start", model.map_or("unknown", |(_, model)| model))
}
