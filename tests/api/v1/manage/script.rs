//! A script that knows nothing but the management API sets an organization up; run again, it changes nothing.

use serde_json::{Value, json};

use crate::harness::{TestApp, on_both};

/// Finds a thing by what names it, or makes it.
async fn ensure(app: &TestApp, key: &str, path: &str, filter: (&str, &str), new: &Value) -> Value {
    let list = app.shown(key, path).await;
    let known = list["data"].as_array().unwrap().iter().find(|thing| thing[filter.0] == filter.1).cloned();
    if let Some(known) = known {
        return known;
    }
    let made = app.manage(key, "POST", path, Some(new)).await;
    assert_eq!(made.status.as_u16(), 201, "{path}: {:#}", made.body);
    made.body
}

/// A value other than the default, for each setting.
#[expect(clippy::match_same_arms, reason = "a table: a row for each setting")]
fn other(row: &Value) -> Value {
    match row["key"].as_str().unwrap() {
        "code.length" => json!(8),
        "code.ttl" => json!(600),
        "code.attempts" => json!(3),
        "backup.count" => json!(12),
        "backup.length" => json!(16),
        "dual.require" => json!("both"),
        "countries" => json!(["DE", "US"]),
        "locale" => json!("de"),
        "webauthn.rp_id" => json!("example.com"),
        "webauthn.origins" => json!(["https://login.example.com"]),
        "webauthn.user_verification" => json!("required"),
        "lock.failures" => json!(5),
        "lock.time" => json!(1800),
        "lock.hard_failures" => json!(12),
        "lock.hard_time" => json!(172_800),
        "sends.cooldown" => json!(60),
        "sends.per_10_minutes" => json!(3),
        "sends.unapproved_per_day" => json!(5),
        "sends.per_day" => json!(20),
        "starts.per_10_minutes" => json!(10),
        "phone.sends_per_hour" => json!(500),
        "sms.domain" => json!("example.com"),
        "sms.fallback" => json!(["whatsapp", "voice"]),
        "sms.fallback_after" => json!(60),
        _ => json!(!row["default"].as_bool().unwrap()),
    }
}

async fn run(app: &TestApp, key: &str) {
    app.manage(key, "PATCH", "/v1/manage/org", Some(&json!({"name": "Elsewhere Inc."}))).await.ok();
    for email in ["jane@elsewhere.example", "joe@elsewhere.example"] {
        let new = json!({"email": email, "role": "owner", "name": "J."});
        let member = ensure(app, key, "/v1/manage/members", ("email", email), &new).await;
        let path = format!("/v1/manage/members/{}", member["id"].as_str().unwrap());
        app.manage(key, "PATCH", &path, Some(&json!({"role": "owner"}))).await.ok();
    }
    let table = app.shown(key, "/v1/manage/settings").await;
    for name in ["Shop", "Bank"] {
        let shop = ensure(app, key, "/v1/manage/apps", ("name", name), &json!({"name": name})).await;
        let path = format!("/v1/manage/apps/{}", shop["id"].as_str().unwrap());
        let mut wanted = json!({});
        for row in table["data"].as_array().unwrap() {
            let (setting, value) = (row["key"].as_str().unwrap(), other(row));
            assert_ne!(value, row["default"], "{setting} is to be changed");
            wanted[setting] = value;
        }
        let put = app.manage(key, "PUT", &format!("{path}/settings"), Some(&wanted)).await.ok();
        assert_eq!(put, wanted);
        for mode in ["test", "live"] {
            let new = json!({"mode": mode, "name": mode});
            ensure(app, key, &format!("{path}/keys"), ("name", mode), &new).await;
        }
        let template = json!({"text": "Ihr Code: {{ code }} {{ action }}"});
        app.manage(key, "PUT", &format!("{path}/templates/sms/code/de"), Some(&template)).await.ok();
        let gateway = json!({"kind": "http", "url": "https://gateway.example/send", "secret": "a secret"});
        let url = "https://hooks.elsewhere.example/mfa";
        let hook = json!({"mode": "live", "url": url, "events": ["user.locked"], "description": name});
        let hook = ensure(app, key, &format!("{path}/webhooks"), ("url", url), &hook).await;
        let one = format!("{path}/webhooks/{}", hook["id"].as_str().unwrap());
        app.manage(key, "PATCH", &one, Some(&json!({"url": url, "events": ["*"], "enabled": true})))
            .await
            .ok();
        let providers = json!({"providers": [gateway]});
        app.manage(key, "PUT", &format!("{path}/providers/sms"), Some(&providers)).await.ok();
    }
    let new = json!({"name": "reader", "scopes": ["audit:read", "usage:read"]});
    ensure(app, key, "/v1/manage/keys", ("name", "reader"), &new).await;
}

on_both! {
    async fn a_script_builds_everything_and_a_second_run_changes_nothing(app: TestApp) {
        let stranger = app.stranger().await;
        run(&app, &stranger.key).await;
        let lines = app.manage(&stranger.key, "GET", "/v1/manage/audit/export", None).await.body;
        let apps = app.shown(&stranger.key, "/v1/manage/apps").await;
        assert_eq!(apps["data"].as_array().unwrap().len(), 2);
        app.advance(3600);
        run(&app, &stranger.key).await;
        assert_eq!(app.manage(&stranger.key, "GET", "/v1/manage/audit/export", None).await.body, lines);
        assert_eq!(app.shown(&stranger.key, "/v1/manage/apps").await, apps);
        let verdicts = rift_mfa::service::AuditCheck::new(app.store.clone(), app.note().await.vault);
        for verdict in verdicts.verify(None).await.unwrap() {
            assert_eq!(verdict.broken, None);
        }
    }
}
