//! Deliveries of webhooks on their way: one claimer each, leases that end, and endpoints that fail.

use std::collections::BTreeSet;

use rift_mfa::domain::webhook::{Disabled, Webhook};
use rift_mfa::store::{AuditFilter, HookNext, NoticeNext, Replay, Replayed};

use crate::support::{DAY, Fixture, HOUR, at, at_once, lease};

/// Makes so many events that `hook` wants.
async fn events(f: &Fixture, many: usize) {
    for n in 0..many {
        let user = f.user(&format!("{n:03}-user"));
        f.started(&user, "111111", 0).await;
        f.check(f.guess(&user, "111111", 1)).await;
    }
}

pub async fn parallel_claims_give_each_delivery_to_one_node(f: &Fixture) {
    let hook = f.hook(&["challenge.approved"]).await;
    events(f, 30).await;
    let (fixture, of) = (f.clone(), hook.id);
    let claims = at_once(12, move |n| {
        let f = fixture.clone();
        async move { f.store.claim_hooks(at(2), &lease(&format!("node-{n}"), 32), &[(of, 3)]).await }
    })
    .await;
    assert!(claims.iter().all(|claimed| claimed.len() <= 3));
    let mut given: Vec<_> = claims.iter().flatten().map(|hook| hook.id.to_string()).collect();
    given.extend(f.claim_hooks(of, "late", 2, 100).await.iter().map(|hook| hook.id.to_string()));
    assert_eq!(given.len(), 30, "a delivery was given to two nodes, or to none");
    assert_eq!(given.into_iter().collect::<BTreeSet<_>>().len(), 30);
}

pub async fn a_claim_goes_by_endpoint_and_its_end_gives_it_back(f: &Fixture) {
    let (one, other) = (f.hook(&["challenge.approved"]).await, f.hook(&["*"]).await);
    assert!(f.store.due_webhooks(at(9)).await.unwrap().is_empty());
    events(f, 3).await;
    let due: BTreeSet<_> =
        f.store.due_webhooks(at(9)).await.unwrap().iter().map(|due| due.id.to_string()).collect();
    assert_eq!(due, BTreeSet::from([one.id.to_string(), other.id.to_string()]));
    let claimed = f.claim_hooks(one.id, "node-a", 10, 2).await;
    assert_eq!(claimed.len(), 2);
    let first = &claimed[0];
    assert_eq!((first.scope, first.webhook, first.tries), (f.scope, one.id, 0));
    assert_eq!((first.url.as_str(), first.secrets.bytes.as_slice()), (one.url.as_str(), &b"secrets"[..]));
    assert_eq!(first.expires_at, at(1 + 24 * HOUR));
    assert_eq!(first.event.as_ref().unwrap().masked, "0•••");
    assert_eq!(f.claim_hooks(one.id, "node-b", 39, 9).await.len(), 1, "the others are leased");
    assert_eq!(f.claim_hooks(one.id, "node-c", 40, 9).await.len(), 2, "their lease has ended");
    // A record under a lost lease changes nothing, unless it tells of a success.
    let recorded = f.record_hook(&claimed[0], &HookNext::Again(at(50)), 41).await;
    assert!(!recorded.held);
    assert!(f.claim_hooks(one.id, "node-d", 60, 1).await.len() < 2);
    assert!(f.record_hook(&claimed[0], &HookNext::Delivered, 42).await.held);
    assert_eq!(f.raw.count("webhook_deliveries", "status = 'delivered'").await, 1);
    assert_eq!(f.raw.count("webhook_attempts", "1 = 1").await, 2);
}

pub async fn an_endpoint_fails_until_it_succeeds(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    events(f, 2).await;
    let [first, second]: [_; 2] = f.claim_hooks(hook.id, "node", 10, 9).await.try_into().unwrap();
    assert_eq!(f.record_hook(&first, &HookNext::Again(at(20)), 11).await.failing, Some((at(11), 1)));
    assert!(f.store.due_webhooks(at(19)).await.unwrap().is_empty());
    assert!(f.store.due_webhooks(at(20)).await.unwrap()[0].failing);
    assert_eq!(f.record_hook(&second, &HookNext::Again(at(20)), 12).await.failing, Some((at(11), 2)));
    let [again, _]: [_; 2] = f.claim_hooks(hook.id, "node", 20, 9).await.try_into().unwrap();
    assert_eq!(again.tries, 1);
    assert_eq!(f.record_hook(&again, &HookNext::Delivered, 21).await.failing, None);
    let seen = f.store.webhook(f.scope.app, hook.id).await.unwrap().unwrap();
    assert_eq!(seen.failing_since, None);
    assert!(!f.store.due_webhooks(at(50)).await.unwrap()[0].failing);
}

pub async fn an_endpoint_that_failed_for_days_is_disabled_with_a_mail(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    let note = f.note();
    for (n, (role, org)) in [
        ("owner", note.line.org.to_string()),
        ("admin", note.line.org.to_string()),
        ("developer", note.line.org.to_string()),
        ("owner", note.line.org.to_string().replace("org_", "org_x")),
    ]
    .into_iter()
    .enumerate()
    {
        f.raw
            .run(&format!(
                "INSERT INTO organizations (id, name, plan, created_at) VALUES ('{org}', 'Acme', 'free', 0) ON CONFLICT DO NOTHING"
            ))
            .await;
        f.raw
            .run(&format!(
                "INSERT INTO members (org_id, id, email, name, role, status, created_at)
                 VALUES ('{org}', 'mem_{n}', '{role}-{n}@example.com', '', '{role}', 'active', 0)"
            ))
            .await;
    }
    events(f, 1).await;
    assert!(!f.disable_hook(&hook, Disabled::Failing, 5).await, "it has not failed");
    let mut second = 10;
    for n in 0..10 {
        let claimed = f.claim_hooks(hook.id, "node", second, 1).await;
        let recorded = f.record_hook(&claimed[0], &HookNext::Again(at(second + 40)), second).await;
        assert_eq!(recorded.failing, Some((at(10), n + 1)));
        second += 40;
    }
    assert!(!f.disable_hook(&hook, Disabled::Failing, 10 + 3 * DAY - 1).await, "not for so long");
    assert!(f.disable_hook(&hook, Disabled::Failing, 10 + 3 * DAY).await);
    assert!(!f.disable_hook(&hook, Disabled::Failing, 10 + 3 * DAY).await, "told once");
    let seen = f.store.webhook(f.scope.app, hook.id).await.unwrap().unwrap();
    assert_eq!(seen.disabled, Some(Disabled::Failing));
    let mails = f.store.claim_notices(at(10 + 3 * DAY), &lease("node", 20 + 3 * DAY), 9).await.unwrap();
    let to: BTreeSet<&str> = mails.iter().map(|mail| mail.email.as_str()).collect();
    assert_eq!(to, BTreeSet::from(["owner-0@example.com", "admin-1@example.com"]));
    assert!(mails.iter().all(|mail| mail.notice.is_some()));
    assert!(f.store.claim_notices(at(11 + 3 * DAY), &lease("b", 30 + 3 * DAY), 9).await.unwrap().is_empty());
    assert!(f.store.record_notice(&mails[0], &NoticeNext::Sent, at(12 + 3 * DAY)).await.unwrap());
    assert!(
        f.store.record_notice(&mails[1], &NoticeNext::Again(at(4 * DAY)), at(12 + 3 * DAY)).await.unwrap()
    );
    assert!(!f.store.record_notice(&mails[1], &NoticeNext::Sent, at(12 + 3 * DAY)).await.unwrap());
    assert_eq!(f.store.claim_notices(at(4 * DAY), &lease("c", 5 * DAY), 9).await.unwrap().len(), 1);
    let line = f.store.audit_newest(note.line.org, &AuditFilter::default(), None, 9).await.unwrap();
    assert_eq!(line.len(), 2, "its making and its end");
    // Switched on again, it begins without failures.
    assert!(f.store.change_webhook(&seen, &hook, at(4 * DAY), &f.note()).await.unwrap());
    let again = f.store.webhook(f.scope.app, hook.id).await.unwrap().unwrap();
    assert_eq!((again.disabled, again.failing_since), (None, None));
    assert!(!f.disable_hook(&again, Disabled::Failing, 4 * DAY).await);
}

pub async fn an_endpoint_that_went_elsewhere_is_not_disabled_for_its_old_address(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    events(f, 1).await;
    // A call is on its way to the old address when the tenant gives a new one; then the old one answers 410.
    let claimed = f.claim_hooks(hook.id, "node", 5, 1).await;
    f.record_hook(&claimed[0], &HookNext::Again(at(50)), 6).await;
    let seen = f.store.webhook(f.scope.app, hook.id).await.unwrap().unwrap();
    assert_eq!(seen.failing_since, Some(at(6)));
    let moved = Webhook { url: "https://new.example.com/".into(), ..seen.clone() };
    assert!(f.store.change_webhook(&seen, &moved, at(7), &f.note()).await.unwrap());
    assert!(!f.disable_hook(&hook, Disabled::Gone, 8).await);
    let seen = f.store.webhook(f.scope.app, hook.id).await.unwrap().unwrap();
    assert_eq!((seen.disabled, seen.failing_since), (None, None), "the new address has not failed");
    assert!(f.disable_hook(&moved, Disabled::Gone, 9).await);
}

pub async fn a_member_gets_few_mails_a_day_however_often_an_endpoint_is_switched_off(f: &Fixture) {
    let org = f.note().line.org;
    let made = "INSERT INTO organizations (id, name, plan, created_at)";
    f.raw.run(&format!("{made} VALUES ('{org}', 'Acme', 'free', 0) ON CONFLICT DO NOTHING")).await;
    f.raw
        .run(&format!(
            "INSERT INTO members (org_id, id, email, name, role, status, created_at)
             VALUES ('{org}', 'mem_1', 'owner@example.com', '', 'owner', 'active', 0)"
        ))
        .await;
    let hook = f.hook(&["*"]).await;
    for second in 1..30 {
        assert!(f.disable_hook(&hook, Disabled::Gone, second).await);
        let seen = f.store.webhook(f.scope.app, hook.id).await.unwrap().unwrap();
        assert!(f.store.change_webhook(&seen, &hook, at(second), &f.note()).await.unwrap());
    }
    assert_eq!(f.raw.count("notices", "1 = 1").await, 10);
    assert!(f.disable_hook(&hook, Disabled::Gone, DAY + 20).await);
    assert_eq!(f.raw.count("notices", "1 = 1").await, 11, "the next day's");
}

pub async fn what_waits_for_a_disabled_endpoint_is_given_up(f: &Fixture) {
    let (gone, removed, stays) = (f.hook(&["*"]).await, f.hook(&["*"]).await, f.hook(&["*"]).await);
    events(f, 3).await;
    assert_eq!(f.store.give_up_hooks(at(5), 100).await.unwrap(), 0);
    assert!(f.disable_hook(&gone, Disabled::Gone, 5).await);
    assert!(f.store.delete_webhook(f.scope, removed.id, at(5), &f.note()).await.unwrap());
    for closed in [gone.id, removed.id] {
        assert!(f.store.due_webhooks(at(9)).await.unwrap().iter().all(|due| due.id != closed));
    }
    assert_eq!(f.store.give_up_hooks(at(6), 2).await.unwrap(), 4, "two of each");
    assert_eq!(f.store.give_up_hooks(at(6), 2).await.unwrap(), 2);
    assert_eq!(f.store.give_up_hooks(at(6), 2).await.unwrap(), 0);
    let failed = "challenge.approved failed";
    assert_eq!(f.hook_rows(gone.id).await, [failed; 3]);
    assert_eq!(f.hook_rows(stays.id).await, ["challenge.approved pending"; 3]);
    let replay = f.store.replay(f.scope, gone.id, Replay::Since(at(0)), at(7), &f.note()).await.unwrap();
    assert_eq!(replay, Replayed::Disabled);
    // Switched on, it gets what it missed.
    let seen = f.store.webhook(f.scope.app, gone.id).await.unwrap().unwrap();
    let on = Webhook { disabled: None, ..seen.clone() };
    assert!(f.store.change_webhook(&seen, &on, at(8), &f.note()).await.unwrap());
    let replay = f.store.replay(f.scope, gone.id, Replay::Since(at(0)), at(9), &f.note()).await.unwrap();
    assert_eq!(replay, Replayed::Queued(3));
}

pub async fn after_a_day_a_delivery_is_given_up(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    events(f, 2).await;
    let end = 1 + 24 * HOUR;
    assert_eq!(f.store.give_up_hooks(at(end - 1), 100).await.unwrap(), 0);
    // One of them is on its way just now: its call decides.
    let claimed = f.claim_hooks(hook.id, "node", end - 1, 1).await;
    assert_eq!(f.store.give_up_hooks(at(end), 100).await.unwrap(), 1);
    assert!(f.record_hook(&claimed[0], &HookNext::Delivered, end + 1).await.held);
    let mut rows = f.hook_rows(hook.id).await;
    rows.sort();
    assert_eq!(rows, ["challenge.approved delivered", "challenge.approved failed"]);
    assert_eq!(f.raw.count("webhook_deliveries", "reason = 'expired'").await, 1);
}

pub async fn ended_deliveries_are_kept_for_a_month(f: &Fixture) {
    let hook = f.hook(&["*"]).await;
    events(f, 2).await;
    let claimed = f.claim_hooks(hook.id, "node", 5, 1).await;
    f.record_hook(&claimed[0], &HookNext::Delivered, 6).await;
    let rows = || async {
        (f.raw.count("webhook_deliveries", "1 = 1").await, f.raw.count("webhook_attempts", "1 = 1").await)
    };
    f.store.sweep(at(30 * DAY), 100).await.unwrap();
    assert_eq!(rows().await, (2, 1));
    f.store.sweep(at(30 * DAY + 5), 100).await.unwrap();
    assert_eq!(rows().await, (1, 0), "one still waits: its end is the courier's");
    // Its event is gone by now: the call finds nothing to tell.
    let left = f.claim_hooks(hook.id, "node", 30 * DAY + 6, 9).await;
    assert!(left.len() == 1 && left[0].event.is_none());
}

pub async fn changes_and_calls_do_not_wait_for_each_other_for_ever(f: &Fixture) {
    let mut hooks = Vec::new();
    for _ in 0..3 {
        hooks.push(f.hook(&["*"]).await);
    }
    events(f, 12).await;
    let (fixture, of) = (f.clone(), hooks.clone());
    at_once(16, move |n| {
        let (f, hooks) = (fixture.clone(), of.clone());
        async move {
            let hook = &hooks[n % 3];
            for round in 0..6 {
                let now = 10 + 40 * round;
                match n % 4 {
                    // A courier.
                    0 | 1 => {
                        let lease = lease(&format!("node-{n}"), now + 30);
                        for claimed in f.store.claim_hooks(at(now), &lease, &[(hook.id, 4)]).await? {
                            let next =
                                if n % 4 == 0 { HookNext::Delivered } else { HookNext::Again(at(now + 5)) };
                            f.record_hook(&claimed, &next, now + 1).await;
                        }
                    }
                    // The tenant.
                    2 => {
                        let seen = f.store.webhook(f.scope.app, hook.id).await?;
                        if let Some(seen) = seen {
                            let disabled =
                                if seen.disabled.is_some() { None } else { Some(Disabled::ByHand) };
                            let new = Webhook { disabled, ..seen.clone() };
                            f.store.change_webhook(&seen, &new, at(now), &f.note()).await?;
                        }
                        f.store.replay(f.scope, hook.id, Replay::Since(at(0)), at(now), &f.note()).await?;
                    }
                    // What ends by itself, and more events.
                    _ => {
                        f.disable_hook(hook, Disabled::Gone, now).await;
                        f.store.give_up_hooks(at(now), 5).await?;
                        f.store.expire_challenges(at(now + 400), 5).await?;
                        f.started(&f.user(&format!("late-{n}-{round}")), "111111", now).await;
                    }
                }
            }
            Ok(())
        }
    })
    .await;
}
