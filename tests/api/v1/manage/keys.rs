//! API keys and organization keys: shown once, rolled with a grace, and no way to more than one has.

use rift_mfa::clock::Clock as _;
use serde_json::json;

use crate::harness::{bare, on_both, send};

on_both! {
    async fn an_api_key_works_from_its_making_to_its_revocation(app: TestApp) {
        let key = app.owner("keys:write").await.key;
        let path = format!("/v1/manage/apps/{}/keys", app.one.app);
        let new = json!({"mode": "live", "name": "backend", "expires_in": "2h"});
        let made = app.manage(&key, "POST", &path, Some(&new)).await;
        assert_eq!(made.status.as_u16(), 201);
        let (id, secret) = (made.body["id"].as_str().unwrap(), made.body["secret"].as_str().unwrap());
        assert!(secret.starts_with("sk_live_"));
        send(app.router(), bare("GET", "/v1/mfa", secret)).await.ok();

        let one = app.shown(&key, &format!("{path}/{id}")).await;
        assert_eq!((&one["state"], &one["name"], &one["mode"]), (&json!("active"), &json!("backend"), &json!("live")));
        assert!(one.get("secret").is_none(), "shown once");
        assert!(!app.shown(&key, &path).await.to_string().contains(secret));

        let rolled = app.manage(&key, "POST", &format!("{path}/{id}/roll"), Some(&json!({"grace": 60}))).await;
        assert_eq!(rolled.status.as_u16(), 201);
        let next = rolled.body["secret"].as_str().unwrap();
        app.service.keys().forget();
        app.advance(59);
        send(app.router(), bare("GET", "/v1/mfa", secret)).await.ok();
        app.advance(1);
        send(app.router(), bare("GET", "/v1/mfa", secret)).await.fails(401, "invalid_api_key");
        send(app.router(), bare("GET", "/v1/mfa", next)).await.ok();
        let again = app.manage(&key, "POST", &format!("{path}/{id}/roll"), None).await;
        again.fails(409, "not_active");

        let next_id = rolled.body["id"].as_str().unwrap();
        for _ in 0..2 {
            let gone = app.manage(&key, "DELETE", &format!("{path}/{next_id}"), None).await.ok();
            assert_eq!(gone["state"], "revoked");
        }
        app.service.keys().forget();
        send(app.router(), bare("GET", "/v1/mfa", next)).await.fails(401, "invalid_api_key");
    }

    async fn a_key_tells_the_minute_in_which_it_was_last_used(app: TestApp) {
        let owner = app.owner("keys:read,org_keys:read").await.key;
        let path = format!("/v1/manage/apps/{}/keys", app.one.app);
        let uses = async || {
            app.service.write_last_used().await;
            let (keys, own) = (app.shown(&owner, &path).await, app.shown(&owner, "/v1/manage/keys").await);
            let keys = keys["data"].as_array().unwrap();
            let of = |mode: &str| keys.iter().find(|key| key["mode"] == mode).unwrap();
            [of("test"), of("live"), &own["data"][0]].map(|key| key["last_used_at"].clone())
        };
        let minute = || json!(app.clock.now().minute().to_string());
        assert_eq!(uses().await, [json!(null), json!(null), json!(null)]);
        let first = minute();
        assert_eq!(uses().await, [json!(null), json!(null), first.clone()], "what was just used to read this");

        app.advance(120);
        app.get("/v1/mfa").await.ok();
        app.get_as(&format!("{}x", app.one.live_key), "/v1/mfa").await.fails(401, "invalid_api_key");
        app.service.keys().forget();
        assert_eq!(uses().await, [minute(), json!(null), first], "the owner's own use was not written yet");
        assert_eq!(uses().await, [minute(), json!(null), minute()]);

        let again = minute();
        app.advance(59);
        app.get("/v1/mfa").await.ok();
        app.advance(1);
        assert_eq!(uses().await[..2], [again, json!(null)], "not before a use");
    }

    async fn a_key_is_found_under_its_own_application_only(app: TestApp) {
        let key = app.owner("keys:write").await.key;
        let theirs = app.shown(&key, &format!("/v1/manage/apps/{}/keys", app.other.app)).await;
        let id = theirs["data"][0]["id"].as_str().unwrap();
        let path = format!("/v1/manage/apps/{}/keys/{id}", app.one.app);
        app.manage(&key, "GET", &path, None).await.fails(404, "not_found");
        app.manage(&key, "DELETE", &path, None).await.fails(404, "not_found");
        app.manage(&key, "POST", &format!("{path}/roll"), None).await.fails(404, "not_found");
    }

    async fn bounds_of_keys_are_told(app: TestApp) {
        let key = app.owner("all").await.key;
        let api = format!("/v1/manage/apps/{}/keys", app.one.app);
        let own = "/v1/manage/keys";
        let long = "x".repeat(101);
        for (path, body, code, param) in [
            (api.as_str(), json!({}), "missing_parameter", "mode"),
            (&api, json!({"mode": "prod"}), "invalid_value", "mode"),
            (&api, json!({"mode": "test", "name": long}), "invalid_value", "name"),
            (&api, json!({"mode": "test", "expires_in": 3599}), "invalid_value", "expires_in"),
            (&api, json!({"mode": "test", "expires_in": "3651d"}), "invalid_value", "expires_in"),
            (&api, json!({"mode": "test", "expires_in": -1}), "invalid_value", "expires_in"),
            (own, json!({"scopes": ["all"]}), "missing_parameter", "name"),
            (own, json!({"name": "", "scopes": ["all"]}), "invalid_value", "name"),
            (own, json!({"name": "x"}), "missing_parameter", "scopes"),
            (own, json!({"name": "x", "scopes": []}), "invalid_value", "scopes"),
            (own, json!({"name": "x", "scopes": ["apps"]}), "invalid_value", "scopes"),
            (own, json!({"name": "x", "scopes": "all"}), "invalid_value", "scopes"),
        ] {
            let answer = app.manage(&key, "POST", path, Some(&body)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{path} {body}");
            assert_eq!(answer.body["error"]["param"], param, "{path} {body}");
        }
        let id = app.shown(&key, &api).await["data"][0]["id"].as_str().unwrap().to_owned();
        for grace in [json!(-1), json!("31d"), json!(true)] {
            let answer = app.manage(&key, "POST", &format!("{api}/{id}/roll"), Some(&json!({"grace": grace}))).await;
            assert_eq!((answer.code(), &answer.body["error"]["param"]), ("invalid_value", &json!("grace")));
        }
    }

    async fn an_organization_key_hands_on_no_more_than_it_has(app: TestApp) {
        let all = app.owner("all").await;
        let small = app.owner("org_keys:write,apps:write").await;
        let path = "/v1/manage/keys";
        for scopes in [json!(["all"]), json!(["users:read"]), json!(["apps:read", "audit:read"])] {
            let body = json!({"name": "more", "scopes": scopes});
            app.manage(&small.key, "POST", path, Some(&body)).await.fails(403, "scope_required");
        }
        let body = json!({"name": "less", "scopes": ["apps:read"], "expires_in": "1h"});
        let made = app.manage(&small.key, "POST", path, Some(&body)).await;
        assert_eq!(made.status.as_u16(), 201);
        let less = made.body["secret"].as_str().unwrap();
        app.shown(less, "/v1/manage/apps").await;
        app.manage(less, "GET", path, None).await.fails(403, "scope_required");

        // To roll a key is to get its secret.
        let keys = app.shown(&all.key, path).await;
        let big = keys["data"].as_array().unwrap().iter().find(|key| key["scopes"] == json!(["all"])).unwrap();
        let roll = format!("{path}/{}/roll", big["id"].as_str().unwrap());
        app.manage(&small.key, "POST", &roll, None).await.fails(403, "scope_required");
        let rolled = app.manage(&all.key, "POST", &roll, Some(&json!({"grace": 0}))).await;
        assert_eq!(rolled.status.as_u16(), 201);
        assert_eq!(rolled.body["scopes"], json!(["all"]));
        app.service.org_keys().forget();
        app.manage(&all.key, "GET", path, None).await.fails(401, "invalid_api_key");
        let next = rolled.body["secret"].as_str().unwrap();
        app.shown(next, path).await;

        // To revoke one gives nobody anything.
        let id = rolled.body["id"].as_str().unwrap();
        let gone = app.manage(&small.key, "DELETE", &format!("{path}/{id}"), None).await.ok();
        assert_eq!(gone["state"], "revoked");
        app.service.org_keys().forget();
        app.manage(next, "GET", path, None).await.fails(401, "invalid_api_key");
    }

    async fn a_key_of_an_organization_opens_no_other_api(app: TestApp) {
        let key = app.owner("all").await.key;
        for path in ["/v1/mfa", "/v1/mfa/factors?User=a@example.com", "/v1/test/inbox?User=a@example.com"] {
            send(app.router(), bare("GET", path, &key)).await.fails(401, "invalid_api_key");
        }
        // A key that stands in a URL is in logs by then.
        let path = format!("/v1/manage/apps?name={key}");
        app.manage(&key, "GET", &path, None).await.fails(401, "invalid_api_key");
    }
}
