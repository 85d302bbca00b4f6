//! Templates: checked, put, shown with sample values, removed.

use serde_json::json;

use crate::harness::on_both;

on_both! {
    async fn a_template_is_put_once_and_shown_as_it_will_be_sent(app: TestApp) {
        let key = app.owner("all").await.key;
        let all = format!("/v1/manage/apps/{}/templates", app.one.app);
        let one = format!("{all}/email/code/de-at");
        app.manage(&key, "GET", &one, None).await.fails(404, "not_found");
        let parts = json!({"subject": "{{ app }}", "text": "Griaß di, {{ code }}{% if action %} {{ action }}{% endif %}", "html": null});
        let put = app.manage(&key, "PUT", &one, Some(&parts)).await.ok();
        assert_eq!((&put["locale"], &put["channel"], &put["kind"]), (&json!("de-AT"), &json!("email"), &json!("code")));
        app.advance(5);
        assert_eq!(app.manage(&key, "PUT", &one, Some(&parts)).await.ok(), put, "the same again changes nothing");
        assert_eq!(app.shown(&key, &one).await, put);
        assert_eq!(app.shown(&key, &all).await["data"], json!([put]));
        let log = app.shown(&key, "/v1/manage/audit?action=template.set").await;
        assert_eq!(log["data"].as_array().unwrap().len(), 1);

        let shown = app.manage(&key, "POST", &format!("{one}/preview"), Some(&json!({}))).await.ok();
        assert_eq!((&shown["subject"], &shown["text"]), (&json!("Acme Shop"), &json!("Griaß di, 123456")));
        let draft = json!({"subject": "x", "text": "Neu {{ code }}{% if action %} {{ action }}{% endif %}", "action": "Pay"});
        let shown = app.manage(&key, "POST", &format!("{one}/preview"), Some(&draft)).await.ok();
        assert_eq!(shown["text"], "Neu 123456 Pay");

        app.service.templates().forget();
        app.post("/v1/mfa", "User=a@example.com, Type=EMAIL, Locale=de-AT").await.ok();
        let inbox = app.get("/v1/test/inbox?User=a@example.com").await.ok();
        assert!(inbox["data"][0]["text"].as_str().unwrap().starts_with("Griaß di, "));

        app.manage(&key, "DELETE", &one, None).await.ok();
        app.manage(&key, "DELETE", &one, None).await.fails(404, "not_found");
    }

    async fn a_wrong_template_is_told_by_its_part(app: TestApp) {
        let key = app.owner("apps:write").await.key;
        let all = format!("/v1/manage/apps/{}/templates", app.one.app);
        for (path, body, code, param) in [
            ("email/code/de", json!({"text": "no code", "subject": "x"}), "invalid_template", "text"),
            ("email/code/de", json!({"text": "{{ code }}"}), "invalid_template", "subject"),
            ("email/code/de", json!({"subject": "x"}), "missing_parameter", "text"),
            ("email/code/de", json!({"subject": "x", "text": 7}), "invalid_value", "text"),
            ("sms/code/12", json!({"text": "{{ code }}"}), "invalid_template", "locale"),
            ("voice/backup/en", json!({"text": "{{ codes }}"}), "invalid_template", "kind"),
        ] {
            let answer = app.manage(&key, "PUT", &format!("{all}/{path}"), Some(&body)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{path} {body}: {:#}", answer.body);
            assert_eq!(answer.body["error"]["param"], param, "{path} {body}");
        }
        for path in ["pigeon/code/en", "sms/poem/en"] {
            let answer = app.manage(&key, "PUT", &format!("{all}/{path}"), Some(&json!({"text": "{{ code }}"}))).await;
            answer.fails(404, "not_found");
        }
        let html = json!({"html": "<p>{{ code }}</p>"});
        let answer = app.manage(&key, "POST", &format!("{all}/email/code/en/preview"), Some(&html)).await;
        answer.fails(400, "missing_parameter");
    }
}
