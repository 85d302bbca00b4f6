//! Enrolment of authenticator apps: begun, confirmed by the first right code, replaced, ended.

use rift_mfa::domain::challenge::{MfaType, Status, VerifiedBy};
use rift_mfa::store::{Checked, StartApp};

use crate::support::{Fixture, HOUR, MINUTE, TotpGuess, at, id, sealed};

pub async fn the_first_right_code_enrols_and_approves_nobody(f: &Fixture) {
    let jane = f.user("jane");
    let enrolment = f.enrolling(&jane, None, 0).await;
    let waiting = f.store.totp_factors(f.scope, &jane.key, at(1)).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].id, waiting[0].unconfirmed), (1, enrolment.factor, true));
    assert_eq!((waiting[0].algorithm.as_str(), waiting[0].digits, waiting[0].period), ("SHA1", 6, 30));
    assert_eq!(waiting[0].secret.bytes, b"secret");
    let trace = f.store.trace(f.scope, enrolment.challenge).await.unwrap().unwrap().challenge;
    assert_eq!((trace.status, trace.expires_at), (Status::Enrolling, Some(at(15 * MINUTE))));

    let guess = f.totp_guess(&jane, enrolment.factor, 100, 14 * MINUTE);
    let Checked::Approved(approval) = f.try_totp(&guess).await.unwrap() else { panic!("not confirmed") };
    assert_eq!((approval.status, approval.by), (Status::Enrolled, VerifiedBy::Totp));
    assert_eq!((approval.id, approval.factor), (enrolment.challenge, Some(enrolment.factor)));
    let trace = f.store.trace(f.scope, enrolment.challenge).await.unwrap().unwrap();
    assert_eq!(
        (trace.challenge.status, trace.challenge.decided_at),
        (Status::Enrolled, Some(at(14 * MINUTE)))
    );
    assert_eq!(trace.checks[0].result, "enrolled");
    assert_eq!(f.raw.count("events", "kind = 'challenge.approved'").await, 0);
    assert_eq!(f.raw.count("events", "kind = 'factor.enrolled'").await, 1);

    let summary = f.store.summary(f.scope, &jane, at(HOUR)).await.unwrap();
    let [factor] = summary.factors.as_slice() else { panic!("one factor is listed") };
    assert_eq!(
        (factor.id, factor.kind, factor.name.as_ref().map(|name| name.bytes.as_slice())),
        (enrolment.factor, MfaType::App, Some(sealed("Phone").bytes.as_slice()))
    );
    assert_eq!(factor.last_used_at, Some(at(14 * MINUTE)));
    let confirmed = f.store.totp_factors(f.scope, &jane.key, at(HOUR)).await.unwrap();
    assert_eq!((confirmed.len(), confirmed[0].unconfirmed), (1, false));
    assert_eq!(f.totp(f.totp_guess(&jane, enrolment.factor, 100, 14 * MINUTE)).await, "code_already_used");
    for scope in f.strangers() {
        assert!(f.store.totp_factors(scope, &jane.key, at(1)).await.unwrap().is_empty());
    }
}

pub async fn an_unconfirmed_enrolment_verifies_nothing_and_replaces_nothing(f: &Fixture) {
    let jane = f.user("jane");
    let own = f.enrolled(&jane, 0).await;
    let proof = f.proof(&jane, 1).await;
    let pending = f.start_of_app(&jane, 2);
    assert_eq!(f.start_app(&pending).await, "pending", "an enrolled user is shown no secret");
    let further = f.enrolling(&jane, Some(proof), 3).await;

    let listed = f.store.summary(f.scope, &jane, at(4)).await.unwrap().factors;
    assert_eq!(listed.iter().map(|factor| factor.id).collect::<Vec<_>>(), [own]);
    let named = |id| TotpGuess { id: Some(id), ..f.totp_guess(&jane, further.factor, 50, 4) };
    assert_eq!(f.totp(named(pending.challenge.id)).await, "invalid_code 9", "it verifies no challenge");
    assert_eq!(f.totp(f.totp_guess(&jane, own, 101, 5)).await, "approved", "the old factor stays");
    assert_eq!(f.totp(named(further.challenge)).await, "enrolled");
    assert_eq!(f.totp(f.totp_guess(&jane, own, 102, 6)).await, "approved");
    assert_eq!(f.store.summary(f.scope, &jane, at(6)).await.unwrap().factors.len(), 2);
}

/// Without an Id, the code of an enrolment that waits confirms it, whatever the user did with an older factor meanwhile.
pub async fn the_use_of_an_older_factor_hides_no_enrolment(f: &Fixture) {
    for (name, plain_start) in [("jane", false), ("john", true)] {
        let user = f.user(name);
        let own = f.enrolled(&user, 0).await;
        let proof = f.proof(&user, 1).await;
        let further = f.enrolling(&user, Some(proof), 2).await;
        if plain_start {
            assert_eq!(f.start_app(&f.start_of_app(&user, 3)).await, "pending");
        } else {
            assert_eq!(f.totp(f.totp_guess(&user, own, 101, 3)).await, "approved");
        }
        assert_eq!(f.totp(f.totp_guess(&user, further.factor, 50, 4)).await, "enrolled", "{name}");
    }
}

pub async fn a_new_start_takes_an_enrolments_place(f: &Fixture) {
    let jane = f.user("jane");
    let older = f.enrolling(&jane, None, 0).await;
    let newer = f.enrolling(&jane, None, 1).await;
    assert_eq!(f.raw.count("factors", &format!("id = '{}'", older.factor)).await, 0, "its secret is gone");
    let status = f.store.trace(f.scope, older.challenge).await.unwrap().unwrap().challenge.status;
    assert_eq!(status, Status::Superseded);
    assert_eq!(f.totp(f.totp_guess(&jane, older.factor, 100, 2)).await, "invalid_code 9");
    assert_eq!(f.totp(f.totp_guess(&jane, newer.factor, 100, 3)).await, "enrolled");
}

pub async fn an_enrolment_dies_after_a_quarter_of_an_hour(f: &Fixture) {
    let jane = f.user("jane");
    let enrolment = f.enrolling(&jane, None, 0).await;
    let guess = f.totp_guess(&jane, enrolment.factor, 100, 15 * MINUTE);
    assert_eq!(f.totp(guess.clone()).await, "code_expired");
    assert_eq!(f.totp(TotpGuess { id: Some(enrolment.challenge), ..guess }).await, "code_expired");
    assert!(f.store.totp_factors(f.scope, &jane.key, at(15 * MINUTE)).await.unwrap().is_empty());
    assert_eq!(f.raw.count("factors", "status = 'confirmed'").await, 0);
    assert_eq!(f.standing(&jane, 15 * MINUTE).await.failures(), 2);
}

pub async fn a_canceled_enrolment_leaves_no_secret(f: &Fixture) {
    let jane = f.user("jane");
    let enrolment = f.enrolling(&jane, None, 0).await;
    assert_eq!(f.store.cancel(f.scope, enrolment.challenge, at(1)).await.unwrap(), Some(true));
    assert_eq!(f.raw.count("factors", "1 = 1").await, 0);
    assert_eq!(f.totp(f.totp_guess(&jane, enrolment.factor, 100, 2)).await, "not_enrolled");
}

/// An enrolment of another Type, begun in the same way; its own check is not needed for what is shown here.
async fn key_enrolling(f: &Fixture, name: &str, seconds: i64) -> StartApp {
    let mut start = f.start_of_app(&f.user(name), seconds);
    start.challenge.kind = MfaType::Hsm;
    assert_eq!(f.start_app(&start).await, "enrolling");
    start
}

pub async fn a_confirmation_ends_the_other_enrolments(f: &Fixture) {
    let jane = f.user("jane");
    let key = key_enrolling(f, "jane", 0).await;
    let bystander = key_enrolling(f, "john", 0).await;
    let app = f.enrolling(&jane, None, 1).await;
    assert_eq!(f.raw.count("factors", "status = 'pending'").await, 3, "two Types do not replace each other");
    assert_eq!(f.totp(f.totp_guess(&jane, app.factor, 100, 2)).await, "enrolled");
    assert_eq!(f.raw.count("factors", &format!("id = '{}'", key.factor.id)).await, 0);
    let status = async |id| f.store.trace(f.scope, id).await.unwrap().unwrap().challenge.status;
    assert_eq!(status(key.challenge.id).await, Status::Superseded);
    assert_eq!(status(bystander.challenge.id).await, Status::Enrolling);
}

pub async fn an_unproven_enrolment_is_not_confirmed_once_there_is_a_factor(f: &Fixture) {
    let jane = f.user("jane");
    let key = key_enrolling(f, "jane", 0).await;
    let app = f.enrolling(&jane, None, 1).await;
    // A factor that came to be between the start and the check.
    let confirm =
        format!("UPDATE factors SET status = 'confirmed', expires_at = NULL WHERE id = '{}'", key.factor.id);
    assert_eq!(f.raw.run(&confirm).await, 1);
    let before = f.raw.everything().await;
    let guess = f.totp_guess(&jane, app.factor, 100, 2);
    assert_eq!(f.totp(guess.clone()).await, "proof required");
    assert_eq!(f.raw.everything().await, before);
    f.raw.run("UPDATE factors SET proven = TRUE WHERE status = 'pending'").await;
    assert_eq!(f.totp(guess).await, "enrolled", "a proven one is");
}

pub async fn starts_of_apps_have_limits_of_their_own(f: &Fixture) {
    let jane = f.user("jane");
    for second in 0..30 {
        f.enrolling(&jane, None, second).await;
    }
    let before = f.raw.everything().await;
    assert_eq!(f.start_app(&f.start_of_app(&jane, 30)).await, "too many 600");
    assert_eq!(f.start_app(&f.start_of_app(&jane, 599)).await, "too many 600");
    assert_eq!(f.raw.everything().await, before);
    f.started(&jane, "111111", 31).await;
    assert_eq!(f.start_app(&f.start_of_app(&jane, 600)).await, "enrolling");
}

pub async fn a_removed_factor_verifies_nothing(f: &Fixture) {
    let jane = f.user("jane");
    let own = f.enrolled(&jane, 0).await;
    let waiting = f.enrolling(&f.user("john"), None, 0).await;
    for scope in f.strangers() {
        assert!(!f.store.remove_factor(scope, own, at(1), &f.note()).await.unwrap());
    }
    for absent in [waiting.factor, id(at(0))] {
        assert!(!f.store.remove_factor(f.scope, absent, at(1), &f.note()).await.unwrap());
    }
    assert!(f.store.remove_factor(f.scope, own, at(1), &f.note()).await.unwrap());
    assert!(!f.store.remove_factor(f.scope, own, at(1), &f.note()).await.unwrap());
    assert_eq!(f.totp(f.totp_guess(&jane, own, 101, 2)).await, "not_enrolled");
    assert_eq!(
        f.raw.texts("SELECT masked FROM events WHERE kind = 'factor.removed'").await,
        [Some("j•••".into())]
    );
    assert_eq!(f.start_app(&f.start_of_app(&jane, 3)).await, "enrolling", "the next one is a first one");
}
