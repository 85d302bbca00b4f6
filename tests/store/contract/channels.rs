//! One code by several channels, delivery reports, and who hears of what is due.

use std::time::Duration;

use rift_mfa::domain::message::Channel;
use rift_mfa::domain::tenant::Mode;
use rift_mfa::store::{AttemptRecord, ClaimedMessage, DeliveryReport, Disposition, Next, ReportTaken};

use crate::support::{Fixture, at, lease};

/// A start whose text may go on by WhatsApp and by a call, 20 s apart; its messages as a node holds them.
async fn ordered(f: &Fixture) -> Vec<ClaimedMessage> {
    let jane = f.user("jane");
    let mut start = f.start(&jane, "111111", 0);
    start.messages = [(0_u8, Channel::Sms), (1, Channel::Whatsapp), (2, Channel::Voice)]
        .into_iter()
        .map(|(step, channel)| {
            let mut message = f.message(&jane, 0);
            (message.step, message.channel, message.wait) = (step, channel, Some(Duration::from_secs(20)));
            if step > 0 {
                message.disposition = Disposition::Later(at(20 * i64::from(step)));
            }
            message
        })
        .collect();
    f.store.start_code(f.scope, &start, None).await.unwrap();
    let held = |message: &rift_mfa::store::NewMessage| ClaimedMessage {
        scope: f.scope,
        id: message.id,
        challenge: start.challenge.id,
        to: message.to,
        channel: message.channel,
        payload: message.payload.clone(),
        lease: lease("node-a", 15),
        tries: 0,
        created_at: at(0),
        expires_at: message.expires_at,
        step: message.step,
        wait: message.wait,
    };
    start.messages.iter().map(held).collect()
}

/// Each message in its order: step, status, reason, due second.
async fn rows(f: &Fixture) -> String {
    let sql = format!(
        "SELECT step || ' ' || status || ' ' || COALESCE(reason, '-') || ' ' || CAST((due_at - {}) / 1000 AS TEXT)
         FROM messages WHERE step = ",
        at(0).millis()
    );
    let mut rows = Vec::new();
    for step in 0..3 {
        rows.push(f.raw.text(&format!("{sql}{step}")).await.unwrap());
    }
    rows.join("; ")
}

fn sent(id: &str) -> AttemptRecord {
    AttemptRecord {
        own: false,
        provider: "twilio".into(),
        result: "sent",
        reason: None,
        detail: None,
        provider_id: Some(id.into()),
        started_at: at(1),
        ended_at: at(2),
    }
}

async fn claimed(f: &Fixture, second: i64, channels: &[Channel]) -> Vec<Channel> {
    let claimed = f.store.claim_messages(at(second), &lease("node-b", second + 15), channels, 10).await;
    claimed.unwrap().iter().map(|message| message.channel).collect()
}

pub async fn the_next_channels_turn_is_now_when_one_fails(f: &Fixture) {
    let messages = ordered(f).await;
    assert_eq!(rows(f).await, "0 queued - 15; 1 queued - 20; 2 queued - 40");
    let failed = Next::Failed { reason: "no".into() };
    assert!(f.store.record_attempt(&messages[0], None, &failed, at(3)).await.unwrap());
    assert_eq!(rows(f).await, "0 failed no 15; 1 queued - 3; 2 queued - 40");
    assert_eq!(claimed(f, 3, &Channel::ALL).await, [Channel::Whatsapp]);
}

pub async fn a_hand_over_makes_the_others_wait_for_its_report(f: &Fixture) {
    let messages = ordered(f).await;
    let next = Next::Sent { inbox: None };
    assert!(f.store.record_attempt(&messages[0], Some(&sent("SM1")), &next, at(10)).await.unwrap());
    assert_eq!(rows(f).await, "0 sent - 15; 1 queued - 30; 2 queued - 50");
    assert!(claimed(f, 29, &Channel::ALL).await.is_empty());
    assert_eq!(claimed(f, 30, &Channel::ALL).await, [Channel::Whatsapp]);
}

pub async fn an_earlier_channel_that_is_still_tried_is_passed_over(f: &Fixture) {
    let messages = ordered(f).await;
    let again = Next::Again { at: at(60) };
    assert!(f.store.record_attempt(&messages[0], None, &again, at(5)).await.unwrap());
    assert_eq!(claimed(f, 20, &Channel::ALL).await, [Channel::Whatsapp]);
    let second = ClaimedMessage { lease: lease("node-b", 35), ..messages[1].clone() };
    let next = Next::Sent { inbox: None };
    assert!(f.store.record_attempt(&second, Some(&sent("WA1")), &next, at(21)).await.unwrap());
    assert_eq!(rows(f).await, "0 failed passed_over 60; 1 sent - 35; 2 queued - 41");
}

pub async fn a_report_moves_the_delivery_and_the_others(f: &Fixture) {
    // Only live mode has reports.
    let mut f = f.clone();
    f.scope.mode = Mode::Live;
    let f = &f;
    let messages = ordered(f).await;
    let report = |delivered| DeliveryReport {
        own: None,
        provider: "twilio",
        provider_id: "SM1",
        message: None,
        delivered,
        reason: (!delivered).then_some("30003"),
    };
    assert_eq!(f.store.record_report(&report(true), at(1)).await.unwrap(), ReportTaken::Unknown);
    let next = Next::Sent { inbox: None };
    f.store.record_attempt(&messages[0], Some(&sent("SM1")), &next, at(2)).await.unwrap();
    assert_eq!(f.store.record_report(&report(false), at(4)).await.unwrap(), ReportTaken::Taken);
    assert_eq!(rows(f).await, "0 undelivered 30003 15; 1 queued - 4; 2 queued - 42");
    assert_eq!(f.store.record_report(&report(true), at(5)).await.unwrap(), ReportTaken::Taken);
    let done = "0 delivered - 15; 1 skipped delivered 4; 2 skipped delivered 42";
    assert_eq!(rows(f).await, done);
    assert_eq!(f.store.record_report(&report(false), at(6)).await.unwrap(), ReportTaken::Taken);
    assert_eq!(rows(f).await, done);
}

pub async fn a_claim_takes_only_the_channels_that_it_names(f: &Fixture) {
    ordered(f).await;
    assert!(claimed(f, 100, &[Channel::Email]).await.is_empty());
    assert!(claimed(f, 100, &[]).await.is_empty());
    assert_eq!(claimed(f, 100, &[Channel::Email, Channel::Voice]).await, [Channel::Voice]);
}

pub async fn what_becomes_due_is_heard_of_on_every_node(f: &Fixture) {
    let messages = ordered(f).await;
    let mut wakes = f.store.listen().await.unwrap();
    let failed = Next::Failed { reason: "no".into() };
    f.store.record_attempt(&messages[0], None, &failed, at(3)).await.unwrap();
    // An event, not a pause: without the call this would wait for ever.
    tokio::time::timeout(Duration::from_secs(20), wakes.next()).await.expect("it was called").unwrap();
    assert_eq!(claimed(f, 3, &Channel::ALL).await, [Channel::Whatsapp]);
}
