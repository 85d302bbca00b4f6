//! The audit log: who did it, from where, with what; in pages and whole.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{on_both, send};

/// A line's hash, by the words of docs/manage.md alone.
fn hash_of(line: &Value) -> String {
    use sha2::{Digest as _, Sha256};

    let at: jiff::Timestamp = line["at"].as_str().unwrap().parse().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let fields = [
        "rift-audit-1".to_owned(),
        line["seq"].to_string(),
        text(&line["id"]),
        at.as_millisecond().to_string(),
        text(&line["actor"]["type"]),
        text(&line["actor"]["id"]),
        text(&line["actor"]["name"]),
        text(&line["address"]),
        text(&line["request"]),
        text(&line["action"]),
        text(&line["app"]),
        text(&line["target"]["type"]),
        text(&line["target"]["id"]),
        line["changes"].to_string(),
        text(&line["previous_hash"]),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update(u64::try_from(field.len()).unwrap().to_be_bytes());
        hash.update(field);
    }
    hash.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

on_both! {
    async fn a_line_tells_who_from_where_what_and_the_values(app: TestApp) {
        let owner = app.owner("all").await;
        let path = format!("/v1/manage/apps/{}/settings", app.one.app);
        let mut request = Request::patch(&path)
            .header("authorization", format!("Bearer {}", owner.key))
            .header("content-type", "application/json")
            .body(Body::from(r#"{"code.length": 8, "countries": ["DE"]}"#))
            .unwrap();
        let peer: std::net::SocketAddr = "203.0.113.7:4711".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = send(app.router(), request).await;
        let id = answer.headers["request-id"].to_str().unwrap().to_owned();
        let line = app.shown(&owner.key, "/v1/manage/audit?limit=1").await["data"][0].clone();
        assert_eq!(line["action"], "app.settings_changed");
        assert_eq!(line["actor"]["type"], "org_key");
        assert_eq!(line["actor"]["name"], "tests");
        assert_eq!((&line["address"], &line["request"]), (&json!("203.0.113.7"), &json!(id)));
        assert_eq!(line["target"], json!({"type": "application", "id": app.one.app.to_string()}));
        assert_eq!(line["app"], json!(app.one.app.to_string()));
        assert_eq!(
            line["changes"],
            json!([
                {"field": "code.length", "old": "6", "new": "8"},
                {"field": "countries", "old": "", "new": "DE"}
            ])
        );
    }

    async fn no_secret_stands_in_the_log(app: TestApp) {
        let owner = app.owner("all").await;
        let api = format!("/v1/manage/apps/{}/keys", app.one.app);
        let one = app.manage(&owner.key, "POST", &api, Some(&json!({"mode": "live", "name": "a"}))).await.body;
        let two = app
            .manage(&owner.key, "POST", "/v1/manage/keys", Some(&json!({"name": "b", "scopes": ["all"]})))
            .await
            .body;
        let log = app.manage(&owner.key, "GET", "/v1/manage/audit/export", None).await.body.to_string();
        assert!(log.contains("key.created") && log.contains("org_key.created"));
        for secret in [&one["secret"], &two["secret"], &json!(owner.key), &json!(app.one.live_key)] {
            let secret = secret.as_str().unwrap();
            assert!(!log.contains(secret) && !log.contains(&secret[8..30]));
        }
    }

    async fn pages_follow_each_other_and_the_export_holds_all(app: TestApp) {
        let owner = app.owner("all").await;
        for n in 0..30 {
            let body = json!({"name": format!("=Acme {n}, \"Ltd\"")});
            app.manage(&owner.key, "PATCH", "/v1/manage/org", Some(&body)).await.ok();
        }
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = app.shown(&owner.key, &format!("/v1/manage/audit?limit=7{after}")).await;
            found.extend(page["data"].as_array().unwrap().iter().map(|line| line["seq"].as_i64().unwrap()));
            after = format!("&starting_after={}", page["data"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap());
            if page["has_more"] == json!(false) {
                break;
            }
        }
        let count = i64::try_from(found.len()).unwrap();
        assert!(count > 30);
        assert_eq!(found, (1..=count).rev().collect::<Vec<_>>());

        let lines = app.manage(&owner.key, "GET", "/v1/manage/audit/export?format=jsonl", None).await;
        assert_eq!(lines.headers["content-type"], "application/x-ndjson");
        let lines = lines.body.as_str().unwrap().to_owned();
        let seqs: Vec<i64> = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_i64().unwrap())
            .collect();
        assert_eq!(seqs, (1..=count).collect::<Vec<_>>());

        // The chain, as docs/manage.md has it, from nothing but the export.
        let mut previous = "0".repeat(64);
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["previous_hash"], previous);
            previous = hash_of(&line);
            assert_eq!(line["hash"], previous, "{line}");
        }

        let table = app.manage(&owner.key, "GET", "/v1/manage/audit/export?format=csv&action=org.renamed", None).await;
        assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
        let table = table.body.as_str().unwrap().to_owned();
        let rows: Vec<&str> = table.split_terminator("\r\n").collect();
        assert_eq!(rows.len(), 31);
        assert!(rows[0].starts_with("seq,id,at,"));
        assert!(rows[1].contains(r#"\""Ltd\"""#), "{}", rows[1]);
    }

    async fn filters_are_held_to_their_form(app: TestApp) {
        let owner = app.owner("all").await;
        for (query, param) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=x", "limit"),
            ("from=yesterday", "from"),
            ("starting_after=aud_1", "starting_after"),
            // PostgreSQL keeps no such text, and would be taken for one that does not answer.
            ("actor=%00", "actor"),
            ("target=x%00", "target"),
            ("action=%0A", "action"),
        ] {
            let answer = app.manage(&owner.key, "GET", &format!("/v1/manage/audit?{query}"), None).await;
            answer.fails(400, "invalid_value");
            assert_eq!(answer.body["error"]["param"], param, "{query}");
        }
        let answer = app.manage(&owner.key, "GET", "/v1/manage/audit/export?format=xml", None).await;
        answer.fails(400, "invalid_value");
        let none = app.shown(&owner.key, "/v1/manage/audit?actor=system").await;
        assert_eq!(none["data"], json!([]));
        let empty = app.manage(&owner.key, "GET", "/v1/manage/audit/export?format=csv&actor=system", None).await;
        assert_eq!(empty.body.as_str().unwrap().lines().count(), 1, "its head");
    }
}
