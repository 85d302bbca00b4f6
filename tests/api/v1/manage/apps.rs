//! Applications: names that are one in an organization, deletion with a grace.

use serde_json::json;

use crate::harness::on_both;

on_both! {
    async fn an_application_is_made_found_by_name_and_renamed(app: TestApp) {
        let owner = app.owner("apps:write").await;
        let new = json!({"name": "  Checkout ", "settings": {"methods.email": true, "countries": ["DE"]}});
        let made = app.manage(&owner.key, "POST", "/v1/manage/apps", Some(&new)).await;
        assert_eq!(made.status.as_u16(), 201);
        assert_eq!((&made.body["object"], &made.body["name"]), (&json!("application"), &json!("Checkout")));
        assert_eq!(made.body["settings"]["methods.email"], true);
        assert_eq!(made.body["settings"]["methods.sms"], false);
        assert_eq!(made.body["deleted_at"], json!(null));
        let id = made.body["id"].as_str().unwrap().to_owned();

        let again = app.manage(&owner.key, "POST", "/v1/manage/apps", Some(&new)).await;
        again.fails(409, "already_exists");
        assert!(again.body["error"]["fix"].as_str().unwrap().contains(&id));
        let found = app.shown(&owner.key, "/v1/manage/apps?name=Checkout").await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1);
        assert_eq!(found["data"][0]["id"], json!(id));

        let path = format!("/v1/manage/apps/{id}");
        let taken = app.manage(&owner.key, "PATCH", &path, Some(&json!({"name": "Acme Shop"}))).await;
        taken.fails(409, "already_exists");
        let renamed = app.manage(&owner.key, "PATCH", &path, Some(&json!({"name": "Till"}))).await.ok();
        assert_eq!(renamed["name"], "Till");
        app.manage(&owner.key, "PATCH", &path, Some(&json!({"name": "Till"}))).await.ok();
    }

    async fn of_the_same_application_made_at_once_there_is_one(app: TestApp) {
        let owner = app.owner("apps:write").await;
        let new = json!({"name": "Checkout"});
        let calls = (0..8).map(|_| app.manage(&owner.key, "POST", "/v1/manage/apps", Some(&new)));
        let answers = futures_util::future::join_all(calls).await;
        let made = answers.iter().filter(|answer| answer.status.as_u16() == 201).count();
        let told = answers.iter().filter(|answer| answer.code() == "already_exists").count();
        assert_eq!((made, told), (1, 7));
    }

    async fn what_is_out_of_bounds_is_told_with_the_field_and_the_bound(app: TestApp) {
        let owner = app.owner("apps:write").await;
        let long = "x".repeat(101);
        for (body, code, param) in [
            (json!({}), "missing_parameter", "name"),
            (json!({"name": null}), "missing_parameter", "name"),
            (json!({"name": ""}), "invalid_value", "name"),
            (json!({"name": "   "}), "invalid_value", "name"),
            (json!({"name": long}), "invalid_value", "name"),
            (json!({"name": "a\u{0}b"}), "invalid_value", "name"),
            (json!({"name": 7}), "invalid_value", "name"),
            (json!({"name": "A", "settings": []}), "invalid_value", "settings"),
            (json!({"name": "A", "settings": {"code.length": 5}}), "invalid_setting", "code.length"),
            (json!({"name": "A", "settings": {"code.size": 5}}), "unknown_parameter", "settings"),
            (json!({"name": "A", "plan": "pro"}), "unknown_parameter", "plan"),
        ] {
            let answer = app.manage(&owner.key, "POST", "/v1/manage/apps", Some(&body)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{body}");
            assert_eq!(answer.body["error"]["param"], param, "{body}");
        }
        let name = "n".repeat(100);
        let made = app.manage(&owner.key, "POST", "/v1/manage/apps", Some(&json!({"name": name}))).await;
        assert_eq!(made.status.as_u16(), 201);
    }

    async fn a_deleted_application_stops_at_once_and_comes_back_within_seven_days(app: TestApp) {
        let owner = app.owner("all").await;
        let path = format!("/v1/manage/apps/{}", app.one.app);
        let key = app.key.clone();
        app.get("/v1/mfa").await.ok();
        let deleted = app.manage(&owner.key, "DELETE", &path, None).await.ok();
        let (since, until) = (deleted["deleted_at"].clone(), deleted["erased_after"].clone());
        assert!(since.is_string() && until.is_string());
        app.service.keys().forget();
        app.get("/v1/mfa").await.fails(401, "invalid_api_key");
        app.advance(60);
        let again = app.manage(&owner.key, "DELETE", &path, None).await.ok();
        assert_eq!(again["erased_after"], until, "the first grace counts");

        for (method, tail, body) in [
            ("PATCH", "", json!({"name": "New"})),
            ("PUT", "/settings", json!({})),
            ("PATCH", "/settings", json!({"code.length": 8})),
            ("POST", "/keys", json!({"mode": "test"})),
            ("PUT", "/templates/sms/code/en", json!({"text": "{{ code }}"})),
        ] {
            let answer = app.manage(&owner.key, method, &format!("{path}{tail}"), Some(&body)).await;
            answer.fails(409, "app_deleted");
        }
        assert_eq!(app.shown(&owner.key, &path).await["deleted_at"], since);

        app.advance(6 * 86_400);
        let restored = app.manage(&owner.key, "POST", &format!("{path}/restore"), None).await.ok();
        assert_eq!(restored["deleted_at"], json!(null));
        app.service.keys().forget();
        app.get("/v1/mfa").await.ok();
        app.manage(&owner.key, "POST", &format!("{path}/restore"), None).await.ok();
        assert_eq!(app.key, key);

        app.manage(&owner.key, "DELETE", &path, None).await.ok();
        app.advance(7 * 86_400);
        app.manage(&owner.key, "POST", &format!("{path}/restore"), None).await.fails(404, "not_found");
    }
}
