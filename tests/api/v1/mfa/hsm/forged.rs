//! Answers that are well formed and wrong: 401, an attempt spent, the reason in the trace.

use serde_json::{Value, json};

use super::super::status;
use super::{JANE, check, configured, enrolled, last_check, sign_in, start};
use crate::harness::authenticator::{Scene, SoftKey, b64, unb64};
use crate::harness::{TestApp, on_both};

/// Gives a wrong answer to a fresh challenge: its reason, and that the right one is still taken.
async fn refused(
    app: &TestApp,
    key: &mut SoftKey,
    reason: &str,
    forge: impl FnOnce(&mut SoftKey, &Value) -> Value,
) {
    let asked = start(app, JANE).await;
    let answer = forge(key, &asked["public_key"]);
    let told = check(app, JANE, &answer).await;
    told.fails(401, "invalid_code");
    assert_eq!(told.body["error"]["attempts_remaining"], 4, "{reason}");
    assert_eq!(last_check(app, &asked["id"]).await, reason);
    assert_eq!(status(app, &asked["id"]).await, "pending", "{reason}");
    let right = key.get(&asked["public_key"], &Scene::default());
    assert_eq!(check(app, JANE, &right).await.ok()["status"], "approved", "{reason}");
    app.advance(61);
}

fn with(change: impl FnOnce(&mut Scene)) -> Scene {
    let mut scene = Scene::default();
    change(&mut scene);
    scene
}

/// What may be wrong in the scene of either ceremony, and its reason.
fn scenes() -> Vec<(&'static str, Scene)> {
    vec![
        ("wrong_origin", with(|scene| scene.origin = "https://evil.example".into())),
        ("wrong_origin", with(|scene| scene.origin = "https://sub.login.example.com".into())),
        ("wrong_origin", with(|scene| scene.origin = "https://login.example.com:8443".into())),
        ("wrong_origin", with(|scene| scene.origin = "http://login.example.com".into())),
        ("wrong_origin", with(|scene| scene.origin = "https://login.example.com/path".into())),
        ("wrong_origin", with(|scene| scene.cross_origin = Some(true))),
        ("wrong_rp_id", with(|scene| scene.rp_id = "login.example.com".into())),
        ("user_not_present", with(|scene| scene.present = false)),
        ("wrong_type", with(|scene| scene.kind = Some("payment.get"))),
    ]
}

on_both! {
    async fn a_forged_scene_of_a_sign_in_is_refused(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        for (reason, scene) in scenes() {
            refused(&app, &mut key, reason, |key, options| key.get(options, &scene)).await;
        }
        let scene = with(|scene| scene.kind = Some("webauthn.create"));
        refused(&app, &mut key, "wrong_type", |key, options| key.get(options, &scene)).await;
    }

    async fn a_forged_scene_of_an_enrolment_is_refused(app: TestApp) {
        configured(&app).await;
        for (reason, scene) in scenes() {
            let started = start(&app, JANE).await;
            let key = SoftKey::new(&started["public_key"]);
            check(&app, JANE, &key.create(&started["public_key"], &scene)).await.fails(401, "invalid_code");
            assert_eq!(last_check(&app, &started["id"]).await, reason);
            assert_eq!(status(&app, &started["id"]).await, "enrolling");
            app.post("/v1/mfa/unlock", &format!("User={JANE}")).await.ok();
        }
        assert_eq!(app.get(&format!("/v1/mfa/factors?User={JANE}")).await.ok()["data"], json!([]));
    }

    async fn user_verification_is_insisted_on_where_it_is_required_alone(app: TestApp) {
        configured(&app).await;
        let silent = with(|scene| scene.verified = false);
        let mut key = enrolled(&app, JANE).await;
        let asked = start(&app, JANE).await;
        check(&app, JANE, &key.get(&asked["public_key"], &silent)).await.ok();
        app.set(&[("webauthn.user_verification", "required")]).await;
        refused(&app, &mut key, "user_not_verified", |key, options| key.get(options, &silent)).await;
        let started = start(&app, "bob@example.com").await;
        let other = SoftKey::new(&started["public_key"]);
        let made = other.create(&started["public_key"], &silent);
        check(&app, "bob@example.com", &made).await.fails(401, "invalid_code");
        assert_eq!(last_check(&app, &started["id"]).await, "user_not_verified");
        app.set(&[("webauthn.user_verification", "preferred")]).await;
        let asked = start(&app, JANE).await;
        check(&app, JANE, &key.get(&asked["public_key"], &silent)).await.ok();
    }

    async fn a_wrong_signature_is_refused(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        refused(&app, &mut key, "wrong_signature", |key, options| {
            let mut answer = key.get(options, &Scene::default());
            answer["response"]["signature"] = json!(b64(&key.sign(b"something else")));
            answer
        })
        .await;
        refused(&app, &mut key, "wrong_signature", |key, options| {
            let mut answer = key.get(options, &Scene::default());
            answer["response"]["signature"] = json!(b64(b"no signature"));
            answer
        })
        .await;
        refused(&app, &mut key, "wrong_signature", |key, options| {
            let mut answer = key.get(options, &Scene::default());
            let mut data = unb64(&answer["response"]["authenticatorData"]);
            data[36] ^= 0x40;
            answer["response"]["authenticatorData"] = json!(b64(&data));
            answer
        })
        .await;
    }

    async fn an_answer_to_another_challenge_is_refused(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        refused(&app, &mut key, "wrong_challenge", |key, options| {
            let mut other = options.clone();
            other["challenge"] = json!(b64(&[7; 32]));
            key.get(&other, &Scene::default())
        })
        .await;
    }

    async fn another_users_key_is_refused(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let mut bobs = enrolled(&app, "bob@example.com").await;
        refused(&app, &mut key, "unknown_key", |_, options| bobs.get(options, &Scene::default())).await;
        let strange = SoftKey::new(&json!({"user": {"id": b64(&key.handle)}}));
        refused(&app, &mut key, "unknown_key", |_, options| strange.get_at(options, &Scene::default(), 9)).await;
        // Bob's key under the name of Jane's.
        bobs.id.clone_from(&key.id);
        bobs.handle.clone_from(&key.handle);
        refused(&app, &mut key, "wrong_signature", |_, options| bobs.get_at(options, &Scene::default(), 99)).await;
        // Bob's answer to Bob's challenge, for Jane.
        let asked = start(&app, "bob@example.com").await;
        refused(&app, &mut key, "wrong_challenge", |key, _| key.get(&asked["public_key"], &Scene::default())).await;
    }

    async fn a_handle_of_another_user_is_refused(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        refused(&app, &mut key, "wrong_user_handle", |key, options| {
            let mut answer = key.get(options, &Scene::default());
            answer["response"]["userHandle"] = json!(b64(&[3; 32]));
            answer
        })
        .await;
        let asked = start(&app, JANE).await;
        let mut answer = key.get(&asked["public_key"], &Scene::default());
        answer["response"].as_object_mut().unwrap().remove("userHandle");
        check(&app, JANE, &answer).await.ok();
    }

    async fn a_counter_that_does_not_rise_is_refused_and_told(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        key.count = 10;
        sign_in(&app, JANE, &mut key).await;
        for count in [key.count, 1, 0] {
            refused(&app, &mut key, "sign_count_fell", |key, options| key.get_at(options, &Scene::default(), count)).await;
            key.count += 50;
            sign_in(&app, JANE, &mut key).await;
        }
    }

    async fn a_key_that_changes_whether_it_can_be_copied_is_refused(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        let copied = with(|scene| scene.backup = (true, true));
        refused(&app, &mut key, "wrong_answer", |key, options| key.get(options, &copied)).await;
        let nonsense = with(|scene| scene.backup = (false, true));
        refused(&app, &mut key, "wrong_answer", |key, options| key.get(options, &nonsense)).await;
    }

    async fn the_other_ceremonys_answer_is_refused(app: TestApp) {
        configured(&app).await;
        let mut key = enrolled(&app, JANE).await;
        refused(&app, &mut key, "wrong_type", |key, options| {
            let made = SoftKey::new(&json!({"user": {"id": b64(&key.handle)}}));
            made.create(options, &Scene::default())
        })
        .await;
        let started = start(&app, "bob@example.com").await;
        check(&app, "bob@example.com", &key.get(&started["public_key"], &Scene::default()))
            .await
            .fails(401, "invalid_code");
        assert_eq!(last_check(&app, &started["id"]).await, "wrong_type");
    }
}
