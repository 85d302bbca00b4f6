//! The first right code of an authenticator app confirms it, and lets nobody in.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{JANE, enrol_second, start, status};
use crate::harness::{TestApp, on_both, snapshot};

fn secret(started: &Value) -> String {
    started["secret"].as_str().expect("a secret").to_owned()
}

/// Begins a second enrolment for a user whose first app is confirmed.
async fn begin_second(app: &TestApp) -> Value {
    let proof = app.approve(JANE).await;
    start(app, &format!("User={JANE}, Type=APP, Enroll=true, Proof={proof}")).await
}

/// What a scanner reads in a picture.
fn scan(png: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("code.png");
    std::fs::write(&file, png).expect("the picture is written");
    let run = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&file).output();
    let output = run.expect("zbarimg runs; install the Debian package zbar-tools");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

on_both! {
    async fn the_first_right_code_enrols_and_does_not_approve(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=APP, Name=Phone").await;
        let enrolled = app.verify(JANE, "APP", &app.totp(&secret(&started), 0)).await.ok();
        assert_eq!(enrolled["id"], started["id"]);
        snapshot!("verify_enrolled", &enrolled);
        assert_eq!(status(&app, &started["id"]).await, "enrolled");
    }

    async fn a_scanner_reads_the_uri_in_the_qr_code(app: TestApp) {
        for name in ["Jane", "Jäne's phone: №1"] {
            let body = json!({"User": JANE, "Type": "APP", "Name": name});
            let started = app.post_json("/v1/mfa", &body).await.ok();
            let png = STANDARD.decode(started["qr_code"].as_str().unwrap()).unwrap();
            assert_eq!(scan(&png), started["otpauth_uri"].as_str().unwrap());
            assert!(started["otpauth_uri"].as_str().unwrap().contains(&secret(&started)));
        }
    }

    async fn a_wrong_code_confirms_nothing(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=APP").await;
        let wrong = super::wrong(&app.totp(&secret(&started), 0));
        app.verify(JANE, "APP", &wrong).await.fails(401, "invalid_code");
        assert_eq!(app.get("/v1/mfa/factors?User=jane@example.com").await.ok()["data"], json!([]));
        assert_eq!(status(&app, &started["id"]).await, "enrolling");
    }

    async fn an_unconfirmed_app_is_no_factor(app: TestApp) {
        start(&app, "User=jane@example.com, Type=APP").await;
        assert_eq!(app.get("/v1/mfa/factors?User=jane@example.com").await.ok()["data"], json!([]));
        assert_eq!(start(&app, "User=jane@example.com, Type=APP").await["status"], "enrolling");
    }

    async fn a_new_start_replaces_an_unconfirmed_app(app: TestApp) {
        let older = start(&app, "User=jane@example.com, Type=APP").await;
        app.advance(1);
        let newer = start(&app, "User=jane@example.com, Type=APP").await;
        app.verify(JANE, "APP", &app.totp(&secret(&older), 0)).await.fails(401, "invalid_code");
        assert_eq!(status(&app, &older["id"]).await, "superseded");
        assert_eq!(app.verify(JANE, "APP", &app.totp(&secret(&newer), 0)).await.ok()["id"], newer["id"]);
    }

    async fn an_enrolment_that_was_replaced_is_not_confirmed_after_the_other_one(app: TestApp) {
        let older = start(&app, "User=jane@example.com, Type=APP").await;
        app.advance(1);
        app.enrol(JANE).await;
        let code = app.totp(&secret(&older), 0);
        app.verify(JANE, "APP", &code).await.fails(401, "invalid_code");
        let named = format!("User={JANE}, Type=APP, Code={code}, Id={}", older["id"].as_str().unwrap());
        app.post("/v1/mfa/verify", &named).await.fails(401, "no_pending_code");
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert_eq!(factors["data"].as_array().unwrap().len(), 1);
    }

    async fn an_enrolment_dies_after_15_minutes(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=APP").await;
        app.advance(900);
        let late = app.verify(JANE, "APP", &app.totp(&secret(&started), 0)).await;
        late.fails(401, "code_expired");
        assert_eq!(status(&app, &started["id"]).await, "expired");
        assert_eq!(app.get("/v1/mfa/factors?User=jane@example.com").await.ok()["data"], json!([]));
    }

    async fn an_enrolment_can_be_confirmed_in_its_last_second(app: TestApp) {
        let started = start(&app, "User=jane@example.com, Type=APP").await;
        app.advance(899);
        let enrolled = app.verify(JANE, "APP", &app.totp(&secret(&started), 0)).await.ok();
        assert_eq!(enrolled["status"], "enrolled");
    }

    async fn an_unconfirmed_second_app_verifies_nothing_and_replaces_nothing(app: TestApp) {
        let first = app.enrol(JANE).await;
        let second = begin_second(&app).await;
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert_eq!(factors["data"].as_array().unwrap().len(), 1);
        assert_eq!(app.verify(JANE, "APP", &app.totp(&first, 0)).await.ok()["status"], "approved");
        app.advance(900);
        app.verify(JANE, "APP", &app.totp(&secret(&second), 0)).await.fails(401, "invalid_code");
        assert_eq!(app.verify(JANE, "APP", &app.totp(&first, 0)).await.ok()["status"], "approved");
    }

    async fn a_sign_in_with_the_old_app_leaves_the_enrolment_of_the_new_one_open(app: TestApp) {
        let first = app.enrol(JANE).await;
        let second = begin_second(&app).await;
        app.advance(1);
        assert_eq!(app.verify(JANE, "APP", &app.totp(&first, 0)).await.ok()["status"], "approved");
        app.advance(1);
        let confirmed = app.verify(JANE, "APP", &app.totp(&secret(&second), 0)).await.ok();
        assert_eq!((&confirmed["status"], &confirmed["id"]), (&json!("enrolled"), &second["id"]));
    }

    async fn a_challenge_of_the_old_app_leaves_the_enrolment_of_the_new_one_open(app: TestApp) {
        app.enrol(JANE).await;
        let second = begin_second(&app).await;
        app.advance(1);
        assert_eq!(start(&app, "User=jane@example.com, Type=APP").await["status"], "pending");
        app.advance(1);
        let confirmed = app.verify(JANE, "APP", &app.totp(&secret(&second), 0)).await.ok();
        assert_eq!((&confirmed["status"], &confirmed["id"]), (&json!("enrolled"), &second["id"]));
    }

    async fn an_enrolment_can_be_confirmed_by_its_id_whatever_came_between(app: TestApp) {
        let first = app.enrol(JANE).await;
        let second = begin_second(&app).await;
        app.advance(1);
        app.verify(JANE, "APP", &app.totp(&first, 0)).await.ok();
        let (code, id) = (app.totp(&secret(&second), 0), second["id"].as_str().unwrap());
        let named = format!("User={JANE}, Type=APP, Code={code}, Id={id}");
        assert_eq!(app.post("/v1/mfa/verify", &named).await.ok()["status"], "enrolled");
    }

    async fn the_old_app_stays_valid_beside_the_new_one(app: TestApp) {
        let first = app.enrol(JANE).await;
        let proof = app.approve(JANE).await;
        enrol_second(&app, JANE, &proof).await;
        assert_eq!(app.verify(JANE, "APP", &app.totp(&first, 0)).await.ok()["status"], "approved");
    }
}
