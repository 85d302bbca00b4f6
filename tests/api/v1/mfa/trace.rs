//! GET /v1/mfa/{id}

use serde_json::json;

use super::{start, told, trace, wrong};
use crate::harness::{on_both, snapshot};

on_both! {
    async fn a_trace_tells_deliveries_and_checks(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL, Reference=order-7").await;
        let code = app.last_code("jane@example.com").await;
        app.advance(5);
        app.verify("jane@example.com", "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
        app.advance(5);
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
        let shown = trace(&app, &started["id"]).await;
        snapshot!("trace", shown);
    }

    async fn a_trace_tells_each_check_with_its_reason(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code("jane@example.com").await;
        app.verify("jane@example.com", "EMAIL", &wrong(&code)).await.fails(401, "invalid_code");
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
        app.verify("jane@example.com", "EMAIL", &code).await.fails(401, "code_already_used");
        let checks = trace(&app, &started["id"]).await["checks"].clone();
        let results: Vec<_> = checks.as_array().unwrap().iter().map(|check| &check["result"]).collect();
        assert_eq!(results, ["invalid_code", "approved", "code_already_used"]);
    }

    async fn a_trace_of_an_enrolment_names_the_factor_and_no_secret(app: TestApp) {
        let started = start(&app, "User=user-42, Type=APP, Name=Phone").await;
        let secret = started["secret"].as_str().unwrap().to_owned();
        let enrolled = app.verify("user-42", "APP", &app.totp(&secret, 0)).await.ok();
        let trace = trace(&app, &started["id"]).await;
        assert_eq!(trace["factor"], enrolled["factor"]);
        assert!(!trace.to_string().contains(&secret));
        snapshot!("trace_enrolled", trace);
    }

    async fn a_trace_shows_neither_code_nor_contact(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let code = app.last_code("jane@example.com").await;
        let shown = trace(&app, &started["id"]).await.to_string();
        assert!(!shown.contains(&code) && !shown.contains("jane@"), "{shown}");
    }

    async fn a_check_without_a_start_has_a_trace_of_its_own(app: TestApp) {
        app.verify("jane@example.com", "APP", "123456").await.fails(401, "not_enrolled");
        let list = app.get("/v1/mfa?User=jane@example.com").await.ok();
        let trace = trace(&app, &list["data"][0]["id"]).await;
        assert_eq!((&trace["type"], &trace["checks"][0]["result"]), (&json!("APP"), &json!("not_enrolled")));
    }

    async fn an_absent_a_malformed_and_a_foreign_id_are_not_found_alike(app: TestApp) {
        let mine = start(&app, "User=jane@example.com, Type=EMAIL").await;
        let path = format!("/v1/mfa/{}", mine["id"].as_str().unwrap());
        let absent = app.get("/v1/mfa/mfa_01jd8zq5e8f0v9y7x6w5t4s3r2").await;
        absent.fails(404, "not_found");
        let foreign = [app.other.test_key.clone(), app.other.live_key.clone(), app.one.live_key.clone()];
        let mut answers = Vec::new();
        for key in &foreign {
            answers.push(app.get_as(key, &path).await);
        }
        for id in ["mfa_1", "x", "fac_01jd8zq5e8f0v9y7x6w5t4s3r2", "MFA_01JD8ZQ5E8F0V9Y7X6W5T4S3R2", "%00"] {
            answers.push(app.get(&format!("/v1/mfa/{id}")).await);
        }
        for answer in answers {
            assert_eq!((answer.status, told(&answer)), (absent.status, told(&absent)));
        }
    }
}
