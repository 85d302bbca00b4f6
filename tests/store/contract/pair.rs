//! DUAL users: two codes, three rows, and the quota of a country.

use rift_mfa::domain::challenge::{Family, MfaType, VerifiedBy};
use rift_mfa::domain::quota::PhoneQuota;
use rift_mfa::store::{Checked, StartCode, UserRef};

use crate::support::{Fixture, Guess, at, at_once, say};

/// A pair of two contacts that are users of their own.
fn pair(f: &Fixture, email: &str, phone: &str) -> UserRef {
    let mut pair = f.user(&format!("{email}:{phone}"));
    pair.contacts = vec![f.user(email), f.user(phone)];
    pair
}

fn dual(f: &Fixture, pair: &UserRef, seconds: i64) -> StartCode {
    let mut start = f.start(pair, "111111", seconds);
    start.challenge.kind = MfaType::Dual;
    start.second_code = Some(f.code("222222").swap_remove(0));
    start
}

fn guess(f: &Fixture, pair: &UserRef, code: &str, seconds: i64) -> Guess {
    Guess { family: Family::Dual, ..f.guess(pair, code, seconds) }
}

pub async fn either_of_two_codes_is_taken_and_the_other_dies(f: &Fixture) {
    for (n, (right, other, by)) in
        [("111111", "222222", VerifiedBy::Email), ("222222", "111111", VerifiedBy::Sms)]
            .into_iter()
            .enumerate()
    {
        let pair = pair(f, &format!("e{n}"), &format!("p{n}"));
        f.store.start_code(f.scope, &dual(f, &pair, 0), None).await.unwrap();
        assert_eq!(f.check(guess(f, &pair, "333333", 1)).await, "invalid_code 4");
        match f.try_check(&guess(f, &pair, right, 1)).await.unwrap() {
            Checked::Approved(approval) => assert_eq!(approval.by, by),
            other => panic!("{}", say(&other)),
        }
        assert_eq!(f.check(guess(f, &pair, right, 2)).await, "code_already_used");
        assert_eq!(f.check(guess(f, &pair, other, 2)).await, "no_pending_code");
    }
}

pub async fn fifty_of_both_codes_at_once_approve_one(f: &Fixture) {
    let pair = pair(f, "e", "p");
    f.store.start_code(f.scope, &dual(f, &pair, 0), None).await.unwrap();
    let f = f.clone();
    let outcomes = at_once(50, move |n| {
        let (f, guess) = (f.clone(), guess(&f, &pair, if n % 2 == 0 { "111111" } else { "222222" }, 1));
        async move { f.try_check(&guess).await.map(|outcome| say(&outcome)) }
    })
    .await;
    let approved = outcomes.iter().filter(|said| said.starts_with("approved")).count();
    assert_eq!(approved, 1, "{outcomes:?}");
}

pub async fn a_pair_counts_in_its_contacts_and_is_locked_with_them(f: &Fixture) {
    let pair = pair(f, "e", "p");
    let (email, phone) = (f.user("e"), f.user("p"));
    for second in 0..6 {
        f.check(guess(f, &pair, "999999", second)).await;
    }
    f.fail(&email, 4, 7).await;
    assert!(f.check(f.guess(&email, "999999", 8)).await.starts_with("locked"));
    assert!(f.check(guess(f, &pair, "999999", 8)).await.starts_with("locked"));
    assert_eq!(f.check(f.guess(&phone, "999999", 8)).await, "no_pending_code");
    let summary = f.store.summary(f.scope, &pair, at(9)).await.unwrap();
    assert!(summary.locked_until.is_some());
    // Lifting the pair's lock lifts its contacts'.
    f.store.unlock(f.scope, &pair, at(10), &f.note()).await.unwrap();
    assert_eq!(f.check(f.guess(&email, "999999", 11)).await, "no_pending_code");
    assert!(f.store.summary(f.scope, &pair, at(11)).await.unwrap().locked_until.is_none());
}

pub async fn crosswise_pairs_do_not_wait_for_each_other_for_ever(f: &Fixture) {
    let pairs = [pair(f, "a", "x"), pair(f, "b", "x"), pair(f, "a", "y"), pair(f, "b", "y")];
    let f = f.clone();
    let outcomes = at_once(40, move |n| {
        let (f, start) = (f.clone(), dual(&f, &pairs[n % 4], 0));
        async move { f.store.start_code(f.scope, &start, None).await.map(|outcome| say(&outcome)) }
    })
    .await;
    let started = outcomes.iter().filter(|said| said.starts_with("started")).count();
    assert!((1..=2).contains(&started), "{outcomes:?}");
}

pub async fn a_countrys_quota_is_exact_and_refusals_leave_nothing(f: &Fixture) {
    let quota = PhoneQuota { country: "DE".into(), messages: 1, per_hour: 5 };
    let shared = f.clone();
    let outcomes = at_once(20, move |n| {
        let f = shared.clone();
        let mut start = f.start(&f.user(&format!("u{n}")), "111111", 0);
        start.quota = Some(quota.clone());
        async move { f.store.start_code(f.scope, &start, None).await.map(|outcome| say(&outcome)) }
    })
    .await;
    let started = outcomes.iter().filter(|said| said.starts_with("started")).count();
    let full = outcomes.iter().filter(|said| said.starts_with("country full")).count();
    assert_eq!((started, full), (5, 15), "{outcomes:?}");
    assert_eq!(f.raw.text("SELECT CAST(COUNT(*) AS TEXT) FROM messages").await.unwrap(), "5");
    assert_eq!(f.raw.text("SELECT CAST(COUNT(*) AS TEXT) FROM users").await.unwrap(), "5");
}
