//! DELETE /v1/mfa/factors/{id}

use serde_json::{Value, json};

use super::{enrol_second, start, told};
use crate::harness::{Answer, TestApp, bare, on_both, snapshot};

const JANE: &str = "jane@example.com";

/// The user's factors, oldest first.
async fn factors(app: &TestApp) -> Vec<Value> {
    let list = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
    list["data"].as_array().expect("a list").clone()
}

async fn remove(app: &TestApp, key: &str, id: &str) -> Answer {
    app.send(bare("DELETE", &format!("/v1/mfa/factors/{id}"), key)).await
}

on_both! {
    async fn a_removed_app_verifies_nothing(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let id = factors(&app).await[0]["id"].as_str().unwrap().to_owned();
        let removed = remove(&app, &app.key, &id).await.ok();
        assert_eq!(removed["id"], json!(id));
        snapshot!("remove_factor", removed);
        app.verify(JANE, "APP", &app.totp(&secret, 0)).await.fails(401, "not_enrolled");
        assert!(factors(&app).await.is_empty());
    }

    async fn of_two_apps_the_other_one_stays_valid(app: TestApp) {
        let first = app.enrol(JANE).await;
        let proof = app.approve(JANE).await;
        let second = enrol_second(&app, JANE, &proof).await;
        let oldest = factors(&app).await[0]["id"].as_str().unwrap().to_owned();
        remove(&app, &app.key, &oldest).await.ok();
        app.verify(JANE, "APP", &app.totp(&first, 0)).await.fails(401, "invalid_code");
        assert_eq!(app.verify(JANE, "APP", &app.totp(&second, 0)).await.ok()["status"], "approved");
        assert_eq!(factors(&app).await.len(), 1);
    }

    async fn after_the_last_factor_a_user_enrols_anew_without_a_proof(app: TestApp) {
        app.enrol(JANE).await;
        let id = factors(&app).await[0]["id"].as_str().unwrap().to_owned();
        remove(&app, &app.key, &id).await.ok();
        assert_eq!(start(&app, "User=jane@example.com, Type=APP").await["status"], "enrolling");
    }

    async fn a_factor_is_removed_once(app: TestApp) {
        app.enrol(JANE).await;
        let id = factors(&app).await[0]["id"].as_str().unwrap().to_owned();
        remove(&app, &app.key, &id).await.ok();
        remove(&app, &app.key, &id).await.fails(404, "not_found");
    }

    async fn an_absent_a_malformed_and_a_foreign_id_are_not_found_alike(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let id = factors(&app).await[0]["id"].as_str().unwrap().to_owned();
        let absent = remove(&app, &app.key, "fac_01jd8zq5e8f0v9y7x6w5t4s3r2").await;
        absent.fails(404, "not_found");
        let mut answers = vec![
            remove(&app, &app.key, "fac_1").await,
            remove(&app, &app.key, "mfa_01jd8zq5e8f0v9y7x6w5t4s3r2").await,
        ];
        for key in [&app.other.test_key, &app.other.live_key, &app.one.live_key] {
            answers.push(remove(&app, key, &id).await);
        }
        for answer in answers {
            assert_eq!((answer.status, told(&answer)), (absent.status, told(&absent)));
        }
        app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
    }
}
