//! A further factor needs the proof of a verification: of this user, of the last ten minutes, used once.

use rift_mfa::domain::id::ChallengeId;
use rift_mfa::store::StartApp;

use crate::support::{Fixture, MINUTE, at, at_once, id, say};

fn further(f: &Fixture, proof: Option<ChallengeId>, seconds: i64) -> StartApp {
    StartApp { asked_to_enrol: true, proof, ..f.start_of_app(&f.user("jane"), seconds) }
}

pub async fn a_proof_is_of_this_user_of_late_and_of_an_approval(f: &Fixture) {
    let (jane, john) = (f.user("jane"), f.user("john"));
    let enrolment = f.enrolling(&jane, None, 0).await;
    assert_eq!(f.totp(f.totp_guess(&jane, enrolment.factor, 100, 0)).await, "enrolled");
    let elsewhere = Fixture { scope: f.strangers()[0], ..f.clone() };
    let foreign = elsewhere.proof(&jane, 0).await;
    let others = f.proof(&john, 0).await;
    let old = f.proof(&jane, 0).await;
    let pending = f.started(&jane, "222222", 400).await;
    for (what, proof, second) in [
        ("none", None, 500),
        ("another user's", Some(others), 500),
        ("another mode's", Some(foreign), 500),
        ("an enrolment", Some(enrolment.challenge), 500),
        ("a code that waits", Some(pending), 500),
        ("nothing known", Some(id(at(0))), 500),
        ("ten minutes old", Some(old), 10 * MINUTE),
    ] {
        let before = f.raw.everything().await;
        assert_eq!(f.start_app(&further(f, proof, second)).await, "proof required", "{what}");
        assert_eq!(f.raw.everything().await, before, "{what}");
    }
    let unasked = StartApp { asked_to_enrol: false, ..further(f, Some(old), 501) };
    assert_eq!(f.start_app(&unasked).await, "pending", "a proof without Enroll=true is no wish");
    assert_eq!(f.start_app(&further(f, Some(old), 10 * MINUTE - 1)).await, "enrolling", "and is not used up");
}

pub async fn a_proof_is_used_once(f: &Fixture) {
    let jane = f.user("jane");
    let own = f.enrolled(&jane, 0).await;
    let proof = f.proof(&jane, 1).await;
    let fixture = f.clone();
    let outcomes = at_once(20, move |_| {
        let f = fixture.clone();
        async move {
            let start = further(&f, Some(proof), 2);
            f.store.start_app(f.scope, &start, None).await.map(|outcome| say(&outcome))
        }
    })
    .await;
    let count = |word: &str| outcomes.iter().filter(|outcome| *outcome == word).count();
    assert_eq!((count("enrolling"), count("proof required")), (1, 19), "{outcomes:?}");
    assert_eq!(f.raw.count("factors", "status = 'pending' AND proven").await, 1);

    // A check of the app itself is a proof, too; each makes its own.
    assert_eq!(f.totp(f.totp_guess(&jane, own, 101, 3)).await, "approved");
    let by_app =
        f.raw.text("SELECT id FROM challenges WHERE type = 'APP' AND status = 'approved'").await.unwrap();
    let by_app: ChallengeId = by_app.parse().unwrap();
    assert_eq!(f.start_app(&further(f, Some(by_app), 4)).await, "enrolling");
    assert_eq!(f.start_app(&further(f, Some(by_app), 5)).await, "proof required");
}

pub async fn a_first_factor_needs_no_proof_and_spends_none(f: &Fixture) {
    let jane = f.user("jane");
    let proof = f.proof(&jane, 0).await;
    assert_eq!(f.start_app(&further(f, Some(proof), 1)).await, "enrolling");
    assert_eq!(f.raw.count("challenges", "proof_used_at IS NOT NULL").await, 0);
}
