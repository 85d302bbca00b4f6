//! Settings: put whole, changed in part, with a tag against lost updates.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, on_both, send};

async fn put(app: &TestApp, key: &str, method: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/v1/manage/apps/{}/settings", app.one.app))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json; charset=utf-8");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    send(app.router(), request.body(Body::from(body.to_string())).unwrap()).await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

async fn lines(app: &TestApp, key: &str) -> usize {
    let log = app.shown(key, "/v1/manage/audit?action=app.settings_changed&limit=100").await;
    log["data"].as_array().unwrap().len()
}

on_both! {
    async fn put_replaces_all_and_patch_changes_some(app: TestApp) {
        let key = app.owner("all").await.key;
        let whole = json!({"methods.email": true, "code.length": 8, "code.ttl": "10m", "countries": ["US", "DE"]});
        let shown = put(&app, &key, "PUT", None, &whole).await;
        let first = tag(&shown);
        let values = shown.ok();
        assert_eq!(values["methods.email"], true);
        assert_eq!(values["methods.sms"], false, "what is left out has its default");
        assert_eq!(values["code.ttl"], 600);
        assert_eq!(values["countries"], json!(["DE", "US"]));
        let again = put(&app, &key, "PUT", None, &whole).await;
        assert_eq!(tag(&again), first);
        assert_eq!(lines(&app, &key).await, 1, "the same again changes nothing");

        let changed = put(&app, &key, "PATCH", None, &json!({"code.length": 6})).await;
        assert_ne!(tag(&changed), first);
        let values = changed.ok();
        assert_eq!((&values["code.length"], &values["code.ttl"]), (&json!(6), &json!(600)));
        // What was read can be put.
        let back = put(&app, &key, "PUT", None, &values).await.ok();
        assert_eq!(back, values);
        assert_eq!(lines(&app, &key).await, 2);
    }

    async fn an_older_tag_changes_nothing(app: TestApp) {
        let key = app.owner("all").await.key;
        let first = tag(&put(&app, &key, "PATCH", None, &json!({"code.length": 7})).await);
        let second = tag(&put(&app, &key, "PATCH", Some(&first), &json!({"code.length": 8})).await);
        for method in ["PUT", "PATCH"] {
            let late = put(&app, &key, method, Some(&first), &json!({"code.length": 9})).await;
            late.fails(412, "precondition_failed");
            // A weak tag matches nothing (RFC 9110 §13.1.1).
            let weak = put(&app, &key, method, Some(&format!("W/{second}")), &json!({"code.length": 9})).await;
            weak.fails(412, "precondition_failed");
            // A star in quotes is a tag, and not ours.
            let star = put(&app, &key, method, Some("\"*\""), &json!({"code.length": 9})).await;
            star.fails(412, "precondition_failed");
        }
        put(&app, &key, "PATCH", Some("no tag"), &json!({})).await.fails(400, "invalid_value");
        let either = put(&app, &key, "PATCH", Some(&format!("{first}, {second}")), &json!({"code.length": 9})).await;
        assert_eq!(either.ok()["code.length"], 9);
        assert_eq!(put(&app, &key, "PATCH", Some("*"), &json!({"code.length": 10})).await.ok()["code.length"], 10);
    }

    async fn of_parallel_changes_with_one_tag_one_is_made_and_without_all_are(app: TestApp) {
        let key = app.owner("all").await.key;
        let first = tag(&put(&app, &key, "PATCH", None, &json!({"code.attempts": 1})).await);
        let bodies: Vec<_> = (2..8).map(|n| json!({"code.attempts": n})).collect();
        let calls = bodies.iter().map(|body| put(&app, &key, "PATCH", Some(&first), body));
        let answers = futures_util::future::join_all(calls).await;
        assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 200).count(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.code() == "precondition_failed").count(), 5);

        let names = ["code.length", "backup.count", "backup.length"];
        let bodies: Vec<_> = names.iter().map(|name| json!({*name: if *name == "code.length" { 9 } else { 14 }})).collect();
        let calls = bodies.iter().map(|body| put(&app, &key, "PATCH", None, body));
        for answer in futures_util::future::join_all(calls).await {
            answer.ok();
        }
        let now = app.shown(&key, &format!("/v1/manage/apps/{}/settings", app.one.app)).await;
        assert_eq!([&now[names[0]], &now[names[1]], &now[names[2]]], [&json!(9), &json!(14), &json!(14)]);
    }

    async fn each_bound_is_told_and_all_are_changed_or_none(app: TestApp) {
        let key = app.owner("all").await.key;
        let table = app.shown(&key, "/v1/manage/settings").await;
        let rows = table["data"].as_array().unwrap().clone();
        assert!(rows.len() > 30);
        let before = app.shown(&key, &format!("/v1/manage/apps/{}/settings", app.one.app)).await;
        for row in &rows {
            let name = row["key"].as_str().unwrap();
            let wrong = match row["type"].as_str().unwrap() {
                "boolean" => vec![json!("yes"), json!(1)],
                "integer" => vec![json!(0), json!(-1), json!(10_000_000), json!(6.5), json!("6")],
                "span" => vec![json!(1), json!(99_000_000), json!("soon"), json!("1x")],
                "text" => vec![json!("\u{0}"), json!(7), json!("no such, value!")],
                "list" => vec![json!(["no such value!"]), json!("DE"), json!([7])],
                other => panic!("{name} has the type {other}"),
            };
            for value in wrong {
                let body = json!({"code.attempts": 3, name: value});
                let answer = put(&app, &key, "PATCH", None, &body).await;
                assert_eq!((answer.status.as_u16(), answer.code()), (400, "invalid_setting"), "{body}");
                assert_eq!(answer.body["error"]["param"], name, "{body}");
                let message = answer.body["error"]["message"].as_str().unwrap();
                assert!(message.contains(row["bounds"].as_str().unwrap()), "{body}: {message}");
            }
        }
        let answer = put(&app, &key, "PATCH", None, &json!({"lock.failures": 10, "lock.hard_failures": 10})).await;
        answer.fails(400, "invalid_setting");
        let pair = json!({"webauthn.rp_id": "example.com", "webauthn.origins": ["https://example.org"]});
        put(&app, &key, "PATCH", None, &pair).await.fails(400, "invalid_setting");
        let unknown = put(&app, &key, "PATCH", None, &json!({"code.lenght": 8})).await;
        unknown.fails(400, "unknown_parameter");
        assert_eq!(unknown.body["error"]["fix"], "Did you mean code.length?");
        assert_eq!(app.shown(&key, &format!("/v1/manage/apps/{}/settings", app.one.app)).await, before);
    }

    async fn a_change_takes_effect_on_what_is_sent(app: TestApp) {
        let key = app.owner("apps:write").await.key;
        put(&app, &key, "PATCH", None, &json!({"code.length": 10})).await.ok();
        app.service.keys().forget();
        app.post("/v1/mfa", "User=a@example.com, Type=EMAIL").await.ok();
        let inbox = app.get("/v1/test/inbox?User=a@example.com").await.ok();
        assert_eq!(inbox["data"][0]["code"].as_str().unwrap().len(), 10);
    }
}
