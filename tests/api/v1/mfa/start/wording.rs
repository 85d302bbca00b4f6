//! The language of a message.

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

on_both! {
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
