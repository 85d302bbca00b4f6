//! How often a user can be sent a code, and how often an app can be started.

use serde_json::json;

use super::told;
use crate::harness::{Answer, TestApp, on_both, snapshot};

async fn send(app: &TestApp) -> Answer {
    app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await
}

async fn send_often(app: &TestApp, times: usize, pause: u64) {
    for _ in 0..times {
        send(app).await.ok();
        app.advance(pause);
    }
}

on_both! {
    async fn a_second_message_within_30_seconds_is_too_soon(app: TestApp) {
        send(&app).await.ok();
        let soon = send(&app).await;
        soon.fails(429, "resend_cooldown");
        assert_eq!(soon.retry_after(), Some(30));
        snapshot!("start_resend_cooldown", told(&soon));
        app.advance(29);
        let still = send(&app).await;
        still.fails(429, "resend_cooldown");
        assert_eq!(still.retry_after(), Some(1));
        app.advance(1);
        send(&app).await.ok();
    }

    async fn a_refused_send_delivers_nothing_and_leaves_the_older_code_alive(app: TestApp) {
        let code = app.start_email("jane@example.com").await;
        send(&app).await.fails(429, "resend_cooldown");
        let inbox = app.get("/v1/test/inbox?User=jane@example.com").await.ok();
        assert_eq!(inbox["data"].as_array().unwrap().len(), 1);
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
    }

    async fn five_messages_in_ten_minutes_are_the_most(app: TestApp) {
        send_often(&app, 5, 30).await;
        let sixth = send(&app).await;
        sixth.fails(429, "too_many_sends");
        assert_eq!(sixth.retry_after(), Some(600 - 150));
        snapshot!("start_too_many_sends", told(&sixth));
        app.advance(600 - 150);
        send(&app).await.ok();
    }

    async fn an_approval_clears_the_short_limits(app: TestApp) {
        send_often(&app, 5, 30).await;
        send(&app).await.fails(429, "too_many_sends");
        let code = app.last_code("jane@example.com").await;
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
        send(&app).await.ok();
        send(&app).await.fails(429, "resend_cooldown");
    }

    async fn an_enrolment_clears_no_limit(app: TestApp) {
        send(&app).await.ok();
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=APP").await.ok();
        let code = app.totp(started["secret"].as_str().unwrap(), 0);
        assert_eq!(app.verify("jane@example.com", "APP", &code).await.ok()["status"], "enrolled");
        send(&app).await.fails(429, "resend_cooldown");
    }

    async fn ten_messages_a_day_that_are_never_approved_are_the_most(app: TestApp) {
        send_often(&app, 10, 120).await;
        let eleventh = send(&app).await;
        eleventh.fails(429, "too_many_sends");
        assert_eq!(eleventh.retry_after(), Some(86_400 - 1_200));
        app.advance(86_400 - 1_200);
        send(&app).await.ok();
    }

    async fn fifty_messages_a_day_in_all_are_the_most(app: TestApp) {
        for _ in 0..50 {
            app.approve("jane@example.com").await;
            app.advance(1);
        }
        let refused = send(&app).await;
        refused.fails(429, "too_many_sends");
        assert_eq!(refused.retry_after(), Some(86_400 - 50));
    }

    async fn backup_codes_and_codes_share_a_user_s_limits(app: TestApp) {
        app.set(&[("backup.count", "5")]).await;
        app.issue("User=jane@example.com, Type=EMAIL").await;
        send(&app).await.fails(429, "resend_cooldown");
    }

    async fn the_limits_are_each_user_s_own(app: TestApp) {
        send(&app).await.ok();
        app.post("/v1/mfa", "User=bob@example.com, Type=EMAIL").await.ok();
        let other = app.other.test_key.clone();
        app.post_as(&other, "/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    }

    async fn the_settings_for_sends_take_effect(app: TestApp) {
        app.set(&[("sends.cooldown", "60s"), ("sends.per_10_minutes", "2")]).await;
        let started = send(&app).await.ok();
        assert_eq!(started["resend_after"], "2026-11-24T12:01:00Z");
        app.advance(59);
        send(&app).await.fails(429, "resend_cooldown");
        app.advance(1);
        send(&app).await.ok();
        app.advance(60);
        send(&app).await.fails(429, "too_many_sends");
    }

    async fn an_app_is_started_30_times_in_ten_minutes_at_most(app: TestApp) {
        for _ in 0..30 {
            app.post("/v1/mfa", "User=user-42, Type=APP").await.ok();
        }
        let refused = app.post("/v1/mfa", "User=user-42, Type=APP").await;
        refused.fails(429, "too_many_sends");
        assert_eq!(refused.retry_after(), Some(600));
        app.advance(600);
        app.post("/v1/mfa", "User=user-42, Type=APP").await.ok();
    }

    async fn starts_of_an_app_are_outside_the_limits_of_messages(app: TestApp) {
        for _ in 0..6 {
            app.post("/v1/mfa", "User=jane@example.com, Type=APP").await.ok();
        }
        let started = send(&app).await.ok();
        assert_eq!(started["status"], json!("pending"));
    }
}
