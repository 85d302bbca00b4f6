//! POST /v1/mfa/backup

mod fields;
mod sets;

use serde_json::json;

use super::{backup_set, fail, status, told, trace};
use crate::harness::{on_both, snapshot};

const JANE: &str = "jane@example.com";

on_both! {
    async fn a_set_is_sent_and_counted(app: TestApp) {
        let issued = app.issue("User=Jane@example.com, Type=EMAIL").await;
        snapshot!("backup", &issued);
        assert_eq!(app.backup_codes(JANE).await.len(), 10);
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert_eq!(factors["backup_codes_remaining"], 10);
        assert_eq!(status(&app, &issued["id"]).await, "issued");
    }

    async fn a_code_is_an_index_and_13_random_characters_in_groups(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        for (index, code) in codes.iter().enumerate() {
            let groups: Vec<usize> = code.split('-').map(str::len).collect();
            assert_eq!(groups, [1, 5, 4, 4], "{code}");
            assert!(code.starts_with(&index.to_string()), "{code}");
            assert!(code.chars().all(|c| "0123456789ABCDEFGHJKMNPQRSTVWXYZ-".contains(c)), "{code}");
        }
    }

    async fn the_settings_for_count_and_length_take_effect(app: TestApp) {
        app.set(&[("backup.count", "6"), ("backup.length", "24")]).await;
        let issued = app.issue("User=jane@example.com, Type=EMAIL").await;
        let codes = app.backup_codes(JANE).await;
        assert_eq!((&issued["count"], codes.len()), (&json!(6), 6));
        for code in &codes {
            assert_eq!(code.replace('-', "").len(), 1 + 24);
            assert!(code.split('-').all(|group| group.len() <= 5), "{code}");
        }
        app.verify(JANE, "BACKUP", &codes[5]).await.ok();
    }

    async fn the_codes_are_in_no_answer(app: TestApp) {
        app.set(&[("backup.count", "5")]).await;
        let issued = app.issue("User=jane@example.com, Type=EMAIL").await;
        let codes = app.backup_codes(JANE).await;
        let approved = app.verify(JANE, "BACKUP", &codes[0]).await.ok();
        let used = app.verify(JANE, "BACKUP", &codes[0]).await.body;
        let list = app.get("/v1/mfa").await.ok();
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        let traces = [trace(&app, &issued["id"]).await, trace(&app, &approved["id"]).await];
        let [first, second] = &traces;
        for answer in [&issued, &approved, &used, &list, &factors, first, second] {
            let answer = answer.to_string().to_uppercase();
            for code in &codes {
                assert!(!answer.contains(code) && !answer.contains(&code.replace('-', "")), "{answer}");
            }
        }
    }

    async fn a_set_shows_in_the_trace_how_its_message_went(app: TestApp) {
        app.set(&[("backup.count", "5")]).await;
        let fields = "User=jane@example.com, Type=EMAIL, Reference=order-7";
        let issued = app.issue(fields).await;
        let shown = trace(&app, &issued["id"]).await;
        snapshot!("backup_trace", shown);
    }

    async fn a_set_for_a_user_without_a_contact_is_sent_to_another(app: TestApp) {
        app.set(&[("backup.count", "5")]).await;
        let issued = app.issue("User=jane@example.com, Type=EMAIL, For=user-42").await;
        assert_eq!(
            (&issued["user"], &issued["deliveries"][0]["to"]),
            (&json!("user-42"), &json!("j•••@example.com"))
        );
        let codes = app.backup_codes(JANE).await;
        app.verify(JANE, "BACKUP", &codes[0]).await.fails(401, "not_enrolled");
        assert_eq!(app.verify("user-42", "BACKUP", &codes[0]).await.ok()["user"], "user-42");
    }

    async fn a_second_set_within_30_seconds_is_too_soon(app: TestApp) {
        let codes = backup_set(&app, JANE).await;
        let soon = app.post("/v1/mfa/backup", "User=jane@example.com, Type=EMAIL").await;
        soon.fails(429, "resend_cooldown");
        assert_eq!(soon.retry_after(), Some(30));
        app.verify(JANE, "BACKUP", &codes[0]).await.ok();
    }

    async fn a_locked_user_gets_no_set(app: TestApp) {
        fail(&app, JANE, "APP", 10).await;
        let refused = app.post("/v1/mfa/backup", "User=jane@example.com, Type=EMAIL").await;
        refused.fails(429, "user_locked");
        assert_eq!(refused.retry_after(), Some(900));
    }

    async fn live_mode_without_a_provider_is_refused_and_names_the_setting(app: TestApp) {
        let live = app.one.live_key.clone();
        let refused = app.post_as(&live, "/v1/mfa/backup", "User=jane@example.com, Type=EMAIL").await;
        refused.fails(503, "provider_not_configured");
        assert!(told(&refused)["error"]["fix"].as_str().unwrap().contains("providers.email"));
    }
}
