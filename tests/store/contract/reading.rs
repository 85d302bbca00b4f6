//! What is read to be shown: lists, summaries, the test inbox.

use rift_mfa::domain::challenge::{MfaType, Status};
use rift_mfa::domain::id::{ChallengeId, MessageId};
use rift_mfa::domain::message::Channel;
use rift_mfa::store::{DeliveryFilter, Disposition, InboxOf, ListFilter, Next};

use crate::support::{DAY, Fixture, MINUTE, at, id, sealed};

async fn list(f: &Fixture, filter: ListFilter, second: i64) -> Vec<ChallengeId> {
    let records = f.store.list(f.scope, &filter, at(second)).await.unwrap();
    records.iter().map(|record| record.id).collect()
}

fn all() -> ListFilter {
    ListFilter { limit: 100, ..ListFilter::default() }
}

pub async fn a_list_is_filtered_by_each_field(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let superseded = f.started(&jane, "111111", 0).await;
    let approved = f.started(&jane, "111111", 30).await;
    f.check(f.guess(&jane, "111111", 31)).await;
    let mut start = f.start(&john, "222222", 60);
    start.challenge.reference = Some("order 7".into());
    start.challenge.kind = MfaType::Sms;
    f.store.start_code(f.scope, &start, None).await.unwrap();
    let johns = start.challenge.id;
    let enrolling = f.enrolling(&jane, None, 90).await.challenge;

    let of = |status| ListFilter { status: Some(status), ..all() };
    for (what, filter, second, expected) in [
        ("all", all(), 100, vec![enrolling, johns, approved, superseded]),
        ("a user", ListFilter { user: Some(john.key), ..all() }, 100, vec![johns]),
        ("an unknown user", ListFilter { user: Some(f.user("nobody").key), ..all() }, 100, vec![]),
        ("a Type", ListFilter { kind: Some(MfaType::Email), ..all() }, 100, vec![approved, superseded]),
        ("a reference", ListFilter { reference: Some("order 7".into()), ..all() }, 100, vec![johns]),
        ("part of one", ListFilter { reference: Some("order".into()), ..all() }, 100, vec![]),
        ("approved", of(Status::Approved), 100, vec![approved]),
        ("superseded", of(Status::Superseded), 100, vec![superseded]),
        ("pending", of(Status::Pending), 100, vec![johns]),
        ("enrolling", of(Status::Enrolling), 100, vec![enrolling]),
        ("pending, after its life", of(Status::Pending), 60 + 5 * MINUTE, vec![]),
        ("expired", of(Status::Expired), 60 + 5 * MINUTE, vec![johns]),
        ("expired, later", of(Status::Expired), 90 + 15 * MINUTE, vec![enrolling, johns]),
        (
            "from its moment on",
            ListFilter { created_after: Some(at(60)), ..all() },
            100,
            vec![enrolling, johns],
        ),
        (
            "before its moment",
            ListFilter { created_before: Some(at(60)), ..all() },
            100,
            vec![approved, superseded],
        ),
        (
            "between",
            ListFilter { created_after: Some(at(30)), created_before: Some(at(61)), ..all() },
            100,
            vec![johns, approved],
        ),
        ("later", ListFilter { created_after: Some(at(DAY)), ..all() }, 100, vec![]),
        ("both", ListFilter { user: Some(jane.key), ..of(Status::Pending) }, 100, vec![]),
    ] {
        assert_eq!(list(f, filter, second).await, expected, "{what}");
    }
    for scope in f.strangers() {
        assert!(f.store.list(scope, &all(), at(100)).await.unwrap().is_empty());
    }
}

pub async fn pages_follow_each_other_newest_first(f: &Fixture) {
    let mut ids = Vec::new();
    for n in 0..7 {
        ids.insert(0, f.started(&f.user(&format!("user {n}")), "111111", n).await);
    }
    let page = async |starting_after, limit| list(f, ListFilter { starting_after, limit, ..all() }, 10).await;
    assert_eq!(page(None, 3).await, ids[..4], "one more than the limit tells that there are more");
    assert_eq!(page(Some(ids[2]), 3).await, ids[3..]);
    assert_eq!(page(Some(ids[3]), 3).await, ids[4..]);
    assert_eq!(page(Some(ids[6]), 3).await, []);
    assert_eq!(page(None, 7).await, ids);
}

pub async fn an_unknown_user_has_nothing(f: &Fixture) {
    let nobody = f.user("nobody");
    let summary = f.store.summary(f.scope, &nobody, at(0)).await.unwrap();
    assert!(summary.factors.is_empty());
    assert_eq!((summary.backup_codes_remaining, summary.locked_until), (0, None));
    assert_eq!(f.raw.count("users", "1 = 1").await, 0, "to ask leaves no row");
    let jane = f.user("jane");
    f.enrolled(&jane, 0).await;
    f.issued(&jane, 1).await;
    f.fail(&jane, 10, 2).await;
    for scope in f.strangers() {
        let summary = f.store.summary(scope, &jane, at(3)).await.unwrap();
        assert!(summary.factors.is_empty() && summary.locked_until.is_none());
        assert_eq!(summary.backup_codes_remaining, 0);
    }
    let own = f.store.summary(f.scope, &jane, at(3)).await.unwrap();
    assert_eq!((own.factors.len(), own.backup_codes_remaining, own.locked_until), (1, 3, Some(at(902))));
    assert!(f.store.trace(f.scope, id(at(0))).await.unwrap().is_none());
}

/// Keeps `count` messages to the user in the test inbox, one a second.
async fn deliver(f: &Fixture, name: &str, count: i64, from: i64) {
    let user = f.user(name);
    let mut start = f.start(&user, "111111", from);
    start.messages = (from..from + count)
        .map(|second| {
            let mut message = f.message(&user, second);
            message.disposition = Disposition::Inbox(sealed(&format!("{name} {second}")));
            message
        })
        .collect();
    f.store.start_code(f.scope, &start, None).await.unwrap();
}

async fn inbox(f: &Fixture, names: &[&str], second: i64) -> Vec<String> {
    let keys: Vec<_> = names.iter().map(|name| f.user(name).key).collect();
    let items = f.store.inbox(f.scope, InboxOf::Users(&keys), at(second)).await.unwrap();
    items.iter().map(|item| String::from_utf8_lossy(&item.content.bytes).into_owned()).collect()
}

pub async fn the_inbox_shows_the_last_messages_of_its_contacts(f: &Fixture) {
    deliver(f, "jane", 2, 0).await;
    deliver(f, "john", 1, 10).await;
    deliver(f, "eve", 1, 20).await;
    assert_eq!(inbox(f, &["jane"], 30).await, ["jane 1", "jane 0"]);
    assert_eq!(inbox(f, &["john", "jane"], 30).await, ["john 10", "jane 1", "jane 0"]);
    assert!(inbox(f, &["nobody"], 30).await.is_empty());
    for scope in f.strangers() {
        assert!(
            f.store.inbox(scope, InboxOf::Users(&[f.user("jane").key]), at(30)).await.unwrap().is_empty()
        );
    }
    assert_eq!(f.raw.count("delivery_attempts", "provider = 'sandbox' AND result = 'sent'").await, 4);
    assert_eq!(f.raw.count("messages", "payload IS NOT NULL").await, 0, "the outbox holds nothing of them");
    assert!(
        f.store
            .claim_messages(
                at(40),
                &crate::support::lease("node-a", 50),
                &rift_mfa::domain::message::Channel::ALL,
                10
            )
            .await
            .unwrap()
            .is_empty()
    );
}

pub async fn the_inbox_ends_after_two_hundred_and_after_a_day(f: &Fixture) {
    deliver(f, "jane", 1, 0).await;
    deliver(f, "john", 150, 100).await;
    deliver(f, "jane", 49, 400).await;
    assert_eq!(inbox(f, &["jane"], 500).await.len(), 50, "200 in all");
    deliver(f, "eve", 1, 500).await;
    assert_eq!(inbox(f, &["jane"], 501).await.len(), 49, "the oldest of the application's 201 is not shown");
    assert_eq!(inbox(f, &["john"], 501).await.len(), 150);
    assert_eq!(inbox(f, &["eve"], 500 + DAY - 1).await, ["eve 500"]);
    assert!(inbox(f, &["eve"], 500 + DAY).await.is_empty());
}

fn every() -> DeliveryFilter {
    DeliveryFilter { limit: 100, ..DeliveryFilter::default() }
}

pub async fn deliveries_are_filtered_by_each_field_and_paged(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let mail = f.start(&jane, "111111", 0);
    f.store.start_code(f.scope, &mail, None).await.unwrap();
    let mail_id = mail.messages[0].id;
    let text = f.texted(&john, "DE", "222222", 30).await;
    f.handed_over(&text.message, 180).await;
    let mut ordered = f.start(&f.user("eve"), "333333", 60);
    let mut second = f.message(&f.user("eve"), 61);
    (second.step, second.channel, second.disposition) = (1, Channel::Whatsapp, Disposition::Later(at(90)));
    ordered.messages.push(second);
    f.store.start_code(f.scope, &ordered, None).await.unwrap();
    let [first_id, held_id] = [ordered.messages[0].id, ordered.messages[1].id];
    let failed = Next::Failed { reason: "no".into() };
    f.store.record_attempt(&f.claimed(&mail), None, &failed, at(5)).await.unwrap();

    let list = async |filter: DeliveryFilter| -> Vec<MessageId> {
        f.store.deliveries(f.scope, &filter).await.unwrap().iter().map(|row| row.id).collect()
    };
    let text_id = text.message.id;
    let status = |status: &str| DeliveryFilter { status: Some(status.into()), ..every() };
    for (what, filter, expected) in [
        ("all", every(), vec![held_id, first_id, text_id, mail_id]),
        ("a channel", DeliveryFilter { channel: Some(Channel::Sms), ..every() }, vec![text_id]),
        ("failed", status("failed"), vec![mail_id]),
        ("sent", status("sent"), vec![text_id]),
        ("queued", status("queued"), vec![first_id]),
        ("held", status("held"), vec![held_id]),
        ("a provider", DeliveryFilter { provider: Some("twilio".into()), ..every() }, vec![text_id]),
        ("another one", DeliveryFilter { provider: Some("meta".into()), ..every() }, vec![]),
        (
            "from on",
            DeliveryFilter { created_after: Some(at(30)), ..every() },
            vec![held_id, first_id, text_id],
        ),
        ("before", DeliveryFilter { created_before: Some(at(30)), ..every() }, vec![mail_id]),
        ("a page", DeliveryFilter { limit: 1, ..every() }, vec![held_id, first_id]),
        ("the next", DeliveryFilter { starting_after: Some(first_id), ..every() }, vec![text_id, mail_id]),
        (
            "both",
            DeliveryFilter { channel: Some(Channel::Email), starting_after: Some(first_id), ..every() },
            vec![mail_id],
        ),
    ] {
        assert_eq!(list(filter).await, expected, "{what}");
    }
    let listed = f.store.deliveries(f.scope, &status("sent")).await.unwrap();
    assert_eq!((listed[0].challenge, listed[0].delivery.masked.as_str()), (text.message.challenge, "j•••"));
    let attempt = &listed[0].delivery.attempts[0];
    assert_eq!((attempt.provider.as_str(), attempt.provider_id.as_deref()), ("twilio", Some("SM1")));
    for scope in f.strangers() {
        assert!(f.store.deliveries(scope, &every()).await.unwrap().is_empty());
    }
}
