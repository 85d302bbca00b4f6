//! Each field of a start: what is refused, under which code and name, and with what advice.

use serde_json::{Value, json};

use super::told;
use crate::harness::{Answer, TestApp, on_both, snapshot};

/// A start that is refused for one field, with a sentence on what to do.
async fn refused(app: &TestApp, body: &Value, code: &str, param: &str) -> Answer {
    let answer = app.post_json("/v1/mfa", body).await;
    answer.fails(400, code);
    let error = &answer.body["error"];
    assert_eq!((&error["param"], &error["retryable"]), (&json!(param), &json!(false)), "{body}");
    assert!(error["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{body}");
    answer
}

async fn refused_user(app: &TestApp, kind: &str, users: &[&str], code: &str) {
    for user in users {
        refused(app, &json!({"User": user, "Type": kind}), code, "User").await;
    }
}

on_both! {
    async fn user_and_type_must_be_there(app: TestApp) {
        let missing = refused(&app, &json!({"Type": "EMAIL"}), "missing_parameter", "User").await;
        snapshot!("start_missing_parameter", told(&missing));
        refused(&app, &json!({"User": "", "Type": "EMAIL"}), "missing_parameter", "User").await;
        refused(&app, &json!({"User": "jane@example.com"}), "missing_parameter", "Type").await;
        refused(&app, &json!({}), "missing_parameter", "User").await;
    }

    async fn a_missing_field_is_told_before_a_malformed_one(app: TestApp) {
        refused(&app, &json!({"User": "not an address"}), "missing_parameter", "Type").await;
    }

    async fn only_a_type_that_can_be_started_is_taken(app: TestApp) {
        for kind in ["FAX", "BACKUP", "E-MAIL"] {
            let answer =
                refused(&app, &json!({"User": "jane@example.com", "Type": kind}), "invalid_type", "Type")
                    .await;
            assert!(
                answer.body["error"]["fix"]
                    .as_str()
                    .unwrap()
                    .contains("EMAIL, SMS, WHATSAPP, PHONE, APP, DUAL, HSM")
            );
        }
    }

    async fn email_takes_one_plain_address(app: TestApp) {
        let users = [
            "jane",
            "user-42",
            "jane@",
            "+14155552671",
            "a@example.com,b@example.com",
            "\"jane\"@example.com",
            "jane@example.com\r\nBcc: eve@example.com",
            "ja\u{0}ne@example.com",
            "jane doe@example.com",
        ];
        refused_user(&app, "EMAIL", &users, "invalid_email").await;
    }

    async fn sms_whatsapp_and_phone_take_an_e164_number(app: TestApp) {
        for kind in ["SMS", "WHATSAPP", "PHONE"] {
            refused_user(
                &app,
                kind,
                &["jane@example.com", "4155552671", "+1", "user-42"],
                "invalid_phone_number",
            )
            .await;
        }
    }

    async fn a_number_that_can_be_guessed_is_suggested(app: TestApp) {
        let body = json!({"User": "+49 151 12345678", "Type": "SMS"});
        let answer = refused(&app, &body, "invalid_phone_number", "User").await;
        snapshot!("start_invalid_phone_number", told(&answer));
    }

    async fn dual_takes_an_address_and_a_number_joined_by_one_colon(app: TestApp) {
        refused_user(
            &app,
            "DUAL",
            &["jane@example.com", "jane@example.com:+14155552671:+14155552672"],
            "invalid_user",
        )
        .await;
        refused_user(&app, "DUAL", &["jane:+14155552671"], "invalid_email").await;
        refused_user(
            &app,
            "DUAL",
            &["jane@example.com:4155552671", "jane@example.com:"],
            "invalid_phone_number",
        )
        .await;
    }

    async fn app_and_hsm_take_an_opaque_id_of_few_characters(app: TestApp) {
        let long = "a".repeat(129);
        for kind in ["APP", "HSM"] {
            refused_user(&app, kind, &["a b", "a/b", "ü", "user:42", &long], "invalid_user").await;
            refused_user(&app, kind, &["jane@"], "invalid_email").await;
            refused_user(&app, kind, &["+12"], "invalid_phone_number").await;
        }
        let longest = "a".repeat(128);
        for user in [longest.as_str(), "A.b_c-1", "7"] {
            let started = app.post_json("/v1/mfa", &json!({"User": user, "Type": "APP"})).await.ok();
            assert_eq!(started["user"], user);
        }
    }

    async fn an_action_has_up_to_140_characters_on_one_line(app: TestApp) {
        for action in ["ü".repeat(141), "Pay\nBob".into()] {
            let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Action": action});
            refused(&app, &body, "invalid_action", "Action").await;
        }
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Action": "ü".repeat(140)});
        app.post_json("/v1/mfa", &body).await.ok();
    }

    async fn an_app_s_code_cannot_be_bound_to_an_action(app: TestApp) {
        let body = json!({"User": "jane@example.com", "Type": "APP", "Action": "Pay Bob"});
        refused(&app, &body, "action_not_supported", "Action").await;
    }

    async fn a_reference_has_up_to_128_characters_on_one_line(app: TestApp) {
        for reference in ["r".repeat(129), "a\tb".into()] {
            let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Reference": reference});
            refused(&app, &body, "invalid_reference", "Reference").await;
        }
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Reference": "r".repeat(128)});
        app.post_json("/v1/mfa", &body).await.ok();
    }

    async fn a_locale_is_a_language_tag(app: TestApp) {
        for locale in ["not a tag", "e", "de_DE!"] {
            let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Locale": locale});
            refused(&app, &body, "invalid_locale", "Locale").await;
        }
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Locale": "pt-BR"});
        app.post_json("/v1/mfa", &body).await.ok();
    }

    async fn a_name_is_a_short_line(app: TestApp) {
        for name in ["n".repeat(65), "Jane\nphone".into()] {
            let body = json!({"User": "user-42", "Type": "APP", "Name": name});
            refused(&app, &body, "invalid_name", "Name").await;
        }
    }

    async fn enroll_is_true_or_false(app: TestApp) {
        for enroll in ["maybe", "1", "yes"] {
            let body = json!({"User": "user-42", "Type": "APP", "Enroll": enroll});
            refused(&app, &body, "invalid_enroll", "Enroll").await;
        }
        refused(&app, &json!({"User": "user-42", "Type": "APP", "Enroll": 1}), "invalid_body", "Enroll")
            .await;
        for enroll in [json!(true), json!(false), json!("TRUE"), json!("false")] {
            let body = json!({"User": "user-42", "Type": "APP", "Enroll": enroll});
            assert_eq!(app.post_json("/v1/mfa", &body).await.ok()["status"], "enrolling");
        }
    }

    async fn proof_enroll_and_name_have_no_meaning_with_email(app: TestApp) {
        for (param, value) in [
            ("Proof", json!("mfa_01jd8zq5e8f0v9y7x6w5t4s3r2")),
            ("Enroll", json!(true)),
            ("Enroll", json!(false)),
            ("Name", json!("Jane")),
        ] {
            let body = json!({"User": "jane@example.com", "Type": "EMAIL", param: value});
            refused(&app, &body, "parameter_not_supported", param).await;
        }
    }

    async fn nobody_may_choose_a_code(app: TestApp) {
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Code": "123456"});
        let answer = refused(&app, &body, "code_not_allowed", "Code").await;
        snapshot!("start_code_not_allowed", told(&answer));
    }

    async fn a_refused_field_sends_nothing(app: TestApp) {
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Locale": "not a tag"});
        refused(&app, &body, "invalid_locale", "Locale").await;
        let inbox = app.get("/v1/test/inbox?User=jane@example.com").await.ok();
        assert_eq!(inbox["data"], json!([]));
    }
}
