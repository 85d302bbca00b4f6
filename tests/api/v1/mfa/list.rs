//! GET /v1/mfa

use serde_json::{Value, json};

use super::{start, told};
use crate::harness::{TestApp, on_both, snapshot};

/// Four challenges, a second apart: approved, pending, enrolling, pending; their ids, newest first.
async fn four(app: &TestApp) -> Vec<Value> {
    let mut ids = vec![Value::from(app.approve("jane@example.com").await)];
    for fields in [
        "User=jane@example.com, Type=EMAIL, Reference=order-7",
        "User=user-42, Type=APP",
        "User=bob@example.com, Type=EMAIL, Reference=order-8",
    ] {
        app.advance(1);
        ids.push(start(app, fields).await["id"].clone());
    }
    ids.reverse();
    ids
}

async fn ids(app: &TestApp, query: &str) -> Vec<Value> {
    let list = app.get(&format!("/v1/mfa{query}")).await.ok();
    list["data"].as_array().expect("a list").iter().map(|item| item["id"].clone()).collect()
}

on_both! {
    async fn challenges_are_listed_newest_first(app: TestApp) {
        let all = four(&app).await;
        assert_eq!(ids(&app, "").await, all);
        let shown = app.get("/v1/mfa").await.ok();
        snapshot!("list", shown);
    }

    async fn an_empty_list_is_a_list(app: TestApp) {
        assert_eq!(app.get("/v1/mfa").await.ok(), json!({"data": [], "has_more": false}));
    }

    async fn each_filter_narrows_the_list(app: TestApp) {
        let all = four(&app).await;
        for (query, expected) in [
            ("?User=jane@example.com", &all[2..]),
            ("?User=JANE@example.com", &all[2..]),
            ("?User=user-42", &all[1..2]),
            ("?User=nobody@example.com", &[]),
            ("?Type=APP", &all[1..2]),
            ("?type=app", &all[1..2]),
            ("?Type=SMS", &[]),
            ("?status=approved", &all[3..]),
            ("?status=enrolling", &all[1..2]),
            ("?status=exhausted", &[]),
            ("?Reference=order-8", &all[..1]),
            ("?Reference=order", &[]),
            ("?User=jane@example.com&status=pending", &all[2..3]),
        ] {
            assert_eq!(ids(&app, query).await, expected, "{query}");
        }
    }

    async fn a_filter_by_status_sees_a_life_that_has_ended(app: TestApp) {
        let all = four(&app).await;
        app.advance(300);
        assert!(ids(&app, "?status=pending").await.is_empty());
        assert_eq!(ids(&app, "?status=expired").await, [all[0].clone(), all[2].clone()]);
        assert_eq!(ids(&app, "?status=enrolling").await, [all[1].clone()]);
    }

    async fn a_plus_in_a_user_is_a_plus(app: TestApp) {
        let started = start(&app, "User=+14155552671, Type=APP").await;
        assert_eq!(ids(&app, "?User=+14155552671").await, [started["id"].clone()]);
        assert_eq!(ids(&app, "?User=%2B14155552671").await, [started["id"].clone()]);
    }

    async fn pages_follow_each_other_to_the_end(app: TestApp) {
        let all = four(&app).await;
        let (mut seen, mut after) = (Vec::new(), String::new());
        for more in [true, true, false] {
            let limit = if more { 1 } else { 2 };
            let page = app.get(&format!("/v1/mfa?limit={limit}{after}")).await.ok();
            assert_eq!(page["has_more"], more);
            seen.extend(page["data"].as_array().unwrap().iter().map(|item| item["id"].clone()));
            after = format!("&starting_after={}", seen.last().unwrap().as_str().unwrap());
        }
        assert_eq!(seen, all);
        assert_eq!(
            app.get(&format!("/v1/mfa?limit=1{after}")).await.ok(),
            json!({"data": [], "has_more": false})
        );
    }

    async fn a_page_has_ten_challenges_where_no_limit_is_given(app: TestApp) {
        for user in 0..11 {
            start(&app, &format!("User=user-{user}, Type=APP")).await;
        }
        let page = app.get("/v1/mfa").await.ok();
        assert_eq!((page["data"].as_array().unwrap().len(), &page["has_more"]), (10, &json!(true)));
        let whole = app.get("/v1/mfa?limit=100").await.ok();
        assert_eq!((whole["data"].as_array().unwrap().len(), &whole["has_more"]), (11, &json!(false)));
    }

    async fn a_filter_of_the_wrong_form_is_refused(app: TestApp) {
        for (query, code, param) in [
            ("?User=a%20b", "invalid_user", "User"),
            ("?User=jane@", "invalid_email", "User"),
            ("?Type=FAX", "invalid_type", "Type"),
            ("?status=dead", "invalid_status", "status"),
            ("?limit=0", "invalid_limit", "limit"),
            ("?limit=101", "invalid_limit", "limit"),
            ("?limit=ten", "invalid_limit", "limit"),
            ("?limit=-1", "invalid_limit", "limit"),
            ("?starting_after=mfa_1", "invalid_starting_after", "starting_after"),
            ("?staus=pending", "unknown_parameter", "staus"),
            ("?Type=APP&type=EMAIL", "duplicate_parameter", "Type"),
        ] {
            let refused = app.get(&format!("/v1/mfa{query}")).await;
            refused.fails(400, code);
            assert_eq!(told(&refused)["error"]["param"], param, "{query}");
        }
        let refused = app.get(&format!("/v1/mfa?Reference={}", "r".repeat(129))).await;
        refused.fails(400, "invalid_reference");
    }

    async fn a_list_shows_one_application_and_mode_only(app: TestApp) {
        four(&app).await;
        let empty = json!({"data": [], "has_more": false});
        for key in [app.other.test_key.clone(), app.one.live_key.clone()] {
            assert_eq!(app.get_as(&key, "/v1/mfa").await.ok(), empty);
            assert_eq!(app.get_as(&key, "/v1/mfa?User=jane@example.com").await.ok(), empty);
        }
    }

    async fn a_list_shows_no_whole_contact(app: TestApp) {
        four(&app).await;
        let shown = app.get("/v1/mfa").await.ok().to_string();
        assert!(!shown.contains("jane@") && !shown.contains("bob@") && !shown.contains("user-42"), "{shown}");
    }
}
