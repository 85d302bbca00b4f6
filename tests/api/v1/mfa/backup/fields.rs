//! Each field of an issue of backup codes.

use serde_json::{Value, json};

use crate::harness::{TestApp, on_both};

async fn refused(app: &TestApp, body: Value, code: &str, param: &str) {
    let answer = app.post_json("/v1/mfa/backup", &body).await;
    answer.fails(400, code);
    assert_eq!(answer.body["error"]["param"], param, "{body}");
    assert!(answer.body["error"]["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{body}");
}

on_both! {
    async fn user_and_type_must_be_there(app: TestApp) {
        refused(&app, json!({"Type": "EMAIL"}), "missing_parameter", "User").await;
        refused(&app, json!({"User": "jane@example.com"}), "missing_parameter", "Type").await;
    }

    async fn a_set_is_sent_by_email_sms_whatsapp_or_dual_only(app: TestApp) {
        for kind in ["APP", "HSM", "PHONE", "BACKUP", "FAX"] {
            refused(&app, json!({"User": "jane@example.com", "Type": kind}), "invalid_type", "Type").await;
        }
    }

    async fn the_user_has_the_form_of_its_type(app: TestApp) {
        refused(&app, json!({"User": "jane@example.com", "Type": "SMS"}), "invalid_phone_number", "User")
            .await;
        refused(&app, json!({"User": "jane@example.com", "Type": "DUAL"}), "invalid_user", "User").await;
        refused(&app, json!({"User": "+14155552671", "Type": "EMAIL"}), "invalid_email", "User").await;
    }

    async fn for_names_a_user_of_any_form(app: TestApp) {
        for (owner, code) in
            [("a b", "invalid_user"), ("jane@", "invalid_email"), ("+12", "invalid_phone_number")]
        {
            let body = json!({"User": "jane@example.com", "Type": "EMAIL", "For": owner});
            refused(&app, body, code, "For").await;
        }
    }

    async fn reference_and_locale_have_their_forms(app: TestApp) {
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Reference": "r".repeat(129)});
        refused(&app, body, "invalid_reference", "Reference").await;
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Locale": "not a tag"});
        refused(&app, body, "invalid_locale", "Locale").await;
    }

    async fn nobody_may_choose_a_backup_code(app: TestApp) {
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Code": "3-7KQ2M-9XD4-TPBW"});
        refused(&app, body, "code_not_allowed", "Code").await;
    }

    async fn an_action_belongs_to_other_calls(app: TestApp) {
        let body = json!({"User": "jane@example.com", "Type": "EMAIL", "Action": "Pay Bob"});
        let answer = app.post_json("/v1/mfa/backup", &body).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]["param"]), (400, &json!("Action")));
    }
}
