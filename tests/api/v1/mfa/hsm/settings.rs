//! The settings of a relying party.

use super::super::told;
use super::{JANE, configured, start};
use crate::harness::{on_both, snapshot};

on_both! {
    async fn without_a_relying_party_a_start_says_what_to_set(app: TestApp) {
        let refused = app.post("/v1/mfa", "User=user-42, Type=HSM").await;
        refused.fails(403, "method_not_configured");
        let mut body = told(&refused);
        let fix = body["error"]["fix"].as_str().unwrap().replace(&app.one.app.to_string(), "app_…");
        body["error"]["fix"] = fix.into();
        snapshot!("start_method_not_configured", body);
        app.set(&[("webauthn.rp_id", "example.com")]).await;
        app.post("/v1/mfa", "User=user-42, Type=HSM").await.fails(403, "method_not_configured");
        app.set(&[("webauthn.rp_id", ""), ("webauthn.origins", "https://example.com")]).await;
        app.post("/v1/mfa", "User=user-42, Type=HSM").await.fails(403, "method_not_configured");
        app.post("/v1/mfa", "User=a b, Type=HSM").await.fails(400, "invalid_user");
        app.set(&[("methods.hsm", "off")]).await;
        app.post("/v1/mfa", "User=user-42, Type=HSM").await.fails(403, "method_disabled");
        app.verify("user-42", "HSM", "3-7KQ2M-9XD4-TPBW").await.fails(403, "method_disabled");
    }

    async fn both_settings_change_together_or_not_at_all(app: TestApp) {
        configured(&app).await;
        let set = async |changes: &[(&str, &str)]| {
            let changes: Vec<_> =
                changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            app.tenants.set(app.one.app, &changes).await.map_err(|error| error.to_string())
        };
        for refused in [
            &[("webauthn.rp_id", "example.org")][..],
            &[("webauthn.origins", "https://example.org")][..],
            &[("webauthn.rp_id", "com"), ("webauthn.origins", "https://example.com")][..],
        ] {
            let said = set(refused).await.unwrap_err();
            assert!(said.contains("`webauthn.rp_id`") && said.contains("`webauthn.origins`"), "{said}");
        }
        set(&[("webauthn.rp_id", "example.org"), ("webauthn.origins", "https://example.org")]).await.unwrap();
        app.service.keys().forget();
        assert_eq!(start(&app, JANE).await["public_key"]["rp"]["id"], "example.org");
    }
}
