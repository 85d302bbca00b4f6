//! GET /v1/test/inbox

use serde_json::{Value, json};

use crate::harness::{TestApp, on_both, snapshot};

const JANE: &str = "jane@example.com";

async fn messages(app: &TestApp, user: &str) -> Vec<Value> {
    let inbox = app.get(&format!("/v1/test/inbox?User={user}")).await.ok();
    inbox["data"].as_array().expect("a list").clone()
}

on_both! {
    async fn a_test_key_reads_the_message_and_a_live_key_does_not(app: TestApp) {
        app.post("/v1/mfa", "User=jane@test.rift.dev, Type=EMAIL").await.ok();
        let inbox = app.get("/v1/test/inbox?User=jane@test.rift.dev").await.ok();
        snapshot!("test_inbox", &inbox);
        let live = app.one.live_key.clone();
        app.get_as(&live, "/v1/test/inbox?User=jane@test.rift.dev").await.fails(403, "test_mode_only");
    }

    async fn messages_come_newest_first(app: TestApp) {
        let older = app.start_email(JANE).await;
        app.advance(30);
        let newer = app.start_email(JANE).await;
        let codes: Vec<Value> =
            messages(&app, JANE).await.iter().map(|message| message["code"].clone()).collect();
        assert_eq!(codes, [json!(newer), json!(older)]);
    }

    async fn the_code_and_the_action_stand_in_the_text(app: TestApp) {
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL, Action=Pay 12 EUR to Bob").await.ok();
        let message = messages(&app, JANE).await.remove(0);
        let text = message["text"].as_str().unwrap();
        assert!(
            text.contains(message["code"].as_str().unwrap()) && text.contains("Pay 12 EUR to Bob"),
            "{text}"
        );
        assert!(text.contains("Acme Shop"), "{text}");
    }

    async fn a_set_of_backup_codes_stands_in_the_text_and_has_no_code(app: TestApp) {
        app.set(&[("backup.count", "5")]).await;
        app.issue("User=jane@example.com, Type=EMAIL").await;
        assert!(messages(&app, JANE).await[0].get("code").is_none());
        assert_eq!(app.backup_codes(JANE).await.len(), 5);
    }

    async fn either_leg_of_a_pair_is_looked_at(app: TestApp) {
        let code = app.start_email(JANE).await;
        let of_pair = messages(&app, "jane@example.com:+14155552671").await;
        assert_eq!((of_pair.len(), &of_pair[0]["code"]), (1, &json!(code)));
    }

    async fn another_contact_and_another_application_have_an_empty_inbox(app: TestApp) {
        app.start_email(JANE).await;
        assert!(messages(&app, "bob@example.com").await.is_empty());
        let other = app.other.test_key.clone();
        let inbox = app.get_as(&other, "/v1/test/inbox?User=jane@example.com").await.ok();
        assert_eq!(inbox["data"], json!([]));
    }

    async fn a_message_is_there_for_a_day(app: TestApp) {
        app.start_email(JANE).await;
        app.advance(86_399);
        assert_eq!(messages(&app, JANE).await.len(), 1);
        app.advance(1);
        assert!(messages(&app, JANE).await.is_empty());
    }

    async fn the_last_200_messages_of_an_application_are_there(app: TestApp) {
        app.start_email("first@example.com").await;
        for user in 0..199 {
            app.advance(1);
            app.post("/v1/mfa", &format!("User=user{user}@example.com, Type=EMAIL")).await.ok();
        }
        assert_eq!(messages(&app, "first@example.com").await.len(), 1);
        app.advance(1);
        app.start_email("last@example.com").await;
        assert!(messages(&app, "first@example.com").await.is_empty());
    }

    async fn user_must_be_there_and_have_a_form(app: TestApp) {
        for (query, code) in
            [("", "missing_parameter"), ("?User=jane@", "invalid_email"), ("?User=a%20b", "invalid_user")]
        {
            let refused = app.get(&format!("/v1/test/inbox{query}")).await;
            refused.fails(400, code);
            assert_eq!(refused.body["error"]["param"], "User");
        }
    }
}
