//! Test mode: what becomes of the messages of its magic users, and their code.

use serde_json::{Value, json};

use crate::harness::{TestApp, on_both, snapshot};

const MAGIC: &str = "424242";

async fn start(app: &TestApp, user: &str) -> Value {
    app.post("/v1/mfa", &format!("User={user}, Type=EMAIL")).await.ok()
}

/// The one message of a challenge, as its trace shows it.
async fn delivery(app: &TestApp, started: &Value) -> Value {
    let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(trace["deliveries"].as_array().map(Vec::len), Some(1));
    trace["deliveries"][0].clone()
}

async fn messages(app: &TestApp, user: &str) -> usize {
    let inbox = app.get(&format!("/v1/test/inbox?User={user}")).await.ok();
    inbox["data"].as_array().expect("a list").len()
}

on_both! {
    async fn a_message_to_anyone_is_delivered_at_once(app: TestApp) {
        for user in ["jane@test.rift.dev", "jane@example.com"] {
            let started = start(&app, user).await;
            let delivery = delivery(&app, &started).await;
            assert_eq!(
                (&delivery["status"], &delivery["attempts"][0]["status"]),
                (&json!("delivered"), &json!("sent"))
            );
            assert_eq!(messages(&app, user).await, 1);
        }
    }

    async fn nothing_of_a_delivered_message_is_left_for_the_courier(app: TestApp) {
        start(&app, "jane@test.rift.dev").await;
        app.advance(60);
        assert_eq!(app.deliver().await, 0);
        assert_eq!(messages(&app, "jane@test.rift.dev").await, 1);
    }

    async fn bounce_is_refused_for_good_with_a_reason_in_the_trace(app: TestApp) {
        let started = start(&app, "bounce@test.rift.dev").await;
        assert_eq!(
            (&started["status"], &started["deliveries"][0]["status"]),
            (&json!("pending"), &json!("queued"))
        );
        assert_eq!(app.deliver().await, 1);
        let shown = delivery(&app, &started).await;
        snapshot!("test_mode_bounce", shown);
        app.advance(60);
        assert_eq!(app.deliver().await, 0);
        assert_eq!(messages(&app, "bounce@test.rift.dev").await, 0);
    }

    async fn slow_is_delivered_after_three_seconds_and_not_before(app: TestApp) {
        let started = start(&app, "slow@test.rift.dev").await;
        app.deliver().await;
        app.advance(2);
        assert_eq!(app.deliver().await, 0);
        assert_eq!(messages(&app, "slow@test.rift.dev").await, 0);
        assert_eq!(delivery(&app, &started).await["status"], "queued");
        app.advance(1);
        assert_eq!(app.deliver().await, 1);
        assert_eq!(messages(&app, "slow@test.rift.dev").await, 1);
        let shown = delivery(&app, &started).await;
        snapshot!("test_mode_slow", shown);
    }

    async fn down_is_tried_again_and_ends_expired_after_the_code_s_life(app: TestApp) {
        let started = start(&app, "down@test.rift.dev").await;
        app.deliver().await;
        let first = delivery(&app, &started).await;
        assert_eq!((&first["status"], &first["attempts"][0]["status"]), (&json!("queued"), &json!("retry")));
        for _ in 0..30 {
            app.advance(10);
            app.deliver().await;
        }
        let last = delivery(&app, &started).await;
        assert_eq!((&last["status"], &last["reason"]), (&json!("expired"), &json!("expired")));
        assert_eq!(last["ended_at"], "2026-11-24T12:05:00Z");
        let tries = last["attempts"].as_array().unwrap();
        assert!(tries.len() >= 4, "{last:#}");
        assert!(tries.iter().all(|attempt| attempt["reason"] == "sandbox_down"), "{last:#}");
        assert_eq!(messages(&app, "down@test.rift.dev").await, 0);
    }

    async fn a_message_that_ended_expired_is_never_tried_again(app: TestApp) {
        let started = start(&app, "down@test.rift.dev").await;
        app.advance(300);
        app.deliver().await;
        let ended = delivery(&app, &started).await;
        assert_eq!(ended["status"], "expired");
        app.advance(60);
        assert_eq!(app.deliver().await, 0);
        assert_eq!(delivery(&app, &started).await, ended);
    }

    async fn the_magic_code_verifies_each_magic_user_once(app: TestApp) {
        for name in ["jane", "bounce", "slow", "down"] {
            let user = format!("{name}@test.rift.dev");
            start(&app, &user).await;
            app.verify(&user, "EMAIL", MAGIC).await.ok();
            app.verify(&user, "EMAIL", MAGIC).await.fails(401, "code_already_used");
        }
    }

    async fn the_magic_code_needs_a_challenge_that_lives(app: TestApp) {
        app.verify("jane@test.rift.dev", "EMAIL", MAGIC).await.fails(401, "no_pending_code");
        start(&app, "jane@test.rift.dev").await;
        app.advance(300);
        app.verify("jane@test.rift.dev", "EMAIL", MAGIC).await.fails(401, "code_expired");
    }

    async fn the_magic_code_obeys_the_limit_of_attempts(app: TestApp) {
        start(&app, "jane@test.rift.dev").await;
        for _ in 0..5 {
            app.verify("jane@test.rift.dev", "EMAIL", "424241").await.fails(401, "invalid_code");
        }
        app.verify("jane@test.rift.dev", "EMAIL", MAGIC).await.fails(429, "too_many_attempts");
    }

    async fn the_magic_code_obeys_limits_and_actions(app: TestApp) {
        app.post("/v1/mfa", "User=jane@test.rift.dev, Type=EMAIL, Action=Pay Bob").await.ok();
        app.post("/v1/mfa", "User=jane@test.rift.dev, Type=EMAIL").await.fails(429, "resend_cooldown");
        app.verify("jane@test.rift.dev", "EMAIL", MAGIC).await.fails(401, "invalid_code");
    }

    async fn the_magic_code_has_six_digits_whatever_the_setting_says(app: TestApp) {
        app.set(&[("code.length", "8")]).await;
        start(&app, "jane@test.rift.dev").await;
        app.verify("jane@test.rift.dev", "EMAIL", MAGIC).await.ok();
    }

    async fn the_magic_code_is_nothing_to_other_users(app: TestApp) {
        start(&app, "jane@example.com").await;
        app.verify("jane@example.com", "EMAIL", MAGIC).await.fails(401, "invalid_code");
        start(&app, "jane@test.rift.dev.example.com").await;
        app.verify("jane@test.rift.dev.example.com", "EMAIL", MAGIC).await.fails(401, "invalid_code");
    }

    async fn the_magic_code_is_nothing_in_live_mode(app: TestApp) {
        start(&app, "jane@test.rift.dev").await;
        let live = app.one.live_key.clone();
        let body = format!("User=jane@test.rift.dev, Type=EMAIL, Code={MAGIC}");
        app.post_as(&live, "/v1/mfa/verify", &body).await.fails(401, "no_pending_code");
    }

    async fn the_magic_code_is_no_code_of_an_app(app: TestApp) {
        app.enrol("jane@test.rift.dev").await;
        app.verify("jane@test.rift.dev", "APP", MAGIC).await.fails(401, "invalid_code");
    }
}
