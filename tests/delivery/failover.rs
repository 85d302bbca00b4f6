//! A provider that fails, and the one behind it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::lab::{self, Lab, Node, by, number, reaches, ticks, tries};
use crate::standin::{Answer, StandIn};

/// Within this time the second provider has what the first one does not take: a promise about our own time limits.
const PASSED_OVER: Duration = Duration::from_secs(10);

/// As long as a provider that keeps failing is left alone.
const REST: Duration = Duration::from_secs(30);

/// Messages at once, to numbers from `first` on.
async fn text_all(node: &Arc<Node>, key: &str, first: usize, many: usize) {
    let mut starts = JoinSet::new();
    for n in first..first + many {
        let (node, key) = (Arc::clone(node), key.to_owned());
        starts.spawn(async move { node.sent(&key, &number(n), "SMS").await });
    }
    starts.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_is_passed_over_and_then_left_alone() {
    let (first, second) = (StandIn::twilio().await, StandIn::twilio().await);
    let lab = Lab::sqlite(&(lab::twilio("sms", &first.base_url) + &lab::twilio("sms", &second.base_url)));
    let key = lab.tenant(&[]).key;
    let node = Node::start(&lab).await;

    // A refusal is the end: another provider would be told the same.
    first.next_json(400, &json!({"code": 21211, "status": 400}));
    let id = node.sent(&key, &number(0), "SMS").await;
    let refused = node.delivery(&key, &id, "sms", "failed").await;
    assert_eq!(tries(&refused), [("twilio", "refused", "21211")]);
    assert_eq!((first.requests().len(), second.requests().len()), (1, 0));

    let ways = [
        (Answer::Drop, "connection_failed"),
        (Answer::With(429, &[], String::new()), "http_429"),
        (Answer::With(500, &[], String::new()), "http_500"),
        (Answer::Half, "connection_failed"),
        (Answer::Hang, "timeout"),
    ];
    let mut longest = Duration::ZERO;
    for (n, (answer, reason)) in (1..).zip(ways) {
        first.next(answer);
        let begun = Instant::now();
        let id = node.sent(&key, &number(n), "SMS").await;
        reaches(second.count(), n).await;
        longest = longest.max(begun.elapsed());
        assert!(begun.elapsed() < PASSED_OVER, "{reason}: {:?}", begun.elapsed());
        let sent = node.delivery(&key, &id, "sms", "sent").await;
        assert_eq!(tries(&sent), [("twilio", "retry", reason), ("twilio", "sent", "")]);
        let (here, there) = (first.last(), second.last());
        assert_eq!(here.text("To"), number(n));
        assert_eq!(here.text("Body"), there.text("Body"), "one code, whoever carries it");
    }
    let failed = Instant::now();
    println!("passed over within {longest:?}");

    // Five in a row: it is not asked any more.
    text_all(&node, &key, 6, 20).await;
    reaches(second.count(), 25).await;
    assert_eq!(first.requests().len(), 6);
    assert_eq!(second.requests().len(), 25);
    node.said_with("the provider keeps failing and is skipped").await;
    if lab::full() {
        a_single_message_tries_it_again(&node, &key, [&first, &second], failed).await;
    }
}

async fn a_single_message_tries_it_again(
    node: &Arc<Node>,
    key: &str,
    [first, second]: [&StandIn; 2],
    failed: Instant,
) {
    let (release, held) = watch::channel(false);
    first.otherwise(move |_| Answer::Hold(held.clone()));
    let (mut sent, mut second_look) = (26, ticks(1_000));
    while first.requests().len() == 6 {
        second_look.tick().await;
        node.sent(key, &number(sent), "SMS").await;
        sent += 1;
        assert!(failed.elapsed() < 2 * REST, "it is never tried again");
    }
    assert!(failed.elapsed() >= REST.mul_f64(0.9), "{:?}", failed.elapsed());
    // While that one waits for its verdict, the others go by.
    text_all(node, key, sent, 10).await;
    sent += 10;
    reaches(second.count(), sent - 2).await;
    assert_eq!(first.requests().len(), 7, "one message alone tries it");
    release.send_replace(true);
    node.said_with("the provider works again").await;
    text_all(node, key, sent, 5).await;
    reaches(first.count(), 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_provider_fails_the_message_is_tried_again_until_its_end() {
    let (first, second) = (StandIn::twilio().await, StandIn::twilio().await);
    let lab = Lab::sqlite(&(lab::twilio("sms", &first.base_url) + &lab::twilio("sms", &second.base_url)));
    let key = lab.tenant(&[]).key;
    let node = Node::start(&lab).await;
    for server in [&first, &second] {
        server.next(Answer::With(503, &[], String::new()));
    }
    let id = node.sent(&key, &number(0), "SMS").await;
    reaches(first.count(), 2).await;
    node.delivery(&key, &id, "sms", "sent").await;
    let trace = node.trace(&key, &id).await;
    let retried = ("twilio", "retry", "http_503");
    assert_eq!(tries(&by(&trace, "sms")), [retried, retried, ("twilio", "sent", "")]);
    let bodies: BTreeSet<String> = [first.requests(), second.requests()]
        .concat()
        .iter()
        .map(|request| request.text("Body").to_owned())
        .collect();
    assert_eq!(bodies.len(), 1, "the same code each time");
}
