//! Nodes that are killed while they send: every accepted send arrives or is reported, and nothing else arrives.
//!
//! The moments are drawn from a seed, which is printed: `RIFT_LAB_SEED=… cargo test --test delivery killed` draws the same
//! ones (what the machine makes of them differs).

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::lab::{self, Lab, Node, Told, code_in, code_in_mail, number, pause};
use crate::smtp::SmtpSink;
use crate::standin::{Answer, StandIn};

/// Sends between two kills.
const ROUND: usize = 25;

/// Of a code: the shortest that can be set.
const LIFE: Duration = Duration::from_mins(1);

/// By the end of its code's life and so much more, a send has arrived or is reported.
const REPORTED: Duration = Duration::from_secs(30);

fn seed() -> u64 {
    let chance = || std::hash::RandomState::new().build_hasher().finish();
    std::env::var("RIFT_LAB_SEED").map_or_else(|_| chance(), |seed| seed.parse().expect("a number"))
}

/// The places of the texts that were answered with a success.
type Taken = Arc<Mutex<BTreeSet<usize>>>;

/// A send that was accepted.
struct Accepted {
    user: String,
    by_mail: bool,
    id: String,
}

/// What all clients share.
struct World {
    nodes: Vec<Arc<Node>>,
    key: String,
    /// Of an application in which nothing is allowed.
    shut: String,
    /// For requests at once: what is looked for is loss, not load.
    places: Semaphore,
    asked: watch::Sender<usize>,
    answered: watch::Sender<usize>,
}

impl World {
    /// Asks one node after the other, under one Idempotency-Key, until one answers.
    async fn insist(&self, first: usize, key: &str, user: &str, kind: &str, once: &str) -> Told {
        let body = json!({"User": user, "Type": kind});
        let begun = Instant::now();
        for turn in first.. {
            let place = self.places.acquire().await.unwrap();
            self.asked.send_modify(|asked| *asked += 1);
            let node = &self.nodes[turn % self.nodes.len()];
            let told = node.ask("POST", "/v1/mfa", key, Some(&body), Some(once)).await;
            drop(place);
            let after = match told {
                Some(told) if !told.is_for_later() => {
                    self.answered.send_modify(|answered| *answered += 1);
                    return told;
                }
                told => told.and_then(|told| told.after),
            };
            // A claim of a key lives 30 s when its node dies, and so does the next one's when that node dies, too.
            assert!(begun.elapsed() < 3 * lab::PATIENCE, "no node answers {once}");
            pause(after).await;
        }
        unreachable!("there is always a next turn")
    }

    /// The `n`th send, and now and then one that must be refused.
    async fn client(&self, n: usize) -> Accepted {
        let by_mail = n % 2 == 1;
        let (user, kind) =
            if by_mail { (format!("jane{n}@example.com"), "EMAIL") } else { (number(n), "SMS") };
        let accepted = self.insist(n / 2, &self.key, &user, kind, &format!("send-{n}")).await.ok();
        if n.is_multiple_of(5) {
            // Too early for another code, wherever it is asked for.
            let again = self.insist(n, &self.key, &user, kind, &format!("again-{n}")).await;
            again.fails(429, "resend_cooldown");
            let (user, kind) =
                if by_mail { (format!("eve{n}@example.com"), "EMAIL") } else { (number(500_000 + n), "SMS") };
            self.insist(n, &self.shut, &user, kind, &format!("shut-{n}")).await.fails(403, "method_disabled");
        }
        Accepted { user, by_mail, id: accepted["id"].as_str().unwrap().to_owned() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_send_arrives_or_is_reported_whatever_is_killed() {
    let rounds = if lab::full() { 40 } else { 6 };
    prove(Lab::postgres, 2, rounds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_too_with_its_one_node() {
    let rounds = if lab::full() { 10 } else { 2 };
    prove(Lab::sqlite, 1, rounds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrives_is_reported_whatever_is_killed() {
    // It waits for the end of the codes' life.
    if !lab::full() {
        return;
    }
    let texts = StandIn::twilio().await;
    texts.otherwise(|_| Answer::With(500, &[], String::new()));
    let lab = Lab::postgres(&lab::twilio("sms", &texts.base_url));
    let key = lab.tenant(&["code.ttl=1m"]).key;
    let nodes = [Node::start(&lab).await, Node::start(&lab).await];
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(nodes[n % 2].sent(&key, &number(n), "SMS").await);
    }
    let begun = Instant::now();
    // The messages of this one are another's at the end of their lease, and so is their report.
    nodes[0].kill().await;
    for id in &ids {
        let ended = |trace: &Value| trace["deliveries"][0]["status"] != "queued";
        let trace = nodes[1].trace_when_within(&key, id, LIFE + REPORTED, ended).await;
        assert_eq!(trace["deliveries"][0]["status"], "expired", "{trace:#}");
    }
    assert!(begun.elapsed() <= LIFE + REPORTED, "{:?}", begun.elapsed());
}

async fn prove(lab: fn(&str) -> Arc<Lab>, many: usize, rounds: usize) {
    let seed = seed();
    println!("RIFT_LAB_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (texts, mails) = (StandIn::twilio().await, SmtpSink::start().await);
    let mut mood = StdRng::seed_from_u64(rng.random());
    let taken = Taken::default();
    let kept = Arc::clone(&taken);
    texts.otherwise(move |place| match mood.random_range(0..100) {
        0..3 => Answer::With(500, &[], String::new()),
        3..6 => Answer::With(429, &[], String::new()),
        6..9 => Answer::Drop,
        9..12 => Answer::Half,
        12 => Answer::Hang,
        _ => {
            kept.lock().unwrap().insert(place);
            Answer::Success
        }
    });
    let providers = lab::twilio("sms", &texts.base_url) + &lab::smtp(&mails.url("", ""));
    let lab = lab(&format!("[courier]\nlease = \"5s\"\n{providers}"));
    let (key, shut) = (
        lab.tenant(&["code.ttl=1m", "sends.cooldown=10m"]).key,
        lab.tenant(&["methods.email=off", "methods.sms=off"]).key,
    );
    let mut nodes = Vec::new();
    for _ in 0..many {
        nodes.push(Node::start(&lab).await);
    }
    let world = Arc::new(World {
        nodes,
        key,
        shut,
        places: Semaphore::new(16),
        asked: watch::channel(0).0,
        answered: watch::channel(0).0,
    });

    let (mut clients, begun) = (JoinSet::new(), Instant::now());
    for round in 0..rounds {
        let marks = [world.asked.subscribe(), world.answered.subscribe(), texts.count(), mails.count()];
        let [asks, answers, text, mail] = &marks;
        // In the middle of requests, between answer and hand-over, in the middle of a hand-over.
        let (mut mark, most) = match rng.random_range(0..4) {
            0 => (asks.clone(), ROUND),
            1 => (answers.clone(), ROUND),
            2 => (text.clone(), ROUND / 2),
            _ => (mail.clone(), ROUND / 2),
        };
        let least = *mark.borrow() + rng.random_range(1..=most);
        // Mostly one of them, now and then all.
        let one = rng.random_range(0..many);
        let hit = if rng.random_range(0..5) == 0 { 0..many } else { one..one + 1 };
        for n in round * ROUND..(round + 1) * ROUND {
            let world = Arc::clone(&world);
            clients.spawn(async move { world.client(n).await });
        }
        // A mark that is not reached because a message waits for its retry delays nothing.
        let _ = tokio::time::timeout(Duration::from_secs(1), mark.wait_for(|count| *count >= least)).await;
        for node in &world.nodes[hit.clone()] {
            node.kill().await;
        }
        for node in &world.nodes[hit] {
            node.restart().await;
        }
    }
    println!("{rounds} rounds of kills in {:?}", begun.elapsed());
    let accepted = clients.join_all().await;
    println!("all accepted after {:?}", begun.elapsed());
    assert_eq!(accepted.len(), rounds * ROUND);
    let node = &world.nodes[0];
    let mut traces = BTreeMap::new();
    for accepted in &accepted {
        let ended = |trace: &Value| trace["deliveries"][0]["status"] != "queued";
        // Each code lives a minute: this waits for no longer than its end and REPORTED.
        let trace = node.trace_when_within(&world.key, &accepted.id, LIFE + REPORTED, ended).await;
        traces.insert(accepted.user.clone(), trace);
    }
    println!("all ended after {:?}", begun.elapsed());
    let taken = taken.lock().unwrap().clone();
    reconcile(&accepted, &traces, (&texts, &taken), &mails, seed);
}

/// What arrived, against what was accepted.
fn reconcile(
    accepted: &[Accepted],
    traces: &BTreeMap<String, Value>,
    (texts, taken): (&StandIn, &BTreeSet<usize>),
    mails: &SmtpSink,
    seed: u64,
) {
    let mut arrived: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut got: BTreeSet<String> = BTreeSet::new();
    for (place, request) in texts.requests().into_iter().enumerate() {
        let (to, text) = (request.text("To").to_owned(), request.text("Body").to_owned());
        if taken.contains(&place) {
            got.insert(to.clone());
        }
        arrived.entry(to).or_default().push((code_in(&text), text));
    }
    for mail in mails.received() {
        let id = mail.data.lines().find(|line| line.starts_with("Message-ID")).unwrap_or_default().to_owned();
        got.insert(mail.to.clone());
        arrived.entry(mail.to).or_default().push((code_in_mail(&mail.data), id));
    }
    let (mut sent, mut reported, mut twice) = (0, 0, 0);
    for Accepted { user, id, by_mail } in accepted {
        let trace = &traces[user];
        let delivery = &trace["deliveries"][0];
        let told = format!("RIFT_LAB_SEED={seed} {id} {trace:#}");
        assert_eq!(trace["deliveries"].as_array().unwrap().len(), 1, "{told}");
        assert_eq!(delivery["channel"], if *by_mail { "email" } else { "sms" }, "{told}");
        let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let late = time(&delivery["ended_at"]).duration_since(time(&trace["expires_at"]));
        assert!(late <= REPORTED.try_into().unwrap(), "{told}");
        let arrivals = arrived.remove(user).unwrap_or_default();
        match delivery["status"].as_str().unwrap() {
            "sent" => {
                assert!(got.contains(user), "it was lost: {told}");
                sent += 1;
            }
            "failed" | "expired" => reported += 1,
            other => panic!("{other}: {told}"),
        }
        twice += usize::from(arrivals.len() > 1);
        let different: BTreeSet<_> = arrivals.iter().collect();
        assert!(different.len() <= 1, "different messages of one send: {told}");
    }
    assert!(arrived.is_empty(), "RIFT_LAB_SEED={seed}: nobody asked for these: {:?}", arrived.keys());
    assert_eq!(texts.violations(), Vec::<String>::new());
    println!("{sent} sent, {reported} reported, {twice} of them arrived more than once");
}
