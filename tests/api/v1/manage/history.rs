//! Challenges and deliveries, with their filters and pages.

use serde_json::{Value, json};

use crate::harness::on_both;

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn challenges_are_listed_by_what_is_asked(app: TestApp) {
        let key = app.owner("challenges:read").await.key;
        let path = format!("/v1/manage/apps/{}/challenges", app.one.app);
        let jane = app.approve("jane@example.com").await;
        app.advance(60);
        let text = app.post("/v1/mfa", "User=+14155552671, Type=SMS, Reference=order 7").await.ok();
        let text = text["id"].as_str().unwrap().to_owned();
        for (filters, expected) in [
            ("", vec![&text, &jane]),
            ("&user=jane@example.com", vec![&jane]),
            ("&user=%2B14155552671", vec![&text]),
            ("&type=SMS", vec![&text]),
            ("&status=approved", vec![&jane]),
            ("&reference=order%207", vec![&text]),
            ("&created_after=2026-11-24T12:01:00Z", vec![&text]),
            ("&created_before=2026-11-24T12:01:00Z", vec![&jane]),
            ("&created_after=2026-11-24T13:00:00Z", vec![]),
        ] {
            let list = app.shown(&key, &format!("{path}?mode=test{filters}")).await;
            assert_eq!(ids(&list).iter().collect::<Vec<_>>(), expected, "{filters}");
            assert_eq!(list["has_more"], false);
            assert!(!list.to_string().contains("jane@") && !list.to_string().contains("4155552671"));
        }
        let page = app.shown(&key, &format!("{path}?mode=test&limit=1")).await;
        assert_eq!((ids(&page), &page["has_more"]), (vec![text.clone()], &json!(true)));
        let page = app.shown(&key, &format!("{path}?mode=test&limit=1&starting_after={text}")).await;
        assert_eq!((ids(&page), &page["has_more"]), (vec![jane.clone()], &json!(false)));
        assert_eq!(ids(&app.shown(&key, &format!("{path}?mode=live")).await), Vec::<String>::new());

        let trace = app.shown(&key, &format!("{path}/{jane}?mode=test")).await;
        assert_eq!(trace, app.get(&format!("/v1/mfa/{jane}")).await.ok());
        for wrong in [format!("{path}/{jane}?mode=live"), format!("{path}/x?mode=test")] {
            app.manage(&key, "GET", &wrong, None).await.fails(404, "not_found");
        }
    }

    async fn deliveries_are_listed_with_their_attempts(app: TestApp) {
        let key = app.owner("challenges:read").await.key;
        let path = format!("/v1/manage/apps/{}/deliveries", app.one.app);
        let jane = app.approve("jane@example.com").await;
        app.advance(60);
        app.post("/v1/mfa", "User=+14155552671, Type=SMS").await.ok();
        let all = app.shown(&key, &format!("{path}?mode=test")).await;
        let [text, mail] = &ids(&all)[..] else { panic!("{all:#}") };
        assert_eq!(all["data"][0]["to"], "+1•••71");
        let first = &all["data"][1];
        assert_eq!(
            (&first["object"], &first["challenge"], &first["livemode"], &first["status"]),
            (&json!("delivery"), &json!(jane), &json!(false), &json!("delivered"))
        );
        assert_eq!(first["attempts"][0]["provider"], "sandbox");
        for (filters, expected) in [
            ("&channel=sms", vec![text]),
            ("&channel=voice", vec![]),
            ("&status=delivered", vec![text, mail]),
            ("&status=failed", vec![]),
            ("&provider=sandbox", vec![text, mail]),
            ("&provider=twilio", vec![]),
            ("&created_before=2026-11-24T12:01:00Z", vec![mail]),
            ("&limit=1", vec![text]),
        ] {
            let list = app.shown(&key, &format!("{path}?mode=test{filters}")).await;
            assert_eq!(ids(&list).iter().collect::<Vec<_>>(), expected, "{filters}");
            assert_eq!(list["has_more"], filters.contains("limit"));
        }
        let next = app.shown(&key, &format!("{path}?mode=test&starting_after={text}")).await;
        assert_eq!(ids(&next), std::slice::from_ref(mail));
    }

    async fn each_filter_has_its_bounds(app: TestApp) {
        let key = app.owner("challenges:read").await.key;
        let base = format!("/v1/manage/apps/{}", app.one.app);
        for (list, filter, param) in [
            ("challenges", "mode=prod", "mode"),
            ("challenges", "mode=test&user=jane@", "user"),
            ("challenges", "mode=test&type=FAX", "type"),
            ("challenges", "mode=test&status=done", "status"),
            ("challenges", "mode=test&limit=0", "limit"),
            ("challenges", "mode=test&limit=101", "limit"),
            ("challenges", "mode=test&starting_after=msg_1", "starting_after"),
            ("challenges", "mode=test&created_after=yesterday", "created_after"),
            ("deliveries", "mode=test&channel=fax", "channel"),
            ("deliveries", "mode=test&status=done", "status"),
            ("deliveries", "mode=test&starting_after=mfa_1", "starting_after"),
            ("deliveries", "mode=test&created_before=tomorrow", "created_before"),
        ] {
            let answer = app.manage(&key, "GET", &format!("{base}/{list}?{filter}"), None).await;
            answer.fails(400, "invalid_value");
            assert_eq!(answer.body["error"]["param"], param, "{filter}");
        }
        for list in ["challenges", "deliveries", "usage"] {
            let key = app.owner("all").await.key;
            let answer = app.manage(&key, "GET", &format!("{base}/{list}"), None).await;
            answer.fails(400, "missing_parameter");
            assert_eq!(answer.body["error"]["param"], "mode");
        }
    }
}
