//! One rule over apps and keys: who has either enrols another of any Type only with `Enroll=true` and a `Proof`.

use super::super::enrol_second;
use super::{JANE, check, configured, enrol_more, enrolled, sign_in, start};
use crate::harness::authenticator::{Scene, SoftKey};
use crate::harness::on_both;

on_both! {
    async fn a_user_with_an_app_needs_a_proof_for_a_key(app: TestApp) {
        configured(&app).await;
        app.enrol(JANE).await;
        for fields in ["", ", Enroll=true"] {
            let refused = app.post("/v1/mfa", &format!("User={JANE}, Type=HSM{fields}")).await;
            refused.fails(403, "proof_required");
        }
        let proof = app.approve(JANE).await;
        let alone = app.post("/v1/mfa", &format!("User={JANE}, Type=HSM, Proof={proof}")).await;
        alone.fails(403, "proof_required");
        let further = enrol_more(&app, JANE, &proof).await.ok();
        assert_eq!(further["status"], "enrolling");
        let key = SoftKey::new(&further["public_key"]);
        let made = key.create(&further["public_key"], &Scene::default());
        assert_eq!(check(&app, JANE, &made).await.ok()["status"], "enrolled");
        enrol_more(&app, JANE, &proof).await.fails(403, "proof_required");
    }

    async fn a_user_with_a_key_needs_a_proof_for_an_app(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        app.post("/v1/mfa", &format!("User={JANE}, Type=APP")).await.fails(403, "proof_required");
        let approved = sign_in(&app, JANE, &mut key).await;
        let secret = enrol_second(&app, JANE, approved["id"].as_str().unwrap()).await;
        assert_eq!(app.verify(JANE, "APP", &app.totp(&secret, 0)).await.ok()["status"], "approved");
    }

    async fn a_user_with_a_key_needs_a_proof_for_another_and_is_asked_for_the_first_without_the_wish(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let refused = app.post("/v1/mfa", &format!("User={JANE}, Type=HSM, Enroll=true")).await;
        refused.fails(403, "proof_required");
        let approved = sign_in(&app, JANE, &mut key).await;
        let id = approved["id"].as_str().unwrap();
        let asked = app.post("/v1/mfa", &format!("User={JANE}, Type=HSM, Proof={id}")).await.ok();
        assert_eq!(asked["status"], "pending");
        assert_eq!(enrol_more(&app, JANE, id).await.ok()["status"], "enrolling");
        enrol_more(&app, JANE, id).await.fails(403, "proof_required");
    }

    async fn an_enrolment_is_no_proof(app: TestApp) {
        configured(&app).await;
        let started = start(&app, JANE).await;
        let key = SoftKey::new(&started["public_key"]);
        check(&app, JANE, &key.create(&started["public_key"], &Scene::default())).await.ok();
        enrol_more(&app, JANE, started["id"].as_str().unwrap()).await.fails(403, "proof_required");
    }

    async fn of_an_app_and_a_key_begun_without_a_proof_the_first_confirmed_ends_the_other(app: TestApp) {
        configured(&app).await;
        let key_first = async |user: &str, by_key: bool| {
            let asked = start(&app, user).await;
            let of_app = app.post("/v1/mfa", &format!("User={user}, Type=APP")).await.ok();
            let key = SoftKey::new(&asked["public_key"]);
            let made = key.create(&asked["public_key"], &Scene::default());
            let secret = of_app["secret"].as_str().unwrap().to_owned();
            if by_key {
                check(&app, user, &made).await.ok();
                app.verify(user, "APP", &app.totp(&secret, 0)).await.fails(401, "not_enrolled");
            } else {
                app.verify(user, "APP", &app.totp(&secret, 0)).await.ok();
                check(&app, user, &made).await.fails(401, "not_enrolled");
            }
            let factors = app.get(&format!("/v1/mfa/factors?User={user}")).await.ok();
            assert_eq!(factors["data"].as_array().unwrap().len(), 1);
        };
        key_first("user-1", true).await;
        key_first("user-2", false).await;
    }
}
