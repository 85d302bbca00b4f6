//! What a browser is asked: exactly the members that `parse…OptionsFromJSON` knows, and none that is null.

use serde_json::{Value, json};

use super::{JANE, configured, enrol_more, enrolled, sign_in, start};
use crate::harness::authenticator::{b64, unb64};
use crate::harness::on_both;

/// The options with what differs each time checked and taken out.
fn steady(options: &Value, user: bool) -> Value {
    let mut options = options.clone();
    assert_eq!(unb64(&options["challenge"].take()).len(), 32);
    if user {
        assert_eq!(unb64(&options["user"]["id"].take()).len(), 32);
    }
    options
}

on_both! {
    async fn an_enrolment_answers_creation_options(app: TestApp) {
        configured(&app).await;
        let body = json!({"User": JANE, "Type": "HSM", "Name": "Jäne's key"});
        let started = app.post_json("/v1/mfa", &body).await.ok();
        assert_eq!((&started["status"], &started["type"]), (&json!("enrolling"), &json!("HSM")));
        assert!(started.get("secret").is_none() && started.get("deliveries").is_none(), "{started:#}");
        assert_eq!(
            steady(&started["public_key"], true),
            json!({
                "rp": {"id": "example.com", "name": "Acme Shop"},
                "user": {"id": null, "name": "Jäne's key", "displayName": "Jäne's key"},
                "challenge": null,
                "pubKeyCredParams": [
                    {"type": "public-key", "alg": -7},
                    {"type": "public-key", "alg": -35},
                    {"type": "public-key", "alg": -257},
                ],
                "timeout": 300_000,
                "excludeCredentials": [],
                "authenticatorSelection": {
                    "residentKey": "discouraged", "requireResidentKey": false, "userVerification": "preferred",
                },
                "attestation": "none",
            })
        );
    }

    async fn a_user_with_keys_gets_request_options(app: TestApp) {
        configured(&app).await;
        let key = enrolled(&app, JANE).await;
        let started = start(&app, JANE).await;
        assert_eq!(started["status"], "pending");
        assert_eq!(
            steady(&started["public_key"], false),
            json!({
                "challenge": null,
                "timeout": 300_000,
                "rpId": "example.com",
                "allowCredentials": [
                    {"type": "public-key", "id": b64(&key.id), "transports": ["usb", "nfc"]},
                ],
                "userVerification": "preferred",
            })
        );
        app.set(&[("webauthn.user_verification", "required")]).await;
        assert_eq!(start(&app, JANE).await["public_key"]["userVerification"], "required");
    }

    async fn a_handle_is_random_kept_and_of_one_user_and_relying_party(app: TestApp) {
        configured(&app).await;
        let handle = async |user: &str| start(&app, user).await["public_key"]["user"]["id"].clone();
        let first = handle(JANE).await;
        assert_eq!(handle(JANE).await, first);
        assert_ne!(handle("bob@example.com").await, first);
        app.set(&[("webauthn.rp_id", "login.example.com")]).await;
        assert_ne!(handle(JANE).await, first);
        app.set(&[("webauthn.rp_id", "example.com")]).await;
        assert_eq!(handle(JANE).await, first);
        let mut key = enrolled(&app, JANE).await;
        let proof = sign_in(&app, JANE, &mut key).await;
        let further = enrol_more(&app, JANE, proof["id"].as_str().unwrap()).await.ok();
        assert_eq!(further["public_key"]["user"]["id"], first);
        assert_eq!(further["public_key"]["excludeCredentials"][0]["id"], b64(&key.id));
    }

    async fn a_key_of_another_relying_party_is_not_asked_for(app: TestApp) {
        configured(&app).await;
        enrolled(&app, JANE).await;
        app.set(&[("webauthn.rp_id", "login.example.com")]).await;
        app.post("/v1/mfa", &format!("User={JANE}, Type=HSM")).await.fails(403, "proof_required");
        let proof = app.approve(JANE).await;
        let further = enrol_more(&app, JANE, &proof).await.ok();
        assert_eq!(further["public_key"]["excludeCredentials"], json!([]));
    }
}
