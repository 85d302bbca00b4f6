//! A right answer of a key approves, once.

use serde_json::json;

use super::super::{lock_at_first_failure, status};
use super::{JANE, check, configured, enrolled, last_check, sign_in, start};
use crate::harness::authenticator::Scene;
use crate::harness::{on_both, snapshot};

on_both! {
    async fn a_right_answer_approves(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let approved = sign_in(&app, JANE, &mut key).await;
        snapshot!("verify_key", &approved);
        assert_eq!(status(&app, &approved["id"]).await, "approved");
        let told = super::super::trace(&app, &approved["id"]).await;
        snapshot!("trace_key", &told);
    }

    async fn the_same_answer_again_is_told_and_not_counted_for_a_minute(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        lock_at_first_failure(&app).await;
        let asked = start(&app, JANE).await;
        let answer = key.get(&asked["public_key"], &Scene::default());
        check(&app, JANE, &answer).await.ok();
        let newer = start(&app, JANE).await;
        check(&app, JANE, &answer).await.fails(401, "code_already_used");
        app.advance(59);
        check(&app, JANE, &answer).await.fails(401, "code_already_used");
        assert_eq!(status(&app, &newer["id"]).await, "pending");
        app.post("/v1/mfa", &format!("User={JANE}, Type=APP, Enroll=true")).await.fails(403, "proof_required");
        app.advance(1);
        check(&app, JANE, &answer).await.fails(401, "code_already_used");
        app.post("/v1/mfa", &format!("User={JANE}, Type=APP, Enroll=true")).await.fails(429, "user_locked");
    }

    async fn another_answer_to_a_used_challenge_is_a_failure(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        check(&app, JANE, &key.get(&asked["public_key"], &Scene::default())).await.ok();
        let other = key.get(&asked["public_key"], &Scene::default());
        check(&app, JANE, &other).await.fails(401, "no_pending_code");
    }

    async fn a_newer_start_takes_the_older_ones_place_and_touches_no_other_family(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let mailed = app.start_email(JANE).await;
        let older = start(&app, JANE).await;
        app.advance(1);
        let newer = start(&app, JANE).await;
        assert_eq!(status(&app, &older["id"]).await, "superseded");
        check(&app, JANE, &key.get(&older["public_key"], &Scene::default())).await.fails(401, "invalid_code");
        assert_eq!(last_check(&app, &newer["id"]).await, "wrong_challenge");
        check(&app, JANE, &key.get(&newer["public_key"], &Scene::default())).await.ok();
        app.verify(JANE, "EMAIL", &mailed).await.ok();
    }

    async fn a_challenge_ends_after_5_minutes(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        app.advance(300);
        check(&app, JANE, &key.get(&asked["public_key"], &Scene::default())).await.fails(401, "code_expired");
        let asked = start(&app, JANE).await;
        app.advance(299);
        check(&app, JANE, &key.get(&asked["public_key"], &Scene::default())).await.ok();
    }

    async fn a_canceled_challenge_takes_no_answer(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        app.post(&format!("/v1/mfa/{}/cancel", asked["id"].as_str().unwrap()), "").await;
        let canceled = status(&app, &asked["id"]).await;
        assert_eq!(canceled, "canceled");
        check(&app, JANE, &key.get(&asked["public_key"], &Scene::default())).await.fails(401, "no_pending_code");
    }

    async fn a_key_without_a_counter_signs_in_again_and_again(app: TestApp) {
        configured(&app).await;
        let started = start(&app, JANE).await;
        let mut key = crate::harness::authenticator::SoftKey::new(&started["public_key"]);
        key.count = 0;
        let scene = Scene { backup: (true, false), ..Scene::default() };
        check(&app, JANE, &key.create(&started["public_key"], &scene)).await.ok();
        for backed_up in [false, true, true, false] {
            let asked = start(&app, JANE).await;
            let scene = Scene { backup: (true, backed_up), ..Scene::default() };
            check(&app, JANE, &key.get(&asked["public_key"], &scene)).await.ok();
        }
    }

    async fn an_action_is_bound_to_its_challenge(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let body = json!({"User": JANE, "Type": "HSM", "Action": "Pay 12 EUR to Bob"});
        let asked = app.post_json("/v1/mfa", &body).await.ok();
        let answer = key.get(&asked["public_key"], &Scene::default());
        check(&app, JANE, &answer).await.fails(401, "invalid_code");
        let mut body = json!({"User": JANE, "Type": "HSM", "Code": answer, "Action": "Pay 12 EUR to Eve"});
        app.post_json("/v1/mfa/verify", &body).await.fails(401, "invalid_code");
        body["Action"] = json!("Pay 12 EUR to Bob");
        assert_eq!(app.post_json("/v1/mfa/verify", &body).await.ok()["status"], "approved");
    }

    async fn with_an_id_exactly_that_challenge_is_checked(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        let mut body = json!({"User": JANE, "Type": "HSM", "Id": "mfa_01jd8zq5e8f0v9y7x6w5t4s3r2"});
        body["Code"] = key.get(&asked["public_key"], &Scene::default());
        app.post_json("/v1/mfa/verify", &body).await.fails(404, "not_found");
        let mailed = app.post("/v1/mfa", &format!("User={JANE}, Type=EMAIL")).await.ok();
        body["Id"] = mailed["id"].clone();
        app.post_json("/v1/mfa/verify", &body).await.fails(404, "not_found");
        body["Id"] = asked["id"].clone();
        assert_eq!(app.post_json("/v1/mfa/verify", &body).await.ok()["id"], asked["id"]);
    }

    async fn an_idempotent_check_is_repeated_and_an_enrolment_s_answer_dies_with_it(app: TestApp) {
        configured(&app).await;
        let body = format!("User={JANE}, Type=HSM");
        let started = app.post_once("one", "/v1/mfa", &body).await.ok();
        assert_eq!(app.post_once("one", "/v1/mfa", &body).await.ok(), started);
        let key = crate::harness::authenticator::SoftKey::new(&started["public_key"]);
        let code = key.create(&started["public_key"], &Scene::default());
        let form = format!("User={JANE}&Type=HSM&Code={code}");
        let confirmed = app.post_once("two", "/v1/mfa/verify", &form).await.ok();
        let again = app.post_once("two", "/v1/mfa/verify", &form).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.ok(), confirmed);
        app.post_once("one", "/v1/mfa", &body).await.fails(409, "idempotency_expired");
    }
}
