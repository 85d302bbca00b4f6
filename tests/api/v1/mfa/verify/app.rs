//! A code of an authenticator app.

use std::process::Command;

use rift_mfa::clock::Clock;
use serde_json::json;

use super::{lock_at_first_failure, start, status, told, trace, wrong};
use crate::harness::{TestApp, on_both, snapshot};

const JANE: &str = "user-42";

/// The code that another program computes from the secret for the time of the test.
fn oathtool(app: &TestApp, secret: &str) -> String {
    let now = format!("@{}", app.clock.now().seconds());
    let run = Command::new("oathtool").args(["--totp", "-b", secret, "-N", &now]).output();
    let output = run.expect("oathtool runs; install the Debian package oathtool");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("digits").trim().to_owned()
}

on_both! {
    async fn the_code_of_an_app_is_approved_without_a_start(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let approved = app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
        snapshot!("verify_app", &approved);
        let trace = trace(&app, &approved["id"]).await;
        assert_eq!((&trace["status"], &trace["method"]), (&json!("approved"), &json!("totp")));
    }

    async fn the_code_of_another_program_is_approved(app: TestApp) {
        let started = start(&app, "User=user-42, Type=APP").await;
        let secret = started["secret"].as_str().unwrap().to_owned();
        assert_eq!(app.verify(JANE, "APP", &oathtool(&app, &secret)).await.ok()["status"], "enrolled");
        app.advance(30);
        assert_eq!(app.verify(JANE, "APP", &oathtool(&app, &secret)).await.ok()["status"], "approved");
    }

    async fn a_check_answers_the_challenge_that_was_started(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let pending = start(&app, "User=user-42, Type=APP, Reference=login-8").await;
        let approved = app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
        assert_eq!((&approved["id"], &approved["reference"]), (&pending["id"], &json!("login-8")));
        assert_eq!(status(&app, &pending["id"]).await, "approved");
    }

    async fn a_code_is_accepted_once(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let code = app.totp(&secret, 0);
        app.verify(JANE, "APP", &code).await.ok();
        app.verify(JANE, "APP", &code).await.fails(401, "code_already_used");
        app.advance(30);
        app.verify(JANE, "APP", &code).await.fails(401, "code_already_used");
    }

    async fn the_same_code_within_60_seconds_does_not_count(app: TestApp) {
        let secret = app.enrol(JANE).await;
        lock_at_first_failure(&app).await;
        let code = app.totp(&secret, 0);
        app.verify(JANE, "APP", &code).await.ok();
        for _ in 0..3 {
            app.verify(JANE, "APP", &code).await.fails(401, "code_already_used");
        }
        app.verify(JANE, "APP", &app.totp(&secret, 1)).await.ok();
    }

    async fn the_code_that_confirmed_an_enrolment_is_not_accepted_again(app: TestApp) {
        let started = start(&app, "User=user-42, Type=APP").await;
        let code = app.totp(started["secret"].as_str().unwrap(), 0);
        app.verify(JANE, "APP", &code).await.ok();
        app.verify(JANE, "APP", &code).await.fails(401, "code_already_used");
    }

    async fn an_older_step_after_a_newer_one_is_refused(app: TestApp) {
        let secret = app.enrol(JANE).await;
        app.advance(60);
        let (older, newer) = (app.totp(&secret, -1), app.totp(&secret, 0));
        app.verify(JANE, "APP", &newer).await.ok();
        assert_eq!(app.verify(JANE, "APP", &older).await.status, 401);
        app.verify(JANE, "APP", &app.totp(&secret, 1)).await.ok();
    }

    async fn a_clock_one_step_off_is_accepted_either_way(app: TestApp) {
        let secret = app.enrol(JANE).await;
        app.advance(60);
        for offset in [-1, 0, 1] {
            app.verify(JANE, "APP", &app.totp(&secret, offset)).await.ok();
        }
    }

    async fn a_clock_two_steps_off_is_refused_either_way(app: TestApp) {
        let secret = app.enrol(JANE).await;
        app.advance(90);
        for offset in [-2, 2] {
            app.verify(JANE, "APP", &app.totp(&secret, offset)).await.fails(401, "invalid_code");
        }
        app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
    }

    async fn a_wrong_code_counts_down_to_the_lock(app: TestApp) {
        let secret = app.enrol(JANE).await;
        for left in (0..10).rev() {
            let guess = app.verify(JANE, "APP", &wrong(&app.totp(&secret, 0))).await;
            guess.fails(401, "invalid_code");
            assert_eq!(guess.body["error"]["attempts_remaining"], left);
        }
        app.verify(JANE, "APP", &app.totp(&secret, 0)).await.fails(429, "user_locked");
    }

    async fn a_user_without_an_app_is_not_enrolled(app: TestApp) {
        let check = app.verify(JANE, "APP", "123456").await;
        check.fails(401, "not_enrolled");
        snapshot!("verify_not_enrolled", told(&check));
    }

    async fn a_code_of_the_wrong_form_is_told_and_costs_nothing(app: TestApp) {
        let secret = app.enrol(JANE).await;
        lock_at_first_failure(&app).await;
        for code in
            ["１２３４５６", " 123456", "123456 ", "123 456", "12345", "1234567", "12345\u{0}", "12345a"]
        {
            let body = json!({"User": JANE, "Type": "APP", "Code": code});
            app.post_json("/v1/mfa/verify", &body).await.fails(400, "invalid_code_format");
        }
        app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
    }

    async fn one_user_s_app_does_not_verify_another(app: TestApp) {
        let secret = app.enrol(JANE).await;
        app.enrol("user-43").await;
        app.verify("user-43", "APP", &app.totp(&secret, 0)).await.fails(401, "invalid_code");
        app.verify("user-44", "APP", &app.totp(&secret, 0)).await.fails(401, "not_enrolled");
    }

    async fn an_app_verifies_at_no_other_application_and_in_no_other_mode(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let body = format!("User={JANE}, Type=APP, Code={}", app.totp(&secret, 0));
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            app.post_as(&key, "/v1/mfa/verify", &body).await.fails(401, "not_enrolled");
        }
        app.post("/v1/mfa/verify", &body).await.ok();
    }

    async fn a_named_challenge_ends_with_its_life_and_the_app_goes_on(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let pending = start(&app, "User=user-42, Type=APP").await;
        app.advance(300);
        let code = app.totp(&secret, 0);
        let named = format!("User={JANE}, Type=APP, Code={code}, Id={}", pending["id"].as_str().unwrap());
        app.post("/v1/mfa/verify", &named).await.fails(401, "code_expired");
        let approved = app.verify(JANE, "APP", &code).await.ok();
        assert_ne!(approved["id"], pending["id"]);
    }
}
