//! Many at once, and how many starts there may be.

use serde_json::{Value, json};

use super::{JANE, configured, enrolled, start};
use crate::harness::authenticator::{Scene, SoftKey};
use crate::harness::{Answer, TestApp, on_both, post, send};

/// Gives the same or several answers at once, spread over the nodes.
async fn at_once(app: &TestApp, answers: Vec<Value>) -> Vec<Answer> {
    let routers = app.routers().await;
    let mut requests = tokio::task::JoinSet::new();
    for (at, code) in answers.into_iter().enumerate() {
        let body = json!({"User": JANE, "Type": "HSM", "Code": code}).to_string();
        let request = post("/v1/mfa/verify", &app.key, "application/json", &body);
        requests.spawn(send(routers[at % routers.len()].clone(), request));
    }
    requests.join_all().await
}

fn count(answers: &[Answer], code: &str) -> usize {
    answers.iter().filter(|answer| answer.code() == code).count()
}

on_both! {
    async fn a_right_answer_200_times_at_once_is_taken_once(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        let answers = at_once(&app, vec![key.get(&asked["public_key"], &Scene::default()); 200]).await;
        let (taken, lost) = (count(&answers, ""), count(&answers, "unavailable"));
        // On a busy machine the one that is taken may be told too late: then it is in the record all the same.
        assert!(taken == 1 || (taken == 0 && lost > 0), "{taken} were taken, {lost} were told too late");
        assert_eq!(taken + count(&answers, "code_already_used") + lost, 200);
        let trace = app.get(&format!("/v1/mfa/{}", asked["id"].as_str().unwrap())).await.ok();
        let checks = trace["checks"].as_array().unwrap();
        assert!(checks.iter().filter(|check| check["result"] == "approved").count() <= 1, "{trace:#}");
        // None of them was a failure.
        assert_eq!(app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok()["locked_until"], json!(null));
    }

    async fn a_confirmation_50_times_at_once_enrols_once(app: TestApp) {
        configured(&app).await;
        let started = start(&app, JANE).await;
        let key = SoftKey::new(&started["public_key"]);
        let answers = at_once(&app, vec![key.create(&started["public_key"], &Scene::default()); 50]).await;
        assert_eq!(count(&answers, ""), 1);
        let factors = app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok();
        assert_eq!(factors["data"].as_array().unwrap().len(), 1);
    }

    async fn different_right_answers_to_one_challenge_approve_once(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        let answers = (0..20).map(|_| key.get(&asked["public_key"], &Scene::default())).collect();
        assert_eq!(count(&at_once(&app, answers).await, ""), 1);
    }

    async fn of_50_wrong_answers_at_once_5_are_evaluated(app: TestApp) {
        configured(&app).await;
        let key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        let foreign = Scene { origin: "https://evil.example".into(), ..Scene::default() };
        let answers = (0..50).map(|at| key.get_at(&asked["public_key"], &foreign, 9 + at)).collect();
        let answers = at_once(&app, answers).await;
        assert_eq!(count(&answers, "invalid_code"), 5);
        assert_eq!(5 + count(&answers, "too_many_attempts") + count(&answers, "unavailable"), 50);
    }

    async fn apps_and_keys_share_30_starts_in_10_minutes_and_no_sends(app: TestApp) {
        configured(&app).await;
        for kind in ["APP", "HSM"].repeat(15) {
            app.post("/v1/mfa", &format!("User={JANE}, Type={kind}")).await.ok();
        }
        for kind in ["APP", "HSM"] {
            app.post("/v1/mfa", &format!("User={JANE}, Type={kind}")).await.fails(429, "too_many_sends");
        }
        app.post("/v1/mfa", &format!("User={JANE}, Type=EMAIL")).await.ok();
        app.advance(600);
        start(&app, JANE).await;
    }
}
