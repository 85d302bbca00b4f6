//! One code that goes on by other channels: after a refusal, a report, or none.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::lab::{self, Lab, Node, by, code_in, number, reaches};
use crate::reports::report;
use crate::standin::{Answer, StandIn};

/// A stand-in for each channel, and two nodes over one database.
struct Channels {
    sms: StandIn,
    whatsapp: StandIn,
    voice: StandIn,
    lab: Arc<Lab>,
    /// The one that starts and sends, and the one that is told of reports.
    nodes: [Arc<Node>; 2],
}

impl Channels {
    async fn open() -> Self {
        let (sms, whatsapp, voice) =
            (StandIn::twilio().await, StandIn::meta().await, StandIn::twilio().await);
        let settings = [
            lab::twilio("sms", &sms.base_url),
            lab::meta(&whatsapp.base_url),
            lab::twilio("voice", &voice.base_url),
        ];
        let lab = Lab::postgres(&settings.concat());
        let nodes = [Node::start(&lab).await, Node::start(&lab).await];
        Self { sms, whatsapp, voice, lab, nodes }
    }

    /// The code that the last message of each of these channels carries.
    fn codes(&self) -> [String; 3] {
        [
            code_in(self.sms.last().text("Body")),
            code_in(&self.whatsapp.last().body.to_string()),
            spoken(self.voice.last().text("Twiml")),
        ]
    }
}

/// The digits that a call speaks one by one, once.
fn spoken(twiml: &str) -> String {
    let digits: String = twiml.chars().filter(char::is_ascii_digit).collect();
    digits.chars().take(6).collect()
}

fn status(trace: &Value) -> [String; 3] {
    ["sms", "whatsapp", "voice"].map(|channel| by(trace, channel)["status"].as_str().unwrap().to_owned())
}

/// The shortest time that can be set.
const AFTER: Duration = Duration::from_secs(10);

/// Only what is told makes the next channel's turn come: its time is far away.
const FAR: [&str; 3] = ["sms.fallback=whatsapp,voice", "sms.fallback_after=5m", "code.ttl=10m"];

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_text_goes_on_at_once_by_the_other_channels() {
    let open = Channels::open().await;
    let key = open.lab.tenant(&FAR).key;
    let [node, _] = &open.nodes;
    open.sms.next_json(400, &json!({"code": 21614, "status": 400}));
    open.whatsapp.next_json(400, &json!({"error": {"code": 131_026, "message": "Undeliverable"}}));
    let id = node.sent(&key, &number(0), "SMS").await;
    reaches(open.voice.count(), 1).await;
    node.delivery(&key, &id, "voice", "sent").await;
    let [sms, whatsapp, voice] = open.codes();
    assert_eq!((&sms, &sms), (&whatsapp, &voice), "the same code by each channel");
    assert_eq!(open.voice.last().text("To"), number(0));
    let trace = node.trace(&key, &id).await;
    assert_eq!(status(&trace), ["failed", "failed", "sent"]);
    let approved = node.verify(&key, &number(0), "SMS", &sms).await.ok();
    assert_eq!(approved["status"], "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_report_decides_on_whichever_node_it_comes_in() {
    let open = Channels::open().await;
    let key = open.lab.tenant(&FAR).key;
    let [node, other] = &open.nodes;

    // Delivered: nobody else is asked.
    let delivered = node.sent(&key, &number(0), "SMS").await;
    node.delivery(&key, &delivered, "sms", "sent").await;
    let request = open.sms.last();
    let before = node.trace(&key, &delivered).await;
    for (status, token) in [("delivered", "another-token"), ("undelivered", "another-token")] {
        assert_eq!(report(other, &request, 1, status, token).await, 403);
    }
    assert_eq!(node.trace(&key, &delivered).await, before, "an unsigned report changes nothing");
    assert_eq!(status(&before), ["sent", "held", "held"]);
    assert_eq!(report(other, &request, 1, "delivered", lab::TOKEN).await, 204);
    assert_eq!(status(&node.trace(&key, &delivered).await), ["delivered", "skipped", "skipped"]);

    // Undelivered: the next one's turn is now, though its time is far away.
    let undelivered = node.sent(&key, &number(1), "SMS").await;
    node.delivery(&key, &undelivered, "sms", "sent").await;
    assert_eq!(report(other, &open.sms.last(), 2, "undelivered", lab::TOKEN).await, 204);
    reaches(open.whatsapp.count(), 1).await;
    let by_whatsapp = node.delivery(&key, &undelivered, "whatsapp", "sent").await;
    assert_eq!(by_whatsapp["attempts"][0]["provider"], "meta");
    let trace = node.trace(&key, &undelivered).await;
    assert_eq!(status(&trace), ["undelivered", "sent", "held"]);
    assert_eq!(by(&trace, "sms")["reason"], "30003");
    let code = code_in(open.sms.last().text("Body"));
    assert_eq!(code_in(&open.whatsapp.last().body.to_string()), code);
    assert_eq!(format!("+{}", open.whatsapp.last().text("to").trim_start_matches('+')), number(1));

    // Whoever is approved needs no further message.
    other.verify(&key, &number(1), "SMS", &code).await.ok();
    assert_eq!(status(&node.trace(&key, &undelivered).await), ["undelivered", "sent", "skipped"]);
    assert_eq!(report(other, &open.sms.last(), 2, "undelivered", lab::TOKEN).await, 204, "repeated");
    assert_eq!((open.whatsapp.requests().len(), open.voice.requests().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_comes_before_the_providers_answer_counts() {
    let open = Channels::open().await;
    let key = open.lab.tenant(&FAR).key;
    let [node, other] = &open.nodes;
    let (release, held) = watch::channel(false);
    open.sms.next(Answer::Hold(held));
    let id = node.sent(&key, &number(0), "SMS").await;
    reaches(open.sms.count(), 1).await;
    let request = open.sms.last();
    let answered = async {
        other.counts("result=\"early\"").await;
        release.send_replace(true);
    };
    let (told, ()) = tokio::join!(report(other, &request, 1, "undelivered", lab::TOKEN), answered);
    assert_eq!(told, 204);
    reaches(open.whatsapp.count(), 1).await;
    node.delivery(&key, &id, "whatsapp", "sent").await;
    assert_eq!(status(&node.trace(&key, &id).await), ["undelivered", "sent", "held"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_which_nothing_is_heard_goes_on_after_its_time() {
    if !lab::full() {
        return;
    }
    let open = Channels::open().await;
    let key = open.lab.tenant(&["sms.fallback=whatsapp,voice", "sms.fallback_after=10s"]).key;
    let [node, other] = &open.nodes;
    let begun = Instant::now();
    let silent = node.sent(&key, &number(0), "SMS").await;
    let heard = node.sent(&key, &number(1), "SMS").await;
    node.delivery(&key, &heard, "sms", "sent").await;
    let sms = open.sms.requests();
    let at = sms.iter().position(|request| request.text("To") == number(1)).unwrap();
    assert_eq!(report(other, &sms[at], at + 1, "delivered", lab::TOKEN).await, 204);
    reaches(open.whatsapp.count(), 1).await;
    assert!(begun.elapsed() >= AFTER, "{:?}", begun.elapsed());
    let begun = Instant::now();
    reaches(open.voice.count(), 1).await;
    assert!(begun.elapsed() >= AFTER.mul_f64(0.8), "{:?}", begun.elapsed());
    node.delivery(&key, &silent, "voice", "sent").await;
    assert_eq!(status(&node.trace(&key, &silent).await), ["sent", "sent", "sent"]);
    assert_eq!(status(&node.trace(&key, &heard).await), ["delivered", "skipped", "skipped"]);
    assert_eq!((open.whatsapp.requests().len(), open.voice.requests().len()), (1, 1));
    assert_eq!(open.voice.last().text("To"), number(0));
}
