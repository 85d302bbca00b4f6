//! `Id` names the one challenge that a check is for.

use serde_json::Value;

use super::{JANE, start, status, told, trace};
use crate::harness::{Answer, TestApp, on_both, snapshot};

async fn check(app: &TestApp, user: &str, code: &str, id: &str) -> Answer {
    app.post("/v1/mfa/verify", &format!("User={user}, Type=EMAIL, Code={code}, Id={id}")).await
}

async fn started(app: &TestApp, user: &str) -> (String, String) {
    let started = start(app, &format!("User={user}, Type=EMAIL")).await;
    (started["id"].as_str().unwrap().to_owned(), app.last_code(user).await)
}

on_both! {
    async fn the_right_id_is_approved(app: TestApp) {
        let (id, code) = started(&app, JANE).await;
        assert_eq!(check(&app, JANE, &code, &id).await.ok()["id"], Value::from(id));
    }

    async fn another_user_s_id_a_well_formed_and_a_malformed_one_are_not_found_alike(app: TestApp) {
        let (_, code) = started(&app, JANE).await;
        let (bobs, _) = started(&app, "bob@example.com").await;
        let of_bob = check(&app, JANE, &code, &bobs).await;
        of_bob.fails(404, "not_found");
        snapshot!("not_found", told(&of_bob));
        for id in ["mfa_01jd8zq5e8f0v9y7x6w5t4s3r2", "mfa_1", "fac_01jd8zq5e8f0v9y7x6w5t4s3r2", "x"] {
            let absent = check(&app, JANE, &code, id).await;
            assert_eq!((absent.status, told(&absent)), (of_bob.status, told(&of_bob)), "{id}");
        }
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn another_application_s_and_mode_s_id_are_not_found(app: TestApp) {
        let (id, code) = started(&app, JANE).await;
        let body = format!("User={JANE}, Type=EMAIL, Code={code}, Id={id}");
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            app.post_as(&key, "/v1/mfa/verify", &body).await.fails(404, "not_found");
        }
        assert_eq!(status(&app, &id.into()).await, "pending");
    }

    async fn another_user_s_challenge_loses_no_attempt(app: TestApp) {
        let (_, code) = started(&app, JANE).await;
        let (bobs, _) = started(&app, "bob@example.com").await;
        check(&app, JANE, &code, &bobs).await.fails(404, "not_found");
        assert_eq!(trace(&app, &bobs.into()).await["attempts"], 0);
    }

    async fn the_id_of_a_challenge_that_was_replaced_waits_for_no_code(app: TestApp) {
        let (older, old_code) = started(&app, JANE).await;
        app.advance(30);
        let (_, code) = started(&app, JANE).await;
        check(&app, JANE, &old_code, &older).await.fails(401, "no_pending_code");
        check(&app, JANE, &code, &older).await.fails(401, "no_pending_code");
        app.verify(JANE, "EMAIL", &code).await.ok();
    }

    async fn the_id_of_a_challenge_of_another_type_is_not_found(app: TestApp) {
        let app_started = start(&app, "User=jane@example.com, Type=APP").await;
        let (_, code) = started(&app, JANE).await;
        check(&app, JANE, &code, app_started["id"].as_str().unwrap()).await.fails(404, "not_found");
    }

    async fn an_app_s_check_can_name_its_challenge(app: TestApp) {
        let secret = app.enrol("user-42").await;
        let pending = start(&app, "User=user-42, Type=APP").await;
        let id = pending["id"].as_str().unwrap();
        let code = app.totp(&secret, 0);
        let named = format!("User=user-42, Type=APP, Code={code}, Id={id}");
        app.post("/v1/mfa/verify", &named.replace("user-42", "user-43")).await.fails(404, "not_found");
        assert_eq!(app.post("/v1/mfa/verify", &named).await.ok()["id"], pending["id"]);
    }
}
