//! POST /v1/mfa/unlock

use serde_json::json;

use super::{fail, told, wrong};
use crate::harness::{on_both, snapshot};

const JANE: &str = "jane@example.com";

on_both! {
    async fn an_unlock_ends_a_lock(app: TestApp) {
        let code = app.start_email(JANE).await;
        fail(&app, JANE, "APP", 10).await;
        app.verify(JANE, "EMAIL", &code).await.fails(429, "user_locked");
        let shown = app.post("/v1/mfa/unlock", "User=Jane@example.com").await.ok();
        snapshot!("unlock", shown);
        assert_eq!(app.get("/v1/mfa/factors?User=jane@example.com").await.ok()["locked_until"], json!(null));
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn an_unlock_clears_the_failures(app: TestApp) {
        fail(&app, JANE, "APP", 9).await;
        app.post("/v1/mfa/unlock", "User=jane@example.com").await.ok();
        fail(&app, JANE, "APP", 10).await;
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn an_unlock_ends_the_lock_of_a_day(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        app.advance(900);
        fail(&app, JANE, "APP", 10).await;
        app.post("/v1/mfa/unlock", "User=jane@example.com").await.ok();
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
    }

    async fn an_unlock_gives_no_attempts_at_a_spent_code_back(app: TestApp) {
        let code = app.start_email(JANE).await;
        for _ in 0..5 {
            app.verify(JANE, "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
        }
        app.post("/v1/mfa/unlock", "User=jane@example.com").await.ok();
        app.verify(JANE, "EMAIL", &code).await.fails(429, "too_many_attempts");
    }

    async fn an_unlock_lifts_no_limit_of_messages(app: TestApp) {
        app.start_email(JANE).await;
        app.post("/v1/mfa/unlock", "User=jane@example.com").await.ok();
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.fails(429, "resend_cooldown");
    }

    async fn an_unknown_user_is_unlocked_without_a_trace(app: TestApp) {
        app.post("/v1/mfa/unlock", "User=user-42").await.ok();
        assert_eq!(app.get("/v1/mfa?User=user-42").await.ok()["data"], json!([]));
    }

    async fn another_tenant_and_the_other_mode_unlock_nobody_here(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            app.post_as(&key, "/v1/mfa/unlock", "User=jane@example.com").await.ok();
        }
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn user_must_be_there_and_have_a_form(app: TestApp) {
        for (body, code) in
            [("", "missing_parameter"), ("User=a b", "invalid_user"), ("User=jane@", "invalid_email")]
        {
            let refused = app.post("/v1/mfa/unlock", body).await;
            refused.fails(400, code);
            assert_eq!(told(&refused)["error"]["param"], "User");
        }
    }
}
