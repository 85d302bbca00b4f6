//! Failures are counted per user and lock that user; nothing passes the lock.

use rift_mfa::domain::challenge::Family;
use rift_mfa::store::{LOCK_READS, TotpMatch, UserRef};

use crate::support::{DAY, Fixture, Guess, HOUR, MINUTE, at, at_once, id, say};

pub async fn ten_failures_lock_for_a_quarter_of_an_hour_and_twenty_for_a_day(f: &Fixture) {
    let jane = f.user("jane");
    let table = [
        (10, 0, "no_pending_code"),
        (1, 0, "locked 900"),
        (1, 899, "locked 900"),
        (10, 900, "no_pending_code"),
        (1, 900, "locked 87300"),
        (1, 900 + DAY - 1, "locked 87300"),
        // After a day the failures have aged with the lock.
        (10, 900 + DAY, "no_pending_code"),
        (1, 900 + DAY, "locked 88200"),
    ];
    for (times, second, expected) in table {
        assert_eq!(f.fail(&jane, times, second).await, expected, "{times} at {second} s");
    }
    assert_eq!(f.raw.count("events", "kind = 'user.locked'").await, 3);
    assert_eq!(f.check(f.guess(&f.user("john"), "999999", 0)).await, "no_pending_code");
    for scope in f.strangers() {
        assert_eq!(f.check(Guess { scope, ..f.guess(&jane, "999999", 0) }).await, "no_pending_code");
    }
}

pub async fn a_lock_evaluates_and_writes_nothing(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.enrolled(&jane, 0).await;
    let mut start = f.start(&jane, "111111", 10);
    start.challenge.expires_at = at(HOUR);
    f.store.start_code(f.scope, &start, None).await.unwrap();
    for _ in 0..10 {
        f.check(Guess { family: Family::Phone, ..f.guess(&jane, "999999", 20) }).await;
    }
    let before = f.raw.everything().await;
    assert_eq!(f.check(f.guess(&jane, "111111", 21)).await, "locked 920");
    let named = Guess { id: Some(start.challenge.id), ..f.guess(&jane, "111111", 21) };
    assert_eq!(f.check(named).await, "locked 920");
    assert_eq!(f.totp(f.totp_guess(&jane, factor, 101, 21)).await, "locked 920");
    assert_eq!(f.raw.everything().await, before);
    assert_eq!(f.store.summary(f.scope, &jane, at(21)).await.unwrap().locked_until, Some(at(920)));
    assert_eq!(f.store.summary(f.scope, &jane, at(920)).await.unwrap().locked_until, None);
    assert_eq!(f.check(f.guess(&jane, "111111", 920)).await, "approved");
}

pub async fn locks_are_counted_while_they_last_and_since_they_began(f: &Fixture) {
    let count = async |scope, since, now| {
        let locks = f.store.locks(scope, at(since), at(now)).await.unwrap();
        (locks.now, locks.begun)
    };
    assert_eq!(count(f.scope, 0, 0).await, (0, 0));
    f.fail(&f.user("jane"), 10, 0).await;
    f.fail(&f.user("john"), 9, 0).await;
    f.store.lock_user(f.scope, &f.user("kim"), at(HOUR), at(10), &f.note()).await.unwrap();
    assert_eq!(count(f.scope, 0, 10).await, (2, 2));
    assert_eq!(count(f.scope, 5, 10).await, (2, 1), "one of them began before");
    assert_eq!(count(f.scope, 0, 900).await, (1, 2), "the short one has ended");
    assert_eq!(count(f.scope, 0, HOUR).await, (0, 2));
    for scope in f.strangers() {
        assert_eq!(count(scope, 0, 10).await, (0, 0));
    }
    f.store.unlock(f.scope, &f.user("kim"), at(20), &f.note()).await.unwrap();
    assert_eq!(count(f.scope, 0, 20).await, (1, 2), "an unlock ends it");
}

pub async fn locks_are_counted_by_their_indexes(f: &Fixture) {
    let (app, mode) = (f.scope.app, f.scope.mode);
    f.raw.fill_users(&app.to_string(), mode.as_str(), 5_000).await;
    f.raw.run("ANALYZE").await;
    for (statement, index) in LOCK_READS.iter().zip(["users_locked", "events_of_locks"]) {
        let places = [format!("'{app}'"), format!("'{mode}'"), "1700000000000".to_owned()];
        let filled =
            places.iter().zip(1..).fold((*statement).to_owned(), |sql, (value, place): (_, usize)| {
                sql.replace(&format!("${place}"), value)
            });
        let plan = f.raw.plan(&filled).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{plan}");
    }
}

pub async fn a_success_clears_its_own_family_and_an_approval_no_other(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.enrolled(&jane, 0).await;
    f.started(&jane, "111111", 1).await;
    for (family, times) in [(Family::Email, 3), (Family::Phone, 4)] {
        for _ in 0..times {
            f.check(Guess { family, ..f.guess(&jane, "999999", 2) }).await;
        }
    }
    for _ in 0..2 {
        assert!(f.totp_of(&f.totp_guess(&jane, factor, 0, 3), &[]).await.is_ok());
    }
    assert_eq!(f.standing(&jane, 3).await.failures(), 9);
    assert_eq!(f.totp(f.totp_guess(&jane, factor, 101, 4)).await, "approved");
    assert_eq!(f.standing(&jane, 4).await.failures(), 7, "of APP");
    assert_eq!(f.check(f.guess(&jane, "111111", 5)).await, "approved");
    assert_eq!(f.standing(&jane, 5).await.failures(), 4, "of EMAIL");
    assert_eq!(f.standing(&jane, 2 + DAY).await.failures(), 0, "a day passes them");
}

pub async fn a_resend_and_another_type_begin_nothing_anew(f: &Fixture) {
    let jane = f.user("jane");
    for second in [0, 30] {
        f.started(&jane, "111111", second).await;
        for _ in 0..4 {
            f.check(f.guess(&jane, "999999", second)).await;
        }
    }
    f.check(Guess { family: Family::Phone, ..f.guess(&jane, "999999", 31) }).await;
    assert_eq!(
        f.totp_of(&f.totp_guess(&jane, id(at(0)), 1, 32), &[]).await.map(|it| say(&it)).unwrap(),
        "not_enrolled"
    );
    assert_eq!(f.check(f.guess(&jane, "111111", 33)).await, "locked 932");
}

/// 30 failures at once, of several families.
async fn flood(f: &Fixture, user: &UserRef, second: i64) -> Vec<String> {
    let (f, user) = (f.clone(), user.clone());
    at_once(30, move |n| {
        let (f, user) = (f.clone(), user.clone());
        async move {
            let outcome = if n % 3 == 0 {
                let nothing: &[TotpMatch] = &[];
                f.totp_of(&f.totp_guess(&user, id(at(second)), 1, second), nothing).await
            } else {
                let family = if n % 3 == 1 { Family::Email } else { Family::Phone };
                f.try_check(&Guess { family, ..f.guess(&user, "999999", second) }).await
            };
            outcome.map(|outcome| say(&outcome))
        }
    })
    .await
}

pub async fn thirty_failures_at_once_never_pass_the_lock(f: &Fixture) {
    let jane = f.user("jane");
    for (second, until) in [(0, 15 * MINUTE), (15 * MINUTE, 15 * MINUTE + DAY)] {
        let outcomes = flood(f, &jane, second).await;
        let locked = outcomes.iter().filter(|outcome| **outcome == format!("locked {until}")).count();
        assert_eq!(locked, 20, "exactly ten were evaluated: {outcomes:?}");
    }
    assert_eq!(f.standing(&jane, 15 * MINUTE).await.failures(), 20);
    assert_eq!(f.raw.count("events", "kind = 'user.locked'").await, 2);
}

pub async fn an_unlock_lifts_the_lock_and_clears_the_failures(f: &Fixture) {
    let jane = f.user("jane");
    f.fail(&jane, 10, 0).await;
    for scope in f.strangers() {
        f.store.unlock(scope, &jane, at(1), &f.note()).await.unwrap();
    }
    assert_eq!(f.fail(&jane, 1, 1).await, "locked 900", "another tenancy unlocks nobody here");
    f.store.unlock(f.scope, &jane, at(2), &f.note()).await.unwrap();
    assert_eq!(f.standing(&jane, 2).await.failures(), 0);
    assert_eq!(f.raw.count("events", "kind = 'user.unlocked'").await, 1);
    assert_eq!(f.fail(&jane, 10, 3).await, "no_pending_code");
    assert_eq!(f.fail(&jane, 1, 3).await, "locked 903", "the first lock comes again, not the second");

    f.store.unlock(f.scope, &f.user("nobody"), at(2), &f.note()).await.unwrap();
    assert_eq!(f.raw.count("users", &format!("user_key = {}", f.key(&f.user("nobody")))).await, 0);
}
