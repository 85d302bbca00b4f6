//! The language of a message.

use rift_mfa::clock::Clock;
use rift_mfa::domain::id::AppId;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::template::{Template, TemplateKey, TemplateKind};
use rift_mfa::service::Templates;

use crate::harness::{TestApp, on_both};

/// Sends a code, and a set of backup codes, with these fields more; the texts of both.
async fn texts(app: &TestApp, user: &str, more: &str) -> [String; 2] {
    app.set(&[("backup.count", "5")]).await;
    let mut texts = Vec::new();
    for path in ["/v1/mfa", "/v1/mfa/backup"] {
        app.post(path, &format!("User={user}, Type=EMAIL{more}")).await.ok();
        let inbox = app.get(&format!("/v1/test/inbox?User={user}")).await.ok();
        texts.push(inbox["data"][0]["text"].as_str().expect("a text").to_owned());
        app.advance(30);
    }
    texts.try_into().expect("two")
}

fn templates(app: &TestApp) -> Templates {
    Templates::new(app.desk.clone())
}

fn german(kind: TemplateKind) -> TemplateKey {
    TemplateKey::new(Channel::Email, kind, "de").expect("a key")
}

fn greeting() -> Template {
    Template {
        subject: Some("Grüezi von {{ app }}".into()),
        text: "Grüezi! {{ code }}, {{ minutes }} min.{% if action %} Für: {{ action }}{% endif %}".into(),
        html: None,
    }
}

/// Keeps a template for German mails with codes, at once for this node.
async fn keep(app: &TestApp, of: AppId) {
    templates(app).set(of, &german(TemplateKind::Code), greeting()).await.expect("it is kept");
    app.service.templates().forget();
}

on_both! {
    async fn an_applications_own_words_are_sent(app: TestApp) {
        keep(&app, app.one.app).await;
        let fields = ", Locale=de-CH, Action=Pay 12 EUR to Bob";
        app.post("/v1/mfa", &format!("User=a@example.com, Type=EMAIL{fields}")).await.ok();
        let inbox = app.get("/v1/test/inbox?User=a@example.com").await.ok();
        let code = inbox["data"][0]["code"].as_str().unwrap();
        assert_eq!(inbox["data"][0]["text"], format!("Grüezi! {code}, 5 min. Für: Pay 12 EUR to Bob"));
        let [_, backup] = texts(&app, "b@example.com", ", Locale=de").await;
        assert!(backup.contains("Backup-Codes für Acme Shop"), "a kind is not the other: {backup}");
        let [english, _] = texts(&app, "c@example.com", "").await;
        assert!(english.contains("The code is valid"), "{english}");
    }

    async fn another_applications_words_are_not(app: TestApp) {
        keep(&app, app.other.app).await;
        let [code, _] = texts(&app, "a@example.com", ", Locale=de").await;
        assert!(code.contains("Der Code ist 5 Minuten gültig."), "{code}");
        let other = app.other.test_key.clone();
        app.post_as(&other, "/v1/mfa", "User=a@example.com, Type=EMAIL, Locale=de").await.ok();
        let inbox = app.get_as(&other, "/v1/test/inbox?User=a@example.com").await.ok();
        assert!(inbox["data"][0]["text"].as_str().unwrap().starts_with("Grüezi!"), "{inbox}");
    }

    async fn a_removed_template_gives_the_built_in_words_back(app: TestApp) {
        keep(&app, app.one.app).await;
        assert!(texts(&app, "a@example.com", ", Locale=de").await[0].starts_with("Grüezi!"));
        templates(&app).remove(app.one.app, &german(TemplateKind::Code)).await.expect("it was there");
        app.service.templates().forget();
        let [code, _] = texts(&app, "b@example.com", ", Locale=de").await;
        assert!(code.contains("Der Code ist 5 Minuten gültig."), "{code}");
    }

    async fn a_bad_template_is_not_kept(app: TestApp) {
        let bad = Template { text: "Grüezi!".into(), ..greeting() };
        let error = templates(&app).set(app.one.app, &german(TemplateKind::Code), bad).await.unwrap_err();
        assert!(error.to_string().contains("text: does not show the code"), "{error}");
        assert!(templates(&app).list(app.one.app).await.unwrap().is_empty());
    }

    async fn a_template_that_cannot_be_read_stops_no_code(app: TestApp) {
        use rift_mfa::store::StoredTemplate;

        let broken = Template { text: "{{ code".into(), ..greeting() };
        let key = german(TemplateKind::Code);
        let stored = StoredTemplate { key, template: broken, updated_at: app.clock.now() };
        app.store.put_template(app.one.app, &stored, &app.note().await).await.unwrap();
        app.service.templates().forget();
        let [code, _] = texts(&app, "a@example.com", ", Locale=de").await;
        assert!(code.contains("Der Code ist 5 Minuten gültig."), "{code}");
    }

    async fn a_message_is_in_the_language_that_was_asked_for(app: TestApp) {
        for (user, more, code, backup) in [
            ("a@example.com", "", "The code is valid for 5 minutes.", "backup codes for Acme Shop"),
            ("b@example.com", ", Locale=de", "Der Code ist 5 Minuten gültig.", "Backup-Codes für Acme Shop"),
            ("c@example.com", ", Locale=de-AT", "Der Code ist 5 Minuten gültig.", "Backup-Codes für Acme Shop"),
            ("d@example.com", ", Locale=pt-BR", "O código é válido por 5 minutos.", "códigos de recuperação"),
            ("e@example.com", ", Locale=ja", "コードの有効期間は5分です。", "バックアップコード"),
            ("f@example.com", ", Locale=nl", "The code is valid for 5 minutes.", "backup codes for Acme Shop"),
        ] {
            let [first, second] = texts(&app, user, more).await;
            assert!(first.contains(code), "{more}: {first}");
            assert!(second.contains(backup), "{more}: {second}");
        }
    }

    async fn without_one_it_is_the_applications(app: TestApp) {
        app.set(&[("locale", "it-CH")]).await;
        for (user, more) in [("a@example.com", ""), ("b@example.com", ", Locale=nl-BE")] {
            let [code, backup] = texts(&app, user, more).await;
            assert!(code.contains("Il codice è valido per 5 minuti."), "{code}");
            assert!(backup.contains("codici di backup"), "{backup}");
        }
        let [code, _] = texts(&app, "c@example.com", ", Locale=fr").await;
        assert!(code.contains("Le code est valable 5 minutes."), "{code}");
    }
}
