//! Members: one for an address, and an owner that stays.

use serde_json::json;

use crate::harness::on_both;

const PATH: &str = "/v1/manage/members";

on_both! {
    async fn a_member_is_added_changed_and_removed(app: TestApp) {
        let key = app.owner("all").await.key;
        assert_eq!(app.shown(&key, PATH).await, json!({"data": [], "has_more": false}));
        let new = json!({"email": " Jane@Example.com ", "role": "developer", "name": "Jane"});
        let made = app.manage(&key, "POST", PATH, Some(&new)).await;
        assert_eq!(made.status.as_u16(), 201);
        assert_eq!((&made.body["email"], &made.body["status"]), (&json!("jane@example.com"), &json!("invited")));
        let again = json!({"email": "jane@example.com", "role": "owner"});
        app.manage(&key, "POST", PATH, Some(&again)).await.fails(409, "already_exists");

        let one = format!("{PATH}/{}", made.body["id"].as_str().unwrap());
        let changed = app.manage(&key, "PATCH", &one, Some(&json!({"role": "admin"}))).await.ok();
        assert_eq!((&changed["role"], &changed["name"]), (&json!("admin"), &json!("Jane")));
        assert_eq!(app.shown(&key, &one).await, changed);
        let gone = app.manage(&key, "DELETE", &one, None).await.ok();
        assert_eq!(gone["deleted"], true);
        app.manage(&key, "DELETE", &one, None).await.fails(404, "not_found");
    }

    async fn the_last_owner_stays(app: TestApp) {
        let key = app.owner("all").await.key;
        let mut owners = Vec::new();
        for email in ["a@example.com", "b@example.com"] {
            let made = app.manage(&key, "POST", PATH, Some(&json!({"email": email, "role": "owner"}))).await;
            owners.push(format!("{PATH}/{}", made.body["id"].as_str().unwrap()));
        }
        app.manage(&key, "PATCH", &owners[0], Some(&json!({"role": "viewer"}))).await.ok();
        app.manage(&key, "PATCH", &owners[1], Some(&json!({"role": "admin"}))).await.fails(409, "last_owner");
        app.manage(&key, "DELETE", &owners[1], None).await.fails(409, "last_owner");
        app.manage(&key, "PATCH", &owners[1], Some(&json!({"name": "Bob"}))).await.ok();
        app.manage(&key, "DELETE", &owners[0], None).await.ok();
    }

    async fn bounds_of_members_are_told(app: TestApp) {
        let key = app.owner("all").await.key;
        let long = "x".repeat(101);
        for (body, code, param) in [
            (json!({"role": "owner"}), "missing_parameter", "email"),
            (json!({"email": "a@example.com"}), "missing_parameter", "role"),
            (json!({"email": "a@example.com", "role": "king"}), "invalid_value", "role"),
            (json!({"email": "a", "role": "owner"}), "invalid_email", "email"),
            (json!({"email": "a@example.com, b@example.com", "role": "owner"}), "invalid_email", "email"),
            (json!({"email": "a@example.com\r\nBcc: b", "role": "owner"}), "invalid_email", "email"),
            (json!({"email": "a@example.com", "role": "owner", "name": long}), "invalid_value", "name"),
        ] {
            let answer = app.manage(&key, "POST", PATH, Some(&body)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{body}");
            assert_eq!(answer.body["error"]["param"], param, "{body}");
        }
        assert_eq!(app.shown(&key, PATH).await["data"], json!([]));
    }
}
