//! POST /v1/mfa/{id}/cancel

use serde_json::{Value, json};

use super::{start, status, told, trace};
use crate::harness::{Answer, TestApp, on_both, snapshot};

const JANE: &str = "jane@example.com";

async fn cancel(app: &TestApp, id: &Value) -> Answer {
    app.post(&format!("/v1/mfa/{}/cancel", id.as_str().expect("an id")), "").await
}

on_both! {
    async fn a_waiting_challenge_is_canceled_and_its_code_is_dead(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code(JANE).await;
        let canceled = cancel(&app, &started["id"]).await.ok();
        assert_eq!(canceled["id"], started["id"]);
        snapshot!("cancel", canceled);
        app.verify(JANE, "EMAIL", &code).await.fails(401, "no_pending_code");
    }

    async fn an_approved_challenge_stays_approved(app: TestApp) {
        let id = Value::from(app.approve(JANE).await);
        assert_eq!(cancel(&app, &id).await.ok()["status"], "approved");
        assert_eq!(status(&app, &id).await, "approved");
    }

    async fn an_expired_challenge_stays_expired(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        app.advance(300);
        assert_eq!(cancel(&app, &started["id"]).await.ok()["status"], "expired");
    }

    async fn canceling_twice_changes_nothing(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let first = cancel(&app, &started["id"]).await.ok();
        app.advance(1);
        assert_eq!(cancel(&app, &started["id"]).await.ok(), first);
    }

    async fn a_canceled_enrolment_confirms_nothing(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=APP").await;
        assert_eq!(cancel(&app, &started["id"]).await.ok()["status"], "canceled");
        let code = app.totp(started["secret"].as_str().unwrap(), 0);
        app.verify(JANE, "APP", &code).await.fails(401, "not_enrolled");
        assert_eq!(app.get("/v1/mfa/factors?User=jane@example.com").await.ok()["data"], json!([]));
    }

    async fn a_canceled_challenge_of_an_app_leaves_the_app_valid(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let pending = start(&app, "User=jane@example.com, Type=APP").await;
        cancel(&app, &pending["id"]).await.ok();
        assert_eq!(app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok()["status"], "approved");
    }

    async fn a_message_that_is_still_queued_is_not_sent(app: TestApp) {
        let started = start(&app, "User=slow@test.rift.dev, Type=EMAIL").await;
        cancel(&app, &started["id"]).await.ok();
        app.advance(3);
        app.deliver().await;
        let inbox = app.get("/v1/test/inbox?User=slow@test.rift.dev").await.ok();
        assert_eq!(inbox["data"], json!([]));
        let delivery = trace(&app, &started["id"]).await["deliveries"][0].clone();
        assert_eq!((&delivery["status"], &delivery["reason"]), (&json!("failed"), &json!("canceled")));
    }

    async fn canceling_lifts_no_limit(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        cancel(&app, &started["id"]).await.ok();
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.fails(429, "resend_cooldown");
    }

    async fn an_absent_a_malformed_and_a_foreign_id_are_not_found_alike(app: TestApp) {
        let mine = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let path = format!("/v1/mfa/{}/cancel", mine["id"].as_str().unwrap());
        let absent = cancel(&app, &json!("mfa_01jd8zq5e8f0v9y7x6w5t4s3r2")).await;
        absent.fails(404, "not_found");
        let mut answers = vec![cancel(&app, &json!("mfa_1")).await];
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            answers.push(app.post_as(&key, &path, "").await);
        }
        for answer in answers {
            assert_eq!((answer.status, told(&answer)), (absent.status, told(&absent)));
        }
        assert_eq!(status(&app, &mine["id"]).await, "pending");
    }
}
