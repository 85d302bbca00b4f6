//! Checking a sent code: once, at most five guesses, and nowhere but where it belongs.

use rift_mfa::domain::challenge::{Family, MfaType, VerifiedBy};
use rift_mfa::keyring::CodeMac;
use rift_mfa::store::Checked;

use crate::support::{Fixture, Guess, MINUTE, at, at_once, id, say};

pub async fn a_right_code_is_taken_once(f: &Fixture) {
    let jane = f.user("jane");
    let mut start = f.start(&jane, "111111", 0);
    start.challenge.reference = Some("order 7".into());
    f.store.start_code(f.scope, &start, None).await.unwrap();
    assert_eq!(f.check(f.guess(&jane, "999999", 1)).await, "invalid_code 4");
    let Checked::Approved(approval) = f.try_check(&f.guess(&jane, "111111", 2)).await.unwrap() else {
        panic!("a right code was not taken")
    };
    assert_eq!((approval.id, approval.by), (start.challenge.id, VerifiedBy::Email));
    assert_eq!((approval.reference.as_deref(), approval.factor), (Some("order 7"), None));
    assert_eq!(f.check(f.guess(&jane, "111111", 3)).await, "code_already_used");

    let trace = f.store.trace(f.scope, approval.id).await.unwrap().unwrap();
    assert_eq!((trace.challenge.attempts, trace.challenge.decided_at), (2, Some(at(2))));
    let checks: Vec<_> = trace.checks.iter().map(|check| (check.at, check.result.as_str())).collect();
    assert_eq!(checks, [(at(1), "invalid_code"), (at(2), "approved"), (at(3), "code_already_used")]);
    assert_eq!(f.raw.count("events", "kind = 'challenge.approved'").await, 1);
}

async fn parallel(f: &Fixture, codes: Vec<String>) -> Vec<String> {
    let f = f.clone();
    let jane = f.user("jane");
    at_once(codes.len(), move |n| {
        let (f, guess) = (f.clone(), f.guess(&jane, &codes[n], 1));
        async move { f.try_check(&guess).await.map(|outcome| say(&outcome)) }
    })
    .await
}

fn count(outcomes: &[String], word: &str) -> usize {
    outcomes.iter().filter(|outcome| outcome.starts_with(word)).count()
}

pub async fn fifty_right_codes_at_once_approve_one(f: &Fixture) {
    let jane = f.user("jane");
    let started = f.started(&jane, "111111", 0).await;
    let outcomes = parallel(f, vec!["111111".into(); 50]).await;
    assert_eq!(count(&outcomes, "approved"), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, "code_already_used"), 49, "{outcomes:?}");
    assert_eq!(f.standing(&jane, 1).await.failures(), 0, "a repeated request is no guess");
    assert_eq!(
        f.raw.count("checks", &format!("challenge_id = '{started}' AND result = 'approved'")).await,
        1
    );
    assert_eq!(f.raw.count("events", "kind = 'challenge.approved'").await, 1);
}

pub async fn of_a_hundred_guesses_at_once_five_are_evaluated(f: &Fixture) {
    let jane = f.user("jane");
    let started = f.started(&jane, "111111", 0).await;
    let codes = (0..100).map(|n| if n == 50 { "111111".to_owned() } else { format!("9{n:05}") }).collect();
    let outcomes = parallel(f, codes).await;
    let evaluated = count(&outcomes, "approved") + count(&outcomes, "invalid_code");
    assert!((1..=5).contains(&evaluated), "{evaluated} were evaluated: {outcomes:?}");
    let attempts = f.raw.number(&format!("SELECT attempts FROM challenges WHERE id = '{started}'")).await;
    assert_eq!(i64::try_from(evaluated).unwrap(), attempts);
    assert!(f.standing(&jane, 1).await.failures() <= 10, "the lock was passed");
}

pub async fn after_five_guesses_the_right_code_is_not_looked_at(f: &Fixture) {
    let jane = f.user("jane");
    f.started(&jane, "111111", 0).await;
    for left in (0..5).rev() {
        assert_eq!(f.check(f.guess(&jane, "999999", 1)).await, format!("invalid_code {left}"));
    }
    let before = f.raw.everything().await;
    for code in ["111111", "999999"] {
        assert_eq!(f.check(f.guess(&jane, code, 2)).await, "spent 30");
    }
    assert_eq!(f.raw.everything().await, before, "a check of a spent code writes nothing");
    assert_eq!(f.standing(&jane, 2).await.failures(), 5);
    assert_eq!(f.check(f.guess(&jane, "111111", 5 * MINUTE)).await, "code_expired");

    let mut strict = f.start(&jane, "222222", 400);
    strict.challenge.max_attempts = 1;
    f.store.start_code(f.scope, &strict, None).await.unwrap();
    assert_eq!(f.check(f.guess(&jane, "222222", 401)).await, "approved", "the last guess may be right");
}

pub async fn a_code_ends_with_its_life(f: &Fixture) {
    for (name, second, expected, failures) in
        [("jane", 5 * MINUTE - 1, "approved", 0), ("john", 5 * MINUTE, "code_expired", 1)]
    {
        let user = f.user(name);
        f.started(&user, "111111", 0).await;
        assert_eq!(f.check(f.guess(&user, "111111", second)).await, expected);
        assert_eq!(f.standing(&user, second).await.failures(), failures);
    }
    assert_eq!(f.check(f.guess(&f.user("nobody"), "111111", 1)).await, "no_pending_code");
    assert_eq!(f.standing(&f.user("nobody"), 1).await.failures(), 1);
}

pub async fn a_repeated_code_counts_after_a_minute(f: &Fixture) {
    let jane = f.user("jane");
    let started = f.started(&jane, "111111", 0).await;
    assert_eq!(f.check(f.guess(&jane, "111111", 0)).await, "approved");
    let named = Guess { id: Some(started), ..f.guess(&jane, "111111", 59) };
    for (guess, expected, failures) in [
        (f.guess(&jane, "111111", 59), "code_already_used", 0),
        (named.clone(), "code_already_used", 0),
        (f.guess(&jane, "999999", 59), "no_pending_code", 1),
        (f.guess(&jane, "111111", 60), "code_already_used", 2),
        (Guess { at: 60, ..named }, "code_already_used", 3),
    ] {
        let second = guess.at;
        assert_eq!(f.check(guess).await, expected, "at {second} s");
        assert_eq!(f.standing(&jane, second).await.failures(), failures, "at {second} s");
    }
}

pub async fn a_code_fits_nowhere_else(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let started = f.started(&jane, "111111", 0).await;
    let johns = f.started(&john, "222222", 0).await;
    let right = f.guess(&jane, "111111", 1);
    let [live, elsewhere] = f.strangers();
    let named = Guess { id: Some(started), ..right.clone() };
    for (what, guess, expected) in [
        ("family", Guess { family: Family::Phone, ..right.clone() }, "no_pending_code"),
        ("DUAL", Guess { family: Family::Dual, ..right.clone() }, "no_pending_code"),
        ("user", Guess { user: john.clone(), ..right.clone() }, "invalid_code 4"),
        ("mode", Guess { scope: live, ..right.clone() }, "no_pending_code"),
        ("application", Guess { scope: elsewhere, ..right.clone() }, "no_pending_code"),
        ("named, family", Guess { family: Family::Phone, ..named.clone() }, "unknown"),
        ("named, user", Guess { user: john.clone(), ..named.clone() }, "unknown"),
        ("named, mode", Guess { scope: live, ..named.clone() }, "unknown"),
        ("named, application", Guess { scope: elsewhere, ..named.clone() }, "unknown"),
        ("another user's Id", Guess { id: Some(johns), ..right.clone() }, "unknown"),
        ("no one's Id", Guess { id: Some(id(at(0))), ..right.clone() }, "unknown"),
    ] {
        let before = f.raw.everything().await;
        assert_eq!(f.check(guess).await, expected, "another {what}");
        assert_eq!(f.raw.everything().await == before, expected == "unknown", "another {what}");
    }
    assert_eq!(f.raw.count("challenges", &format!("id = '{started}' AND attempts = 0")).await, 1);
    assert_eq!(f.check(named).await, "approved");
}

pub async fn a_named_code_is_the_only_one_that_is_tried(f: &Fixture) {
    let jane = f.user("jane");
    let older = f.started(&jane, "111111", 0).await;
    let newer = f.started(&jane, "222222", 30).await;
    let named = |code, id| Guess { id: Some(id), ..f.guess(&jane, code, 31) };
    assert_eq!(f.check(named("222222", older)).await, "no_pending_code");
    assert_eq!(f.check(named("111111", older)).await, "no_pending_code");
    assert_eq!(f.check(named("222222", newer)).await, "approved");
}

pub async fn the_family_of_numbers_is_one(f: &Fixture) {
    let user = f.user("+4915112345678");
    for (n, (kind, by)) in [
        (MfaType::Sms, VerifiedBy::Sms),
        (MfaType::Whatsapp, VerifiedBy::Whatsapp),
        (MfaType::Phone, VerifiedBy::Voice),
    ]
    .into_iter()
    .enumerate()
    {
        let second = i64::try_from(n).unwrap();
        let mut start = f.start(&user, "111111", second);
        start.challenge.kind = kind;
        f.store.start_code(f.scope, &start, None).await.unwrap();
        let guess = Guess { family: Family::Phone, ..f.guess(&user, "111111", second) };
        let Checked::Approved(approval) = f.try_check(&guess).await.unwrap() else {
            panic!("{kind} was not approved")
        };
        assert_eq!(approval.by, by);
    }
}

pub async fn codes_outlive_a_rotation_of_the_root_key(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    f.started(&jane, "111111", 0).await;
    f.started(&john, "222222", 0).await;
    let first = f.code("111111").swap_remove(0);
    let once = f.rotated(&f.ring);
    assert_eq!(f.code("111111").len(), 2);
    let primary = f.code("111111").swap_remove(0);
    // The right bytes under the wrong key's name are no match: a MAC belongs to its key.
    let crossed = CodeMac { key: primary.key, mac: first.mac };
    assert_eq!(f.check(Guess { macs: vec![crossed], ..f.guess(&jane, "", 1) }).await, "invalid_code 4");
    assert_eq!(f.check(f.guess(&jane, "111111", 1)).await, "approved", "under the second key");
    f.rotated(&once);
    assert_eq!(f.code("222222").len(), 3);
    assert_eq!(f.check(f.guess(&john, "222222", 2)).await, "approved", "under the third key");
}
