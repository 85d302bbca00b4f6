//! Checking a TOTP code: each step once and only forward, for its user and its challenge.

use rift_mfa::domain::challenge::Status;
use rift_mfa::store::{Checked, TotpMatch};

use crate::support::{Fixture, MINUTE, TotpGuess, at, at_once, id, say};

pub async fn a_step_is_taken_once_and_only_forward(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.enrolled(&jane, 0).await;
    let table = [
        (100, 1, "code_already_used", 0),
        (99, 2, "invalid_code 9", 1),
        (102, 3, "approved", 0),
        (101, 4, "invalid_code 9", 1),
        (102, 62, "code_already_used", 1),
        (102, 63, "code_already_used", 2),
        (103, 64, "approved", 0),
    ];
    for (step, second, expected, failures) in table {
        assert_eq!(
            f.totp(f.totp_guess(&jane, factor, step, second)).await,
            expected,
            "step {step} at {second} s"
        );
        assert_eq!(f.standing(&jane, second).await.failures(), failures, "step {step} at {second} s");
    }
    assert_eq!(f.raw.number("SELECT last_step FROM factors").await, 103);
}

pub async fn fifty_of_one_step_at_once_approve_one(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.enrolled(&jane, 0).await;
    let (fixture, user) = (f.clone(), jane.clone());
    let outcomes = at_once(50, move |_| {
        let (f, user) = (fixture.clone(), user.clone());
        async move { f.try_totp(&f.totp_guess(&user, factor, 101, 1)).await.map(|outcome| say(&outcome)) }
    })
    .await;
    let count = |word: &str| outcomes.iter().filter(|outcome| *outcome == word).count();
    assert_eq!((count("approved"), count("code_already_used")), (1, 49), "{outcomes:?}");
    assert_eq!(f.standing(&jane, 1).await.failures(), 0);
    assert_eq!(f.raw.count("challenges", "status = 'approved'").await, 1);
}

pub async fn fifty_confirmations_at_once_enrol_once(f: &Fixture) {
    let jane = f.user("jane");
    let enrolment = f.enrolling(&jane, None, 0).await;
    let (fixture, user) = (f.clone(), jane.clone());
    let outcomes = at_once(50, move |_| {
        let (f, user) = (fixture.clone(), user.clone());
        async move {
            f.try_totp(&f.totp_guess(&user, enrolment.factor, 100, 1)).await.map(|outcome| say(&outcome))
        }
    })
    .await;
    let count = |word: &str| outcomes.iter().filter(|outcome| *outcome == word).count();
    assert_eq!((count("enrolled"), count("code_already_used")), (1, 49), "{outcomes:?}");
}

pub async fn each_factor_has_steps_of_its_own(f: &Fixture) {
    let jane = f.user("jane");
    let first = f.enrolled(&jane, 0).await;
    let proof = f.proof(&jane, 1).await;
    let second = f.enrolling(&jane, Some(proof), 2).await.factor;
    assert_eq!(f.totp(f.totp_guess(&jane, second, 90, 3)).await, "enrolled");
    assert_eq!(f.totp(f.totp_guess(&jane, first, 101, 4)).await, "approved");
    assert_eq!(f.totp(f.totp_guess(&jane, second, 91, 5)).await, "approved");
    // A code that fits both is taken by the one whose step it still is.
    let both = [TotpMatch { factor: first, step: 101 }, TotpMatch { factor: second, step: 101 }];
    let Checked::Approved(approval) = f.totp_of(&f.totp_guess(&jane, first, 0, 6), &both).await.unwrap()
    else {
        panic!("the second factor's step was free")
    };
    assert_eq!(approval.factor, Some(second));
    assert_eq!(f.raw.number(&format!("SELECT last_step FROM factors WHERE id = '{first}'")).await, 101);
}

pub async fn a_code_fits_no_other_user_and_no_other_tenancy(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let factor = f.enrolled(&jane, 0).await;
    f.enrolled(&john, 0).await;
    assert_eq!(f.totp(f.totp_guess(&john, factor, 101, 1)).await, "invalid_code 9");
    for scope in f.strangers() {
        let elsewhere = Fixture { scope, ..f.clone() };
        assert_eq!(elsewhere.totp(f.totp_guess(&jane, factor, 101, 1)).await, "not_enrolled");
    }
    assert_eq!(f.totp(f.totp_guess(&jane, factor, 101, 2)).await, "approved");
}

pub async fn a_check_without_a_start_leaves_a_record(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.enrolled(&jane, 0).await;
    let Checked::Approved(approval) = f.try_totp(&f.totp_guess(&jane, factor, 101, 1)).await.unwrap() else {
        panic!("not approved")
    };
    let trace = f.store.trace(f.scope, approval.id).await.unwrap().unwrap();
    assert_eq!((trace.challenge.status, trace.challenge.decided_at), (Status::Approved, Some(at(1))));
    assert_eq!(trace.checks[0].result, "approved");
    assert_eq!(
        f.totp_of(&f.totp_guess(&jane, factor, 0, 2), &[]).await.map(|it| say(&it)).unwrap(),
        "invalid_code 9"
    );
    assert_eq!(f.raw.count("checks", "result = 'invalid_code'").await, 1);
    assert_eq!(f.raw.count("challenges", "status = 'exhausted'").await, 1);
    assert_eq!(f.totp(f.totp_guess(&f.user("nobody"), factor, 101, 3)).await, "not_enrolled");
}

pub async fn a_started_challenge_is_what_a_check_decides(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.enrolled(&jane, 0).await;
    let mut start = f.start_of_app(&jane, 1);
    start.challenge.reference = Some("order 7".into());
    assert_eq!(f.start_app(&start).await, "pending");
    assert_eq!(
        f.totp_of(&f.totp_guess(&jane, factor, 0, 2), &[]).await.map(|it| say(&it)).unwrap(),
        "invalid_code 9"
    );
    let Checked::Approved(approval) = f.try_totp(&f.totp_guess(&jane, factor, 101, 3)).await.unwrap() else {
        panic!("not approved")
    };
    assert_eq!((approval.id, approval.reference.as_deref()), (start.challenge.id, Some("order 7")));
    let trace = f.store.trace(f.scope, approval.id).await.unwrap().unwrap();
    let checks: Vec<_> = trace.checks.iter().map(|check| check.result.as_str()).collect();
    assert_eq!(checks, ["invalid_code", "approved"]);
    assert_eq!(trace.challenge.attempts, 2);
}

pub async fn a_named_challenge_is_the_only_one_that_is_tried(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let (factor, johns) = (f.enrolled(&jane, 0).await, f.enrolled(&john, 0).await);
    let older = f.start_of_app(&jane, 1);
    let newer = f.start_of_app(&jane, 2);
    for start in [&older, &newer] {
        assert_eq!(f.start_app(start).await, "pending");
    }
    let named = |factor, step, id, at| TotpGuess { id: Some(id), ..f.totp_guess(&jane, factor, step, at) };
    let before = f.raw.everything().await;
    assert_eq!(f.totp(named(factor, 101, id(at(0)), 3)).await, "unknown");
    let by_john = TotpGuess { id: Some(newer.challenge.id), ..f.totp_guess(&john, johns, 101, 3) };
    assert_eq!(f.totp(by_john).await, "unknown");
    assert_eq!(f.raw.everything().await, before);
    assert_eq!(f.totp(named(factor, 101, older.challenge.id, 3)).await, "no_pending_code");
    assert_eq!(f.totp(named(johns, 101, newer.challenge.id, 3)).await, "invalid_code 8");
    assert_eq!(f.totp(named(factor, 101, newer.challenge.id, 3)).await, "approved");
    assert_eq!(f.totp(named(factor, 102, newer.challenge.id, 4)).await, "no_pending_code");
    let late = f.start_of_app(&jane, 5);
    assert_eq!(f.start_app(&late).await, "pending");
    assert_eq!(f.totp(named(factor, 103, late.challenge.id, 5 + 5 * MINUTE)).await, "code_expired");
    assert_eq!(f.raw.number(&format!("SELECT last_step FROM factors WHERE id = '{factor}'")).await, 101);
}
