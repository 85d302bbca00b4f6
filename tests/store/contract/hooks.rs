//! Webhooks: a delivery is made with its event or not at all, and goes to those who want it.

use std::collections::BTreeSet;

use rift_mfa::domain::event::EventKind;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::tenant::{Mode, Scope};
use rift_mfa::domain::webhook::{Disabled, MOST_ENDPOINTS, Wanted, Webhook};
use rift_mfa::store::{HookFilter, Next, Remember, Replay, Replayed, StoreError, Ticket, WebhookMade};

use crate::support::{Fixture, HOUR, MINUTE, at, at_once, id, lease, sealed};

pub async fn each_endpoint_gets_what_it_wants(f: &Fixture) {
    let approvals = f.hook(&["challenge.approved"]).await;
    let all = f.hook(&["*"]).await;
    let locks = f.hook(&["user.locked", "challenge.failed"]).await;
    let off = Webhook { disabled: Some(Disabled::ByHand), ..f.hook_of(f.scope, &["*"]) };
    f.store.create_webhook(&off, &sealed("secrets"), &f.note()).await.unwrap();
    let mut elsewhere = Vec::new();
    for scope in f.strangers() {
        let hook = f.hook_of(scope, &["*"]);
        f.store.create_webhook(&hook, &sealed("secrets"), &f.note()).await.unwrap();
        elsewhere.push(hook);
    }
    let jane = f.user("jane");
    f.started(&jane, "111111", 0).await;
    assert_eq!(f.check(f.guess(&jane, "111111", 1)).await, "approved");
    f.started(&jane, "222222", 60).await;
    f.fail(&jane, 5, 61).await;
    f.fail(&jane, 5, 62).await;
    assert_eq!(f.hook_rows(approvals.id).await, ["challenge.approved pending"]);
    assert_eq!(f.hook_rows(locks.id).await, ["challenge.failed pending"]);
    let every = ["challenge.approved pending", "challenge.failed pending"];
    assert_eq!(f.hook_rows(all.id).await, every);
    for none in elsewhere.iter().chain([&off]) {
        assert_eq!(f.hook_rows(none.id).await, Vec::<String>::new());
    }
    let ids = f.raw.texts("SELECT id FROM webhook_deliveries").await;
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 4, "{ids:?}");
}

pub async fn an_effect_that_is_undone_leaves_no_delivery(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    let jane = f.user("jane");
    f.started(&jane, "111111", 0).await;
    // The claim of its idempotency key was lost: the approval is rolled back.
    let ticket = Ticket { key: [0xA7; 32], token: "mine".into() };
    let remember = Remember { ticket: &ticket, enrolment: None, answer: &|_| Some(sealed("answer")) };
    let lost = f.check_remembering(&f.guess(&jane, "111111", 1), Some(remember)).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost)), "{lost:?}");
    assert_eq!(f.hook_rows(hook.id).await, Vec::<String>::new());
    assert_eq!(f.check(f.guess(&jane, "111111", 1)).await, "approved");
    assert_eq!(f.hook_rows(hook.id).await, ["challenge.approved pending"]);
}

pub async fn every_kind_is_told_with_what_it_is_about(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    let jane = f.user("jane");
    // Approved, with the caller's word for the check in place of the one for the start.
    let mut start = f.start(&jane, "111111", 0);
    start.challenge.reference = Some("order-7".into());
    f.store.start_code(f.scope, &start, None).await.unwrap();
    f.check(f.guess(&jane, "111111", 1)).await;
    let factor = f.enrolled(&jane, 2).await;
    f.store.remove_factor(f.scope, factor, at(3), &f.note()).await.unwrap();
    let set = f.issued(&jane, 40).await;
    f.backup(f.backup_guess(&jane, '1', 41)).await;
    let expiring = f.started(&f.user("john"), "111111", 50).await;
    let late = f.store.claim_messages(at(400), &lease("node", 430), &Channel::ALL, 9).await.unwrap();
    for message in late {
        f.record(&message, &Next::Expired, 401).await;
    }
    f.store.expire_challenges(at(406), 100).await.unwrap();
    let told: Vec<(String, serde_json::Value)> = f
        .claim_hooks(hook.id, "node", 500, 100)
        .await
        .into_iter()
        .map(|hook| hook.event.unwrap())
        .map(|event| (event.kind, serde_json::from_str(&event.data).unwrap()))
        .collect();
    let one = |kind: EventKind| {
        let found = told.iter().find(|(name, _)| name == kind.as_str());
        found.unwrap_or_else(|| panic!("no {} in {told:?}", kind.as_str())).1.clone()
    };
    let approved = one(EventKind::ChallengeApproved);
    let wanted = serde_json::json!({
        "challenge": start.challenge.id, "type": "EMAIL", "method": "email", "reference": "order-7",
    });
    assert_eq!(approved, wanted);
    assert_eq!(one(EventKind::FactorEnrolled)["factor"], serde_json::json!(factor));
    let removed = serde_json::json!({"factor": factor, "type": "APP"});
    assert_eq!(one(EventKind::FactorRemoved), removed);
    assert_eq!(one(EventKind::BackupRegenerated)["challenge"], serde_json::json!(set));
    assert_eq!(one(EventKind::BackupLow), serde_json::json!({"backup_codes_remaining": 2}));
    assert_eq!(one(EventKind::ChallengeExpired)["challenge"], serde_json::json!(expiring));
    let failed = one(EventKind::DeliveryFailed);
    assert_eq!((failed["channel"].as_str(), failed["reason"].as_str()), (Some("email"), Some("expired")));
    assert!(failed["delivery"].as_str().unwrap().starts_with("msg_"), "{failed}");
}

pub async fn an_endpoint_is_changed_and_removed_by_its_own_tenant(f: &Fixture) {
    let hook = f.hook(&["challenge.approved", "user.locked"]).await;
    let (app, id) = (f.scope.app, hook.id);
    assert_eq!(f.store.webhook(app, id).await.unwrap(), Some(hook.clone()));
    assert_eq!(f.store.webhooks(app, None).await.unwrap(), vec![hook.clone()]);
    assert!(f.store.webhooks(app, Some(Mode::Live)).await.unwrap().is_empty());
    let [live, stranger] = f.strangers();
    assert_eq!(f.store.webhook(stranger.app, id).await.unwrap(), None);
    let new = Webhook {
        url: "https://other.example.com/".into(),
        wanted: Wanted::All,
        description: "new".into(),
        disabled: Some(Disabled::ByHand),
        ..hook.clone()
    };
    for scope in [live, stranger] {
        let foreign = Webhook { scope, ..hook.clone() };
        assert!(!f.store.change_webhook(&foreign, &new, at(1), &f.note()).await.unwrap());
        assert!(!f.store.delete_webhook(scope, id, at(1), &f.note()).await.unwrap());
        assert!(f.store.webhook_secrets(scope, id).await.unwrap().is_none());
    }
    assert_eq!(f.store.webhook(app, id).await.unwrap(), Some(hook.clone()));
    assert!(f.store.change_webhook(&hook, &new, at(1), &f.note()).await.unwrap());
    assert!(
        !f.store.change_webhook(&hook, &hook, at(1), &f.note()).await.unwrap(),
        "it has changed meanwhile"
    );
    assert_eq!(f.store.webhook(app, id).await.unwrap(), Some(new));
    assert!(f.store.delete_webhook(f.scope, id, at(2), &f.note()).await.unwrap());
    assert!(!f.store.delete_webhook(f.scope, id, at(2), &f.note()).await.unwrap());
    assert_eq!(f.store.webhook(app, id).await.unwrap(), None);
    assert_eq!(f.raw.count("webhook_subscriptions", "1 = 1").await, 0);
}

pub async fn secrets_are_rolled_over_the_ones_that_were_read(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    let roll = |old: &str, new: &str| {
        let (old, new) = (sealed(old), sealed(new));
        async move { f.store.roll_webhook(f.scope, hook.id, &old, &new, at(1), &f.note()).await.unwrap() }
    };
    assert!(!roll("guessed", "mine").await);
    assert!(roll("secrets", "second").await);
    assert!(!roll("secrets", "late").await);
    let kept = f.store.webhook_secrets(f.scope, hook.id).await.unwrap().unwrap();
    assert_eq!(kept.bytes, b"second");
}

pub async fn an_application_has_twenty_endpoints_at_the_most(f: &Fixture) {
    let fixture = f.clone();
    let made = at_once(MOST_ENDPOINTS + 10, move |_| {
        let f = fixture.clone();
        async move { f.store.create_webhook(&f.hook_of(f.scope, &["*"]), &sealed("s"), &f.note()).await }
    })
    .await;
    let yes = made.iter().filter(|made| **made == WebhookMade::Yes).count();
    assert_eq!(yes, MOST_ENDPOINTS);
    let live = Scope { mode: Mode::Live, ..f.scope };
    let other = f.store.create_webhook(&f.hook_of(live, &["*"]), &sealed("s"), &f.note()).await.unwrap();
    assert_eq!(other, WebhookMade::Yes);
    let jane = f.user("jane");
    f.started(&jane, "111111", 0).await;
    f.check(f.guess(&jane, "111111", 1)).await;
    let ids = f.raw.texts("SELECT id FROM webhook_deliveries").await;
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), MOST_ENDPOINTS);
    for id in ids.into_iter().flatten() {
        assert!(id.parse::<rift_mfa::domain::id::HookDeliveryId>().is_ok(), "{id}");
    }
}

pub async fn challenges_expire_once_whoever_looks(f: &Fixture) {
    let hook = f.hook(&["challenge.expired"]).await;
    for n in 0..30 {
        f.started(&f.user(&format!("{n:02}-user")), "111111", 0).await;
    }
    f.enrolling(&f.user("app"), None, 0).await;
    f.requested(&f.start_of_set(&f.user("set"), 0)).await;
    let end = 5 * MINUTE;
    // A node whose clock is slow may still take the code.
    assert_eq!(f.store.expire_challenges(at(end + 4), 100).await.unwrap(), 0);
    assert_eq!(f.store.expire_challenges(at(end + 5), 7).await.unwrap(), 7);
    let fixture = f.clone();
    let sweeps = at_once(8, move |_| {
        let f = fixture.clone();
        async move { f.store.expire_challenges(at(end + 5), 10).await }
    })
    .await;
    let mut expired = 7 + sweeps.iter().sum::<u64>();
    // Sweeps that met may have skipped rows that the other then left.
    expired += f.store.expire_challenges(at(end + 5), 100).await.unwrap();
    assert_eq!(expired, 30);
    assert_eq!(f.raw.count("events", "kind = 'challenge.expired'").await, 30);
    assert_eq!(f.hook_rows(hook.id).await.len(), 30);
    assert_eq!(f.store.expire_challenges(at(end + 5), 100).await.unwrap(), 0);
    // An enrolment lives longer; the issue of a set is no challenge.
    assert_eq!(f.store.expire_challenges(at(HOUR), 100).await.unwrap(), 1);
    assert_eq!(f.raw.count("challenges", "status = 'expired'").await, 31);
    // What reads of it is what was read before.
    let guess = f.check(f.guess(&f.user("00-user"), "111111", HOUR)).await;
    assert_eq!(guess, "code_expired");
}

pub async fn a_replay_sends_what_was_not_delivered(f: &Fixture) {
    let hook = f.hook(&["challenge.approved"]).await;
    let jane = f.user("jane");
    for second in [0, 100, 200] {
        f.started(&jane, "111111", second).await;
        f.check(f.guess(&jane, "111111", second + 1)).await;
    }
    let replay = |what: Replay, second: i64| async move {
        f.store.replay(f.scope, hook.id, what, at(second), &f.note()).await.unwrap()
    };
    let [first, second, third]: [_; 3] = f.claim_hooks(hook.id, "node", 300, 10).await.try_into().unwrap();
    f.record_hook(&first, &rift_mfa::store::HookNext::Delivered, 301).await;
    f.record_hook(&second, &rift_mfa::store::HookNext::Failed, 301).await;
    f.record_hook(&third, &rift_mfa::store::HookNext::Failed, 301).await;
    // What was delivered is left out, and what is older.
    assert_eq!(replay(Replay::Since(at(150)), 400).await, Replayed::Queued(1));
    assert_eq!(replay(Replay::Since(at(0)), 400).await, Replayed::Queued(1));
    assert_eq!(replay(Replay::Since(at(0)), 400).await, Replayed::Queued(0), "they wait");
    let again = f.claim_hooks(hook.id, "node", 401, 10).await;
    assert_eq!(again.len(), 2);
    assert_eq!((again[0].tries, again[0].expires_at), (0, at(400 + 24 * HOUR)));
    // By hand anything is sent again, also what was delivered.
    assert_eq!(replay(Replay::Delivery(first.id), 402).await, Replayed::Queued(1));
    let event = first.event.as_ref().unwrap().id;
    assert_eq!(f.claim_hooks(hook.id, "node", 402, 10).await.len(), 1);
    assert_eq!(replay(Replay::Event(event), 402).await, Replayed::Queued(0), "it is on its way");
    // An endpoint that did not stand yet.
    let late = f.hook(&["*"]).await;
    let sent = f.store.replay(f.scope, late.id, Replay::Event(event), at(403), &f.note()).await.unwrap();
    assert_eq!(sent, Replayed::Queued(1));
    let sent = f.store.replay(f.scope, late.id, Replay::Since(at(0)), at(403), &f.note()).await.unwrap();
    assert_eq!(sent, Replayed::Queued(2), "starts are no events for webhooks");
    // What is not there, or not told, or another tenant's.
    assert_eq!(replay(Replay::Delivery(id(at(0))), 404).await, Replayed::Unknown);
    assert_eq!(replay(Replay::Event(id(at(0))), 404).await, Replayed::Unknown);
    let begun = f.raw.text("SELECT id FROM events WHERE kind = 'challenge.started' ORDER BY id").await;
    assert_eq!(replay(Replay::Event(begun.unwrap().parse().unwrap()), 404).await, Replayed::Unknown);
    let [live, _] = f.strangers();
    let foreign = f.store.replay(live, hook.id, Replay::Event(event), at(404), &f.note()).await.unwrap();
    assert_eq!(foreign, Replayed::Disabled);
}

pub async fn deliveries_are_listed_newest_first(f: &Fixture) {
    let hook = f.hook(&["challenge.approved"]).await;
    let jane = f.user("jane");
    for second in [0, 100, 200] {
        f.started(&jane, "111111", second).await;
        f.check(f.guess(&jane, "111111", second + 1)).await;
    }
    let test = f.store.test_webhook(f.scope, hook.id, at(250)).await.unwrap().unwrap();
    assert_eq!((test.kind.as_str(), test.status.as_str()), ("webhook.test", "pending"));
    let claimed = f.claim_hooks(hook.id, "node", 300, 1).await;
    f.record_hook(&claimed[0], &rift_mfa::store::HookNext::Again(at(310)), 302).await;
    let list = |filter: HookFilter| async move { f.store.hook_deliveries(hook.id, &filter).await.unwrap() };
    let all = list(HookFilter { limit: 10, ..HookFilter::default() }).await;
    assert_eq!(all.len(), 4);
    assert_eq!(all[0].id, test.id);
    let oldest = &all[3];
    assert_eq!((oldest.id, oldest.next_attempt_at), (claimed[0].id, Some(at(310))));
    let attempt = &oldest.attempts[0];
    assert_eq!((attempt.http_status, attempt.reason.as_deref()), (Some(500), Some("http_500")));
    let page = list(HookFilter { limit: 1, starting_after: Some(all[1].id), ..HookFilter::default() }).await;
    assert_eq!(
        page.iter().map(|one| one.id).collect::<Vec<_>>(),
        [all[2].id, all[3].id],
        "one more than asked for"
    );
    let kind = Some(EventKind::WebhookTest);
    assert_eq!(list(HookFilter { limit: 10, kind, ..HookFilter::default() }).await.len(), 1);
    let status = Some("delivered".to_owned());
    assert!(list(HookFilter { limit: 10, status, ..HookFilter::default() }).await.is_empty());
    let event = Some(all[2].event);
    assert_eq!(list(HookFilter { limit: 10, event, ..HookFilter::default() }).await[0].id, all[2].id);
}
