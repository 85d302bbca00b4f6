//! Who may call: the key, its life, and what one key sees of another one's world.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode};
use rift_mfa::clock::{Chance, OsChance};
use rift_mfa::domain::secret::ApiKey;
use rift_mfa::domain::tenant::{ApiKeyRecord, Mode};

use crate::harness::{Answer, TestApp, bare, on_both, send};

#[path = "auth/worlds.rs"]
mod worlds;

fn request(path: &str, headers: &[&str]) -> Request<Body> {
    let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
    for header in headers {
        request.headers_mut().append("authorization", HeaderValue::from_str(header).unwrap());
    }
    request
}

#[track_caller]
fn refused(answer: &Answer, why: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (401, "invalid_api_key"), "{why}: {:#}", answer.body);
    assert_eq!(answer.headers["www-authenticate"], "Bearer", "{why}");
    assert_eq!(answer.body["error"]["type"], "authentication_error", "{why}");
    assert!(answer.headers["request-id"].to_str().unwrap().starts_with("req_"), "{why}");
}

async fn record(app: &TestApp, mode: Mode) -> ApiKeyRecord {
    let keys = app.tenants.keys(Some(app.one.app)).await.unwrap();
    keys.into_iter().find(|key| key.scope.mode == mode).unwrap()
}

on_both! {
    async fn whatever_is_not_one_right_key_is_refused(app: TestApp) {
        let key = app.key.clone();
        let unknown = ApiKey::generate(Mode::Test, &mut *OsChance.rng());
        let mut flipped = key.clone();
        let last = if flipped.pop() == Some('0') { '1' } else { '0' };
        flipped.push(last);
        let wrong_mode = key.replacen("sk_test_", "sk_live_", 1);
        for (why, headers) in [
            ("no header", vec![]),
            ("an empty header", vec![String::new()]),
            ("no key", vec!["Bearer".into()]),
            ("a blank key", vec!["Bearer ".into()]),
            ("a bare key", vec![key.clone()]),
            ("another scheme", vec![format!("Token {key}")]),
            ("Basic", vec!["Basic c2tfdGVzdF94Og==".into()]),
            ("Basic with the key", vec![format!("Basic {key}")]),
            ("garbage", vec!["Bearer garbage".into()]),
            ("too short", vec![format!("Bearer {}", &key[..key.len() - 1])]),
            ("too long", vec![format!("Bearer {key}0")]),
            ("a wrong checksum", vec![format!("Bearer {flipped}")]),
            ("the other mode's prefix", vec![format!("Bearer {wrong_mode}")]),
            ("an unknown key", vec![format!("Bearer {}", unknown.reveal())]),
            ("two braces", vec![format!("Bearer {{{{{key}}}}}")]),
            ("half a pair of braces", vec![format!("Bearer {{{key}")]),
            ("the other half", vec![format!("Bearer {key}}}")]),
            ("two keys in one header", vec![format!("Bearer {key}, Bearer {key}")]),
            ("two headers", vec![format!("Bearer {key}"), format!("Bearer {key}")]),
            ("a second, wrong header", vec![format!("Bearer {key}"), "Bearer x".into()]),
        ] {
            let headers: Vec<_> = headers.iter().map(String::as_str).collect();
            refused(&app.send(request("/v1/mfa", &headers)).await, why);
        }
        for right in [format!("Bearer {key}"), format!("bearer {key}"), format!("Bearer {{{key}}}")] {
            app.send(request("/v1/mfa", &[&right])).await.ok();
        }
    }

    async fn every_call_asks_for_a_key(app: TestApp) {
        let id = "mfa_01jd8zq5e8f0v9y7x6w5t4s3r2";
        let factor = "fac_01jd8zq5e8f0v9y7x6w5t4s3r2";
        for (method, path) in [
            ("POST", "/v1/mfa".to_owned()),
            ("GET", "/v1/mfa".to_owned()),
            ("POST", "/v1/mfa/verify".to_owned()),
            ("POST", "/v1/mfa/backup".to_owned()),
            ("POST", "/v1/mfa/unlock".to_owned()),
            ("GET", format!("/v1/mfa/{id}")),
            ("POST", format!("/v1/mfa/{id}/cancel")),
            ("GET", "/v1/mfa/factors?User=jane@example.com".to_owned()),
            ("DELETE", format!("/v1/mfa/factors/{factor}")),
            ("GET", "/v1/test/inbox?User=jane@example.com".to_owned()),
        ] {
            let bare = Request::builder().method(method).uri(&path).body(Body::empty()).unwrap();
            refused(&app.send(bare).await, &format!("{method} {path}"));
        }
    }

    async fn a_key_in_the_query_is_refused_even_beside_a_right_header(app: TestApp) {
        let key = app.key.clone();
        let header = format!("Bearer {key}");
        let escaped: String = key.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"));
        let half_escaped = key.replacen('_', "%5F", 1);
        for query in [&key, &escaped, &half_escaped] {
            for path in [format!("/v1/mfa?key={query}"), format!("/v1/mfa?{query}"), format!("/v1/mfa?a=1&api_key={query}")] {
                refused(&app.send(request(&path, &[])).await, "alone");
                refused(&app.send(request(&path, &[&header])).await, "beside the header");
            }
        }
    }

    async fn a_revoked_key_stops_and_the_others_work_on(app: TestApp) {
        let other = app.other_node(Vec::new()).await;
        let key = app.key.clone();
        let ask = async || send(other.router.clone(), bare("GET", "/v1/mfa", &key)).await;
        app.get("/v1/mfa").await.ok();
        ask().await.ok();
        let revoked = app.tenants.revoke_key(record(&app, Mode::Test).await.id).await.unwrap();
        let at = Instant::now();
        app.service.keys().forget();
        refused(&app.get("/v1/mfa").await, "this node");
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.fails(401, "invalid_api_key");
        // The other node was told nothing; what it remembers ends within a second.
        loop {
            let asked = at.elapsed();
            let answer = ask().await;
            if answer.status == StatusCode::UNAUTHORIZED {
                refused(&answer, "the other node");
                break;
            }
            assert!(asked < Duration::from_secs(1), "a revoked key works after {asked:?}");
            tokio::task::yield_now().await;
        }
        let live = app.one.live_key.clone();
        app.get_as(&live, "/v1/mfa").await.ok();
        // Once revoked, always revoked: the time of a second revocation changes nothing.
        app.advance(10);
        let again = app.tenants.revoke_key(revoked.id).await.unwrap();
        assert_eq!(again.revoked_at, revoked.revoked_at);
        refused(&app.get("/v1/mfa").await, "after a second revocation");
    }

    async fn another_node_that_forgets_refuses_at_once(app: TestApp) {
        let other = app.other_node(Vec::new()).await;
        send(other.router.clone(), bare("GET", "/v1/mfa", &app.key)).await.ok();
        app.tenants.revoke_key(record(&app, Mode::Test).await.id).await.unwrap();
        other.service.keys().forget();
        refused(&send(other.router.clone(), bare("GET", "/v1/mfa", &app.key)).await, "the other node");
    }

    async fn a_rolled_key_works_for_its_grace(app: TestApp) {
        let old = record(&app, Mode::Test).await;
        let new = app.tenants.roll_key(old.id, Duration::from_hours(1)).await.unwrap();
        let new = new.key.reveal().to_owned();
        app.service.keys().forget();
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        // Both are of one application and mode: what one made the other sees.
        let listed = app.get_as(&new, "/v1/mfa").await.ok();
        assert_eq!(listed["data"].as_array().unwrap().len(), 1);
        app.advance(3599);
        app.get("/v1/mfa").await.ok();
        app.get_as(&new, "/v1/mfa").await.ok();
        app.advance(1);
        refused(&app.get("/v1/mfa").await, "after its grace");
        app.get_as(&new, "/v1/mfa").await.ok();
        assert!(app.tenants.roll_key(old.id, Duration::from_hours(1)).await.is_err());
    }

    async fn a_key_ends_with_its_life(app: TestApp) {
        let life = Some(Duration::from_mins(1));
        let short = app.tenants.create_key(app.one.app, Mode::Test, "short", life).await.unwrap();
        let short = short.key.reveal().to_owned();
        app.get_as(&short, "/v1/mfa").await.ok();
        app.advance(59);
        app.get_as(&short, "/v1/mfa").await.ok();
        app.advance(1);
        refused(&app.get_as(&short, "/v1/mfa").await, "after its life");
        app.get("/v1/mfa").await.ok();
    }

    async fn every_answer_has_its_request_id(app: TestApp) {
        let large = vec![b'x'; 64 * 1024 + 1];
        let with = |method: &str, path: &str, key: &str, body: Vec<u8>| {
            let mut request = bare(method, path, key);
            request.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
            *request.body_mut() = Body::from(body);
            request
        };
        let mut seen = std::collections::HashSet::new();
        for (request, status) in [
            (bare("GET", "/nothing", &app.key), 404),
            (bare("GET", "/v1/mfa/mfa_01jd8zq5e8f0v9y7x6w5t4s3r2", &app.key), 404),
            (bare("PATCH", "/v1/mfa", &app.key), 405),
            (bare("GET", "/v1/mfa", "sk_test_nobody"), 401),
            (with("POST", "/v1/mfa", &app.key, large), 413),
            (with("POST", "/v1/mfa", &app.key, b"{".to_vec()), 400),
            (bare("GET", "/v1/mfa", &app.key), 200),
            (bare("GET", "/docs", &app.key), 200),
            (bare("GET", "/openapi.json", &app.key), 200),
        ] {
            let answer = app.send(request).await;
            assert_eq!(answer.status.as_u16(), status);
            let id = answer.headers["request-id"].to_str().unwrap().to_owned();
            let body = id.strip_prefix("req_").unwrap();
            assert!(body.len() == 26 && body.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()), "{id}");
            if status >= 400 {
                assert_eq!(answer.body["error"]["request_id"], id.as_str());
                assert!(answer.body["error"]["doc_url"].as_str().unwrap().starts_with("https://mfa.example/docs"));
            }
            assert!(seen.insert(id), "an id twice");
        }
    }
}
