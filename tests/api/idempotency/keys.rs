//! The forms of a key, a request that is still running, and the answers that hold a secret.

use axum::http::HeaderMap;

use super::{Claim, ClaimRequest, Clock, FORM, HeaderValue, IdempotencyStore, Mode, Moment, Scope, Ticket};
use super::{is_replay, messages, replays};
use crate::harness::{Answer, TestApp, on_both, post, send};

async fn with(app: &TestApp, headers: &[&[u8]]) -> Answer {
    let mut request = post("/v1/mfa", &app.key, FORM, "User=jane@example.com, Type=EMAIL");
    let values: &mut HeaderMap = request.headers_mut();
    for header in headers {
        values.append("idempotency-key", HeaderValue::from_bytes(header).unwrap());
    }
    app.send(request).await
}

/// A claim by a request that runs elsewhere, over these fields in the order of the reference.
fn claim(app: &TestApp, key: &str, fields: &[[&str; 2]], now: Moment) -> ClaimRequest {
    let vault = app.vault();
    let scope = Scope { app: app.one.app, mode: Mode::Test };
    let fingerprint = serde_json::to_vec(fields).unwrap();
    ClaimRequest {
        ticket: Ticket {
            key: vault.idempotency_mac(scope, "key", key.as_bytes()),
            token: "another request".into(),
        },
        body: vault.idempotency_mac(scope, "body", &fingerprint),
        claimed_until: now.plus(std::time::Duration::from_secs(30)),
        now,
    }
}

on_both! {
    async fn a_key_is_one_header_of_1_to_255_visible_characters(app: TestApp) {
        let (longest, too_long) = ([b'k'; 255], [b'k'; 256]);
        for headers in [
            vec![b"".as_slice()],
            vec![&too_long],
            vec![b"a", b"a"],
            vec![b"a", b"b"],
            vec!["schl\u{fc}ssel".as_bytes()],
            vec![b"\xff"],
            vec![b"a\tb"],
        ] {
            let answer = with(&app, &headers).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, "invalid_idempotency_key"), "{headers:?}");
            assert_eq!(answer.body["error"]["param"], "Idempotency-Key");
        }
        assert_eq!(messages(&app, "jane@example.com").await, 0);
        let first = with(&app, &[&longest]).await;
        assert_eq!(first.status, 200);
        replays(&first, &with(&app, &[&longest]).await);
    }

    async fn a_request_that_is_still_running_is_waited_for(app: TestApp) {
        let scope = Scope { app: app.one.app, mode: Mode::Test };
        let body = "User=jane@example.com, Type=EMAIL";
        let fields = [["path", "/v1/mfa"], ["User", "jane@example.com"], ["Type", "email"]];
        let running = claim(&app, "k1", &fields, app.clock.now());
        assert!(matches!(IdempotencyStore::claim(&*app.store, scope, &running).await.unwrap(), Claim::Fresh));
        let answer = app.post_once("k1", "/v1/mfa", body).await;
        answer.fails(409, "idempotency_in_progress");
        assert!(answer.retry_after().is_some_and(|seconds| seconds >= 1));
        assert_eq!(answer.body["error"]["retryable"], true);
        app.post_once("k1", "/v1/mfa", "User=kim@example.com, Type=EMAIL").await.fails(422, "idempotency_mismatch");
        assert_eq!(messages(&app, "jane@example.com").await, 0);
        // It died: after its time the same request is let through.
        app.advance(31);
        let fresh = app.post_once("k1", "/v1/mfa", body).await;
        assert_eq!((fresh.status.as_u16(), is_replay(&fresh)), (200, false));
        assert_eq!(messages(&app, "jane@example.com").await, 1);
    }

    async fn a_claim_that_is_given_up_lets_the_next_one_in(app: TestApp) {
        let scope = Scope { app: app.one.app, mode: Mode::Test };
        let fields = [["path", "/v1/mfa"], ["User", "jane@example.com"], ["Type", "email"]];
        let running = claim(&app, "k1", &fields, app.clock.now());
        assert!(matches!(IdempotencyStore::claim(&*app.store, scope, &running).await.unwrap(), Claim::Fresh));
        app.store.release(scope, &running.ticket).await.unwrap();
        app.post_once("k1", "/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    }

    async fn twenty_at_once_have_one_effect(app: TestApp) {
        let routers = app.routers().await;
        let mut requests = tokio::task::JoinSet::new();
        for at in 0..20 {
            let mut request = post("/v1/mfa", &app.key, FORM, "User=jane@example.com, Type=EMAIL");
            request.headers_mut().insert("idempotency-key", HeaderValue::from_static("k1"));
            requests.spawn(send(routers[at % routers.len()].clone(), request));
        }
        let answers = requests.join_all().await;
        let mut first = Vec::new();
        for answer in &answers {
            match answer.status.as_u16() {
                200 if is_replay(answer) => {}
                200 => first.push(answer),
                409 => answer.fails(409, "idempotency_in_progress"),
                _ => answer.fails(503, "unavailable"),
            }
        }
        assert_eq!(first.len(), 1);
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            assert_eq!(answer.body, first[0].body);
        }
        assert_eq!(messages(&app, "jane@example.com").await, 1);
    }

    async fn an_enrolments_answer_dies_with_its_confirmation(app: TestApp) {
        let body = "User=jane-1, Type=APP";
        let first = app.post_once("k1", "/v1/mfa", body).await;
        let secret = first.body["secret"].as_str().unwrap().to_owned();
        replays(&first, &app.post_once("k1", "/v1/mfa", body).await);
        app.verify("jane-1", "APP", &app.totp(&secret, 0)).await.ok();
        let gone = app.post_once("k1", "/v1/mfa", body).await;
        gone.fails(409, "idempotency_expired");
        assert!(!gone.body.to_string().contains(&secret));
        app.post_once("k1", "/v1/mfa", "User=jane-2, Type=APP").await.fails(422, "idempotency_mismatch");
    }

    async fn an_enrolments_answer_dies_after_a_quarter_of_an_hour(app: TestApp) {
        let body = "User=jane-1, Type=APP";
        let first = app.post_once("k1", "/v1/mfa", body).await;
        assert_eq!(first.body["status"], "enrolling");
        app.advance(15 * 60 - 1);
        replays(&first, &app.post_once("k1", "/v1/mfa", body).await);
        app.advance(1);
        app.post_once("k1", "/v1/mfa", body).await.fails(409, "idempotency_expired");
        app.post_once("k2", "/v1/mfa", body).await.ok();
    }
}
