//! Webhooks: set up over the API, called by the courier, on a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, on_both};
use crate::receiver::{Receiver, Reply};

/// An organization's key and the address of an application's webhooks.
struct Hooks {
    key: String,
    path: String,
}

impl TestApp {
    async fn hooks(&self) -> Hooks {
        let key = self.owner("all").await.key;
        Hooks { key, path: format!("/v1/manage/apps/{}/webhooks", self.one.app) }
    }

    /// A webhook in test mode for all events.
    async fn hook(&self, hooks: &Hooks, url: &str) -> Value {
        let new = json!({"mode": "test", "url": url, "events": ["*"]});
        let made = self.manage(&hooks.key, "POST", &hooks.path, Some(&new)).await;
        assert_eq!(made.status.as_u16(), 201, "{:#}", made.body);
        made.body
    }

    async fn deliveries(&self, hooks: &Hooks, hook: &Value) -> Vec<Value> {
        let path = format!("{}/{}/deliveries?limit=100", hooks.path, hook["id"].as_str().unwrap());
        self.shown(&hooks.key, &path).await["data"].as_array().unwrap().clone()
    }

    async fn call_webhooks(&self) -> usize {
        self.courier().call_due().await.unwrap()
    }
}

on_both! {
    async fn a_webhook_is_made_changed_rolled_and_removed(app: TestApp) {
        let hooks = app.hooks().await;
        let new = json!({
            "mode": "live", "url": "https://Hooks.Example.com/mfa?token=path-secret", "events": ["user.locked", "challenge.approved"],
            "description": "Back office",
        });
        let made = app.manage(&hooks.key, "POST", &hooks.path, Some(&new)).await;
        assert_eq!(made.status.as_u16(), 201);
        let mut shown = made.body.clone();
        let secret = shown.as_object_mut().unwrap().remove("secret").unwrap();
        assert!(secret.as_str().unwrap().starts_with("whsec_"));
        let id = shown["id"].as_str().unwrap().to_owned();
        let wanted = json!({
            "object": "webhook", "id": id, "app": app.one.app, "mode": "live",
            "url": "https://hooks.example.com/mfa?token=path-secret", "events": ["challenge.approved", "user.locked"],
            "description": "Back office", "status": "enabled", "disabled_reason": null, "failing_since": null,
            "created_at": shown["created_at"],
        });
        assert_eq!(shown, wanted);
        let one = format!("{}/{id}", hooks.path);
        assert_eq!(app.shown(&hooks.key, &one).await, wanted);
        assert_eq!(app.shown(&hooks.key, &hooks.path).await, json!({"data": [wanted], "has_more": false}));
        assert_eq!(app.shown(&hooks.key, &format!("{}?mode=test", hooks.path)).await["data"], json!([]));

        let change = json!({"events": ["*"], "enabled": false});
        let changed = app.manage(&hooks.key, "PATCH", &one, Some(&change)).await.ok();
        assert_eq!((&changed["events"], &changed["disabled_reason"]), (&json!(["*"]), &json!("by_hand")));
        // The same once more changes nothing and leaves no line.
        app.manage(&hooks.key, "PATCH", &one, Some(&change)).await.ok();
        let on = app.manage(&hooks.key, "PATCH", &one, Some(&json!({"enabled": true}))).await.ok();
        assert_eq!((&on["status"], &on["disabled_reason"]), (&json!("enabled"), &Value::Null));
        let rolled = app.manage(&hooks.key, "POST", &format!("{one}/roll"), None).await.ok();
        assert_ne!(rolled["secret"], secret);
        let gone = app.manage(&hooks.key, "DELETE", &one, None).await.ok();
        assert_eq!(gone, json!({"object": "webhook", "id": id, "deleted": true}));
        app.manage(&hooks.key, "GET", &one, None).await.fails(404, "not_found");

        let log = app.shown(&hooks.key, &format!("/v1/manage/audit?target={id}")).await;
        let actions: Vec<&str> = log["data"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
        assert_eq!(
            actions,
            ["webhook.removed", "webhook.rolled", "webhook.changed", "webhook.changed", "webhook.created"]
        );
        for hidden in ["whsec_", "path-secret"] {
            assert!(!log.to_string().contains(hidden), "{log:#}");
        }
    }

    async fn bounds_of_webhooks_are_told(app: TestApp) {
        let hooks = app.hooks().await;
        let hook = app.hook(&hooks, "https://hooks.example.com").await;
        let one = format!("{}/{}", hooks.path, hook["id"].as_str().unwrap());
        let with = |field: &str, value: Value| {
            let mut new = json!({"mode": "test", "url": "https://hooks.example.com", "events": ["*"]});
            new[field] = value;
            new
        };
        let long = format!("https://hooks.example.com/{}", "x".repeat(2_000));
        for (path, body, code, param) in [
            (&hooks.path, json!({"url": "https://a.example", "events": ["*"]}), "missing_parameter", "mode"),
            (&hooks.path, json!({"mode": "test", "events": ["*"]}), "missing_parameter", "url"),
            (&hooks.path, json!({"mode": "test", "url": "https://a.example"}), "missing_parameter", "events"),
            (&hooks.path, with("mode", json!("prod")), "invalid_value", "mode"),
            (&hooks.path, with("events", json!([])), "invalid_value", "events"),
            (&hooks.path, with("events", json!(["challenge.started"])), "invalid_value", "events"),
            (&hooks.path, with("events", json!("*")), "invalid_value", "events"),
            (&hooks.path, with("description", json!("x".repeat(201))), "invalid_value", "description"),
            (&hooks.path, with("url", json!("hooks.example.com")), "invalid_url", "url"),
            (&hooks.path, with("url", json!("https://user:secret@hooks.example.com")), "invalid_url", "url"),
            (&hooks.path, with("url", json!("https://hooks.example.com/#a")), "invalid_url", "url"),
            (&hooks.path, with("url", json!(long)), "invalid_url", "url"),
            (&hooks.path, with("url", json!("https://10.1.2.3/")), "invalid_url", "url"),
            (&hooks.path, with("url", json!("https://[fe80::1]/")), "invalid_url", "url"),
            (&hooks.path, with("url", json!("http://8.8.8.8/")), "invalid_url", "url"),
            (&format!("{one}/roll"), json!({"grace": "8d"}), "invalid_value", "grace"),
            (&format!("{one}/roll"), json!({"grace": -1}), "invalid_value", "grace"),
            (&format!("{one}/replay"), json!({}), "missing_parameter", "delivery"),
            (&format!("{one}/replay"), json!({"since": "yesterday"}), "invalid_value", "since"),
            (&format!("{one}/replay"), json!({"event": "evt_1", "since": "2026-01-01T00:00:00Z"}), "invalid_value", "delivery"),
        ] {
            let answer = app.manage(&hooks.key, "POST", path, Some(&body)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{path} {body}");
            assert_eq!(answer.body["error"]["param"], param, "{path} {body}");
        }
        for (query, param) in [("status=done", "status"), ("limit=101", "limit"), ("event=x", "event"), ("starting_after=x", "starting_after")] {
            let answer = app.manage(&hooks.key, "GET", &format!("{one}/deliveries?{query}"), None).await;
            assert_eq!((answer.code(), &answer.body["error"]["param"]), ("invalid_value", &json!(param)));
        }
        for (field, id) in [("delivery", "whd_1"), ("event", "evt_01jd0000000000000000000000")] {
            let answer = app.manage(&hooks.key, "POST", &format!("{one}/replay"), Some(&json!({field: id}))).await;
            answer.fails(404, "not_found");
        }
        for _ in 1..20 {
            app.hook(&hooks, "https://hooks.example.com").await;
        }
        let more = with("description", json!(""));
        app.manage(&hooks.key, "POST", &hooks.path, Some(&more)).await.fails(409, "too_many");
        // The other mode has places of its own; the other application knows nothing of it.
        let live = with("mode", json!("live"));
        assert_eq!(app.manage(&hooks.key, "POST", &hooks.path, Some(&live)).await.status.as_u16(), 201);
        let other = one.replace(&app.one.app.to_string(), &app.other.app.to_string());
        app.manage(&hooks.key, "GET", &other, None).await.fails(404, "not_found");
        app.manage(&hooks.key, "DELETE", &other, None).await.fails(404, "not_found");
    }

    async fn a_delivery_is_tried_for_a_day_and_replayed_by_hand(app: TestApp) {
        let well = Arc::new(AtomicBool::new(false));
        let answers = Arc::clone(&well);
        let receiver =
            Receiver::start(move |_, _| Reply::Status(if answers.load(Ordering::SeqCst) { 200 } else { 500 })).await;
        let hooks = app.hooks().await;
        let hook = app.hook(&hooks, &receiver.url).await;
        app.approve("jane@example.com").await;
        let mut seconds = 0;
        let mut tries = 0;
        // Each try at the earliest moment that a pause of a tenth less or more allows.
        while app.deliveries(&hooks, &hook).await[0]["status"] == "pending" {
            if app.call_webhooks().await == 1 {
                tries += 1;
                let [delivery] = app.deliveries(&hooks, &hook).await.try_into().unwrap();
                let Some(next) = delivery["next_attempt_at"].as_str() else { break };
                let last = delivery["attempts"].as_array().unwrap().last().unwrap();
                let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
                let pause = time(next).duration_since(time(last["ended_at"].as_str().unwrap()));
                let pause = u64::try_from(pause.as_millis()).unwrap().div_ceil(1_000);
                seconds += pause;
                app.advance(pause);
            }
        }
        // 5 s, 15 s, 1 min, 5 min, 15 min, 30 min, 1 h, 2 h, 4 h, 8 h, and the next pause would end past the day.
        assert!((11..=12).contains(&tries), "{tries}");
        assert!(seconds < 24 * 3600, "{seconds}");
        let delivery = app.deliveries(&hooks, &hook).await.remove(0);
        assert_eq!((&delivery["status"], &delivery["reason"]), (&json!("failed"), &json!("http_500")));
        let replay = format!("{}/{}/replay", hooks.path, hook["id"].as_str().unwrap());
        well.store(true, Ordering::SeqCst);
        let since = json!({"since": "2020-01-01T00:00:00Z"});
        let told = app.manage(&hooks.key, "POST", &replay, Some(&since)).await;
        assert_eq!((told.status.as_u16(), &told.body), (202, &json!({"object": "webhook.replay", "queued": 1})));
        assert_eq!(app.call_webhooks().await, 1);
        assert_eq!(app.deliveries(&hooks, &hook).await[0]["status"], "delivered");
        // By hand once more, though it was delivered.
        let again = json!({"delivery": delivery["id"]});
        assert_eq!(app.manage(&hooks.key, "POST", &replay, Some(&again)).await.body["queued"], 1);
        assert_eq!(app.call_webhooks().await, 1);
        assert_eq!(receiver.calls().len(), tries + 2);
        let ids: std::collections::BTreeSet<_> = receiver.calls().iter().map(|call| call.header("webhook-id").to_owned()).collect();
        assert_eq!(ids.len(), 1, "one event has one id");
        assert_eq!(app.manage(&hooks.key, "POST", &replay, Some(&since)).await.body["queued"], 0);
        let log = app.shown(&hooks.key, "/v1/manage/audit?action=webhook.replayed").await;
        assert_eq!(log["data"].as_array().unwrap().len(), 3);
    }

    async fn days_of_failure_disable_a_webhook_and_tell_its_owners(app: TestApp) {
        let mails = Scripted::new("mails");
        let mut app = app.with_mail(vec![mails.clone()]);
        let receiver = Receiver::start(|_, _| Reply::Status(500)).await;
        let hooks = app.hooks().await;
        for (email, role) in [("owner@acme.example", "owner"), ("admin@acme.example", "admin"), ("dev@acme.example", "developer")] {
            let member = json!({"email": email, "role": role});
            assert_eq!(app.manage(&hooks.key, "POST", "/v1/manage/members", Some(&member)).await.status.as_u16(), 201);
        }
        app.courier().send_notices().await.unwrap();
        assert_eq!(mails.given().len(), 3, "each is invited");
        let hook = app.hook(&hooks, &receiver.url).await;
        let one = format!("{}/{}", hooks.path, hook["id"].as_str().unwrap());
        for fourth_of_a_day in 0..12 {
            app.approve(&format!("jane{fourth_of_a_day}@example.com")).await;
            app.call_webhooks().await;
            app.advance(6 * 3600);
        }
        assert_eq!(app.shown(&hooks.key, &one).await["status"], "enabled", "three days are not over");
        app.call_webhooks().await;
        let shown = app.shown(&hooks.key, &one).await;
        assert_eq!((&shown["status"], &shown["disabled_reason"]), (&json!("disabled"), &json!("failing")));
        app.courier().tell_expired().await.unwrap();
        assert!(app.deliveries(&hooks, &hook).await.iter().all(|one| one["status"] == "failed"));
        mails.then(rift_mfa::providers::Outcome::retry("busy", "Later."));
        app.courier().send_notices().await.unwrap();
        app.advance(600);
        app.courier().send_notices().await.unwrap();
        app.courier().send_notices().await.unwrap();
        let told = mails.given().split_off(3);
        let mut to: Vec<String> = told.iter().map(|mail| mail.to.clone()).collect();
        to.sort();
        to.dedup();
        assert_eq!((to, told.len()), (vec!["admin@acme.example".to_owned(), "owner@acme.example".to_owned()], 3));
        let text = &told[0].text;
        assert!(text.contains("127.0.0.1") && text.contains("three days") && !text.contains("/hooks"), "{text}");
        let before = receiver.calls().len();
        app.approve("late@example.com").await;
        app.advance(24 * 3600);
        assert_eq!(app.call_webhooks().await, 0);
        assert_eq!(receiver.calls().len(), before);
        app.deliver().await;
    }

    async fn what_ends_by_itself_is_told(app: TestApp) {
        let receiver = Receiver::start(|_, _| Reply::Status(200)).await;
        let hooks = app.hooks().await;
        app.hook(&hooks, &receiver.url).await;
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL, Reference=cart-7").await.ok();
        app.advance(305);
        app.courier().tell_expired().await.unwrap();
        let shown = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert_eq!(shown["status"], "expired");
        assert_eq!(app.call_webhooks().await, 1);
        let event = receiver.calls()[0].event();
        assert_eq!(event["type"], "challenge.expired");
        let data = json!({"challenge": started["id"], "type": "EMAIL", "user": "j•••@example.com", "reference": "cart-7"});
        assert_eq!(event["data"], data);
    }
}
