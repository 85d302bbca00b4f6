//! A code that is bound to what it is for.

use super::{JANE, start, trace};
use crate::harness::{Answer, TestApp, on_both};

async fn start_for(app: &TestApp, action: &str) -> String {
    start(app, &format!("User={JANE}, Type=EMAIL, Action={action}")).await;
    app.last_code(JANE).await
}

async fn check_for(app: &TestApp, code: &str, action: &str) -> Answer {
    app.post("/v1/mfa/verify", &format!("User={JANE}, Type=EMAIL, Code={code}, Action={action}")).await
}

on_both! {
    async fn a_code_verifies_with_the_same_action(app: TestApp) {
        let code = start_for(&app, "Pay 12 EUR to Bob").await;
        assert_eq!(check_for(&app, &code, "Pay 12 EUR to Bob").await.ok()["status"], "approved");
    }

    async fn a_code_does_not_verify_with_another_action(app: TestApp) {
        let code = start_for(&app, "Pay 12 EUR to Bob").await;
        for action in ["Pay 12 EUR to Eve", "Pay 120 EUR to Bob", "pay 12 EUR to Bob"] {
            check_for(&app, &code, action).await.fails(401, "invalid_code");
        }
        check_for(&app, &code, "Pay 12 EUR to Bob").await.ok();
    }

    async fn a_code_for_an_action_does_not_verify_without_it(app: TestApp) {
        let code = start_for(&app, "Pay 12 EUR to Bob").await;
        app.verify(JANE, "EMAIL", &code).await.fails(401, "invalid_code");
    }

    async fn a_sign_in_code_does_not_verify_an_action(app: TestApp) {
        let code = app.start_email(JANE).await;
        check_for(&app, &code, "Pay 12 EUR to Bob").await.fails(401, "invalid_code");
    }

    async fn a_wrong_action_costs_an_attempt(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL, Action=Pay Bob").await;
        let code = app.last_code(JANE).await;
        let wrong = check_for(&app, &code, "Pay Eve").await;
        assert_eq!(wrong.body["error"]["attempts_remaining"], 4);
        assert_eq!(trace(&app, &started["id"]).await["attempts"], 1);
    }
}
