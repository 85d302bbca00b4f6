//! /v1/manage/apps/{app}/providers: put whole, shown without what is secret, tried, removed.

use std::sync::Arc;

use rift_mfa::app::BaseUrls;
use rift_mfa::courier::Providers;
use rift_mfa::domain::message::Channel;
use rift_mfa::providers::Provider;
use serde_json::{Value, json};

use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, on_both};
use crate::standin::{Answer, StandIn};

fn twilio(token: &str) -> Value {
    json!({"kind": "twilio", "account_sid": "AC0123456789abcdef0123456789abcdef", "auth_token": token,
           "from": "+15005550006"})
}

fn lists(app: &TestApp) -> String {
    format!("/v1/manage/apps/{}/providers", app.one.app)
}

fn of(entries: &[Value]) -> Value {
    json!({ "providers": entries })
}

on_both! {
    async fn a_list_is_put_once_used_and_never_shown(app: TestApp) {
        let (operator, server) = (Scripted::new("operators"), StandIn::twilio().await);
        let provider: Arc<dyn Provider> = operator.clone();
        let base_urls = BaseUrls { twilio: Some(server.base_url.clone()), ..BaseUrls::default() };
        let mut app = app.with_own(Providers::from([(Channel::Sms, vec![provider])]), Vec::new(), base_urls);
        app.set(&[("countries", "*")]).await;
        let (key, all) = (app.owner("providers:write").await.key, lists(&app));
        let one = format!("{all}/sms");
        assert_eq!(app.shown(&key, &all).await, json!({"data": [], "has_more": false}));
        app.manage(&key, "GET", &one, None).await.fails(404, "not_found");

        let put = app.manage(&key, "PUT", &one, Some(&of(&[twilio("hidden-token-6001")]))).await.ok();
        let wanted = json!([{"kind": "twilio", "account_sid": "AC0123…", "from": "+15005550006"}]);
        assert_eq!((&put["object"], &put["channel"], &put["providers"]), (&json!("providers"), &json!("sms"), &wanted));
        assert_eq!(app.shown(&key, &one).await, put);
        assert_eq!(app.shown(&key, &all).await["data"], json!([put]));
        app.advance(5);
        let again = app.manage(&key, "PUT", &one, Some(&of(&[twilio("hidden-token-6001")]))).await.ok();
        assert_eq!(again, put, "the same again changes nothing");

        app.forget_own();
        app.post("/v1/mfa", "User=+14155552671, Type=SMS").await.ok();
        app.deliver().await;
        assert_eq!(server.last().basic().unwrap().1, "hidden-token-6001");
        assert!(operator.given().is_empty());

        let rolled = app.manage(&key, "PUT", &one, Some(&of(&[twilio("hidden-token-6002")]))).await.ok();
        assert_eq!(rolled["providers"], put["providers"]);
        let removed = app.manage(&key, "DELETE", &one, None).await.ok();
        assert_eq!(removed, json!({"object": "providers", "id": "sms", "deleted": true}));
        app.manage(&key, "DELETE", &one, None).await.fails(404, "not_found");
        app.forget_own();
        app.post("/v1/mfa", "User=+14155552672, Type=SMS").await.ok();
        app.deliver().await;
        assert_eq!((operator.given().len(), server.requests().len()), (1, 1));

        let reader = app.owner("audit:read").await.key;
        let log = app.shown(&reader, "/v1/manage/audit").await;
        let lines = log["data"].as_array().unwrap();
        let of = |action: &str| lines.iter().filter(|line| line["action"] == action).collect::<Vec<_>>();
        assert_eq!((of("providers.set").len(), of("providers.removed").len()), (2, 1));
        assert_eq!(of("providers.set")[0]["target"], json!({"type": "providers", "id": "sms"}));
        assert!(!format!("{put}{rolled}{removed}{log}").contains("hidden-token"));
    }

    async fn a_wrong_list_is_told_by_its_field_and_its_bound(app: TestApp) {
        let (key, one) = (app.owner("providers:write").await.key, format!("{}/sms", lists(&app)));
        let with = |name: &str, value: Value| {
            let mut entry = twilio("hidden-token-6003");
            entry[name] = value;
            of(&[twilio("x"), entry])
        };
        let http = |url: &str| of(&[json!({"kind": "http", "url": url, "secret": "s"})]);
        for (body, code, param, message) in [
            (json!({}), "missing_parameter", "providers", "`providers` is missing."),
            (json!({"providers": {}}), "invalid_provider", "providers", "`providers` must be a list of 1 to 5 providers."),
            (of(&[]), "invalid_provider", "providers", "`providers` must be a list of 1 to 5 providers."),
            (of(&vec![twilio("x"); 6]), "invalid_provider", "providers", "`providers` must be a list of 1 to 5 providers."),
            (with("kind", json!("smtp")), "invalid_provider", "providers[1].kind",
             "`providers[1].kind` `smtp` is no kind for this channel; use twilio, vonage, http."),
            (with("auth_token", json!("")), "invalid_provider", "providers[1].auth_token",
             "`providers[1].auth_token` is missing; give the account's token."),
            (with("auth_token", json!("x".repeat(8193))), "invalid_provider", "providers[1].auth_token",
             "`providers[1].auth_token` is too long; give at most 8192 bytes."),
            (with("base_url", json!("https://x.example")), "invalid_provider", "providers[1].base_url",
             "`providers[1].base_url` is the operator's to set; remove it."),
            (http("https://127.0.0.1/"), "invalid_provider", "providers[0].url",
             "`providers[0].url` names an address that is private, local or reserved; give a public one."),
            (http("http://gateway.example/"), "invalid_provider", "providers[0].url",
             "`providers[0].url` must start with https://: codes and numbers would cross the net in the clear."),
        ] {
            let answer = app.manage(&key, "PUT", &one, Some(&body)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{body}: {:#}", answer.body);
            let error = &answer.body["error"];
            assert_eq!((&error["param"], &error["message"]), (&json!(param), &json!(message)));
            assert!(!answer.body.to_string().contains("hidden-token"));
        }
        app.manage(&key, "GET", &one, None).await.fails(404, "not_found");
        for path in ["pigeon", "SMS", "sms%20"] {
            let path = format!("{}/{path}", lists(&app));
            app.manage(&key, "PUT", &path, Some(&of(&[twilio("x")]))).await.fails(404, "not_found");
        }
        app.tenants.delete_app(app.one.app).await.unwrap();
        app.manage(&key, "PUT", &one, Some(&of(&[twilio("x")]))).await.fails(409, "app_deleted");
        app.manage(&key, "POST", &format!("{one}/test"), Some(&json!({"to": "+14155552671"}))).await.fails(409, "app_deleted");
    }

    async fn a_test_sends_one_sample_and_tells_what_was_answered(app: TestApp) {
        let app = app.with_own(Providers::new(), Vec::new(), BaseUrls::default());
        let (key, one) = (app.owner("providers:write").await.key, format!("{}/email", lists(&app)));
        let (first, second) = (StandIn::bare().await, StandIn::bare().await);
        first.next(Answer::With(422, &[], "never shown: jane@example.com".into()));
        let gateway = |url: &str| json!({"kind": "http", "url": url, "secret": "s"});
        let test = format!("{one}/test");
        let to = json!({"to": "jane@example.com"});
        app.manage(&key, "POST", &test, Some(&to)).await.fails(404, "not_found");
        let list = of(&[gateway(&first.base_url), gateway(&second.base_url)]);
        app.manage(&key, "PUT", &one, Some(&list)).await.ok();
        let told = app.manage(&key, "POST", &test, Some(&to)).await.ok();
        assert_eq!((&told["object"], &told["channel"]), (&json!("providers.test"), &json!("email")));
        let results = told["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        assert_eq!((&results[0]["kind"], &results[0]["reason"]), (&json!("http"), &json!("http_422")), "{told:#}");
        assert_eq!(told["sent"], results.iter().any(|one| one["result"] == "sent"));
        assert!(!told.to_string().contains("jane") && !told.to_string().contains("never shown"));
        assert_eq!(first.last().text("to"), "jane@example.com");
        for (body, code) in [
            (json!({}), "missing_parameter"), (json!({"to": 7}), "invalid_value"), (json!({"to": "+14155552671"}), "invalid_email"),
        ] {
            let answer = app.manage(&key, "POST", &test, Some(&body)).await;
            answer.fails(400, code);
            assert_eq!(answer.body["error"]["param"], "to");
        }
        let reader = app.owner("providers:read").await.key;
        app.manage(&reader, "POST", &test, Some(&to)).await.fails(403, "scope_required");
        app.shown(&reader, &one).await;
    }
}
