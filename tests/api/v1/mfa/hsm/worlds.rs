//! Nothing of a key crosses a tenant or a mode, and what is stored of it tells nobody's address.

use serde_json::json;

use super::{JANE, check, configured, enrolled, sign_in, start};
use crate::harness::authenticator::{ORIGIN, RP_ID, Scene, SoftKey};
use crate::harness::on_both;

on_both! {
    async fn a_key_is_of_one_application_and_one_mode(app: TestApp) {
        configured(&app).await;
        let changes = [("webauthn.rp_id", RP_ID), ("webauthn.origins", ORIGIN)];
        let changes = changes.map(|(key, value)| (key.to_owned(), value.to_owned()));
        app.tenants.set(app.other.app, &changes).await.unwrap();
        let mut key = enrolled(&app, JANE).await;
        let mine = app.key.clone();
        let asked = start(&app, JANE).await;
        for stranger in [app.other.test_key.clone(), app.one.live_key.clone()] {
            app.key = stranger;
            let theirs = start(&app, JANE).await;
            assert_eq!(theirs["status"], "enrolling");
            assert_ne!(theirs["public_key"]["user"]["id"], json!(crate::harness::authenticator::b64(&key.handle)));
            // An answer to my challenge is nothing there, and one of my key is no new key's.
            let answer = key.get(&asked["public_key"], &Scene::default());
            check(&app, JANE, &answer).await.fails(401, "invalid_code");
            let named = json!({"User": JANE, "Type": "HSM", "Code": answer, "Id": asked["id"]});
            app.post_json("/v1/mfa/verify", &named).await.fails(404, "not_found");
            // The same authenticator may be enrolled in each world.
            let made = key.create(&theirs["public_key"], &Scene::default());
            assert_eq!(check(&app, JANE, &made).await.ok()["status"], "enrolled");
        }
        app.key = mine;
        check(&app, JANE, &key.get(&asked["public_key"], &Scene::default())).await.ok();
        assert_eq!(sign_in(&app, JANE, &mut key).await["status"], "approved");
    }

    async fn a_stolen_state_of_another_user_does_not_open(app: TestApp) {
        configured(&app).await;
        enrolled(&app, JANE).await;
        let asked = start(&app, "bob@example.com").await;
        let key = SoftKey::new(&asked["public_key"]);
        // Jane answers Bob's enrolment: to her it is no challenge at all.
        let made = key.create(&asked["public_key"], &Scene::default());
        check(&app, JANE, &made).await.fails(401, "no_pending_code");
        check(&app, "bob@example.com", &made).await.ok();
    }
}
