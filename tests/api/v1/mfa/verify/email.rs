//! A code that was sent by e-mail.

use rift_mfa::clock::Clock;
use serde_json::json;

use super::{JANE, start, status, told, trace, wrong};
use crate::harness::{on_both, snapshot};

on_both! {
    async fn a_right_code_is_approved(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let approved = app.verify(JANE, "EMAIL", &app.last_code(JANE).await).await.ok();
        assert_eq!(approved["id"], started["id"]);
        snapshot!("verify_email", &approved);
        assert_eq!(status(&app, &started["id"]).await, "approved");
    }

    async fn wrong_codes_count_down_and_the_sixth_is_not_evaluated(app: TestApp) {
        let code = app.start_email(JANE).await;
        for left in [4, 3, 2, 1, 0] {
            let guess = app.verify(JANE, "EMAIL", &wrong(&code)).await;
            guess.fails(401, "invalid_code");
            assert_eq!(guess.body["error"]["attempts_remaining"], left);
            if left == 4 {
                snapshot!("verify_invalid_code", told(&guess));
            }
        }
        let sixth = app.verify(JANE, "EMAIL", &wrong(&code)).await;
        sixth.fails(429, "too_many_attempts");
        assert_eq!(sixth.retry_after(), Some(30));
        snapshot!("verify_too_many_attempts", told(&sixth));
    }

    async fn the_right_code_after_five_wrong_ones_is_not_evaluated(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code(JANE).await;
        for _ in 0..5 {
            app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
        }
        app.advance(10);
        let right = app.verify(JANE, "EMAIL", &code).await;
        right.fails(429, "too_many_attempts");
        assert_eq!(right.retry_after(), Some(20));
        assert_eq!(status(&app, &started["id"]).await, "exhausted");
    }

    async fn the_right_code_after_four_wrong_ones_is_approved(app: TestApp) {
        let code = app.start_email(JANE).await;
        for _ in 0..4 {
            app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
        }
        assert_eq!(app.verify(JANE, "EMAIL", &code).await.ok()["status"], "approved");
    }

    async fn a_new_message_after_five_wrong_codes_can_be_verified(app: TestApp) {
        let code = app.start_email(JANE).await;
        for _ in 0..5 {
            app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
        }
        app.advance(30);
        app.approve(JANE).await;
    }

    async fn a_code_of_the_wrong_form_costs_no_attempt(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code(JANE).await;
        let full_width: String =
            code.chars().map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap()).collect();
        for form in [
            &full_width,
            &format!(" {code}"),
            &format!("{code} "),
            &format!("{code}0"),
            "12345",
            "12345a",
            "12\u{0}456",
        ] {
            let body = json!({"User": JANE, "Type": "EMAIL", "Code": form});
            app.post_json("/v1/mfa/verify", &body).await.fails(400, "invalid_code_format");
        }
        assert_eq!(trace(&app, &started["id"]).await["attempts"], 0);
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn a_code_lives_to_the_last_second_of_its_life(app: TestApp) {
        let code = app.start_email(JANE).await;
        app.advance(299);
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn a_code_is_dead_at_the_end_of_its_life(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code(JANE).await;
        app.advance(300);
        let late = app.verify(JANE, "EMAIL", &code).await;
        late.fails(401, "code_expired");
        snapshot!("verify_code_expired", told(&late));
        assert_eq!(status(&app, &started["id"]).await, "expired");
    }

    async fn a_user_to_whom_nothing_was_sent_has_no_pending_code(app: TestApp) {
        let check = app.verify(JANE, "EMAIL", "123456").await;
        check.fails(401, "no_pending_code");
        snapshot!("verify_no_pending_code", told(&check));
    }

    async fn an_email_code_never_verifies_as_another_type(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code(JANE).await;
        app.verify(JANE, "APP", &code).await.fails(401, "not_enrolled");
        app.verify(JANE, "BACKUP", &code).await.fails(400, "invalid_code_format");
        app.verify(JANE, "PHONE", &code).await.fails(400, "invalid_phone_number");
        app.verify("jane@example.com:+14155552671", "DUAL", &code).await.fails(401, "no_pending_code");
        app.verify(JANE, "HSM", &code).await.fails(400, "invalid_code_format");
        assert_eq!(status(&app, &started["id"]).await, "pending");
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn one_user_s_code_does_not_verify_another(app: TestApp) {
        let code = app.start_email("anna@example.com").await;
        app.verify("bob@example.com", "EMAIL", &code).await.fails(401, "no_pending_code");
        start(&app, "User=bob@example.com, Type=EMAIL").await;
        app.verify("bob@example.com", "EMAIL", &code).await.fails(401, "invalid_code");
        app.verify("anna@example.com", "EMAIL", &code).await.ok();
    }

    async fn one_application_s_code_does_not_verify_at_another(app: TestApp) {
        let code = app.start_email(JANE).await;
        let body = format!("User={JANE}, Type=EMAIL, Code={code}");
        let other = app.other.test_key.clone();
        app.post_as(&other, "/v1/mfa/verify", &body).await.fails(401, "no_pending_code");
        app.post_as(&other, "/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        app.post_as(&other, "/v1/mfa/verify", &body).await.fails(401, "invalid_code");
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn a_test_code_does_not_verify_in_live_mode(app: TestApp) {
        let code = app.start_email(JANE).await;
        let body = format!("User={JANE}, Type=EMAIL, Code={code}");
        let live = app.one.live_key.clone();
        app.post_as(&live, "/v1/mfa/verify", &body).await.fails(401, "no_pending_code");
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn a_reference_of_the_start_is_echoed_and_one_of_the_check_comes_first(app: TestApp) {
        for (given, shown) in [("", "order-7"), (", Reference=login-8", "login-8")] {
            app.advance(1);
            start(&app, "User=jane@example.com, Type=EMAIL, Reference=order-7").await;
            let code = app.last_code(JANE).await;
            let body = format!("User={JANE}, Type=EMAIL, Code={code}{given}");
            assert_eq!(app.post("/v1/mfa/verify", &body).await.ok()["reference"], shown);
        }
    }

    async fn an_approval_tells_when_it_was(app: TestApp) {
        let code = app.start_email(JANE).await;
        app.advance(61);
        let approved = app.verify(JANE, "EMAIL", &code).await.ok();
        assert_eq!(approved["verified_at"], app.clock.now().to_string());
        assert_eq!(approved["verified_at"], "2026-11-24T12:01:01Z");
    }
}
