//! The setting `uniform_failures`: a failure does not tell why.

use serde_json::Value;

use super::{JANE, told, wrong};
use crate::harness::{Answer, TestApp, on_both, snapshot};

fn uniform(answer: &Answer) -> Value {
    answer.fails(401, "invalid_code");
    told(answer)
}

async fn used(app: &TestApp) -> Value {
    let code = app.start_email("used@example.com").await;
    app.verify("used@example.com", "EMAIL", &code).await.ok();
    uniform(&app.verify("used@example.com", "EMAIL", &code).await)
}

async fn expired(app: &TestApp) -> Value {
    let code = app.start_email("expired@example.com").await;
    app.advance(300);
    uniform(&app.verify("expired@example.com", "EMAIL", &code).await)
}

async fn guessed(app: &TestApp) -> Value {
    let code = app.start_email(JANE).await;
    uniform(&app.verify(JANE, "EMAIL", &wrong(&code)).await)
}

on_both! {
    async fn four_reasons_and_a_wrong_code_have_one_body(app: TestApp) {
        app.set(&[("uniform_failures", "true")]).await;
        let nothing_sent = uniform(&app.verify("nobody@example.com", "EMAIL", "123456").await);
        snapshot!("verify_uniform_failure", &nothing_sent);
        let no_app = uniform(&app.verify("nobody@example.com", "APP", "123456").await);
        let no_set = uniform(&app.verify("nobody@example.com", "BACKUP", "3-7KQ2M-9XD4-TPBW").await);
        for body in [no_app, no_set, used(&app).await, expired(&app).await, guessed(&app).await] {
            assert_eq!(body, nothing_sent);
        }
    }

    async fn the_reason_is_still_in_the_trace(app: TestApp) {
        app.set(&[("uniform_failures", "true")]).await;
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        let code = app.last_code(JANE).await;
        app.advance(300);
        uniform(&app.verify(JANE, "EMAIL", &code).await);
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert_eq!(trace["checks"][0]["result"], "code_expired");
    }

    async fn spent_attempts_and_locks_are_still_told(app: TestApp) {
        app.set(&[("uniform_failures", "true"), ("code.attempts", "1"), ("lock.failures", "2")]).await;
        let code = app.start_email(JANE).await;
        uniform(&app.verify(JANE, "EMAIL", &wrong(&code)).await);
        app.verify(JANE, "EMAIL", &code).await.fails(429, "too_many_attempts");
        uniform(&app.verify(JANE, "APP", "123456").await);
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }
}
