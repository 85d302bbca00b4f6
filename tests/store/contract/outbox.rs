//! The outbox: one claimer a message, leases that end, and what is left of a message when it is done.

use std::collections::BTreeSet;

use rift_mfa::domain::message::Channel;
use rift_mfa::store::{AttemptRecord, ClaimedMessage, Disposition, InboxOf, Next};

use crate::support::{Fixture, at, at_once, lease, sealed};

async fn claim(f: &Fixture, token: &str, second: i64, limit: i64) -> Vec<ClaimedMessage> {
    f.store.claim_messages(at(second), &lease(token, second + 15), &Channel::ALL, limit).await.unwrap()
}

/// The row of the only message: its status, lease, due second, tries, and whether its payload is there.
async fn row(f: &Fixture) -> String {
    let sql = format!(
        "SELECT status || ' ' || lease || ' ' || CAST((due_at - {}) / 1000 AS TEXT) || ' ' || CAST(tries AS TEXT)
             || CASE WHEN payload IS NULL AND payload_key IS NULL THEN ' erased' ELSE '' END
         FROM messages",
        at(0).millis()
    );
    f.raw.text(&sql).await.unwrap()
}

fn attempt(result: &'static str) -> AttemptRecord {
    AttemptRecord {
        own: false,
        provider: "smtp".into(),
        result,
        reason: Some("450".into()),
        detail: Some("busy".into()),
        provider_id: Some("m-1".into()),
        started_at: at(1),
        ended_at: at(2),
    }
}

pub async fn a_start_leases_its_message_to_its_own_node(f: &Fixture) {
    let challenge = f.started(&f.user("jane"), "111111", 0).await;
    assert_eq!(row(f).await, "queued node-a 15 0");
    assert!(claim(f, "node-b", 14, 10).await.is_empty(), "the lease goes on");
    assert_eq!(f.store.outbox_depth(at(14)).await.unwrap(), (1, 0));
    assert_eq!(f.store.outbox_depth(at(20)).await.unwrap(), (1, 20_000));
    let claimed = claim(f, "node-b", 15, 10).await;
    let [message] = claimed.as_slice() else { panic!("the lease has ended") };
    assert_eq!((message.scope, message.challenge, message.to), (f.scope, challenge, f.user("jane").key));
    assert_eq!(
        (message.channel, message.tries, message.payload.bytes.as_slice()),
        (Channel::Email, 0, &b"payload"[..])
    );
    assert_eq!((message.created_at, message.expires_at), (at(0), at(300)));
    assert_eq!((message.lease.token.as_str(), message.lease.until), ("node-b", at(30)));
    assert!(claim(f, "node-c", 16, 10).await.is_empty());
    assert_eq!(f.store.outbox_depth(at(16)).await.unwrap(), (1, 0));
}

pub async fn parallel_claims_give_each_message_to_one_node(f: &Fixture) {
    let jane = f.user("jane");
    let mut start = f.start(&jane, "111111", 0);
    start.messages = (0..40).map(|_| f.message(&jane, 0)).collect();
    let all: BTreeSet<String> = start.messages.iter().map(|message| message.id.to_string()).collect();
    f.store.start_code(f.scope, &start, None).await.unwrap();
    let fixture = f.clone();
    let claims = at_once(20, move |n| {
        let f = fixture.clone();
        async move { f.store.claim_messages(at(20), &lease(&format!("node-{n}"), 40), &Channel::ALL, 3).await }
    })
    .await;
    assert!(claims.iter().all(|claimed| claimed.len() <= 3), "a claim took more than it asked for");
    let mut given: Vec<String> = claims.iter().flatten().map(|message| message.id.to_string()).collect();
    // Claims that met may have skipped rows that the other then left: what is left is claimed afterwards.
    given.extend(claim(f, "late", 20, 100).await.iter().map(|message| message.id.to_string()));
    assert_eq!(given.len(), 40, "a message was given to two nodes, or to none");
    assert_eq!(given.into_iter().collect::<BTreeSet<_>>(), all);
    for message in claims.iter().flatten() {
        let holder = f.raw.text(&format!("SELECT lease FROM messages WHERE id = '{}'", message.id)).await;
        assert_eq!(holder.as_deref(), Some(message.lease.token.as_str()));
    }
}

pub async fn the_oldest_due_messages_go_first(f: &Fixture) {
    let jane = f.user("jane");
    let mut start = f.start(&jane, "111111", 0);
    let due = [50, 10, 40, 20, 30];
    start.messages = due
        .iter()
        .map(|second| {
            let mut message = f.message(&jane, 0);
            message.disposition = Disposition::Later(at(*second));
            message
        })
        .collect();
    f.store.start_code(f.scope, &start, None).await.unwrap();
    let claimed: BTreeSet<String> =
        claim(f, "node-a", 45, 2).await.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(claimed, [1, 3].map(|n: usize| start.messages[n].id.to_string()).into());
    assert_eq!(claim(f, "node-b", 45, 10).await.len(), 2, "the one of 50 s is not due");
}

pub async fn an_end_erases_the_payload(f: &Fixture) {
    for (n, next, expected) in [
        (0, Next::Sent { inbox: None }, "sent node-a 15 0 erased"),
        (1, Next::Sent { inbox: Some(sealed("mail")) }, "delivered node-a 15 0 erased"),
        (2, Next::Failed { reason: "550".into() }, "failed node-a 15 0 erased"),
        (3, Next::Expired, "expired node-a 15 0 erased"),
    ] {
        let challenge = f.started(&f.user(&format!("user {n}")), "111111", 0).await;
        let mine = held(f).await;
        let tried = f.store.record_attempt(&mine, Some(&attempt("sent")), &next, at(3)).await.unwrap();
        assert!(tried, "{expected}");
        assert_eq!(row(f).await, expected);
        let delivery = f.store.trace(f.scope, challenge).await.unwrap().unwrap().deliveries.remove(0);
        assert_eq!((delivery.created_at, delivery.ended_at), (at(0), Some(at(3))));
        let told = &delivery.attempts[0];
        assert_eq!((told.provider.as_str(), told.result.as_str(), told.started_at), ("smtp", "sent", at(1)));
        assert_eq!((told.provider_id.as_deref(), told.ended_at), (Some("m-1"), at(2)));
        assert!(claim(f, "node-b", 100, 10).await.is_empty(), "an ended message is claimed by nobody");
        f.raw.run("DELETE FROM messages").await;
    }
    let inbox = f.store.inbox(f.scope, InboxOf::Users(&[f.user("user 1").key]), at(4)).await.unwrap();
    assert_eq!((inbox.len(), inbox[0].content.bytes.as_slice()), (1, &b"mail"[..]));
}

/// The one message as `node-a` holds it since its start.
async fn held(f: &Fixture) -> ClaimedMessage {
    let id = f.raw.text("SELECT id FROM messages").await.unwrap();
    let challenge = f.raw.text("SELECT challenge_id FROM messages").await.unwrap();
    let masked = f.raw.text("SELECT masked FROM messages").await.unwrap();
    ClaimedMessage {
        scope: f.scope,
        id: id.parse().unwrap(),
        challenge: challenge.parse().unwrap(),
        to: f.user(if masked.starts_with('u') { "user 1" } else { "jane" }).key,
        channel: Channel::Email,
        payload: sealed("payload"),
        lease: lease("node-a", 15),
        tries: 0,
        created_at: at(0),
        expires_at: at(300),
        step: 0,
        wait: None,
    }
}

pub async fn the_next_provider_renews_and_the_next_round_waits(f: &Fixture) {
    let challenge = f.started(&f.user("jane"), "111111", 0).await;
    let mine = held(f).await;
    let record = async |next: Next| {
        f.store.record_attempt(&mine, Some(&attempt("retry")), &next, at(3)).await.unwrap()
    };
    assert!(record(Next::Renew { until: at(30) }).await);
    assert_eq!(row(f).await, "queued node-a 30 0");
    assert!(claim(f, "node-b", 29, 10).await.is_empty());
    assert!(record(Next::Again { at: at(40) }).await);
    assert_eq!(row(f).await, "queued node-a 40 1");
    assert!(claim(f, "node-b", 39, 10).await.is_empty());
    let claimed = claim(f, "node-b", 40, 10).await;
    assert_eq!((claimed.len(), claimed[0].tries), (1, 1));
    let trace = f.store.trace(f.scope, challenge).await.unwrap().unwrap();
    assert_eq!(trace.deliveries[0].attempts.len(), 2);
}

pub async fn a_lost_lease_changes_nothing_but_tells_of_a_hand_over(f: &Fixture) {
    let challenge = f.started(&f.user("jane"), "111111", 0).await;
    let lost = held(f).await;
    let owned = claim(f, "node-b", 15, 1).await.remove(0);
    for next in [
        Next::Failed { reason: "550".into() },
        Next::Expired,
        Next::Renew { until: at(100) },
        Next::Again { at: at(100) },
    ] {
        let held = f.store.record_attempt(&lost, Some(&attempt("retry")), &next, at(16)).await.unwrap();
        assert!(!held, "{next:?}");
        assert_eq!(row(f).await, "queued node-b 30 0", "{next:?}");
    }
    f.store.record_attempt(&lost, Some(&attempt("sent")), &Next::Sent { inbox: None }, at(17)).await.unwrap();
    assert_eq!(row(f).await, "sent node-b 30 0 erased");
    // The new holder sends it, too, or fails: it was handed over.
    for next in [Next::Failed { reason: "550".into() }, Next::Sent { inbox: None }] {
        assert!(!f.store.record_attempt(&owned, Some(&attempt("sent")), &next, at(18)).await.unwrap());
        assert_eq!(row(f).await, "sent node-b 30 0 erased");
    }
    let trace = f.store.trace(f.scope, challenge).await.unwrap().unwrap();
    assert_eq!((trace.deliveries[0].attempts.len(), trace.deliveries[0].ended_at), (7, Some(at(17))));
}

pub async fn a_hand_over_is_told_after_the_message_was_given_up(f: &Fixture) {
    let set = f.start_of_set(&f.user("jane"), 0);
    f.requested(&set).await;
    let lost = f.queued(&set, 0, &f.user("jane"));
    claim(f, "node-b", 15, 1).await;
    assert!(f.record(&lost, &Next::Sent { inbox: None }, 16).await || row(f).await.starts_with("sent"));
    assert_eq!(f.codes_left(&f.user("jane")).await, 3, "the user has the codes: they are valid");
}
