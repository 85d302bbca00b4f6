//! A request with several faults is told the first one, in the contract's order: path, verb, key, size, content type,
//! syntax, duplicate, unknown, missing, Type, form of each field, plan, method, lock, limits.

use axum::body::Body;
use axum::http::Request;
use rift_mfa::domain::tenant::Plan;

use crate::harness::{TestApp, on_both};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A request: verb, path, whether its key is right, content type, body.
type Faulty = (&'static str, &'static str, bool, &'static str, String);

async fn told(app: &TestApp, (verb, path, right_key, content_type, body): &Faulty) -> (u16, String) {
    let key = if *right_key { app.key.as_str() } else { "sk_test_nobody" };
    let request = Request::builder()
        .method(*verb)
        .uri(*path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", *content_type)
        .body(Body::from(body.clone()))
        .unwrap();
    let answer = app.send(request).await;
    (answer.status.as_u16(), answer.code().to_owned())
}

on_both! {
    async fn the_first_fault_is_told_up_to_the_fields(app: TestApp) {
        let large = format!("{{\"User\": {}", "x".repeat(64 * 1024));
        let table: Vec<(Faulty, u16, &str)> = vec![
            (("PUT", "/v1/mfa/verify/x/y", false, "text/plain", large.clone()), 404, "not_found"),
            (("PUT", "/v1/mfa/verify", false, "text/plain", large.clone()), 405, "method_not_allowed"),
            (("POST", "/v1/mfa/verify", false, "text/plain", large.clone()), 401, "invalid_api_key"),
            (("POST", "/v1/mfa/verify", true, "text/plain", large), 413, "body_too_large"),
            (("POST", "/v1/mfa/verify", true, "text/plain", "{".into()), 415, "unsupported_media_type"),
            (
                ("POST", "/v1/mfa/verify", true, JSON, r#"{"User": "x", "user": "y", "Foo": "#.into()),
                400,
                "invalid_body",
            ),
            (
                ("POST", "/v1/mfa/verify", true, JSON, r#"{"Foo": "z", "user": "y", "User": 1}"#.into()),
                400,
                "invalid_body",
            ),
            (
                ("POST", "/v1/mfa/verify", true, FORM, "Foo=z&User=x&User=y&Type=%zz".into()),
                400,
                "invalid_body",
            ),
            (("POST", "/v1/mfa/verify", true, FORM, "Foo=z&User=x&User=y".into()), 400, "duplicate_parameter"),
            (("POST", "/v1/mfa/verify", true, FORM, "Foo=z&Type=NONE".into()), 400, "unknown_parameter"),
            (("POST", "/v1/mfa", true, FORM, "Code=1&Type=NONE".into()), 400, "code_not_allowed"),
            (("POST", "/v1/mfa/verify", true, FORM, "User=x&Type=NONE".into()), 400, "missing_parameter"),
            (("POST", "/v1/mfa/verify", true, FORM, "User=x&Type=NONE&Code=1".into()), 400, "invalid_type"),
            (("POST", "/v1/mfa", true, FORM, "User=x&Type=BACKUP".into()), 400, "invalid_type"),
            (("POST", "/v1/mfa/backup", true, FORM, "User=x&Type=APP".into()), 400, "invalid_type"),
            (("POST", "/v1/mfa/verify", true, FORM, "User=x&Type=EMAIL&Code=1".into()), 400, "invalid_email"),
        ];
        for (request, status, code) in table {
            assert_eq!(told(&app, &request).await, (status, code.to_owned()), "{request:?}");
        }
    }

    async fn plan_method_lock_and_limits_follow_the_form(app: TestApp) {
        let org = app.tenants.app(app.one.app).await.unwrap().org;
        app.tenants.set_plan(org, Plan::Free).await.unwrap();
        // One user who is locked and also within the cooldown, another who is within it alone.
        app.start_email("cool@example.com").await;
        for _ in 0..10 {
            app.verify("locked@example.com", "EMAIL", "123456").await.fails(401, "no_pending_code");
        }
        app.start_email("late@example.com").await;
        for _ in 0..5 {
            app.verify("late@example.com", "APP", "123456").await.fails(401, "not_enrolled");
            app.verify("late@example.com", "BACKUP", "00000000000000").await.fails(401, "not_enrolled");
        }

        let start = async |body: &str| {
            let answer = app.post("/v1/mfa", body).await;
            (answer.status.as_u16(), answer.code().to_owned())
        };
        let is = |status: u16, code: &str| (status, code.to_owned());
        assert_eq!(start("User=late@example.com, Type=EMAIL").await, is(429, "user_locked"));
        assert_eq!(start("User=cool@example.com, Type=EMAIL").await, is(429, "resend_cooldown"));
        app.set(&[("methods.email", "off"), ("methods.dual", "off")]).await;
        assert_eq!(start("User=locked@example.com, Type=EMAIL").await, is(403, "method_disabled"));
        assert_eq!(start("User=cool@example.com, Type=EMAIL").await, is(403, "method_disabled"));
        assert_eq!(start("User=locked@example.com, Type=EMAIL, Locale=!").await, is(400, "invalid_locale"));
        let dual = "User=locked@example.com:+14155552671, Type=DUAL";
        assert_eq!(start(dual).await, is(403, "plan_required"));
        assert_eq!(start("User=locked@example.com, Type=DUAL").await.0, 400);

        let verify = async |body: &str| {
            let answer = app.post("/v1/mfa/verify", body).await;
            (answer.status.as_u16(), answer.code().to_owned())
        };
        assert_eq!(verify("User=locked@example.com, Type=EMAIL, Code=1").await, is(400, "invalid_code_format"));
        assert_eq!(verify("User=locked@example.com, Type=EMAIL, Code=123456").await, is(403, "method_disabled"));
        app.set(&[("methods.email", "on")]).await;
        assert_eq!(verify("User=locked@example.com, Type=EMAIL, Code=123456").await, is(429, "user_locked"));
        assert_eq!(verify("User=locked@example.com, Type=EMAIL, Code=1").await, is(400, "invalid_code_format"));

        let backup = async |body: &str| {
            let answer = app.post("/v1/mfa/backup", body).await;
            (answer.status.as_u16(), answer.code().to_owned())
        };
        assert_eq!(backup("User=late@example.com, Type=EMAIL").await, is(429, "user_locked"));
        assert_eq!(backup("User=cool@example.com, Type=EMAIL").await, is(429, "resend_cooldown"));
        assert_eq!(backup("User=late@example.com, Type=EMAIL, For=a b").await, is(400, "invalid_user"));
    }

    async fn the_query_of_a_get_follows_the_same_order(app: TestApp) {
        let path = "/v1/mfa?Foo=1&User=x&User=y";
        app.get_as("sk_test_nobody", path).await.fails(401, "invalid_api_key");
        app.get("/v1/mfa?Foo=1&User=x&User=y&Type=%FF").await.fails(400, "invalid_body");
        app.get(path).await.fails(400, "duplicate_parameter");
        app.get("/v1/mfa?Foo=1&User=a%20b").await.fails(400, "unknown_parameter");
        app.get("/v1/mfa?User=a%20b").await.fails(400, "invalid_user");
        app.get("/v1/mfa/factors").await.fails(400, "missing_parameter");
    }
}
