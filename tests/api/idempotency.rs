//! `Idempotency-Key`: a lost answer can be asked for again, and changes nothing.

use axum::http::HeaderValue;
use rift_mfa::clock::Clock;
use rift_mfa::domain::tenant::{Mode, Scope};
use rift_mfa::domain::time::Moment;
use rift_mfa::store::{Claim, ClaimRequest, IdempotencyStore, Ticket};
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, on_both, post, send};

#[path = "idempotency/keys.rs"]
mod keys;

const FORM: &str = "application/x-www-form-urlencoded";

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

#[track_caller]
fn replays(first: &Answer, again: &Answer) {
    assert!(!is_replay(first), "the first answer is no replay");
    assert!(is_replay(again), "{:#}", again.body);
    assert_eq!((first.status, &first.body), (again.status, &again.body));
}

async fn messages(app: &TestApp, user: &str) -> usize {
    let inbox = app.get(&format!("/v1/test/inbox?User={user}")).await.ok();
    inbox["data"].as_array().unwrap().len()
}

async fn post_once_as(app: &TestApp, api_key: &str, key: &str, path: &str, body: &str) -> Answer {
    let mut request = post(path, api_key, FORM, body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    app.send(request).await
}

/// A set of backup codes under a key. Where the first answer was that the node is busy, the answer is a replay of what
/// was done then.
async fn issue_once(app: &TestApp, key: &'static str, body: &str) -> Answer {
    let request = || {
        let mut request = post("/v1/mfa/backup", &app.key, FORM, body);
        request.headers_mut().insert("idempotency-key", HeaderValue::from_static(key));
        request
    };
    let answer = app.send_until_served(request).await;
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    answer
}

on_both! {
    async fn a_repeated_start_sends_one_message(app: TestApp) {
        let body = "User=jane@example.com, Type=EMAIL, Reference=order-7";
        let first = app.post_once("k1", "/v1/mfa", body).await;
        assert_eq!(first.status, 200);
        app.advance(3);
        for _ in 0..3 {
            replays(&first, &app.post_once("k1", "/v1/mfa", body).await);
        }
        // Another node knows the answer too.
        let mut request = post("/v1/mfa", &app.key, FORM, body);
        request.headers_mut().insert("idempotency-key", HeaderValue::from_static("k1"));
        replays(&first, &send(app.second_node().await, request).await);
        assert_eq!(messages(&app, "jane@example.com").await, 1);
        let code = app.last_code("jane@example.com").await;
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
        replays(&first, &app.post_once("k1", "/v1/mfa", body).await);
    }

    async fn a_repeated_check_spends_no_attempt(app: TestApp) {
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        let code = app.last_code("jane@example.com").await;
        let wrong = if code == "111111" { "222222" } else { "111111" };
        let guess = format!("User=jane@example.com, Type=EMAIL, Code={wrong}");
        let failed = app.post_once("guess", "/v1/mfa/verify", &guess).await;
        failed.fails(401, "invalid_code");
        assert_eq!(failed.body["error"]["attempts_remaining"], 4);
        for _ in 0..12 {
            replays(&failed, &app.post_once("guess", "/v1/mfa/verify", &guess).await);
        }
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert_eq!((&trace["attempts"], trace["checks"].as_array().unwrap().len()), (&json!(1), 1));

        let right = format!("User=jane@example.com, Type=EMAIL, Code={code}");
        let approved = app.post_once("right", "/v1/mfa/verify", &right).await;
        assert_eq!(approved.status, 200);
        replays(&approved, &app.post_once("right", "/v1/mfa/verify", &right).await);
        // With a key of its own the same code is used up.
        app.post_once("other", "/v1/mfa/verify", &right).await.fails(401, "code_already_used");
        replays(&failed, &app.post_once("guess", "/v1/mfa/verify", &guess).await);
    }

    async fn each_failed_verification_is_stored(app: TestApp) {
        let mut stored = Vec::new();
        for (key, kind, code, told) in [
            ("a", "EMAIL", "123456", "no_pending_code"),
            ("b", "APP", "123456", "not_enrolled"),
            ("c", "BACKUP", "0-00000-0000-0000", "not_enrolled"),
        ] {
            let body = format!("User=jane@example.com, Type={kind}, Code={code}");
            let answer = app.post_once(key, "/v1/mfa/verify", &body).await;
            answer.fails(401, told);
            stored.push((key, body, answer));
        }
        let code = app.start_email("jane@example.com").await;
        app.advance(301);
        let body = format!("User=jane@example.com, Type=EMAIL, Code={code}");
        let answer = app.post_once("d", "/v1/mfa/verify", &body).await;
        answer.fails(401, "code_expired");
        stored.push(("d", body, answer));
        for (key, body, answer) in &stored {
            for _ in 0..4 {
                replays(answer, &app.post_once(key, "/v1/mfa/verify", body).await);
            }
        }
        // Four failures and sixteen repeats: far from ten.
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert!(factors["locked_until"].is_null(), "{factors:#}");
    }

    async fn a_repeated_backup_makes_one_set(app: TestApp) {
        let body = "User=jane@example.com, Type=EMAIL";
        let first = issue_once(&app, "k1", body).await;
        let codes = app.backup_codes("jane@example.com").await;
        let again = app.post_once("k1", "/v1/mfa/backup", body).await;
        assert!(is_replay(&again));
        assert_eq!(again.body, first.body);
        assert_eq!(messages(&app, "jane@example.com").await, 1);
        let used = format!("User=jane@example.com, Type=BACKUP, Code={}", codes[0]);
        let approved = app.post_once("k2", "/v1/mfa/verify", &used).await;
        assert_eq!(approved.body["backup_codes_remaining"], 9);
        replays(&approved, &app.post_once("k2", "/v1/mfa/verify", &used).await);
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert_eq!(factors["backup_codes_remaining"], 9);
    }

    async fn other_errors_are_not_stored(app: TestApp) {
        app.start_email("jane@example.com").await;
        let body = "User=jane@example.com, Type=EMAIL";
        app.post_once("k1", "/v1/mfa", body).await.fails(429, "resend_cooldown");
        app.post_once("k1", "/v1/mfa", body).await.fails(429, "resend_cooldown");
        app.advance(31);
        let fresh = app.post_once("k1", "/v1/mfa", body).await;
        assert_eq!((fresh.status.as_u16(), is_replay(&fresh)), (200, false));

        app.set(&[("methods.email", "off")]).await;
        let off = "User=kim@example.com, Type=EMAIL";
        app.post_once("k2", "/v1/mfa", off).await.fails(403, "method_disabled");
        app.post_once("k2", "/v1/mfa", "User=kim@example, Type=EMAIL").await.fails(400, "invalid_email");
        app.set(&[("methods.email", "on")]).await;
        let fresh = app.post_once("k2", "/v1/mfa", off).await;
        assert_eq!((fresh.status.as_u16(), is_replay(&fresh)), (200, false));

        let absent = "User=kim@example.com, Type=EMAIL, Code=123456, Id=mfa_01jd8zq5e8f0v9y7x6w5t4s3r2";
        for _ in 0..2 {
            let answer = app.post_once("k3", "/v1/mfa/verify", absent).await;
            answer.fails(404, "not_found");
            assert!(!is_replay(&answer));
        }
    }

    async fn a_key_stands_for_one_request(app: TestApp) {
        let first = app.post_once("k1", "/v1/mfa", "User=jane@example.com, Type=EMAIL").await;
        assert_eq!(first.status, 200);
        for (path, body) in [
            ("/v1/mfa", "User=kim@example.com, Type=EMAIL"),
            ("/v1/mfa", "User=jane@example.com, Type=APP"),
            ("/v1/mfa", "User=jane@example.com, Type=EMAIL, Reference=1"),
            ("/v1/mfa/backup", "User=jane@example.com, Type=EMAIL"),
            ("/v1/mfa/verify", "User=jane@example.com, Type=EMAIL, Code=123456"),
        ] {
            let answer = app.post_once("k1", path, body).await;
            answer.fails(422, "idempotency_mismatch");
            assert!(!is_replay(&answer));
        }
        assert_eq!(messages(&app, "kim@example.com").await, 0);
        // The same fields in another order, another case of the names, or another encoding are the same request.
        for (content_type, body) in [
            (FORM, "Type=EMAIL, User=jane@example.com"),
            (FORM, "type=EMAIL&user=jane%40example.com"),
            ("application/json", r#"{"Type": "EMAIL", "User": "jane@example.com"}"#),
        ] {
            let mut request = post("/v1/mfa", &app.key, content_type, body);
            request.headers_mut().insert("idempotency-key", HeaderValue::from_static("k1"));
            replays(&first, &app.send(request).await);
        }
    }

    async fn a_key_lives_for_a_day(app: TestApp) {
        let body = "User=jane@example.com, Type=EMAIL";
        let first = app.post_once("k1", "/v1/mfa", body).await;
        app.advance(24 * 3600 - 1);
        replays(&first, &app.post_once("k1", "/v1/mfa", body).await);
        app.advance(1);
        let fresh = app.post_once("k1", "/v1/mfa", body).await;
        assert_eq!((fresh.status.as_u16(), is_replay(&fresh)), (200, false));
        assert_ne!(fresh.body["id"], first.body["id"]);
        replays(&fresh, &app.post_once("k1", "/v1/mfa", body).await);
    }

    async fn keys_belong_to_an_application_and_a_mode(app: TestApp) {
        let body = "User=jane-1, Type=APP";
        let (one, live, other) = (app.key.clone(), app.one.live_key.clone(), app.other.test_key.clone());
        let mut ids: Vec<Value> = Vec::new();
        for key in [&one, &live, &other] {
            let answer = post_once_as(&app, key, "k1", "/v1/mfa", body).await;
            assert!(!is_replay(&answer));
            ids.push(answer.ok()["id"].clone());
        }
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        let mismatch = "User=jane-2, Type=APP";
        post_once_as(&app, &other, "k2", "/v1/mfa", mismatch).await.ok();
        post_once_as(&app, &one, "k2", "/v1/mfa", body).await.ok();
    }
}
