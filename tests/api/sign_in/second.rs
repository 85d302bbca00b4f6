//! The second factor: what a half session can do and what not, codes once, keys, backup codes, steps up.

use std::sync::Arc;

use rift_mfa::domain::access::Role;
use rift_mfa::service::sign_in::{Confirmed, EnrolStep, SecondStep, Session};
use serde_json::Value;

use super::{code_of, here};
use crate::harness::authenticator::{Scene, SoftKey};
use crate::harness::{TestApp, on_both};

/// The house's relying party in tests.
fn scene() -> Scene {
    Scene { origin: "https://mfa.example".into(), rp_id: "mfa.example".into(), ..Scene::default() }
}

fn options(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Adds a security key to a session that is confirmed.
async fn add_key(app: &TestApp, who: &rift_mfa::service::sign_in::SignedIn) -> SoftKey {
    let sign_in = app.service.sign_in();
    let ceremony = sign_in.enrol_key(who, "Blue").await.unwrap();
    let options = options(&ceremony.public_key);
    let key = SoftKey::new(&options);
    let answer = key.create(&options, &scene()).to_string();
    let added = sign_in.confirm_key(who, &ceremony.id, &answer).await.unwrap();
    assert!(matches!(added, EnrolStep::Added));
    key
}

on_both! {
    async fn the_second_factor_gives_a_new_token_and_the_old_one_dies(app: TestApp) {
        let (jane, first) = app.jane().await;
        let half = app.begin(&jane).await;
        let code = app.totp(&jane.secret, 0);
        let sign_in = app.service.sign_in();
        let SecondStep::On(token) = sign_in.second_code(&half, &format!("{} {}", &code[..3], &code[3..])).await.unwrap()
        else { panic!("the code is right") };
        let full = app.full(&token).await;
        assert_eq!((full.member().role, full.is_confirmed()), (Role::Owner, true));
        assert!(app.lives(&first).await, "another session is left alone");
        // The half session is used up, and so is the code.
        let other = app.begin(&jane).await;
        assert!(matches!(sign_in.second_code(&other, &code).await.unwrap(), SecondStep::Wrong(_)));
        app.advance(30);
        let next = app.totp(&jane.secret, 0);
        assert_eq!(code_of(sign_in.second_code(&half, &next).await), "NotFound");
        assert_eq!(app.lines(app.org().await, "member.signed_in").await.len(), 2);
    }

    async fn of_one_code_given_many_times_at_once_one_signs_in(app: TestApp) {
        let (jane, _) = app.jane().await;
        let code = app.totp(&jane.secret, 0);
        let mut halves = Vec::new();
        for _ in 0..6 {
            halves.push(app.begin(&jane).await);
        }
        let mut tasks = Vec::new();
        // Once each by six half sessions, and six times by one of them.
        for half in halves.iter().chain(std::iter::repeat_n(&halves[0], 6)) {
            let (service, half, code) = (Arc::clone(&app.service), half.clone(), code.clone());
            tasks.push(tokio::spawn(async move { service.sign_in().second_code(&half, &code).await }));
        }
        let mut on = 0;
        for task in tasks {
            on += u32::from(matches!(task.await.unwrap(), Ok(SecondStep::On(_))));
        }
        assert_eq!(on, 1);
        let person = app.come_in_later(&jane).await;
        assert_eq!(app.service.sign_in().sessions(&app.full(&person).await).await.unwrap().len(), 3);
    }

    async fn guesses_at_the_second_factor_lock_it(app: TestApp) {
        let (jane, _) = app.jane().await;
        let sign_in = app.service.sign_in();
        for n in 0..10 {
            let half = app.begin(&jane).await;
            let wrong = sign_in.second_code(&half, "000000").await;
            assert!(matches!(wrong, Ok(SecondStep::Wrong(_))), "{n}: {wrong:?}");
        }
        let half = app.begin(&jane).await;
        let right = app.totp(&jane.secret, 0);
        assert_eq!(code_of(sign_in.second_code(&half, &right).await), "Locked");
        app.advance(900);
        app.come_in(&jane).await;
    }

    async fn a_half_session_enrols_nothing_where_there_is_a_factor(app: TestApp) {
        let (jane, token) = app.jane().await;
        let half = app.begin(&jane).await;
        let sign_in = app.service.sign_in();
        assert_eq!(code_of(sign_in.enrol_app(&half, "").await), "ProofRequired");
        assert_eq!(code_of(sign_in.enrol_key(&half, "").await), "ProofRequired");
        assert_eq!(code_of(sign_in.key_options(&half).await), "NotFound");

        // A session begins one and ends; whoever knows its secret and the password cannot come in by it.
        let full = app.full(&token).await;
        let begun = sign_in.enrol_app(&full, "Thief's").await.unwrap();
        sign_in.sign_out(&Session::Full(full)).await.unwrap();
        let code = app.totp(&begun.secret, 0);
        assert_eq!(code_of(sign_in.confirm_app(&half, &begun.id, &code).await), "ProofRequired");
        assert!(matches!(sign_in.second_code(&half, &code).await, Ok(SecondStep::Wrong(_))));
        // Nor does the code of the factor that is there confirm anything.
        let own = app.totp(&jane.secret, 0);
        let confirmed = sign_in.confirm_app(&half, &begun.id, &own).await;
        assert!(!matches!(confirmed, Ok(EnrolStep::On(_) | EnrolStep::Added)), "{confirmed:?}");
    }

    async fn of_two_half_sessions_that_enrol_one_gets_in(app: TestApp) {
        let org = app.org().await;
        let (_, link) = app.invited(org, "new@example.com", Role::Developer).await;
        let mine = app.half(&app.accept(&link, super::PASSWORD).await.unwrap()).await;
        assert!(!mine.second().is_set_up());
        let rift_mfa::service::sign_in::PasswordStep::On(token) = app.password("new@example.com", super::PASSWORD).await
        else { panic!("the password is right") };
        let theirs = app.half(&token).await;
        let sign_in = app.service.sign_in();
        let (app_of_mine, key_of_theirs) =
            (sign_in.enrol_app(&mine, "").await.unwrap(), sign_in.enrol_key(&theirs, "").await.unwrap());
        assert!(app_of_mine.uri.contains("new%40example.com") && app_of_mine.uri.contains("issuer=Rift%20MFA"));
        let code = app.totp(&app_of_mine.secret, 0);
        assert!(matches!(sign_in.confirm_app(&mine, &app_of_mine.id, &code).await, Ok(EnrolStep::On(_))));
        let options = options(&key_of_theirs.public_key);
        let answer = SoftKey::new(&options).create(&options, &scene()).to_string();
        let late = sign_in.confirm_key(&theirs, &key_of_theirs.id, &answer).await;
        assert!(!matches!(late, Ok(EnrolStep::On(_) | EnrolStep::Added)), "{late:?}");
        assert_eq!(app.lines(org, "member.factor_added").await.len(), 1);
    }

    async fn a_security_key_is_added_and_signs_in(app: TestApp) {
        let (jane, token) = app.jane().await;
        let sign_in = app.service.sign_in();
        assert!(sign_in.keys_can_be_used());
        let full = app.full(&token).await;
        let mut key = add_key(&app, &full).await;
        let half = app.begin(&jane).await;
        assert_eq!((half.second().app, half.second().key, half.second().backup), (true, true, false));
        let asked = options(&sign_in.key_options(&half).await.unwrap());
        let answer = key.get(&asked, &scene()).to_string();
        let foreign = key.get(&asked, &Scene { origin: "https://evil.example".into(), ..scene() }).to_string();
        assert!(matches!(sign_in.second_key(&half, &foreign).await, Ok(SecondStep::Wrong(_))));
        assert!(matches!(sign_in.second_key(&half, &answer).await, Ok(SecondStep::On(_))));
        let again = app.begin(&jane).await;
        assert!(!matches!(sign_in.second_key(&again, &answer).await, Ok(SecondStep::On(_))), "it was used");

        // One of the two may go, not both.
        let (factors, _) = sign_in.factors(&full).await.unwrap();
        assert_eq!(factors.iter().map(|one| one.name.as_deref().unwrap_or_default()).collect::<Vec<_>>(), ["Phone", "Blue"]);
        sign_in.remove_factor(&full, &factors[0].id).await.unwrap();
        assert_eq!(code_of(sign_in.remove_factor(&full, &factors[0].id).await), "NotFound");
        assert_eq!(code_of(sign_in.remove_factor(&full, &factors[1].id).await), "last_factor");
        assert_eq!(app.lines(app.org().await, "member.factor_removed").await.len(), 1);
    }

    async fn backup_codes_are_shown_and_each_signs_in_once(app: TestApp) {
        let (jane, token) = app.jane().await;
        let sign_in = app.service.sign_in();
        let full = app.full(&token).await;
        let old = sign_in.new_backup_codes(&full).await.unwrap();
        let codes = sign_in.new_backup_codes(&full).await.unwrap();
        assert_eq!((codes.len(), sign_in.factors(&full).await.unwrap().1), (10, 10));
        let half = app.begin(&jane).await;
        assert!(half.second().backup);
        assert!(matches!(sign_in.second_code(&half, &old[0]).await, Ok(SecondStep::Wrong(_))));
        assert!(matches!(sign_in.second_code(&half, &codes[0].to_lowercase()).await, Ok(SecondStep::On(_))));
        let half = app.begin(&jane).await;
        assert!(matches!(sign_in.second_code(&half, &codes[0]).await, Ok(SecondStep::Wrong(_))));
        assert_eq!(sign_in.factors(&full).await.unwrap().1, 9);
        assert_eq!(code_of(sign_in.second_code(&half, "12345").await), "invalid_code_format Code");
    }

    async fn the_log_tells_a_backup_code_from_a_key_wherever_it_was_typed(app: TestApp) {
        let (jane, token) = app.jane().await;
        let sign_in = app.service.sign_in();
        let full = app.full(&token).await;
        let codes = sign_in.new_backup_codes(&full).await.unwrap();
        let half = app.begin(&jane).await;
        assert!(matches!(sign_in.second_key(&half, &codes[0]).await, Ok(SecondStep::On(_))));
        let lines = app.lines(app.org().await, "member.signed_in").await;
        let changes = &lines.last().unwrap().changes;
        assert!(changes.contains("backup_code") && !changes.contains("security_key"), "{changes}");
    }

    async fn what_is_dangerous_wants_a_fresh_second_factor(app: TestApp) {
        let (jane, token) = app.jane().await;
        let sign_in = app.service.sign_in();
        app.advance(600);
        let full = app.full(&token).await;
        assert!(!full.is_confirmed());
        assert_eq!(code_of(sign_in.enrol_app(&full, "").await), "ProofRequired");
        assert_eq!(code_of(sign_in.new_backup_codes(&full).await), "ProofRequired");
        let (factors, _) = sign_in.factors(&full).await.unwrap();
        assert_eq!(code_of(sign_in.remove_factor(&full, &factors[0].id).await), "ProofRequired");
        assert!(matches!(sign_in.step_up_code(&full, "000000").await, Ok(Confirmed::Wrong(_))));
        assert!(!app.full(&token).await.is_confirmed());
        let code = app.totp(&jane.secret, 0);
        assert!(matches!(sign_in.step_up_code(&full, &code).await, Ok(Confirmed::Yes)));
        let fresh = app.full(&token).await;
        assert!(fresh.is_confirmed());
        sign_in.enrol_app(&fresh, "Tablet").await.unwrap();
        sign_in.sign_out(&Session::Full(fresh.clone())).await.unwrap();
        app.advance(30);
        let code = app.totp(&jane.secret, 0);
        assert_eq!(code_of(sign_in.step_up_code(&fresh, &code).await), "NotFound", "the session has ended");
        assert!(sign_in.session(&token, &here()).await.unwrap().is_none());
    }
}

impl TestApp {
    /// Comes in with the next step's code, since this one's was used.
    async fn come_in_later(&self, person: &super::Person) -> rift_mfa::domain::session::SessionToken {
        self.advance(30);
        self.come_in(person).await
    }
}
