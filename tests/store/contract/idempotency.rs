//! Idempotency keys: one request holds a key, its answer is kept with its effect, and a lost claim undoes the effect.

use rift_mfa::keyring::Hmac256;
use rift_mfa::store::{Claim, ClaimRequest, Remember, StartApp, StoreError, Ticket};

use crate::support::{DAY, Fixture, MINUTE, at, at_once, say, sealed};

fn request(key: u8, body: u8, token: &str, second: i64) -> ClaimRequest {
    let mac = |byte| -> Hmac256 { [byte; 32] };
    ClaimRequest {
        ticket: Ticket { key: mac(key), token: token.into() },
        body: mac(body),
        claimed_until: at(second + 30),
        now: at(second),
    }
}

async fn claim(f: &Fixture, key: u8, body: u8, token: &str, second: i64) -> String {
    say(&f.store.claim(f.scope, &request(key, body, token, second)).await.unwrap())
}

/// Claims key 1 and starts a challenge whose answer is kept.
async fn answered(f: &Fixture, name: &str, second: i64) {
    assert_eq!(claim(f, 1, 1, "mine", second).await, "fresh");
    let ticket = request(1, 1, "mine", second).ticket;
    let remember = Remember { ticket: &ticket, enrolment: None, answer: &|_| Some(sealed("answer")) };
    let start = f.start(&f.user(name), "111111", second);
    f.store.start_code(f.scope, &start, Some(remember)).await.unwrap();
}

pub async fn a_key_is_one_requests_until_its_answer_is_replayed(f: &Fixture) {
    assert_eq!(claim(f, 1, 1, "first", 0).await, "fresh");
    assert_eq!(claim(f, 1, 1, "second", 1).await, "in progress");
    assert_eq!(claim(f, 1, 2, "second", 1).await, "mismatch");
    assert_eq!(claim(f, 2, 1, "second", 1).await, "fresh", "another key");
    for scope in f.strangers() {
        let elsewhere = f.store.claim(scope, &request(1, 2, "second", 1)).await.unwrap();
        assert!(matches!(elsewhere, Claim::Fresh), "another tenancy's key");
    }
    let other = Ticket { token: "second".into(), ..request(1, 1, "", 0).ticket };
    f.store.release(f.scope, &other).await.unwrap();
    assert_eq!(claim(f, 1, 1, "second", 2).await, "in progress", "only its holder gives a claim up");
    f.store.release(f.scope, &request(1, 1, "first", 0).ticket).await.unwrap();

    answered(f, "jane", 3).await;
    assert_eq!(claim(f, 1, 1, "second", 4).await, "replay answer");
    assert_eq!(claim(f, 1, 2, "second", 4).await, "mismatch");
    f.store.release(f.scope, &request(1, 1, "mine", 0).ticket).await.unwrap();
    assert_eq!(claim(f, 1, 1, "second", 3 + DAY - 1).await, "replay answer", "an answer is not given up");
    assert_eq!(claim(f, 1, 2, "second", 3 + DAY).await, "fresh", "a day later the key is free");
}

pub async fn parallel_claims_of_a_key_give_it_to_one(f: &Fixture) {
    let fixture = f.clone();
    let outcomes = at_once(30, move |n| {
        let f = fixture.clone();
        async move { f.store.claim(f.scope, &request(1, 1, &format!("request {n}"), 0)).await }
    })
    .await;
    let words: Vec<String> = outcomes.iter().map(say).collect();
    assert_eq!(words.iter().filter(|word| *word == "fresh").count(), 1, "{words:?}");
    assert_eq!(words.iter().filter(|word| *word == "in progress").count(), 29, "{words:?}");
}

pub async fn a_dead_requests_claim_is_taken_over(f: &Fixture) {
    assert_eq!(claim(f, 1, 1, "dead", 0).await, "fresh");
    assert_eq!(claim(f, 1, 1, "next", 29).await, "in progress");
    assert_eq!(claim(f, 1, 2, "next", 30).await, "mismatch", "its key still belongs to its body");
    assert_eq!(claim(f, 1, 1, "next", 30).await, "fresh");
    assert_eq!(claim(f, 1, 1, "third", 31).await, "in progress");
}

pub async fn an_effect_whose_claim_was_lost_is_undone(f: &Fixture) {
    let jane = f.user("jane");
    let factor = f.enrolled(&f.user("app"), 0).await;
    let set = f.issued(&f.user("codes"), 0).await;
    f.started(&f.user("check"), "111111", 0).await;
    assert_eq!(claim(f, 1, 1, "slow", 0).await, "fresh");
    assert_eq!(claim(f, 1, 1, "fast", 30).await, "fresh");
    let before = f.raw.everything().await;
    let ticket = request(1, 1, "slow", 0).ticket;
    macro_rules! remember {
        () => {
            Some(Remember { ticket: &ticket, enrolment: None, answer: &|_| Some(sealed("slow")) })
        };
    }
    let start = f.start(&jane, "111111", 31);
    let lost = f.store.start_code(f.scope, &start, remember!()).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost)), "{lost:?}");
    let lost = f.store.start_app(f.scope, &f.start_of_app(&jane, 31), remember!()).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost)), "{lost:?}");
    let lost = f.store.start_backup(f.scope, &f.start_of_set(&jane, 31), remember!()).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost)), "{lost:?}");
    for code in ["111111", "999999"] {
        let lost = f.check_remembering(&f.guess(&f.user("check"), code, 31), remember!()).await;
        assert!(matches!(lost, Err(StoreError::ClaimLost)), "{lost:?}");
    }
    let lost = f.totp_remembering(&f.totp_guess(&f.user("app"), factor, 101, 31), remember!()).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost)), "{lost:?}");
    for fits in [Some((set, '1')), None] {
        let guess = f.backup_guess(&f.user("codes"), '1', 31);
        let lost = f.settle_remembering(&guess, fits, remember!()).await;
        assert!(matches!(lost, Err(StoreError::ClaimLost)), "{lost:?}");
    }
    assert_eq!(f.raw.everything().await, before, "an effect is left");

    let ticket = request(1, 1, "fast", 30).ticket;
    let remember = Remember { ticket: &ticket, enrolment: None, answer: &|_| Some(sealed("fast")) };
    f.store.start_code(f.scope, &start, Some(remember)).await.unwrap();
    assert_eq!(claim(f, 1, 1, "third", 32).await, "replay fast");
}

pub async fn an_outcome_without_an_answer_leaves_the_claim(f: &Fixture) {
    assert_eq!(claim(f, 1, 1, "mine", 0).await, "fresh");
    let ticket = request(1, 1, "mine", 0).ticket;
    let jane = f.user("jane");
    f.started(&jane, "111111", 0).await;
    let remember = Remember { ticket: &ticket, enrolment: None, answer: &|_| Some(sealed("refused")) };
    let refused = f.store.start_code(f.scope, &f.start(&jane, "222222", 1), Some(remember)).await.unwrap();
    assert_eq!(say(&refused), "cooldown 30");
    assert_eq!(claim(f, 1, 1, "second", 2).await, "in progress", "a refusal is not kept");
    f.store.release(f.scope, &ticket).await.unwrap();
    assert_eq!(claim(f, 1, 1, "second", 2).await, "fresh");
}

/// Begins an enrolment under key 1 whose answer holds its secret.
async fn secret_answer(f: &Fixture, name: &str, second: i64) -> StartApp {
    assert_eq!(claim(f, 1, 1, "mine", second).await, "fresh");
    let ticket = request(1, 1, "mine", second).ticket;
    let start = f.start_of_app(&f.user(name), second);
    let enrolment = Some(start.challenge.id);
    let remember = Remember { ticket: &ticket, enrolment, answer: &|_| Some(sealed("the secret")) };
    f.store.start_app(f.scope, &start, Some(remember)).await.unwrap();
    assert_eq!(claim(f, 1, 1, "again", second + 1).await, "replay the secret");
    start
}

async fn secrets_kept(f: &Fixture) -> i64 {
    f.raw.count("idempotency", "answer IS NOT NULL OR answer_key IS NOT NULL").await
}

pub async fn a_secret_in_an_answer_dies_with_its_enrolment(f: &Fixture) {
    let jane = f.user("jane");
    for (n, end) in ["confirmed", "replaced", "canceled"].into_iter().enumerate() {
        let second = i64::try_from(n).unwrap() * 2 * DAY;
        let start = secret_answer(f, "jane", second).await;
        match end {
            "confirmed" => {
                let guess = f.totp_guess(&jane, start.factor.id, 100, second + 2);
                assert_eq!(f.totp(guess).await, "enrolled");
                assert!(
                    f.store.remove_factor(f.scope, start.factor.id, at(second + 3), &f.note()).await.unwrap()
                );
            }
            "replaced" => {
                f.enrolling(&jane, None, second + 2).await;
            }
            _ => {
                assert_eq!(
                    f.store.cancel(f.scope, start.challenge.id, at(second + 2)).await.unwrap(),
                    Some(true)
                );
            }
        }
        assert_eq!(claim(f, 1, 1, "again", second + 4).await, "expired", "{end}");
        assert_eq!(secrets_kept(f).await, 0, "{end}");
    }
}

pub async fn a_secret_in_an_answer_is_told_for_a_quarter_of_an_hour(f: &Fixture) {
    secret_answer(f, "jane", 0).await;
    assert_eq!(claim(f, 1, 1, "again", 15 * MINUTE - 1).await, "replay the secret");
    assert_eq!(claim(f, 1, 1, "again", 15 * MINUTE).await, "expired");
    f.store.sweep(at(15 * MINUTE - 1), 100).await.unwrap();
    assert_eq!(secrets_kept(f).await, 1);
    f.store.sweep(at(15 * MINUTE), 100).await.unwrap();
    assert_eq!(secrets_kept(f).await, 0, "and then it is erased");
    assert_eq!(claim(f, 1, 1, "again", 16 * MINUTE).await, "expired", "the key stays spent");
}

pub async fn an_answer_without_a_secret_outlives_the_enrolment(f: &Fixture) {
    let jane = f.user("jane");
    f.enrolled(&jane, 0).await;
    assert_eq!(claim(f, 1, 1, "mine", 1).await, "fresh");
    let ticket = request(1, 1, "mine", 1).ticket;
    let start = f.start_of_app(&jane, 1);
    let enrolment = Some(start.challenge.id);
    let remember = Remember { ticket: &ticket, enrolment, answer: &|_| Some(sealed("pending")) };
    assert_eq!(say(&f.store.start_app(f.scope, &start, Some(remember)).await.unwrap()), "pending");
    assert_eq!(claim(f, 1, 1, "again", 20 * MINUTE).await, "replay pending");
}
