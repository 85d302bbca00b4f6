//! Enrolling a further app: only with `Enroll=true` and the id of a fresh approval of the same user, once.

use super::super::{backup_set, enrol_second};
use super::{start, told};
use crate::harness::{Answer, TestApp, on_both, snapshot};

const JANE: &str = "jane@example.com";

/// Asks for a second app with this proof.
async fn ask(app: &TestApp, proof: &str) -> Answer {
    app.post("/v1/mfa", &format!("User={JANE}, Type=APP, Enroll=true, Proof={proof}")).await
}

fn id(answer: &serde_json::Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

on_both! {
    async fn a_second_app_without_a_proof_is_refused(app: TestApp) {
        app.enrol(JANE).await;
        let refused = app.post("/v1/mfa", "User=jane@example.com, Type=APP, Enroll=true").await;
        refused.fails(403, "proof_required");
        snapshot!("start_proof_required", told(&refused));
    }

    async fn a_first_app_needs_no_proof_even_where_enroll_is_asked_for(app: TestApp) {
        assert_eq!(start(&app, "User=jane@example.com, Type=APP, Enroll=true").await["status"], "enrolling");
    }

    async fn an_approval_by_email_is_a_proof_once(app: TestApp) {
        app.enrol(JANE).await;
        let proof = app.approve(JANE).await;
        let enrolling = ask(&app, &proof).await.ok();
        assert_eq!(enrolling["status"], "enrolling");
        assert!(enrolling["secret"].is_string());
        ask(&app, &proof).await.fails(403, "proof_required");
    }

    async fn an_approval_by_the_first_app_is_a_proof(app: TestApp) {
        let secret = app.enrol(JANE).await;
        let approved = app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
        assert_eq!(ask(&app, &id(&approved)).await.ok()["status"], "enrolling");
    }

    async fn an_approval_by_a_backup_code_is_a_proof(app: TestApp) {
        app.enrol(JANE).await;
        let codes = backup_set(&app, JANE).await;
        let approved = app.verify(JANE, "BACKUP", &codes[0]).await.ok();
        assert_eq!(ask(&app, &id(&approved)).await.ok()["status"], "enrolling");
    }

    async fn a_proof_without_the_wish_to_enrol_challenges_the_app_and_is_not_used_up(app: TestApp) {
        app.enrol(JANE).await;
        let proof = app.approve(JANE).await;
        let started = start(&app, &format!("User={JANE}, Type=APP, Proof={proof}")).await;
        assert_eq!(started["status"], "pending");
        assert_eq!(ask(&app, &proof).await.ok()["status"], "enrolling");
    }

    async fn a_proof_lives_for_ten_minutes(app: TestApp) {
        app.enrol(JANE).await;
        let proof = app.approve(JANE).await;
        app.advance(600);
        ask(&app, &proof).await.fails(403, "proof_required");
        let proof = app.approve(JANE).await;
        app.advance(599);
        ask(&app, &proof).await.ok();
    }

    async fn another_user_s_approval_is_no_proof(app: TestApp) {
        app.enrol(JANE).await;
        let proof = app.approve("bob@example.com").await;
        ask(&app, &proof).await.fails(403, "proof_required");
    }

    async fn another_tenant_s_or_mode_s_approval_is_no_proof(app: TestApp) {
        app.enrol(JANE).await;
        let (mine, other) = (app.key.clone(), app.other.test_key.clone());
        app.key = other;
        let proof = app.approve(JANE).await;
        app.key = app.one.live_key.clone();
        let secret = app.enrol(JANE).await;
        let live = app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok();
        app.key = mine;
        ask(&app, &proof).await.fails(403, "proof_required");
        ask(&app, &id(&live)).await.fails(403, "proof_required");
    }

    async fn an_enrolment_is_no_proof(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=APP").await;
        let code = app.totp(started["secret"].as_str().unwrap(), 0);
        let enrolled = app.verify(JANE, "APP", &code).await.ok();
        ask(&app, &id(&enrolled)).await.fails(403, "proof_required");
    }

    async fn a_challenge_that_waits_and_a_text_that_is_no_id_are_no_proof(app: TestApp) {
        app.enrol(JANE).await;
        let waiting = start(&app, "User=jane@example.com, Type=EMAIL").await;
        for proof in [&id(&waiting), "mfa_01jd8zq5e8f0v9y7x6w5t4s3r2", "yes"] {
            ask(&app, proof).await.fails(403, "proof_required");
        }
    }

    async fn two_apps_of_a_user_are_both_valid(app: TestApp) {
        let first = app.enrol(JANE).await;
        let proof = app.approve(JANE).await;
        let second = enrol_second(&app, JANE, &proof).await;
        for secret in [&first, &second] {
            assert_eq!(app.verify(JANE, "APP", &app.totp(secret, 0)).await.ok()["status"], "approved");
        }
    }
}
