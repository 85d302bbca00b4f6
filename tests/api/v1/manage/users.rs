//! Users: found, locked, unlocked, erased, and their factors removed, each with its line in the audit log.

use axum::extract::ConnectInfo;
use serde_json::{Value, json};

use crate::harness::{TestApp, on_both, send};

fn query(app: &TestApp, user: &str) -> String {
    format!("/v1/manage/users?app={}&mode=test&user={user}", app.one.app)
}

fn named(app: &TestApp, user: &str) -> Value {
    json!({"app": app.one.app.to_string(), "mode": "test", "user": user})
}

/// The newest line of the audit log.
async fn line(app: &TestApp, key: &str) -> Value {
    app.shown(key, "/v1/manage/audit?limit=1").await["data"][0].clone()
}

on_both! {
    async fn a_user_is_shown_masked_with_what_it_has(app: TestApp) {
        let key = app.owner("users:read").await.key;
        let unknown = app.shown(&key, &query(&app, "jane@example.com")).await;
        assert_eq!(unknown, json!({
            "object": "user", "app": app.one.app.to_string(), "mode": "test", "user": "j•••@example.com",
            "known": false, "factors": [], "backup_codes_remaining": 0, "failures": 0, "locked_until": null,
            "first_seen_at": null, "last_seen_at": null,
        }));
        app.enrol("jane@example.com").await;
        app.post("/v1/mfa/backup", "User=jane@example.com, Type=EMAIL").await.ok();
        app.verify("jane@example.com", "EMAIL", "000000").await.fails(401, "no_pending_code");
        let shown = app.shown(&key, &query(&app, "JANE@example.com")).await;
        assert_eq!((&shown["known"], &shown["failures"]), (&json!(true), &json!(1)));
        assert_eq!(shown["backup_codes_remaining"], 10);
        assert_eq!(shown["factors"][0]["type"], "APP");
        assert_eq!(shown["first_seen_at"], "2026-11-24T12:00:00Z");
        assert_eq!(shown["last_seen_at"], "2026-11-24T12:00:30Z");
        assert!(!shown.to_string().contains("jane@"));
        // The other mode and the other application know nobody.
        for path in [
            format!("/v1/manage/users?app={}&mode=live&user=jane@example.com", app.one.app),
            format!("/v1/manage/users?app={}&mode=test&user=jane@example.com", app.other.app),
        ] {
            assert_eq!(app.shown(&key, &path).await["known"], false);
        }
    }

    async fn a_lock_holds_and_an_unlock_ends_it(app: TestApp) {
        let key = app.owner("users:write,audit:read").await.key;
        let code = app.start_email("jane@example.com").await;
        let mut body = named(&app, "jane@example.com");
        body["for"] = json!("2h");
        let locked = app.manage(&key, "POST", "/v1/manage/users/lock", Some(&body)).await.ok();
        assert_eq!(locked["locked_until"], "2026-11-24T14:00:00Z");
        let refused = app.verify("jane@example.com", "EMAIL", &code).await;
        refused.fails(429, "user_locked");
        assert_eq!(refused.retry_after(), Some(7200));
        let told = line(&app, &key).await;
        assert_eq!((&told["action"], &told["actor"]["type"]), (&json!("user.locked"), &json!("org_key")));
        assert_eq!(told["target"], json!({"type": "user", "id": "j•••@example.com"}));
        assert_eq!(
            told["changes"],
            json!([{"field": "locked_until", "old": null, "new": "2026-11-24T14:00:00Z"}])
        );
        let body = named(&app, "jane@example.com");
        let unlocked = app.manage(&key, "POST", "/v1/manage/users/unlock", Some(&body)).await.ok();
        assert_eq!((&unlocked["locked_until"], &unlocked["failures"]), (&json!(null), &json!(0)));
        let told = line(&app, &key).await;
        assert_eq!(told["action"], "user.unlocked");
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
        // Where nothing is locked nothing is written.
        app.manage(&key, "POST", "/v1/manage/users/unlock", Some(&body)).await.ok();
        assert_eq!(line(&app, &key).await, told);
        // A day where nothing is said.
        let locked = app.manage(&key, "POST", "/v1/manage/users/lock", Some(&body)).await.ok();
        assert_eq!(locked["locked_until"], "2026-11-25T12:00:00Z");
    }

    async fn each_field_has_its_bounds(app: TestApp) {
        let key = app.owner("users:write").await.key;
        for (field, value, code) in [
            ("for", json!(59), "invalid_value"),
            ("for", json!("366d"), "invalid_value"),
            ("for", json!("soon"), "invalid_value"),
            ("mode", json!("prod"), "invalid_value"),
            ("mode", json!(null), "missing_parameter"),
            ("user", json!(""), "missing_parameter"),
            ("user", json!("jane@"), "invalid_value"),
            ("user", json!(7), "invalid_value"),
            ("app", json!(null), "missing_parameter"),
        ] {
            let mut body = named(&app, "jane@example.com");
            body[field] = value.clone();
            let answer = app.manage(&key, "POST", "/v1/manage/users/lock", Some(&body)).await;
            answer.fails(400, code);
            assert_eq!(answer.body["error"]["param"], field, "{value}");
        }
        assert_eq!(app.shown(&key, &query(&app, "jane@example.com")).await["known"], false);
        for path in ["/v1/manage/users?mode=test&user=a", "/v1/manage/users?app=app_1&user=a"] {
            app.manage(&key, "GET", path, None).await.fails(400, "missing_parameter");
        }
    }

    async fn another_organization_can_do_nothing_to_a_user(app: TestApp) {
        let stranger = app.stranger().await.key;
        let key = app.owner("all").await.key;
        app.enrol("jane@example.com").await;
        let before = app.shown(&key, &query(&app, "jane@example.com")).await;
        let body = named(&app, "jane@example.com");
        let factor = before["factors"][0]["id"].as_str().unwrap();
        let factor = format!("/v1/manage/factors/{factor}?app={}&mode=test", app.one.app);
        let user = query(&app, "jane@example.com");
        for (method, path, body) in [
            ("POST", "/v1/manage/users/lock", Some(&body)),
            ("POST", "/v1/manage/users/unlock", Some(&body)),
            ("DELETE", user.as_str(), None),
            ("DELETE", factor.as_str(), None),
            ("GET", user.as_str(), None),
        ] {
            app.manage(&stranger, method, path, body).await.fails(404, "not_found");
        }
        // Nor the own organization through another application or mode.
        let there = factor.replace(&app.one.app.to_string(), &app.other.app.to_string());
        let live = factor.replace("mode=test", "mode=live");
        for path in [&there, &live] {
            app.manage(&key, "DELETE", path, None).await.fails(404, "not_found");
        }
        assert_eq!(app.shown(&key, &query(&app, "jane@example.com")).await, before);
        // What is deleted is looked at and not changed.
        app.tenants.delete_app(app.one.app).await.unwrap();
        assert_eq!(app.shown(&key, &user).await["known"], true);
        app.manage(&key, "DELETE", &user, None).await.fails(409, "app_deleted");
        app.manage(&key, "POST", "/v1/manage/users/lock", Some(&body)).await.fails(409, "app_deleted");
    }

    async fn a_removed_factor_and_an_erased_user_are_gone(app: TestApp) {
        let key = app.owner("users:write,audit:read").await.key;
        let secret = app.enrol("jane@example.com").await;
        app.start_email("jane@example.com").await;
        let user = query(&app, "jane@example.com");
        let factor = app.shown(&key, &user).await["factors"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/manage/factors/{factor}?app={}&mode=test", app.one.app);
        let removed = app.manage(&key, "DELETE", &path, None).await.ok();
        assert_eq!(removed, json!({"object": "factor", "id": factor, "deleted": true}));
        app.manage(&key, "DELETE", &path, None).await.fails(404, "not_found");
        let told = line(&app, &key).await;
        assert_eq!((&told["action"], &told["target"]["id"]), (&json!("factor.removed"), &json!(factor)));
        app.verify("jane@example.com", "APP", &app.totp(&secret, 0)).await.fails(401, "not_enrolled");

        let erasure = app.manage(&key, "DELETE", &user, None).await.ok();
        assert_eq!((&erasure["object"], &erasure["user"]), (&json!("user.erasure"), &json!("j•••@example.com")));
        assert_eq!(erasure["erased"]["users"], 1);
        assert!(erasure["erased"]["challenges"].as_i64().unwrap() >= 2, "{erasure}");
        assert_eq!(erasure["erased_at"], "2026-11-24T12:00:30Z");
        let told = line(&app, &key).await;
        assert_eq!((&told["action"], &told["id"]), (&json!("user.erased"), &erasure["audit"]));
        assert_eq!(app.shown(&key, &user).await["known"], false);
        assert_eq!(app.get("/v1/mfa?User=jane@example.com").await.ok()["data"], json!([]));
        assert_eq!(app.get("/v1/test/inbox?User=jane@example.com").await.ok()["data"], json!([]));
        let nothing = app.manage(&key, "DELETE", &user, None).await.ok();
        assert_eq!((&nothing["erased"], &nothing["audit"]), (&json!({}), &json!(null)));
        assert_eq!(line(&app, &key).await, told);
    }

    async fn what_an_api_key_does_to_a_user_is_told_with_its_address(app: TestApp) {
        let key = app.owner("audit:read").await.key;
        app.enrol("jane@example.com").await;
        app.verify("jane@example.com", "EMAIL", "000000").await.fails(401, "no_pending_code");
        let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        let factor = factors["data"][0]["id"].as_str().unwrap();
        let peer: std::net::SocketAddr = "203.0.113.7:4711".parse().unwrap();
        for (mut request, action) in [
            (crate::harness::bare("DELETE", &format!("/v1/mfa/factors/{factor}"), &app.key), "factor.removed"),
            (
                crate::harness::post("/v1/mfa/unlock", &app.key, "application/json", r#"{"User": "jane@example.com"}"#),
                "user.unlocked",
            ),
        ] {
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = send(app.router(), request).await;
            let id = answer.headers["request-id"].to_str().unwrap().to_owned();
            answer.ok();
            let told = line(&app, &key).await;
            assert_eq!((&told["action"], &told["actor"]["type"]), (&json!(action), &json!("api_key")));
            assert_eq!((&told["address"], &told["request"]), (&json!("203.0.113.7"), &json!(id)));
            assert!(!told.to_string().contains("jane@"), "{told}");
        }
    }

    async fn the_address_behind_a_trusted_proxy_is_the_clients(app: TestApp) {
        let key = app.owner("users:write,audit:read").await.key;
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let router = rift_mfa::app::site_behind(app.service.clone(), trusted.as_slice().into());
        for (peer, expected) in [("10.0.0.1:80", "198.51.100.1"), ("203.0.113.7:80", "203.0.113.7")] {
            let mut body = named(&app, peer.split(':').next().unwrap());
            body["for"] = json!("1h");
            let mut request =
                crate::harness::post("/v1/manage/users/lock", &key, "application/json", &body.to_string());
            request.headers_mut().insert("x-forwarded-for", "1.1.1.1, 198.51.100.1".parse().unwrap());
            let peer: std::net::SocketAddr = peer.parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(peer));
            send(router.clone(), request).await.ok();
            assert_eq!(line(&app, &key).await["address"], expected);
        }
    }
}
