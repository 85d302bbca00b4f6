//! Every route of the management API, as the OpenAPI document lists them: its key, its scope, and another organization's ids.
//! A route that is added is tried without being named here; only the body or the query that it needs must be.

use std::time::Duration;

use rift_mfa::domain::access::Permission;
use rift_mfa::service::Access;
use rift_mfa::store::HookFilter;
use serde_json::{Value, json};

use crate::harness::{TestApp, on_both};

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    scope: Permission,
    takes_body: bool,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(rift_mfa::http::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/v1/manage") {
            continue;
        }
        for (method, operation) in verbs.as_object().unwrap() {
            let scope = operation["security"][0]["org_key"][0].as_str();
            let scope = scope.unwrap_or_else(|| panic!("{method} {path} names no scope")).parse().unwrap();
            found.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                scope,
                takes_body: operation.get("requestBody").is_some(),
            });
        }
    }
    assert!(found.len() > 30, "only {} operations", found.len());
    found
}

/// Things of the organization `one`, whose ids another one tries.
struct Things {
    app: String,
    key: String,
    org_key: String,
    member: String,
    webhook: String,
}

async fn things(app: &TestApp, owner: &str) -> Things {
    let one = app.one.app.to_string();
    let id = |answer: Value| answer["id"].as_str().unwrap().to_owned();
    let member = json!({"email": "jane@example.com", "role": "owner"});
    let template = json!({"text": "Code {{ code }} {{ action }}"});
    let path = format!("/v1/manage/apps/{one}/templates/sms/code/en");
    app.manage(owner, "PUT", &path, Some(&template)).await.ok();
    let gateway = json!({"kind": "http", "url": "https://gateway.example/send", "secret": "a secret"});
    let path = format!("/v1/manage/apps/{one}/providers/sms");
    app.manage(owner, "PUT", &path, Some(&json!({"providers": [gateway]}))).await.ok();
    let keys = app.shown(owner, &format!("/v1/manage/apps/{one}/keys")).await;
    let hook = json!({"mode": "test", "url": "https://hooks.example.com", "events": ["*"]});
    let hooks = format!("/v1/manage/apps/{one}/webhooks");
    Things {
        key: id(keys["data"][0].clone()),
        org_key: id(app.shown(owner, "/v1/manage/keys").await["data"][0].clone()),
        member: id(app.manage(owner, "POST", "/v1/manage/members", Some(&member)).await.body),
        webhook: id(app.manage(owner, "POST", &hooks, Some(&hook)).await.body),
        app: one,
    }
}

impl Operation {
    /// The path with ids, and the query that the call must have.
    fn address(&self, things: &Things) -> String {
        let id = match self.path.as_str() {
            path if path.contains("/members/") => &things.member,
            path if path.contains("/webhooks/") => &things.webhook,
            path if path.starts_with("/v1/manage/keys/") => &things.org_key,
            _ => &things.key,
        };
        let path = self.path.replace("{app}", &things.app).replace("{id}", id) + &self.query(&things.app);
        path.replace("{channel}", "sms").replace("{kind}", "code").replace("{locale}", "en")
    }

    /// The query that the call must have.
    fn query(&self, app: &str) -> String {
        let path = self.path.as_str();
        if path == "/v1/manage/users" {
            format!("?app={app}&mode=test&user=jane@example.com")
        } else if path.starts_with("/v1/manage/factors") {
            format!("?app={app}&mode=test")
        } else if ["/challenges", "/challenges/{id}", "{app}/deliveries", "/usage"]
            .iter()
            .any(|end| path.ends_with(end))
        {
            "?mode=test".to_owned()
        } else {
            String::new()
        }
    }

    /// A right body.
    fn body(&self, app: &str) -> Option<Value> {
        if !self.takes_body {
            return None;
        }
        let body = match (self.method.as_str(), self.path.as_str()) {
            ("PATCH", "/v1/manage/org" | "/v1/manage/apps/{app}") | ("POST", "/v1/manage/apps") => {
                json!({"name": "Stolen"})
            }
            ("POST", "/v1/manage/keys") => json!({"name": "Stolen", "scopes": ["org:read"]}),
            (_, "/v1/manage/apps/{app}/settings") => json!({"code.length": 10}),
            ("POST", "/v1/manage/apps/{app}/keys") => json!({"mode": "live", "name": "Stolen"}),
            ("POST", path) if path.ends_with("/roll") => json!({"grace": 0}),
            ("POST", path) if path.ends_with("/webhooks") => {
                json!({"mode": "live", "url": "https://thief.example.com", "events": ["*"]})
            }
            ("PATCH", path) if path.ends_with("/webhooks/{id}") => {
                json!({"url": "https://thief.example.com"})
            }
            ("POST", path) if path.ends_with("/replay") => json!({"since": "2020-01-01T00:00:00Z"}),
            ("POST", path) if path.ends_with("/preview") => json!({}),
            ("PUT", path) if path.ends_with("{locale}") => json!({"text": "Stolen {{ code }} {{ action }}"}),
            ("PUT", path) if path.ends_with("/providers/{channel}") => {
                json!({"providers": [{"kind": "twilio"}]})
            }
            ("POST", path) if path.ends_with("/test") => json!({"to": "+14155552671"}),
            ("POST", "/v1/manage/members") => json!({"email": "thief@example.com", "role": "owner"}),
            ("POST", "/v1/manage/users/lock" | "/v1/manage/users/unlock") => {
                json!({"app": app, "mode": "test", "user": "jane@example.com"})
            }
            ("PATCH", "/v1/manage/members/{id}") => json!({"role": "viewer"}),
            (method, path) => panic!("say which body {method} {path} takes"),
        };
        Some(body)
    }
}

/// What of a database a refused call must leave as it was.
async fn state(app: &TestApp) -> Vec<String> {
    let mut lines = Vec::new();
    for org in app.store.orgs().await.unwrap() {
        let head = app.store.audit_head(org.id).await.unwrap();
        lines.push(format!("{org:?} {:?}", head.map(|head| (head.seq, head.hash))));
        lines.push(format!("{:?}", app.store.org_keys(org.id).await.unwrap()));
        lines.push(format!("{:?}", app.store.members(org.id).await.unwrap()));
    }
    for own in app.store.apps(None).await.unwrap() {
        lines.push(format!("{own:?}"));
        lines.push(format!("{:?}", app.store.templates(own.id).await.unwrap()));
        lines.push(format!("{:?}", app.store.own_providers(own.id).await.unwrap()));
        let hooks = app.store.webhooks(own.id, None).await.unwrap();
        for hook in &hooks {
            let secrets = app.store.webhook_secrets(hook.scope, hook.id).await.unwrap();
            let deliveries =
                app.store.hook_deliveries(hook.id, &HookFilter { limit: 9, ..HookFilter::default() }).await;
            lines.push(format!("{hook:?} {secrets:?} {:?}", deliveries.unwrap()));
        }
    }
    lines.push(format!("{:?}", app.store.keys(None).await.unwrap()));
    lines
}

on_both! {
    async fn every_route_refuses_what_is_no_active_organization_key(app: TestApp) {
        let owner = app.owner("all").await;
        let things = things(&app, &owner.key).await;
        let access = Access::new(app.desk.clone());
        let short = access
            .create_key(owner.org, "short", "all".parse().unwrap(), Some(Duration::from_mins(1)))
            .await
            .unwrap();
        let revoked = access.create_key(owner.org, "revoked", "all".parse().unwrap(), None).await.unwrap();
        access.revoke_key(revoked.record.id).await.unwrap();
        app.advance(61);
        let before = state(&app).await;
        let (test, live) = (app.one.test_key.clone(), app.one.live_key.clone());
        for key in [short.key.reveal(), revoked.key.reveal(), &test, &live, "rk_", "", &owner.key[..51]] {
            for operation in operations() {
                let (path, body) = (operation.address(&things), operation.body(&things.app));
                let answer = app.manage(key, &operation.method, &path, body.as_ref()).await;
                let what = format!("{} {path}", operation.method);
                assert_eq!((answer.status.as_u16(), answer.code()), (401, "invalid_api_key"), "{what}");
                assert_eq!(answer.headers["www-authenticate"], "Bearer", "{what}");
            }
        }
        assert_eq!(state(&app).await, before);
    }

    async fn every_route_needs_its_scope(app: TestApp) {
        let owner = app.owner("all").await;
        let things = things(&app, &owner.key).await;
        let scopes = Permission::ALL.iter().skip(1).map(|scope| scope.as_str());
        for operation in operations() {
            // Every other scope; a write scope would contain the one that is needed.
            let wanted = operation.scope.as_str();
            let area = wanted.split(':').next().unwrap();
            let lacks = |scope: &&str| **scope != *wanted && **scope != *format!("{area}:write");
            let others = scopes.clone().filter(lacks).collect::<Vec<_>>().join(",");
            let key = app.owner(&others).await.key;
            let before = state(&app).await;
            let (path, body) = (operation.address(&things), operation.body(&things.app));
            let answer = app.manage(&key, &operation.method, &path, body.as_ref()).await;
            let what = format!("{} {path}", operation.method);
            assert_eq!((answer.status.as_u16(), answer.code()), (403, "scope_required"), "{what}");
            let message = answer.body["error"]["message"].as_str().unwrap();
            assert!(message.contains(wanted), "{what}: {message}");
            assert_eq!(state(&app).await, before, "{what}");
        }
    }

    async fn another_organizations_ids_read_as_absent_and_change_nothing(app: TestApp) {
        let owner = app.owner("all").await;
        let things = things(&app, &owner.key).await;
        let stranger = app.stranger().await;
        let before = state(&app).await;
        let mut tried = 0;
        let names = |operation: &&Operation| {
            operation.path.contains('{')
                || !operation.query("").is_empty()
                || operation.body("").is_some_and(|body| body.get("app").is_some())
        };
        for operation in operations().iter().filter(names) {
            let (path, body) = (operation.address(&things), operation.body(&things.app));
            let answer = app.manage(&stranger.key, &operation.method, &path, body.as_ref()).await;
            let what = format!("{} {path}", operation.method);
            assert_eq!((answer.status.as_u16(), answer.code()), (404, "not_found"), "{what}: {:#}", answer.body);
            // And a malformed id is no other answer.
            let broken = operation.path.replace("{app}", "app_1").replace("{id}", "x");
            let broken = broken.replace("{channel}", "sms").replace("{kind}", "code").replace("{locale}", "en");
            let broken = broken + &operation.query("app_1");
            let body = operation.body("app_1");
            let answer = app.manage(&owner.key, &operation.method, &broken, body.as_ref()).await;
            assert_eq!(answer.status.as_u16(), 404, "{} {broken}", operation.method);
            tried += 1;
        }
        assert!(tried > 20, "{tried}");
        assert_eq!(state(&app).await, before);
        // What has no id in its path is the stranger's own.
        for path in ["/v1/manage/apps", "/v1/manage/members"] {
            assert_eq!(app.shown(&stranger.key, path).await["data"], json!([]), "{path}");
        }
        assert_eq!(app.shown(&stranger.key, "/v1/manage/keys").await["data"].as_array().unwrap().len(), 1);
        assert_ne!(app.shown(&stranger.key, "/v1/manage/org").await["name"], "Acme");
    }

    async fn every_route_takes_only_its_own_fields(app: TestApp) {
        let owner = app.owner("all").await;
        let things = things(&app, &owner.key).await;
        let before = state(&app).await;
        for operation in operations() {
            let path = operation.address(&things);
            let query = format!("{path}{}colour=red", if path.contains('?') { '&' } else { '?' });
            let answer = app.manage(&owner.key, &operation.method, &query, operation.body(&things.app).as_ref()).await;
            let what = format!("{} {path}", operation.method);
            assert_eq!((answer.status.as_u16(), answer.code()), (400, "unknown_parameter"), "{what}");
            if let Some(mut body) = operation.body(&things.app) {
                body["colour"] = json!("red");
                let answer = app.manage(&owner.key, &operation.method, &path, Some(&body)).await;
                assert_eq!((answer.status.as_u16(), answer.code()), (400, "unknown_parameter"), "{what}");
                assert_eq!(answer.body["error"]["param"], "colour", "{what}");
                let answer = app.manage(&owner.key, &operation.method, &path, Some(&json!([1]))).await;
                assert_eq!((answer.status.as_u16(), answer.code()), (400, "invalid_body"), "{what}");
            }
        }
        assert_eq!(state(&app).await, before);
    }
}
