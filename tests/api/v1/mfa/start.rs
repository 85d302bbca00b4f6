//! POST /v1/mfa

mod fields;
mod limits;
mod off;
mod proof;
mod wording;

use serde_json::json;

use super::{fail, start, status, told, wrong};
use crate::harness::{on_both, snapshot};

on_both! {
    async fn email_sends_a_code(app: TestApp) {
        let started = app.post("/v1/mfa", "User=Jane@example.com, Type=EMAIL").await.ok();
        snapshot!("start_email", &started);
        let code = app.last_code("jane@example.com").await;
        assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
    }

    async fn app_enrols_a_user_who_has_none_and_challenges_one_who_has(app: TestApp) {
        let enrolling = app.post("/v1/mfa", "User=user-42, Type=APP, Name=Jane").await.ok();
        snapshot!("start_app_enrolling", &enrolling);
        app.enrol("user-43").await;
        let pending = app.post("/v1/mfa", "User=user-43, Type=APP").await.ok();
        snapshot!("start_app_pending", &pending);
    }

    async fn an_answer_holds_no_code(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code("jane@example.com").await;
        assert!(!started.to_string().contains(&code));
    }

    async fn a_newer_start_kills_the_older_code(app: TestApp) {
        let older = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let old_code = app.last_code("jane@example.com").await;
        app.advance(30);
        let new_code = app.start_email("jane@example.com").await;
        assert_eq!(status(&app, &older["id"]).await, "superseded");
        app.verify("jane@example.com", "EMAIL", &old_code).await.fails(401, "invalid_code");
        app.verify("jane@example.com", "EMAIL", &new_code).await.ok();
    }

    async fn a_newer_start_leaves_other_users_and_other_families_alone(app: TestApp) {
        let code = app.start_email("jane@example.com").await;
        start(&app, "User=bob@example.com, Type=EMAIL").await;
        start(&app, "User=jane@example.com, Type=APP").await;
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
    }

    async fn a_reference_and_an_action_are_told_where_the_contract_says(app: TestApp) {
        let fields =
            "User=jane@example.com, Type=EMAIL, Reference=order-7, Action=Pay 12 EUR to Bob, Locale=de";
        let started = start(&app, fields).await;
        assert_eq!(started["reference"], "order-7");
        let inbox = app.get("/v1/test/inbox?User=jane@example.com").await.ok();
        assert!(inbox["data"][0]["text"].as_str().unwrap().contains("Pay 12 EUR to Bob"));
    }

    async fn the_setting_for_the_length_of_a_code_takes_effect(app: TestApp) {
        app.set(&[("code.length", "8")]).await;
        let code = app.start_email("jane@example.com").await;
        assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        app.verify("jane@example.com", "EMAIL", &code[..6]).await.fails(400, "invalid_code_format");
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
    }

    async fn the_setting_for_the_life_of_a_code_takes_effect(app: TestApp) {
        app.set(&[("code.ttl", "1m")]).await;
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        assert_eq!(started["expires_at"], "2026-11-24T12:01:00Z");
        let code = app.last_code("jane@example.com").await;
        app.advance(60);
        app.verify("jane@example.com", "EMAIL", &code).await.fails(401, "code_expired");
    }

    async fn the_setting_for_the_attempts_at_a_code_takes_effect(app: TestApp) {
        app.set(&[("code.attempts", "1")]).await;
        let code = app.start_email("jane@example.com").await;
        let guess = app.verify("jane@example.com", "EMAIL", &wrong(&code)).await;
        guess.fails(401, "invalid_code");
        assert_eq!(guess.body["error"]["attempts_remaining"], 0);
        app.verify("jane@example.com", "EMAIL", &code).await.fails(429, "too_many_attempts");
    }

    async fn live_mode_without_a_provider_is_refused_and_names_the_setting(app: TestApp) {
        let live = app.one.live_key.clone();
        let refused = app.post_as(&live, "/v1/mfa", "User=jane@example.com, Type=EMAIL").await;
        refused.fails(503, "provider_not_configured");
        assert!(refused.retry_after().is_some());
        snapshot!("start_provider_not_configured", told(&refused));
    }

    async fn an_app_needs_no_provider_in_live_mode(app: TestApp) {
        let live = app.one.live_key.clone();
        let started = app.post_as(&live, "/v1/mfa", "User=jane@example.com, Type=APP").await.ok();
        assert_eq!((&started["livemode"], &started["status"]), (&json!(true), &json!("enrolling")));
    }

    async fn a_locked_user_gets_no_message_and_no_enrolment(app: TestApp) {
        fail(&app, "jane@example.com", "APP", 10).await;
        for kind in ["EMAIL", "APP"] {
            let refused = app.post("/v1/mfa", &format!("User=jane@example.com, Type={kind}")).await;
            refused.fails(429, "user_locked");
            assert_eq!(refused.retry_after(), Some(900));
            assert_eq!(refused.body["error"]["retryable"], false);
        }
        let inbox = app.get("/v1/test/inbox?User=jane@example.com").await.ok();
        assert_eq!(inbox["data"], json!([]));
    }

    async fn two_spellings_of_an_address_are_one_user(app: TestApp) {
        let code = app.start_email("jane@example.com").await;
        app.post("/v1/mfa", "User=JANE@Example.COM, Type=email").await.fails(429, "resend_cooldown");
        let approved = app.verify("Jane@EXAMPLE.com", "Email", &code).await.ok();
        assert_eq!(approved["user"], "jane@example.com");
    }

    async fn look_alikes_are_two_users(app: TestApp) {
        start(&app, "User=mike@example.com, Type=EMAIL").await;
        start(&app, "User=mıke@example.com, Type=EMAIL").await;
        let code = app.last_code("mike@example.com").await;
        app.verify("mıke@example.com", "EMAIL", &code).await.fails(401, "invalid_code");
    }
}
