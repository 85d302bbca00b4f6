//! Starting a sent code: what dies with it, the send limits, and what a refusal leaves behind.

use std::time::{Duration, Instant};

use rift_mfa::domain::asked::Asker;
use rift_mfa::domain::challenge::{MfaType, Status};
use rift_mfa::domain::policy::SendLimits;
use rift_mfa::domain::quota::PhoneQuota;
use rift_mfa::store::{Deadline, StartCode, Started, StoreError};

use crate::support::{DAY, Fixture, MINUTE, at, at_once, id, limits, say};

async fn send(f: &Fixture, start: &StartCode) -> String {
    say(&f.store.start_code(f.scope, start, None).await.unwrap())
}

pub async fn an_older_code_dies_with_its_message_erased(f: &Fixture) {
    let jane = f.user("jane");
    let older = f.started(&jane, "111111", 0).await;
    let bystander = f.started(&f.user("john"), "333333", 0).await;
    let newer = f.started(&jane, "222222", 30).await;

    let status = async |id| f.store.trace(f.scope, id).await.unwrap().unwrap().challenge.status;
    assert_eq!(status(older).await, Status::Superseded);
    assert_eq!((status(newer).await, status(bystander).await), (Status::Pending, Status::Pending));
    let message = async |challenge| {
        let trace = f.store.trace(f.scope, challenge).await.unwrap().unwrap();
        (trace.deliveries[0].status.clone(), trace.deliveries[0].reason.clone())
    };
    assert_eq!(message(older).await, ("failed".into(), Some("superseded".into())));
    assert_eq!(message(newer).await, ("queued".into(), None));
    assert_eq!(f.raw.count("messages", &format!("challenge_id = '{older}' AND payload IS NULL")).await, 1);
    assert_eq!(f.raw.count("messages", "payload IS NOT NULL AND payload_key IS NOT NULL").await, 2);
    assert_eq!(f.check(f.guess(&jane, "111111", 31)).await, "invalid_code 4");
    assert_eq!(f.check(f.guess(&jane, "222222", 31)).await, "approved");
}

/// Its caller was told 503 by then, so nothing may be sent.
pub async fn a_start_that_comes_too_late_for_its_caller_is_not_kept(f: &Fixture) {
    let jane = f.user("jane");
    let before = f.raw.everything().await;
    let late = StartCode { deadline: Deadline::at(Instant::now()), ..f.start(&jane, "111111", 0) };
    let outcome = f.store.start_code(f.scope, &late, None).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(f.raw.everything().await, before);
    let in_time = Deadline::at(Instant::now() + Duration::from_mins(1));
    let start = StartCode { deadline: in_time, ..f.start(&jane, "222222", 0) };
    assert_eq!(send(f, &start).await.split(' ').next(), Some("started"));
}

pub async fn a_code_whose_life_ended_stays_expired(f: &Fixture) {
    let jane = f.user("jane");
    let older = f.started(&jane, "111111", 0).await;
    f.started(&jane, "222222", 5 * MINUTE).await;
    let record = f.store.trace(f.scope, older).await.unwrap().unwrap().challenge;
    let reads = record.status.at(at(5 * MINUTE), record.expires_at);
    assert_eq!(reads, Status::Expired, "only an unexpired code dies with a newer one");
}

pub async fn a_trace_tells_who_asked_and_what_was_used_of_each_limit(f: &Fixture) {
    let jane = f.user("jane");
    let untold = f.started(&jane, "111111", 0).await;
    assert_eq!(f.store.trace(f.scope, untold).await.unwrap().unwrap().asked, None);
    let asker = Asker::new("key_of_a_test".to_owned(), Some("203.0.113.7".parse().unwrap()), id(at(0)));
    let mut start = f.start(&jane, "222222", 31);
    start.challenge.asked = Some(asker.clone());
    start.quota = Some(PhoneQuota { country: "DE".into(), messages: 2, per_hour: 100 });
    f.store.start_code(f.scope, &start, None).await.unwrap();
    let trace = f.store.trace(f.scope, start.challenge.id).await.unwrap().unwrap();
    assert_eq!(trace.asked, Some(asker));
    let told: Vec<_> = trace.limits.iter().map(|looked| (looked.limit.as_str(), looked.used)).collect();
    let expected = [
        ("sends.cooldown", 0),
        ("sends.per_10_minutes", 1),
        ("sends.unapproved_per_day", 1),
        ("sends.per_day", 1),
        ("phone.sends_per_hour", 0),
    ];
    assert_eq!(told, expected);
    assert_eq!(trace.limits[3].most, u64::try_from(limits().per_day).unwrap());
}

pub async fn another_family_is_left_alone(f: &Fixture) {
    let jane = f.user("jane");
    let mail = f.started(&jane, "111111", 0).await;
    let mut call = f.start(&jane, "222222", 30);
    call.challenge.kind = MfaType::Phone;
    assert_eq!(send(f, &call).await, "started 60");
    let record = f.store.trace(f.scope, mail).await.unwrap().unwrap();
    assert_eq!((record.challenge.status, record.deliveries[0].status.as_str()), (Status::Pending, "queued"));
}

pub async fn sends_are_limited_per_user(f: &Fixture) {
    let jane = f.user("jane");
    let table = [
        (0, "started 30"),
        (29, "cooldown 30"),
        (30, "started 60"),
        (60, "started 90"),
        (90, "started 120"),
        (120, "started 600"),
        (150, "too many 600"),
        (599, "too many 600"),
        (600, "started 630"),
        (630, "started 660"),
        (660, "started 690"),
        (690, "started 720"),
        (720, "started 86400"),
        (DAY - 1, "too many 86400"),
        (DAY, "started 86430"),
    ];
    for (second, expected) in table {
        assert_eq!(send(f, &f.start(&jane, "111111", second)).await, expected, "at {second} s");
    }
    assert_eq!(send(f, &f.start(&f.user("john"), "111111", 31)).await, "started 61");
    for scope in f.strangers() {
        let elsewhere = f.store.start_code(scope, &f.start(&jane, "111111", 31), None).await.unwrap();
        assert_eq!(say(&elsewhere), "started 61", "another tenancy has limits of its own");
    }
}

pub async fn an_approval_lifts_all_but_the_fifty_of_a_day(f: &Fixture) {
    let jane = f.user("jane");
    for second in 0..49 {
        assert_eq!(send(f, &f.start(&jane, "111111", second)).await, format!("started {}", second + 30));
        assert_eq!(f.check(f.guess(&jane, "111111", second)).await, "approved");
    }
    assert_eq!(send(f, &f.start(&jane, "111111", 49)).await, "started 86400");
    assert_eq!(f.check(f.guess(&jane, "111111", 49)).await, "approved");
    assert_eq!(send(f, &f.start(&jane, "111111", 1000)).await, "too many 86400");
    assert_eq!(send(f, &f.start(&jane, "111111", DAY)).await, "started 86401");
}

pub async fn a_refused_start_writes_nothing(f: &Fixture) {
    let jane = f.user("jane");
    let refused = async |second: i64, expected: &str| {
        let before = f.raw.everything().await;
        assert_eq!(send(f, &f.start(&jane, "222222", second)).await, expected);
        assert_eq!(f.raw.everything().await, before, "{expected}");
    };
    for second in [0, 30, 60, 90, 120] {
        f.started(&jane, "111111", second).await;
        refused(
            second + 1,
            &if second < 120 { format!("cooldown {}", second + 30) } else { "too many 600".into() },
        )
        .await;
    }
    f.fail(&jane, 10, 700).await;
    refused(1000, "locked 1600").await;
    let before = f.raw.everything().await;
    assert_eq!(f.start_app(&f.start_of_app(&jane, 1000)).await, "locked 1600");
    assert_eq!(f.raw.everything().await, before);
}

pub async fn parallel_starts_leave_one_live_code_and_one_message(f: &Fixture) {
    for (name, cooldown, admitted) in [("jane", limits().cooldown, 1), ("john", Duration::ZERO, 5)] {
        let user = f.user(name);
        let (fixture, who) = (f.clone(), user.clone());
        let outcomes = at_once(20, move |n| {
            let (f, user) = (fixture.clone(), who.clone());
            async move {
                let mut start = f.start(&user, &format!("{n:06}"), 0);
                start.challenge.id = id(at(0));
                start.limits = SendLimits { cooldown, ..limits() };
                f.store.start_code(f.scope, &start, None).await
            }
        })
        .await;
        let started = outcomes.iter().filter(|outcome| matches!(outcome, Started::Started { .. })).count();
        assert_eq!(started, admitted, "{name}");
        let own = format!("user_key = {}", f.key(&user));
        let rows = async |table, filter: &str| f.raw.count(table, &format!("{own} AND {filter}")).await;
        assert_eq!(rows("challenges", "status = 'pending'").await, 1, "{name}");
        assert_eq!(rows("messages", "status = 'queued' AND payload IS NOT NULL").await, 1, "{name}");
        assert_eq!(rows("messages", "1 = 1").await, i64::try_from(admitted).unwrap(), "{name}");
        let queued = f
            .raw
            .text(&format!(
                "SELECT c.status FROM messages m JOIN challenges c ON c.id = m.challenge_id
                 WHERE m.status = 'queued' AND m.{own}"
            ))
            .await;
        assert_eq!(queued.as_deref(), Some("pending"), "the message is the live code's");
    }
}

pub async fn a_canceled_code_is_dead_and_its_message_erased(f: &Fixture) {
    let jane = f.user("jane");
    let started = f.started(&jane, "111111", 0).await;
    for scope in f.strangers() {
        assert_eq!(f.store.cancel(scope, started, at(1)).await.unwrap(), None);
    }
    assert_eq!(f.store.cancel(f.scope, id(at(0)), at(1)).await.unwrap(), None);
    assert_eq!(f.store.cancel(f.scope, started, at(1)).await.unwrap(), Some(true));
    assert_eq!(f.store.cancel(f.scope, started, at(2)).await.unwrap(), Some(false));
    assert_eq!(
        f.raw.count("messages", "status = 'failed' AND reason = 'canceled' AND payload IS NULL").await,
        1
    );
    assert_eq!(f.check(f.guess(&jane, "111111", 3)).await, "no_pending_code");
    assert_eq!(f.raw.count("events", "kind = 'challenge.canceled'").await, 1);

    let expired = f.started(&jane, "222222", 100).await;
    assert_eq!(f.store.cancel(f.scope, expired, at(100 + 5 * MINUTE)).await.unwrap(), Some(false));
}

pub async fn a_start_tells_what_it_was_given(f: &Fixture) {
    let jane = f.user("jane");
    let mut start = f.start(&jane, "111111", 0);
    start.challenge.reference = Some("order 7".into());
    assert_eq!(send(f, &start).await, "started 30");
    let trace = f.store.trace(f.scope, start.challenge.id).await.unwrap().unwrap();
    let record = &trace.challenge;
    assert_eq!((record.masked.as_str(), record.kind), ("j•••", MfaType::Email));
    assert_eq!(record.reference.as_deref(), Some("order 7"));
    assert_eq!(
        (record.created_at, record.expires_at, record.resend_after),
        (at(0), Some(at(300)), Some(at(30)))
    );
    assert_eq!((record.attempts, record.max_attempts, record.decided_at), (0, 5, None));
    assert_eq!((trace.deliveries.len(), trace.checks.len()), (1, 0));
    for scope in f.strangers() {
        assert!(f.store.trace(scope, start.challenge.id).await.unwrap().is_none());
    }
    assert_eq!(f.raw.count("events", &format!("data LIKE '%{}%'", start.challenge.id)).await, 1);
}
