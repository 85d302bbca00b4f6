//! While a user is locked, a key is still evaluated.

use serde_json::json;

use super::super::{backup_set, fail, lock_at_first_failure};
use super::{JANE, check, configured, enrol_more, enrolled, last_check, sign_in, start};
use crate::harness::authenticator::{Scene, SoftKey};
use crate::harness::{TestApp, on_both};

async fn locked_until(app: &TestApp) -> serde_json::Value {
    app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok()["locked_until"].clone()
}

on_both! {
    async fn a_locked_user_signs_in_with_a_key_and_stays_locked_for_the_rest(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let mailed = app.start_email(JANE).await;
        lock_at_first_failure(&app).await;
        fail(&app, JANE, "APP", 1).await;
        app.verify(JANE, "EMAIL", &mailed).await.fails(429, "user_locked");
        assert_eq!(sign_in(&app, JANE, &mut key).await["status"], "approved");
        assert_ne!(locked_until(&app).await, json!(null));
        app.verify(JANE, "EMAIL", &mailed).await.fails(429, "user_locked");
    }

    async fn nothing_new_is_enrolled_while_the_user_is_locked(app: TestApp) {
        configured(&app).await;
        lock_at_first_failure(&app).await;
        fail(&app, JANE, "APP", 1).await;
        app.post("/v1/mfa", &format!("User={JANE}, Type=HSM")).await.fails(429, "user_locked");
        app.post("/v1/mfa/unlock", &format!("User={JANE}")).await.ok();
        let mut key = enrolled(&app, JANE).await;
        fail(&app, JANE, "APP", 1).await;
        let approved = sign_in(&app, JANE, &mut key).await;
        enrol_more(&app, JANE, approved["id"].as_str().unwrap()).await.fails(429, "user_locked");
    }

    async fn a_wrong_answer_counts_while_the_user_is_locked_and_the_attempts_hold(app: TestApp) {
        configured(&app).await;
        let key = enrolled(&app, JANE).await;
        app.set(&[("lock.failures", "1"), ("lock.hard_failures", "3")]).await;
        fail(&app, JANE, "APP", 1).await;
        let short = locked_until(&app).await;
        let asked = start(&app, JANE).await;
        let foreign = Scene { origin: "https://evil.example".into(), ..Scene::default() };
        for left in [4, 3, 2, 1, 0] {
            let told = check(&app, JANE, &key.get_at(&asked["public_key"], &foreign, 9)).await;
            told.fails(401, "invalid_code");
            assert_eq!(told.body["error"]["attempts_remaining"], left);
        }
        check(&app, JANE, &key.get_at(&asked["public_key"], &Scene::default(), 9)).await.fails(429, "too_many_attempts");
        assert_ne!(locked_until(&app).await, short, "the long lock has come");
        let again = start(&app, JANE).await;
        check(&app, JANE, &key.get_at(&again["public_key"], &Scene::default(), 9)).await.ok();
    }

    async fn failures_of_keys_lock_and_a_success_clears_them_alone(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        app.set(&[("lock.failures", "3")]).await;
        let foreign = Scene { origin: "https://evil.example".into(), ..Scene::default() };
        let wrong = async |key: &SoftKey| {
            let asked = start(&app, JANE).await;
            check(&app, JANE, &key.get_at(&asked["public_key"], &foreign, 9)).await.fails(401, "invalid_code");
        };
        wrong(&key).await;
        wrong(&key).await;
        sign_in(&app, JANE, &mut key).await;
        wrong(&key).await;
        fail(&app, JANE, "APP", 1).await;
        assert_eq!(locked_until(&app).await, json!(null));
        wrong(&key).await;
        assert_ne!(locked_until(&app).await, json!(null));
    }

    async fn a_backup_code_answers_for_a_key(app: TestApp) {
        configured(&app).await;
        enrolled(&app, JANE).await;
        let codes = backup_set(&app, JANE).await;
        let asked = start(&app, JANE).await;
        let body = json!({"User": JANE, "Type": "HSM", "Code": codes[0], "Id": asked["id"]});
        let approved = app.post_json("/v1/mfa/verify", &body).await.ok();
        assert_eq!((&approved["method"], &approved["id"]), (&json!("backup_code"), &asked["id"]));
        assert_eq!(last_check(&app, &asked["id"]).await, "approved");
    }

    async fn an_enrolment_has_attempts_too(app: TestApp) {
        configured(&app).await;
        app.set(&[("code.attempts", "2")]).await;
        let started = start(&app, JANE).await;
        let key = SoftKey::new(&started["public_key"]);
        let foreign = Scene { origin: "https://evil.example".into(), ..Scene::default() };
        for _ in 0..2 {
            check(&app, JANE, &key.create(&started["public_key"], &foreign)).await.fails(401, "invalid_code");
        }
        let right = key.create(&started["public_key"], &Scene::default());
        check(&app, JANE, &right).await.fails(429, "too_many_attempts");
        assert_eq!(app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok()["data"], json!([]));
    }
}
