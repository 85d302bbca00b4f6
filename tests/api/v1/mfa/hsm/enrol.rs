//! The first right answer of a new key confirms it, and lets nobody in.

use serde_json::json;

use super::super::status;
use super::{JANE, check, configured, enrol_more, enrolled, last_check, sign_in, start};
use crate::harness::authenticator::{Scene, SoftKey};
use crate::harness::{on_both, snapshot};

on_both! {
    async fn a_right_answer_enrols_and_does_not_approve(app: TestApp) {
        configured(&app).await;
        let body = json!({"User": JANE, "Type": "HSM", "Name": "blue key", "Reference": "session-42"});
        let started = app.post_json("/v1/mfa", &body).await.ok();
        let key = SoftKey::new(&started["public_key"]);
        let answer = key.create(&started["public_key"], &Scene::default());
        let confirmed = check(&app, JANE, &answer).await.ok();
        assert_eq!(confirmed["id"], started["id"]);
        snapshot!("verify_key_enrolled", &confirmed);
        assert_eq!(status(&app, &started["id"]).await, "enrolled");
        let factors = app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok();
        snapshot!("factors_key", &factors);
        assert_eq!(factors["data"][0]["id"], confirmed["factor"]);
        check(&app, JANE, &answer).await.fails(401, "code_already_used");
    }

    async fn an_answer_may_be_text_and_its_statement_one_of_u2f(app: TestApp) {
        configured(&app).await;
        let started = start(&app, JANE).await;
        let key = SoftKey::new(&started["public_key"]);
        let scene = Scene { u2f: true, verified: false, ..Scene::default() };
        let answer = json!(key.create(&started["public_key"], &scene).to_string());
        assert_eq!(check(&app, JANE, &answer).await.ok()["status"], "enrolled");
    }

    async fn a_statement_of_u2f_that_another_key_signed_is_refused(app: TestApp) {
        configured(&app).await;
        let started = start(&app, JANE).await;
        let key = SoftKey::new(&started["public_key"]);
        let mut other = SoftKey::new(&started["public_key"]);
        other.id.clone_from(&key.id);
        let scene = Scene { u2f: true, ..Scene::default() };
        let mut answer = key.create(&started["public_key"], &scene);
        let mut object = crate::harness::authenticator::unb64(&answer["response"]["attestationObject"]);
        let last = object.len() - 1;
        object[last] ^= 1;
        answer["response"]["attestationObject"] = json!(crate::harness::authenticator::b64(&object));
        check(&app, JANE, &answer).await.fails(401, "invalid_code");
    }

    async fn a_key_of_another_user_is_refused_and_says_so(app: TestApp) {
        configured(&app).await;
        let key = enrolled(&app, "bob@example.com").await;
        let started = start(&app, JANE).await;
        let answer = key.create(&started["public_key"], &Scene::default());
        check(&app, JANE, &answer).await.fails(401, "invalid_code");
        assert_eq!(last_check(&app, &started["id"]).await, "key_taken");
        assert_eq!(app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok()["data"], json!([]));
    }

    async fn a_key_is_enrolled_once(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let proof = sign_in(&app, JANE, &mut key).await;
        let further = enrol_more(&app, JANE, proof["id"].as_str().unwrap()).await.ok();
        check(&app, JANE, &key.create(&further["public_key"], &Scene::default())).await.fails(401, "invalid_code");
        assert_eq!(last_check(&app, &further["id"]).await, "key_taken");
    }

    async fn several_keys_have_names_and_each_signs_in(app: TestApp) {
        configured(&app).await;
        let mut first = enrolled(&app, JANE).await;
        let proof = sign_in(&app, JANE, &mut first).await;
        let id = proof["id"].as_str().unwrap();
        let body = json!({"User": JANE, "Type": "HSM", "Enroll": true, "Proof": id, "Name": "phone"});
        let further = app.post_json("/v1/mfa", &body).await.ok();
        let mut second = SoftKey::new(&further["public_key"]);
        check(&app, JANE, &second.create(&further["public_key"], &Scene::default())).await.ok();
        let factors = app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok();
        let names: Vec<_> = factors["data"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert_eq!(names, [json!(null), json!("phone")]);
        let asked = start(&app, JANE).await;
        assert_eq!(asked["public_key"]["allowCredentials"].as_array().unwrap().len(), 2);
        for key in [&mut first, &mut second] {
            assert_eq!(sign_in(&app, JANE, key).await["status"], "approved");
        }
    }

    async fn a_removed_key_signs_nobody_in_and_may_come_back(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        let factors = app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok();
        let id = factors["data"][0]["id"].as_str().unwrap();
        assert_eq!(app.delete(&format!("/v1/mfa/factors/{id}")).await.ok()["deleted"], true);
        let answer = key.get(&asked["public_key"], &Scene::default());
        check(&app, JANE, &answer).await.fails(401, "not_enrolled");
        let again = start(&app, JANE).await;
        assert_eq!(again["status"], "enrolling");
        check(&app, JANE, &key.create(&again["public_key"], &Scene::default())).await.ok();
    }

    async fn an_enrolment_dies_after_5_minutes_and_a_newer_one_takes_its_place(app: TestApp) {
        configured(&app).await;
        let older = start(&app, JANE).await;
        app.advance(1);
        let newer = start(&app, JANE).await;
        let key = SoftKey::new(&older["public_key"]);
        check(&app, JANE, &key.create(&older["public_key"], &Scene::default())).await.fails(401, "invalid_code");
        assert_eq!(status(&app, &older["id"]).await, "superseded");
        app.advance(300);
        check(&app, JANE, &key.create(&newer["public_key"], &Scene::default())).await.fails(401, "code_expired");
        assert_eq!(status(&app, &newer["id"]).await, "expired");
    }

    async fn an_enrolment_can_be_confirmed_in_its_last_second(app: TestApp) {
        configured(&app).await;
        let started = start(&app, JANE).await;
        app.advance(299);
        let key = SoftKey::new(&started["public_key"]);
        let confirmed = check(&app, JANE, &key.create(&started["public_key"], &Scene::default())).await.ok();
        assert_eq!(confirmed["status"], "enrolled");
    }
}
