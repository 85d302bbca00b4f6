//! A backup code, by itself or in place of another Type's code.

use serde_json::json;

use super::{JANE, backup_set, fail, lock_at_first_failure, start, status, told, trace, wrong};
use crate::harness::{on_both, snapshot};

const UNKNOWN: &str = "3-7KQ2M-9XD4-TPBW";

on_both! {
    async fn a_backup_code_is_approved_and_the_rest_is_counted(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        let approved = app.verify(JANE, "BACKUP", &codes[0]).await.ok();
        snapshot!("verify_backup_code", &approved);
        let trace = trace(&app, &approved["id"]).await;
        assert_eq!((&trace["status"], &trace["method"]), (&json!("approved"), &json!("backup_code")));
    }

    async fn each_code_of_a_set_works_once(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        for (used, code) in codes.iter().enumerate() {
            let approved = app.verify(JANE, "BACKUP", code).await.ok();
            assert_eq!(approved["backup_codes_remaining"], 4 - used);
        }
        for code in &codes {
            app.verify(JANE, "BACKUP", code).await.fails(401, "code_already_used");
        }
    }

    async fn a_used_code_given_again_counts_only_after_60_seconds(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        lock_at_first_failure(&app).await;
        app.verify(JANE, "BACKUP", &codes[0]).await.ok();
        app.verify(JANE, "BACKUP", &codes[0]).await.fails(401, "code_already_used");
        app.verify(JANE, "APP", "123456").await.fails(401, "not_enrolled");
        app.post("/v1/mfa/unlock", "User=jane@example.com").await.ok();
        app.advance(60);
        app.verify(JANE, "BACKUP", &codes[0]).await.fails(401, "code_already_used");
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn case_and_dashes_do_not_matter_and_one_use_is_one_use(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        let spellings =
            [codes[0].to_lowercase(), codes[1].replace('-', ""), codes[2].to_lowercase().replace('-', "")];
        for spelling in &spellings {
            app.verify(JANE, "BACKUP", spelling).await.ok();
        }
        for code in &codes[..3] {
            app.verify(JANE, "BACKUP", code).await.fails(401, "code_already_used");
        }
    }

    async fn a_backup_code_stands_in_for_an_email_code(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        app.advance(30);
        app.start_email(JANE).await;
        let approved = app.verify(JANE, "EMAIL", &codes[0]).await.ok();
        assert_eq!((&approved["type"], &approved["method"]), (&json!("EMAIL"), &json!("backup_code")));
        assert_eq!(approved["backup_codes_remaining"], 4);
    }

    async fn a_backup_code_stands_in_for_an_app_s_code(app: TestApp) {
        app.enrol(JANE).await;
        let codes = backup_set(&app, JANE).await;
        let approved = app.verify(JANE, "APP", &codes[0]).await.ok();
        assert_eq!((&approved["status"], &approved["method"]), (&json!("approved"), &json!("backup_code")));
        assert_eq!(approved["backup_codes_remaining"], 4);
    }

    async fn a_backup_code_needs_no_start_and_confirms_no_enrolment(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        let enrolling = start(&app, "User=jane@example.com, Type=APP").await;
        assert_eq!(app.verify(JANE, "APP", &codes[0]).await.ok()["status"], "approved");
        assert_eq!(status(&app, &enrolling["id"]).await, "enrolling");
        assert_eq!(app.get("/v1/mfa/factors?User=jane@example.com").await.ok()["data"], json!([]));
    }

    async fn a_backup_code_ends_the_challenge_that_is_named(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        app.advance(30);
        let started = start(&app, "User=jane@example.com, Type=EMAIL, Reference=login-8").await;
        let id = started["id"].as_str().unwrap();
        let sent = app.last_code(JANE).await;
        let body = format!("User={JANE}, Type=EMAIL, Code={}, Id={id}", codes[0]);
        let approved = app.post("/v1/mfa/verify", &body).await.ok();
        assert_eq!((&approved["id"], &approved["reference"]), (&started["id"], &json!("login-8")));
        assert_eq!(trace(&app, &started["id"]).await["method"], "backup_code");
        assert_eq!(app.verify(JANE, "EMAIL", &sent).await.status, 401);
    }

    async fn the_code_that_was_sent_is_dead_once_a_backup_code_took_its_place_and_counts(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        app.advance(30);
        let pending = start(&app, &format!("User={JANE}, Type=EMAIL")).await;
        let sent = app.last_code(JANE).await;
        let id = pending["id"].as_str().unwrap();
        app.post("/v1/mfa/verify", &format!("User={JANE}, Type=EMAIL, Code={}, Id={id}", codes[0])).await.ok();
        lock_at_first_failure(&app).await;
        app.verify(JANE, "EMAIL", &sent).await.fails(401, "no_pending_code");
        app.verify(JANE, "EMAIL", &sent).await.fails(429, "user_locked");
    }

    async fn a_named_challenge_of_another_user_is_not_found_and_uses_no_code_up(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        let bobs = start(&app, "User=bob@example.com, Type=EMAIL").await;
        let body = format!("User={JANE}, Type=EMAIL, Code={}, Id={}", codes[0], bobs["id"].as_str().unwrap());
        app.post("/v1/mfa/verify", &body).await.fails(404, "not_found");
        app.verify(JANE, "BACKUP", &codes[0]).await.ok();
    }

    async fn a_wrong_code_is_invalid_and_counts_down_to_the_lock(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        for (code, left) in [(wrong(&codes[0]), 9), (wrong(&codes[0]), 8), ("Z-7KQ2M-9XD4-TPBW".into(), 7)] {
            let guess = app.verify(JANE, "BACKUP", &code).await;
            guess.fails(401, "invalid_code");
            assert_eq!(guess.body["error"]["attempts_remaining"], left);
        }
        app.verify(JANE, "BACKUP", &codes[0]).await.ok();
    }

    async fn a_user_without_a_set_is_not_enrolled(app: TestApp) {
        for kind in ["BACKUP", "EMAIL", "APP"] {
            app.verify(JANE, kind, UNKNOWN).await.fails(401, "not_enrolled");
        }
    }

    async fn a_backup_code_cannot_be_bound_to_an_action(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        for kind in ["BACKUP", "EMAIL"] {
            let body = format!("User={JANE}, Type={kind}, Code={}, Action=Pay Bob", codes[0]);
            let refused = app.post("/v1/mfa/verify", &body).await;
            refused.fails(400, "action_not_supported");
            assert_eq!(told(&refused)["error"]["param"], "Action");
        }
        app.verify(JANE, "BACKUP", &codes[0]).await.ok();
    }

    async fn one_user_s_code_is_no_other_s_and_no_other_tenant_s(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        app.verify("bob@example.com", "BACKUP", &codes[0]).await.fails(401, "not_enrolled");
        let body = format!("User={JANE}, Type=BACKUP, Code={}", codes[0]);
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            app.post_as(&key, "/v1/mfa/verify", &body).await.fails(401, "not_enrolled");
        }
        app.verify(JANE, "BACKUP", &codes[0]).await.ok();
    }

    async fn an_approval_by_a_backup_code_clears_the_failures_of_backup_codes_only(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        fail(&app, JANE, "BACKUP", 5).await;
        fail(&app, JANE, "APP", 4).await;
        app.verify(JANE, "BACKUP", &codes[1]).await.ok();
        fail(&app, JANE, "APP", 6).await;
        app.verify(JANE, "APP", "123456").await.fails(429, "user_locked");
    }

    async fn a_reference_of_the_check_is_echoed(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        let body = format!("User={JANE}, Type=BACKUP, Code={}, Reference=login-8", codes[0]);
        let approved = app.post("/v1/mfa/verify", &body).await.ok();
        assert_eq!(approved["reference"], "login-8");
        assert_eq!(trace(&app, &approved["id"]).await["reference"], "login-8");
    }
}
