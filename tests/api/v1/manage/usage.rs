//! Figures: what was sent and checked, by the hour, day and month.

use rift_mfa::clock::Clock;
use serde_json::json;

use crate::harness::on_both;

on_both! {
    async fn figures_tell_what_was_sent_and_checked(app: TestApp) {
        let key = app.owner("usage:read").await.key;
        let path = format!("/v1/manage/apps/{}/usage?mode=test", app.one.app);
        let empty = app.shown(&key, &path).await;
        assert_eq!(empty, json!({
            "object": "usage", "app": app.one.app.to_string(), "mode": "test", "from": "2026-11-17T13:00:00Z",
            "to": "2026-11-24T13:00:00Z", "by": "day", "data": [],
        }));
        app.approve("jane@example.com").await;
        app.post("/v1/mfa", "User=+4915112345678, Type=SMS").await.ok();
        app.verify("+4915112345678", "SMS", "000000").await.fails(401, "invalid_code");
        app.advance(3600);
        app.post("/v1/mfa", "User=+14155552671, Type=SMS").await.ok();
        let figures = |from: &str, sends, verifications, failures| json!({
            "from": from, "sends": sends, "handed_over": sends, "failed": 0, "verifications": verifications,
            "failures": failures, "delivery_ms": {"p50": 50, "p95": 95},
        });
        let day = figures("2026-11-24T00:00:00Z", 3, 1, 1);
        let by_hour = json!([figures("2026-11-24T12:00:00Z", 2, 1, 1), figures("2026-11-24T13:00:00Z", 1, 0, 0)]);
        // Live, and then from what was closed.
        for _ in 0..2 {
            assert_eq!(app.shown(&key, &path).await["data"], json!([day]));
            let hours = format!("{path}&by=hour&from=2026-11-24T12:30:00Z&to=2026-11-24T14:30:00Z");
            let hours = app.shown(&key, &hours).await;
            assert_eq!(hours["data"], by_hour);
            assert_eq!((&hours["from"], &hours["to"]), (&json!("2026-11-24T12:00:00Z"), &json!("2026-11-24T14:00:00Z")));
            let month = app.shown(&key, &format!("{path}&by=month")).await;
            assert_eq!(month["data"], json!([figures("2026-11-01T00:00:00Z", 3, 1, 1)]));
            let grouped = app.shown(&key, &format!("{path}&group=channel,country")).await;
            let rows: Vec<_> = grouped["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row["channel"].clone(), row["country"].clone(), row["sends"].clone()))
                .collect();
            assert_eq!(rows, [
                (json!("email"), json!(null), json!(1)),
                (json!("sms"), json!("DE"), json!(1)),
                (json!("sms"), json!("US"), json!(1)),
            ]);
            assert!(grouped["data"][0].as_object().unwrap().contains_key("country"));
            let channels = app.shown(&key, &format!("{path}&group=channel")).await;
            assert_eq!(channels["data"].as_array().unwrap().len(), 2);
            assert!(channels["data"][1].get("country").is_none());
            app.advance(2 * 3600);
            while app.store.close_hour(app.clock.now()).await.unwrap().is_some() {}
        }
        let other = format!("/v1/manage/apps/{}/usage?mode=live", app.one.app);
        assert_eq!(app.shown(&key, &other).await["data"], json!([]));
    }

    async fn each_bound_is_told(app: TestApp) {
        let key = app.owner("usage:read").await.key;
        let path = format!("/v1/manage/apps/{}/usage?mode=test", app.one.app);
        for (query, param, bound) in [
            ("by=week", "by", "hour, day or month"),
            ("group=user", "group", "channel, country"),
            ("from=now", "from", "RFC 3339"),
            ("from=2026-11-24T12:00:00Z&to=2026-11-24T12:59:59Z", "from", "at least an hour"),
            ("from=2026-11-25T12:00:00Z&to=2026-11-24T12:00:00Z", "from", "at least an hour"),
            ("by=hour&from=2026-10-01T00:00:00Z&to=2026-11-02T00:00:00Z", "from", "31 days"),
            ("from=2025-01-01T00:00:00Z&to=2026-11-24T00:00:00Z", "from", "400 days"),
            ("by=month&from=2023-01-01T00:00:00Z&to=2026-11-24T00:00:00Z", "from", "3 years"),
            ("from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z", "from", "400 days"),
        ] {
            let answer = app.manage(&key, "GET", &format!("{path}&{query}"), None).await;
            answer.fails(400, "invalid_value");
            assert_eq!(answer.body["error"]["param"], param, "{query}");
            let message = answer.body["error"]["message"].as_str().unwrap();
            assert!(message.contains(bound), "{query}: {message}");
        }
    }
}
