//! One code by several channels, one after the other: whose turn it is, whatever meets over their rows.

use std::sync::Arc;
use std::time::Duration;

use rift_mfa::domain::challenge::{Family, MfaType};
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::tenant::{Mode, Scope};
use rift_mfa::store::{
    AttemptRecord, ClaimedMessage, DeliveryReport, Disposition, NewMessage, Next, ReportTaken, StartCode,
    UserRef,
};

use crate::support::{Fixture, at, lease, say, sealed};

const CHANNELS: [Channel; 3] = [Channel::Sms, Channel::Whatsapp, Channel::Voice];

/// A code that goes by three channels, 20 s apart; the first one is leased to `node-a` until the second 15.
fn ordered(f: &Fixture, user: &UserRef) -> StartCode {
    let mut start = f.start(user, "111111", 0);
    start.challenge.kind = MfaType::Sms;
    start.messages = (0_u8..).zip(CHANNELS).map(|(step, channel)| message(f, user, step, channel)).collect();
    start
}

fn message(f: &Fixture, user: &UserRef, step: u8, channel: Channel) -> NewMessage {
    let mut message = f.message(user, 0);
    message.channel = channel;
    message.step = step;
    message.wait = Some(Duration::from_secs(20));
    if step > 0 {
        message.disposition = Disposition::Later(at(20 * i64::from(step)));
    }
    message
}

/// A message of a start as its node holds it.
fn held(scope: Scope, start: &StartCode, step: usize) -> ClaimedMessage {
    let message = &start.messages[step];
    ClaimedMessage {
        scope,
        id: message.id,
        challenge: start.challenge.id,
        to: message.to,
        channel: message.channel,
        payload: sealed("payload"),
        lease: lease("node-a", 15),
        tries: 0,
        created_at: at(0),
        expires_at: at(300),
        step: message.step,
        wait: message.wait,
    }
}

/// Status, due second and reason of each message, in their order.
async fn rows(f: &Fixture, start: &StartCode) -> Vec<String> {
    let mut rows = Vec::new();
    for message in &start.messages {
        let sql = format!(
            "SELECT status || ' ' || CAST((due_at - {}) / 1000 AS TEXT) || ' ' || COALESCE(reason, '')
                 || CASE WHEN status <> 'queued' AND payload IS NOT NULL THEN ' KEPT' ELSE '' END
             FROM messages WHERE id = '{}'",
            at(0).millis(),
            message.id
        );
        rows.push(f.raw.text(&sql).await.unwrap());
    }
    rows
}

fn attempt() -> AttemptRecord {
    AttemptRecord {
        own: false,
        provider: "twilio".into(),
        result: "sent",
        reason: None,
        detail: None,
        provider_id: Some("SM1".into()),
        started_at: at(1),
        ended_at: at(2),
    }
}

async fn started(f: &Fixture, scope: Scope) -> StartCode {
    let start = ordered(f, &f.user("jane"));
    f.store.start_code(scope, &start, None).await.unwrap();
    start
}

async fn record(f: &Fixture, message: &ClaimedMessage, next: &Next, second: i64) -> bool {
    let tried = matches!(next, Next::Sent { .. }).then(attempt);
    f.store.record_attempt(message, tried.as_ref(), next, at(second)).await.unwrap()
}

pub async fn the_last_attempt_ends_what_stands_by(f: &Fixture) {
    let start = started(f, f.scope).await;
    record(f, &held(f.scope, &start, 0), &Next::Sent { inbox: None }, 1).await;
    for second in 2..7 {
        let mut guess = f.guess(&f.user("jane"), "999999", second);
        guess.family = Family::Phone;
        f.check(guess).await;
    }
    assert_eq!(rows(f, &start).await, ["sent 15 ", "skipped 21 exhausted", "skipped 41 exhausted"]);
}

pub async fn an_arrival_ends_a_later_channel_that_is_between_two_tries(f: &Fixture) {
    let start = started(f, f.scope).await;
    record(f, &held(f.scope, &start, 0), &Next::Sent { inbox: None }, 1).await;
    let second =
        f.store.claim_messages(at(21), &lease("node-b", 36), &Channel::ALL, 9).await.unwrap().remove(0);
    record(f, &second, &Next::Again { at: at(30) }, 22).await;
    // The first one arrived after all.
    record(f, &held(f.scope, &start, 0), &Next::Sent { inbox: Some(sealed("text")) }, 23).await;
    assert_eq!(rows(f, &start).await, ["delivered 15 ", "skipped 30 delivered", "skipped 41 delivered"]);
    // Had it been on its way just then, its hand-over would still be told.
    record(f, &second, &Next::Sent { inbox: None }, 24).await;
    assert!(rows(f, &start).await[1].starts_with("sent"));
}

pub async fn a_hand_over_that_is_known_puts_nobody_off_again(f: &Fixture) {
    let start = started(f, f.scope).await;
    let again =
        f.store.claim_messages(at(15), &lease("node-b", 30), &Channel::ALL, 9).await.unwrap().remove(0);
    record(f, &again, &Next::Sent { inbox: None }, 16).await;
    assert_eq!(rows(f, &start).await[1], "queued 36 ");
    record(f, &held(f.scope, &start, 0), &Next::Sent { inbox: None }, 25).await;
    assert_eq!(rows(f, &start).await, ["sent 30 ", "queued 36 ", "queued 56 "]);
}

pub async fn a_report_that_comes_before_its_hand_over_is_asked_for_again(f: &Fixture) {
    let live = Scope { mode: Mode::Live, ..f.scope };
    let start = started(f, live).await;
    let report = DeliveryReport {
        own: None,
        provider: "twilio",
        provider_id: "SM1",
        message: Some(start.messages[0].id),
        delivered: false,
        reason: Some("30003"),
    };
    assert_eq!(f.store.record_report(&report, at(1)).await.unwrap(), ReportTaken::Early);
    assert_eq!(rows(f, &start).await[0], "queued 15 ");
    record(f, &held(live, &start, 0), &Next::Sent { inbox: None }, 2).await;
    for _ in 0..2 {
        assert_eq!(f.store.record_report(&report, at(3)).await.unwrap(), ReportTaken::Taken);
        assert_eq!(rows(f, &start).await, ["undelivered 15 30003", "queued 3 ", "queued 42 "]);
    }
}

/// Each of them touches several messages of the code, and none waits for another that waits for it.
pub async fn an_approval_meets_the_record_of_a_hand_over(f: &Fixture) {
    let start = Arc::new(started(f, f.scope).await);
    // Its row is the newest now, and the last one that a look at the code's messages comes upon.
    record(f, &held(f.scope, &start, 0), &Next::Renew { until: at(20) }, 1).await;
    let between = f
        .raw
        .hold(&format!("SELECT id FROM messages WHERE id = '{}' FOR UPDATE", start.messages[1].id))
        .await;
    let (fixture, code) = (f.clone(), Arc::clone(&start));
    let approval = tokio::spawn(async move {
        let mut guess = fixture.guess(&code.challenge.user, "111111", 3);
        guess.family = Family::Phone;
        fixture.try_check(&guess).await.map(|outcome| say(&outcome))
    });
    f.raw.waiting(1).await;
    let (fixture, code) = (f.clone(), Arc::clone(&start));
    let hand_over = tokio::spawn(async move {
        let first = held(fixture.scope, &code, 0);
        fixture.store.record_attempt(&first, Some(&attempt()), &Next::Sent { inbox: None }, at(3)).await
    });
    f.raw.waiting(2).await;
    drop(between);
    assert_eq!(approval.await.unwrap().unwrap(), "approved");
    hand_over.await.unwrap().unwrap();
    let rows = rows(f, &start).await;
    assert!(rows[0].starts_with("sent") && rows[1].starts_with("skipped"), "{rows:?}");
}
