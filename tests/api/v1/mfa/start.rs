//! POST /v1/mfa

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
}
