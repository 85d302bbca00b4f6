//! A set is valid from its hand-over on, and the older one until then.

use serde_json::{Value, json};

use super::{JANE, backup_set, status, trace};
use crate::harness::{TestApp, on_both};

/// A first set of `user-42`, handed over.
async fn first_set(app: &TestApp) -> Vec<String> {
    app.set(&[("backup.count", "5")]).await;
    app.issue("User=jane@example.com, Type=EMAIL, For=user-42").await;
    app.backup_codes(JANE).await
}

/// A further set of `user-42`, sent to one of test mode's magic contacts.
async fn next_set(app: &TestApp, contact: &str) -> Value {
    app.issue(&format!("User={contact}, Type=EMAIL, For=user-42")).await
}

async fn remaining(app: &TestApp) -> Value {
    app.get("/v1/mfa/factors?User=user-42").await.ok()["backup_codes_remaining"].clone()
}

on_both! {
    async fn the_old_set_is_dead_after_the_new_one(app: TestApp) {
        let old = backup_set(&app, JANE).await;
        app.advance(30);
        let new = backup_set(&app, JANE).await;
        app.verify(JANE, "BACKUP", &old[0]).await.fails(401, "invalid_code");
        let approved = app.verify(JANE, "BACKUP", &new[0]).await.ok();
        assert_eq!(approved["backup_codes_remaining"], 4);
    }

    async fn a_set_that_cannot_be_delivered_leaves_the_old_one_valid(app: TestApp) {
        let old = first_set(&app).await;
        let issued = next_set(&app, "bounce@test.rift.dev").await;
        assert_eq!(issued["deliveries"][0]["status"], "queued");
        app.verify("user-42", "BACKUP", &old[0]).await.ok();
        assert_eq!(app.deliver().await, 1);
        assert_eq!(status(&app, &issued["id"]).await, "failed");
        app.verify("user-42", "BACKUP", &old[1]).await.ok();
        assert_eq!(remaining(&app).await, 3);
    }

    async fn a_set_that_is_late_becomes_valid_at_its_hand_over(app: TestApp) {
        let old = first_set(&app).await;
        let issued = next_set(&app, "slow@test.rift.dev").await;
        app.advance(2);
        app.deliver().await;
        assert_eq!(status(&app, &issued["id"]).await, "pending");
        app.verify("user-42", "BACKUP", &old[0]).await.ok();
        app.advance(1);
        app.deliver().await;
        assert_eq!(status(&app, &issued["id"]).await, "issued");
        app.verify("user-42", "BACKUP", &old[1]).await.fails(401, "invalid_code");
        let new = app.backup_codes("slow@test.rift.dev").await;
        app.verify("user-42", "BACKUP", &new[0]).await.ok();
    }

    async fn a_set_that_never_leaves_expires_and_leaves_the_old_one_valid(app: TestApp) {
        let old = first_set(&app).await;
        let issued = next_set(&app, "down@test.rift.dev").await;
        app.deliver().await;
        app.advance(600);
        app.deliver().await;
        let trace = trace(&app, &issued["id"]).await;
        assert_eq!(
            (&trace["status"], &trace["deliveries"][0]["status"]),
            (&json!("failed"), &json!("expired"))
        );
        app.verify("user-42", "BACKUP", &old[0]).await.ok();
    }

    async fn a_set_that_is_canceled_before_its_hand_over_leaves_the_old_one_valid(app: TestApp) {
        let old = first_set(&app).await;
        let issued = next_set(&app, "slow@test.rift.dev").await;
        let path = format!("/v1/mfa/{}/cancel", issued["id"].as_str().unwrap());
        assert_eq!(app.post(&path, "").await.ok()["status"], "canceled");
        app.advance(3);
        app.deliver().await;
        app.verify("user-42", "BACKUP", &old[0]).await.ok();
        let inbox = app.get("/v1/test/inbox?User=slow@test.rift.dev").await.ok();
        assert_eq!(inbox["data"], json!([]));
    }

    async fn a_set_of_one_user_leaves_another_s_alone(app: TestApp) {
        let janes = backup_set(&app, JANE).await;
        backup_set(&app, "bob@example.com").await;
        app.verify(JANE, "BACKUP", &janes[0]).await.ok();
    }
}
