//! POST /v1/mfa/verify

mod action;
mod app;
mod backup_code;
mod email;
mod enrolment;
mod id;
mod lock;
mod repeat;
mod uniform;

use serde_json::{Value, json};

use super::{backup_set, enrol_second, fail, lock_at_first_failure, start, status, told, trace, wrong};
use crate::harness::{TestApp, on_both, snapshot};

const JANE: &str = "jane@example.com";

/// A check that is refused for one field.
async fn refused(app: &TestApp, body: Value, code: &str, param: &str) -> Value {
    let answer = app.post_json("/v1/mfa/verify", &body).await;
    answer.fails(400, code);
    assert_eq!(answer.body["error"]["param"], param, "{body}");
    assert!(answer.body["error"]["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{body}");
    told(&answer)
}

on_both! {
    async fn user_type_and_code_must_be_there(app: TestApp) {
        for (body, param) in [
            (json!({"Type": "EMAIL", "Code": "123456"}), "User"),
            (json!({"User": JANE, "Code": "123456"}), "Type"),
            (json!({"User": JANE, "Type": "EMAIL"}), "Code"),
            (json!({"User": JANE, "Type": "EMAIL", "Code": ""}), "Code"),
        ] {
            refused(&app, body, "missing_parameter", param).await;
        }
    }

    async fn user_type_action_and_reference_have_their_forms(app: TestApp) {
        let with = |field: &str, value: &str| {
            let mut body = json!({"User": JANE, "Type": "EMAIL", "Code": "123456"});
            body[field] = value.into();
            body
        };
        refused(&app, with("Type", "FAX"), "invalid_type", "Type").await;
        refused(&app, with("User", "user-42"), "invalid_email", "User").await;
        refused(&app, with("Type", "SMS"), "invalid_phone_number", "User").await;
        refused(&app, with("Action", &"a".repeat(141)), "invalid_action", "Action").await;
        refused(&app, with("Reference", &"r".repeat(129)), "invalid_reference", "Reference").await;
    }

    async fn a_code_of_the_wrong_form_says_which_form_is_right(app: TestApp) {
        let body = json!({"User": JANE, "Type": "EMAIL", "Code": "12345"});
        let told = refused(&app, body, "invalid_code_format", "Code").await;
        snapshot!("verify_invalid_code_format", told);
    }

    async fn a_backup_code_is_verified_as_backup_and_six_digits_are_none(app: TestApp) {
        let body = json!({"User": JANE, "Type": "BACKUP", "Code": "123456"});
        refused(&app, body, "invalid_code_format", "Code").await;
    }

    async fn an_app_s_check_takes_no_action(app: TestApp) {
        let body = json!({"User": JANE, "Type": "APP", "Code": "123456", "Action": "Pay Bob"});
        refused(&app, body, "action_not_supported", "Action").await;
    }
}
