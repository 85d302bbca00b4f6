//! Security keys: an answer is consumed once, its counter only rises, and a key is one user's.

use rift_mfa::domain::challenge::{MfaType, Status, VerifiedBy};
use rift_mfa::store::{Checked, StartApp, StartKey};

use crate::support::{Fixture, HOUR, KeyGuess, MINUTE, at, at_once, id, say};

pub async fn the_first_right_answer_enrols_and_approves_nobody(f: &Fixture) {
    let jane = f.user("jane");
    let start = f.start_of_key(&jane, "c", 0);
    assert_eq!(f.start_key(&start).await, "enrolling handle c 0");
    let factor = start.start.factor.id;
    let macs = |text: &str| {
        f.vault.code_macs(f.scope, &jane.key, rift_mfa::domain::challenge::Family::Hsm, None, text)
    };
    let facts = f.store.key_facts(f.scope, &jane.key, &macs("new c"), at(1)).await.unwrap();
    let ceremony = facts.ceremony.unwrap();
    assert_eq!((ceremony.status, ceremony.factor), (Status::Enrolling, Some(factor)));
    assert_eq!(ceremony.state.bytes, b"new c");
    assert!(f.store.key_facts(f.scope, &jane.key, &macs("c"), at(1)).await.unwrap().ceremony.is_none());
    for scope in f.strangers() {
        let facts = f.store.key_facts(scope, &jane.key, &macs("new c"), at(1)).await.unwrap();
        assert!(facts.ceremony.is_none() && facts.keys.is_empty());
    }
    let guess = KeyGuess { enrols: Some(factor), ..f.key_guess(&jane, "new c", 1, 1) };
    let Checked::Approved(approval) = f.try_key(&guess).await.unwrap() else { panic!("not confirmed") };
    assert_eq!((approval.status, approval.by), (Status::Enrolled, VerifiedBy::Webauthn));
    assert_eq!((approval.id, approval.factor), (start.start.challenge.id, Some(factor)));
    let listed = f.store.summary(f.scope, &jane, at(2)).await.unwrap().factors;
    assert_eq!((listed.len(), listed[0].id, listed[0].kind), (1, factor, MfaType::Hsm));
    let facts = f.store.key_facts(f.scope, &jane.key, &macs("new c"), at(2)).await.unwrap();
    assert!(facts.ceremony.is_none());
    let [key] = facts.keys.as_slice() else { panic!("one key") };
    assert_eq!((key.factor, key.rp_id.as_str(), key.sign_count), (factor, "example.com", 1));
    assert_eq!(
        (key.credential.bytes.as_slice(), key.handle.as_slice()),
        (&b"credential"[..], &b"handle c"[..])
    );
    assert_eq!(f.raw.count("webauthn_states", "1 = 1").await, 0);
    assert_eq!(f.raw.count("events", "kind = 'factor.enrolled'").await, 1);
    assert!(f.store.totp_factors(f.scope, &jane.key, at(2)).await.unwrap().is_empty());
    assert_eq!(f.key_check(&guess).await, "code_already_used");
}

pub async fn a_right_answer_is_taken_once_and_its_counter_moves(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    assert_eq!(f.start_key(&f.start_of_key(&jane, "c", 1)).await, "pending 1");
    let guess = f.key_guess(&jane, "c", 5, 2);
    assert_eq!(f.key_check(&guess).await, "approved");
    assert_eq!(f.raw.number("SELECT sign_count FROM webauthn_credentials").await, 5);
    let standing = f.standing(&jane, 3).await;
    assert_eq!(f.key_check(&KeyGuess { at: 61, ..guess.clone() }).await, "code_already_used");
    assert_eq!(f.standing(&jane, 61).await.failures(), standing.failures());
    assert_eq!(f.key_check(&KeyGuess { at: 62, ..guess }).await, "code_already_used");
    assert_eq!(f.standing(&jane, 62).await.failures(), 1);
}

pub async fn a_counter_that_does_not_rise_consumes_nothing(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    let start = f.start_of_key(&jane, "c", 1);
    f.start_key(&start).await;
    for count in [1, 0] {
        assert!(f.key_check(&f.key_guess(&jane, "c", count, 2)).await.starts_with("invalid_code"));
    }
    let trace = f.store.trace(f.scope, start.start.challenge.id).await.unwrap().unwrap();
    assert_eq!(trace.challenge.status, Status::Pending);
    assert!(trace.checks.iter().all(|check| check.result == "sign_count_fell"));
    assert_eq!(f.raw.number("SELECT sign_count FROM webauthn_credentials").await, 1);
    assert_eq!(f.key_check(&f.key_guess(&jane, "c", 2, 3)).await, "approved");
    // A key without a counter.
    f.raw.run("UPDATE webauthn_credentials SET sign_count = 0").await;
    for second in [10, 20] {
        f.start_key(&f.start_of_key(&jane, &format!("c{second}"), second)).await;
        assert_eq!(f.key_check(&f.key_guess(&jane, &format!("c{second}"), 0, second)).await, "approved");
    }
}

pub async fn fifty_of_one_answer_at_once_approve_one(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    f.start_key(&f.start_of_key(&jane, "c", 1)).await;
    let (fixture, guess) = (f.clone(), f.key_guess(&jane, "c", 2, 2));
    let outcomes = at_once(50, move |_| {
        let (fixture, guess) = (fixture.clone(), guess.clone());
        async move { fixture.try_key(&guess).await }
    })
    .await;
    let said: Vec<String> = outcomes.iter().map(say).collect();
    assert_eq!(said.iter().filter(|one| *one == "approved").count(), 1);
    assert_eq!(said.iter().filter(|one| *one == "code_already_used").count(), 49);
    assert_eq!(f.standing(&jane, 3).await.failures(), 0);
}

pub async fn different_answers_to_one_challenge_approve_one(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    f.start_key(&f.start_of_key(&jane, "c", 1)).await;
    let (fixture, user) = (f.clone(), jane.clone());
    let outcomes = at_once(8, move |n| {
        let (fixture, user) = (fixture.clone(), user.clone());
        let count = 2 + i64::try_from(n).unwrap();
        async move { fixture.try_key(&fixture.key_guess(&user, "c", count, 2)).await }
    })
    .await;
    assert_eq!(outcomes.iter().map(say).filter(|one| one == "approved").count(), 1);
}

pub async fn a_key_is_one_users_at_a_relying_party(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    let bob = f.user("bob");
    let start = f.start_of_key(&bob, "c", 1);
    f.start_key(&start).await;
    let taken = KeyGuess {
        credential: f.key_guess(&jane, "", 0, 0).credential,
        enrols: Some(start.start.factor.id),
        ..f.key_guess(&bob, "new c", 1, 2)
    };
    assert_eq!(f.key_check(&taken).await, "invalid_code 4");
    let trace = f.store.trace(f.scope, start.start.challenge.id).await.unwrap().unwrap();
    assert_eq!((trace.challenge.status, trace.checks[0].result.as_str()), (Status::Enrolling, "key_taken"));
    assert_eq!(f.raw.count("webauthn_credentials", "1 = 1").await, 1);
    let own = KeyGuess { enrols: taken.enrols, ..f.key_guess(&bob, "new c", 1, 3) };
    assert_eq!(f.key_check(&own).await, "enrolled");
    // Jane's challenge is not answered by Bob's key.
    f.start_key(&f.start_of_key(&jane, "j", 4)).await;
    let foreign = KeyGuess { credential: own.credential, ..f.key_guess(&jane, "j", 9, 5) };
    assert_eq!(f.key_check(&foreign).await, "invalid_code 4");
}

pub async fn a_wrong_answer_spends_an_attempt_and_five_end_it(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    f.start_key(&f.start_of_key(&jane, "c", 1)).await;
    let wrong = KeyGuess { wrong: Some("wrong_origin"), ..f.key_guess(&jane, "c", 2, 2) };
    for left in (0..5).rev() {
        assert_eq!(f.key_check(&wrong).await, format!("invalid_code {left}"));
    }
    let before = f.raw.everything().await;
    assert!(f.key_check(&f.key_guess(&jane, "c", 2, 3)).await.starts_with("spent"));
    assert_eq!(f.raw.everything().await, before);
    assert_eq!(f.standing(&jane, 3).await.failures(), 5);
    f.start_key(&f.start_of_key(&jane, "d", 4)).await;
    assert_eq!(f.key_check(&f.key_guess(&jane, "d", 2, 5)).await, "approved");
    assert_eq!(f.standing(&jane, 5).await.failures(), 0, "a success clears its own family");
}

pub async fn an_enrolment_without_attempts_leaves_no_factor(f: &Fixture) {
    let jane = f.user("jane");
    let start = f.start_of_key(&jane, "c", 0);
    f.start_key(&start).await;
    let wrong = KeyGuess { wrong: Some("wrong_origin"), ..f.key_guess(&jane, "new c", 1, 1) };
    for _ in 0..5 {
        f.key_check(&wrong).await;
    }
    assert_eq!(f.raw.count("factors", "1 = 1").await, 0);
    let late = KeyGuess { enrols: Some(start.start.factor.id), ..f.key_guess(&jane, "new c", 1, 2) };
    assert!(f.key_check(&late).await.starts_with("spent"));
}

pub async fn a_lock_keeps_no_key_away_but_every_enrolment(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    let proof = f.proof(&jane, 1).await;
    for second in 2..12 {
        f.check(f.guess(&jane, "999999", second)).await;
    }
    assert!(f.standing(&jane, 12).await.locked_until(at(12)).is_some());
    let further = f.proven(f.start_of_key(&jane, "more", 13), proof);
    assert_eq!(f.start_key(&further).await, "locked");
    assert_eq!(f.start_key(&f.start_of_key(&jane, "c", 13)).await, "pending 1");
    assert_eq!(f.key_check(&f.key_guess(&jane, "c", 2, 14)).await, "approved");
    assert!(f.standing(&jane, 15).await.locked_until(at(15)).is_some(), "the lock stays");
}

pub async fn a_ceremony_ends_with_its_life_and_is_named_by_its_id(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    let start = f.start_of_key(&jane, "c", 10);
    f.start_key(&start).await;
    let late = f.key_guess(&jane, "c", 2, 10 + 5 * MINUTE);
    assert_eq!(f.key_check(&late).await, "code_expired");
    assert_eq!(f.key_check(&KeyGuess { id: Some(id(at(0))), ..late.clone() }).await, "unknown");
    let named = KeyGuess { id: Some(start.start.challenge.id), at: 9 + 5 * MINUTE, ..late };
    assert_eq!(f.key_check(&named).await, "approved");
}

pub async fn nothing_of_a_key_is_left_when_it_is_removed(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.key_enrolled(&jane, 0).await;
    f.start_key(&f.start_of_key(&jane, "c", 1)).await;
    for scope in f.strangers() {
        assert!(!f.store.remove_factor(scope, factor, at(2), &f.note()).await.unwrap());
    }
    assert!(f.store.remove_factor(f.scope, factor, at(2), &f.note()).await.unwrap());
    assert_eq!(f.raw.count("webauthn_credentials", "1 = 1").await, 0);
    assert_eq!(f.key_check(&f.key_guess(&jane, "c", 2, 3)).await, "not_enrolled");
    assert_eq!(f.start_key(&f.start_of_key(&jane, "again", 4)).await, "enrolling handle enrol 0");
}

pub async fn an_unproven_key_is_not_confirmed_once_there_is_a_factor(f: &Fixture) {
    let jane = f.user("jane");
    let start = f.start_of_key(&jane, "c", 0);
    f.start_key(&start).await;
    let app = f.enrolling(&jane, None, 1).await;
    let confirm =
        format!("UPDATE factors SET status = 'confirmed', expires_at = NULL WHERE id = '{}'", app.factor);
    assert_eq!(f.raw.run(&confirm).await, 1);
    let before = f.raw.everything().await;
    let guess = KeyGuess { enrols: Some(start.start.factor.id), ..f.key_guess(&jane, "new c", 1, 2) };
    assert_eq!(f.key_check(&guess).await, "proof required");
    assert_eq!(f.raw.everything().await, before);
    assert_eq!(f.start_key(&f.start_of_key(&jane, "d", 3)).await, "proof required");
    f.raw.run("UPDATE factors SET proven = TRUE WHERE status = 'pending'").await;
    assert_eq!(f.key_check(&guess).await, "enrolled", "a proven one is");
}

pub async fn a_key_of_another_relying_party_is_a_factor_but_not_asked_for(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    let elsewhere = |start: StartKey| StartKey { rp_id: "example.org".into(), ..start };
    assert_eq!(f.start_key(&elsewhere(f.start_of_key(&jane, "c", 1))).await, "proof required");
    let proof = f.proof(&jane, 2).await;
    let further = f.proven(elsewhere(f.start_of_key(&jane, "d", 3)), proof);
    assert_eq!(f.start_key(&further).await, "enrolling handle d 0");
}

pub async fn refused_starts_of_keys_write_nothing(f: &Fixture) {
    let jane = f.user("jane");
    f.key_enrolled(&jane, 0).await;
    for second in 1..30 {
        f.start_key(&f.start_of_key(&jane, &format!("c{second}"), second)).await;
    }
    let before = f.raw.everything().await;
    assert_eq!(f.start_key(&f.start_of_key(&jane, "c", 30)).await, "refused");
    let proofless = f.start_of_key(&jane, "c", HOUR);
    let proofless = StartKey { start: StartApp { asked_to_enrol: true, ..proofless.start }, ..proofless };
    assert_eq!(f.start_key(&proofless).await, "proof required");
    assert_eq!(f.raw.everything().await, before);
}
