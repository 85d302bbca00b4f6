//! GET /v1/mfa/factors

use serde_json::json;

use super::{backup_set, enrol_second, fail, start, told};
use crate::harness::{on_both, snapshot};

const JANE: &str = "jane@example.com";
const PATH: &str = "/v1/mfa/factors?User=jane@example.com";

on_both! {
    async fn a_user_has_factors_and_backup_codes(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=APP, Name=Jane's phone").await;
        app.advance(30);
        app.verify(JANE, "APP", &app.totp(started["secret"].as_str().unwrap(), 0)).await.ok();
        backup_set(&app, JANE).await;
        let shown = app.get(PATH).await.ok();
        snapshot!("factors", shown);
    }

    async fn an_unknown_user_has_none(app: TestApp) {
        let shown = app.get(PATH).await.ok();
        snapshot!("factors_none", shown);
    }

    async fn a_use_is_shown(app: TestApp) {
        let secret = app.enrol(JANE).await;
        app.advance(60);
        app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
        let factors = app.get(PATH).await.ok();
        assert_eq!(factors["data"][0]["last_used_at"], "2026-11-24T12:01:30Z");
    }

    async fn two_apps_are_two_factors(app: TestApp) {
        app.enrol(JANE).await;
        let proof = app.approve(JANE).await;
        enrol_second(&app, JANE, &proof).await;
        let factors = app.get(PATH).await.ok();
        assert_eq!(factors["data"].as_array().unwrap().len(), 2);
        assert_ne!(factors["data"][0]["id"], factors["data"][1]["id"]);
    }

    async fn a_lock_is_shown_until_it_ends(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        assert_eq!(app.get(PATH).await.ok()["locked_until"], "2026-11-24T12:15:00Z");
        app.advance(900);
        assert_eq!(app.get(PATH).await.ok()["locked_until"], json!(null));
    }

    async fn user_must_be_there_and_have_a_form(app: TestApp) {
        for (query, code) in
            [("", "missing_parameter"), ("?User=", "missing_parameter"), ("?User=a%20b", "invalid_user")]
        {
            let refused = app.get(&format!("/v1/mfa/factors{query}")).await;
            refused.fails(400, code);
            assert_eq!(told(&refused)["error"]["param"], "User");
        }
    }

    async fn another_tenant_and_the_other_mode_see_nothing(app: TestApp) {
        app.enrol(JANE).await;
        backup_set(&app, JANE).await;
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            let factors = app.get_as(&key, PATH).await.ok();
            assert_eq!((&factors["data"], &factors["backup_codes_remaining"]), (&json!([]), &json!(0)));
        }
    }

    async fn no_secret_is_shown(app: TestApp) {
        let secret = app.enrol(JANE).await;
        assert!(!app.get(PATH).await.ok().to_string().contains(&secret));
    }
}
