//! A provider that does not answer keeps no other channel waiting; a node that is told to stop sends what it holds.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use crate::lab::{self, Lab, Node, number, reaches};
use crate::smtp::SmtpSink;
use crate::standin::{Answer, StandIn};

/// Messages that one provider is given at once: the default of `courier.concurrency`.
const PLACES: usize = 64;

/// A Twilio that answers once this is true.
async fn held() -> (StandIn, watch::Sender<bool>) {
    let texts = StandIn::twilio().await;
    let (release, held) = watch::channel(false);
    texts.otherwise(move |_| Answer::Hold(held.clone()));
    (texts, release)
}

/// Starts this many text messages, some at a time; the challenges' ids.
async fn text_all(node: &Node, key: &str, many: usize) -> Vec<String> {
    let starts = stream::iter(0..many).map(|n| async move { node.sent(key, &number(n), "SMS").await });
    starts.buffer_unordered(8).collect().await
}

fn numbers(texts: &StandIn) -> BTreeSet<String> {
    texts.requests().iter().map(|request| request.text("To").to_owned()).collect()
}

/// Waits until so many different numbers have been sent to.
async fn all_arrive(texts: &StandIn, many: usize) {
    let mut count = texts.count();
    while numbers(texts).len() < many {
        tokio::time::timeout(lab::PATIENCE, count.changed()).await.expect("all of them arrive").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_holds_back_no_other_channel() {
    let ((texts, release), mails) = (held().await, SmtpSink::start().await);
    let lab = Lab::sqlite(&(lab::twilio("sms", &texts.base_url) + &lab::smtp(&mails.url("", ""))));
    let key = lab.tenant(&[]).key;
    let node = Node::start(&lab).await;
    let ids = text_all(&node, &key, 200).await;
    reaches(texts.count(), PLACES).await;
    for n in 0..50 {
        node.sent(&key, &format!("jane{n}@example.com"), "EMAIL").await;
    }
    reaches(mails.count(), 50).await;
    for id in &ids {
        assert_eq!(node.trace(&key, id).await["deliveries"][0]["status"], "queued");
    }
    release.send_replace(true);
    all_arrive(&texts, 200).await;
    for id in &ids {
        node.delivery(&key, id, "sms", "sent").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_stop_sends_what_it_holds() {
    let (texts, release) = held().await;
    // Few, so that they are all accepted long before the first one's time at the provider is over.
    let lab = Lab::sqlite(&format!("[courier]\nconcurrency = 8\n{}", lab::twilio("sms", &texts.base_url)));
    let key = lab.tenant(&[]).key;
    let node = Node::start(&lab).await;
    let ids = text_all(&node, &key, 30).await;
    reaches(texts.count(), 8).await;
    node.terminate();
    node.said_with("stopping").await;
    release.send_replace(true);
    assert_eq!(node.ended().await.code(), Some(0), "{}", node.said());
    assert_eq!(numbers(&texts).len(), 30, "all arrived before it ended: {}", node.said());
    let said = node.said();
    node.restart().await;
    for id in &ids {
        let trace = node.trace(&key, id).await;
        assert_eq!(trace["deliveries"][0]["status"], "sent", "{trace:#}\n{said}");
    }
    assert_eq!(texts.requests().len(), 30, "and each of them once");
}
