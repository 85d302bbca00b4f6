//! Calls that meet over the same rows: whichever comes first, both end in an answer of the contract and agree.

use rift_mfa::domain::challenge::{MfaType, Status};
use rift_mfa::domain::id::ChallengeId;
use rift_mfa::store::Next;

use crate::support::{BackupGuess, Fixture, TotpGuess, at, at_once, say};

/// Each meeting is tried so often, with a user of its own: one alone may pass by luck.
const ROUNDS: i64 = 12;

async fn status(f: &Fixture, id: ChallengeId) -> Status {
    f.store.trace(f.scope, id).await.unwrap().unwrap().challenge.status
}

/// What the two outcomes say, and where the challenge stands after them.
async fn agree(f: &Fixture, id: ChallengeId, outcomes: &[String], done: Status) {
    let canceled = outcomes[0] == "Some(true)";
    let expected = if canceled { Status::Canceled } else { done };
    assert_eq!(status(f, id).await, expected, "{outcomes:?}");
}

pub async fn a_cancel_meets_a_sent_code(f: &Fixture) {
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        let id = f.started(&user, "111111", 0).await;
        let fixture = f.clone();
        let outcomes = at_once(2, move |n| {
            let (f, guess) = (fixture.clone(), fixture.guess(&user, "111111", 1));
            async move {
                match n {
                    0 => f.store.cancel(f.scope, id, at(1)).await.map(|canceled| format!("{canceled:?}")),
                    _ => f.try_check(&guess).await.map(|outcome| say(&outcome)),
                }
            }
        })
        .await;
        agree(f, id, &outcomes, Status::Approved).await;
        assert_eq!(outcomes[1] == "approved", outcomes[0] == "Some(false)", "{outcomes:?}");
    }
}

pub async fn a_cancel_meets_a_code_of_an_app(f: &Fixture) {
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        let factor = f.enrolled(&user, 0).await;
        let start = f.start_of_app(&user, 1);
        f.start_app(&start).await;
        let id = start.challenge.id;
        let fixture = f.clone();
        let outcomes = at_once(2, move |n| {
            let f = fixture.clone();
            let guess = TotpGuess { id: Some(id), ..f.totp_guess(&user, factor, 101, 2) };
            async move {
                match n {
                    0 => f.store.cancel(f.scope, id, at(2)).await.map(|canceled| format!("{canceled:?}")),
                    _ => f.try_totp(&guess).await.map(|outcome| say(&outcome)),
                }
            }
        })
        .await;
        agree(f, id, &outcomes, Status::Approved).await;
    }
}

pub async fn a_cancel_meets_the_confirmation_of_an_enrolment(f: &Fixture) {
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        let enrolment = f.enrolling(&user, None, 0).await;
        let id = enrolment.challenge;
        let (fixture, who) = (f.clone(), user.clone());
        let outcomes = at_once(2, move |n| {
            let f = fixture.clone();
            let guess = f.totp_guess(&who, enrolment.factor, 100, 1);
            async move {
                match n {
                    0 => f.store.cancel(f.scope, id, at(1)).await.map(|canceled| format!("{canceled:?}")),
                    _ => f.try_totp(&guess).await.map(|outcome| say(&outcome)),
                }
            }
        })
        .await;
        agree(f, id, &outcomes, Status::Enrolled).await;
        let factors = f.store.summary(f.scope, &user, at(2)).await.unwrap().factors.len();
        assert_eq!(factors == 1, outcomes[1] == "enrolled", "{outcomes:?}");
    }
}

pub async fn a_cancel_meets_a_backup_code(f: &Fixture) {
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        f.issued(&user, 0).await;
        let id = f.started(&user, "111111", 30).await;
        let fixture = f.clone();
        let outcomes = at_once(2, move |n| {
            let f = fixture.clone();
            let guess = BackupGuess { id: Some(id), kind: MfaType::Email, ..f.backup_guess(&user, '1', 31) };
            async move {
                match n {
                    0 => f.store.cancel(f.scope, id, at(31)).await.map(|canceled| format!("{canceled:?}")),
                    _ => f.try_backup(&guess).await.map(|outcome| say(&outcome)),
                }
            }
        })
        .await;
        agree(f, id, &outcomes, Status::Approved).await;
    }
}

pub async fn a_hand_over_meets_a_new_request(f: &Fixture) {
    for round in 0..ROUNDS {
        let user = f.user(&format!("user {round}"));
        let old = f.issued(&user, 0).await;
        let waiting = f.start_of_set(&user, 30);
        f.requested(&waiting).await;
        let (fixture, who) = (f.clone(), user.clone());
        let message = f.queued(&waiting, 0, &user);
        let outcomes = at_once(2, move |n| {
            let (f, message) = (fixture.clone(), message.clone());
            let newer = f.start_of_set(&who, 60);
            async move {
                match n {
                    0 => {
                        let sent = Next::Sent { inbox: None };
                        f.store
                            .record_attempt(&message, None, &sent, at(60))
                            .await
                            .map(|held| held.to_string())
                    }
                    _ => f.store.start_backup(f.scope, &newer, None).await.map(|outcome| say(&outcome)),
                }
            }
        })
        .await;
        assert_eq!(outcomes[1], "started 90");
        // The set was handed over before the newer request came, or died with it: one valid set is left either way.
        let valid = match status(f, waiting.challenge.id).await {
            Status::Issued => waiting.challenge.id,
            other => {
                assert_eq!(other, Status::Superseded);
                old
            }
        };
        assert_eq!(status(f, valid).await, Status::Issued);
        assert_eq!(f.codes_left(&user).await, 3);
    }
}
