//! Tenants' message templates.

use rift_mfa::domain::id::AppId;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::policy::Settings;
use rift_mfa::domain::template::{Template, TemplateKey, TemplateKind};
use rift_mfa::domain::tenant::{Application, Organization, Plan};
use rift_mfa::store::StoredTemplate;

use crate::support::{Fixture, at, at_once, id};

async fn application(f: &Fixture, second: i64) -> AppId {
    let created_at = at(second);
    let org = Organization { id: id(created_at), name: "Acme".into(), plan: Plan::Free, created_at };
    f.store.create_org(&org, &f.note()).await.unwrap();
    let app = Application {
        id: id(created_at),
        org: org.id,
        name: "Shop".into(),
        settings: Settings::default(),
        created_at,
        deletion: None,
    };
    f.store.create_app(&app, None, &f.note()).await.unwrap();
    app.id
}

fn key(channel: Channel, kind: TemplateKind, locale: &str) -> TemplateKey {
    TemplateKey::new(channel, kind, locale).unwrap()
}

fn stored(key: &TemplateKey, text: &str, second: i64) -> StoredTemplate {
    let template =
        Template {
            subject: Some("Für {{ app }}".into()), text: text.into(), html: Some("<p>…</p>".into())
        };
    StoredTemplate { key: key.clone(), template, updated_at: at(second) }
}

/// What is there: key, text and second of each.
async fn all(f: &Fixture, app: AppId) -> Vec<String> {
    let told = |stored: StoredTemplate| {
        let (channel, kind, locale) =
            (stored.key.channel(), stored.key.kind(), stored.key.locale().to_owned());
        format!(
            "{channel} {kind} {locale} {} {}",
            stored.template.text,
            crate::support::second(stored.updated_at)
        )
    };
    f.store.templates(app).await.unwrap().into_iter().map(told).collect()
}

pub async fn a_template_is_kept_in_the_place_of_an_older_one(f: &Fixture) {
    let (app, other) = (application(f, 0).await, application(f, 1).await);
    assert!(all(f, app).await.is_empty());
    let german = key(Channel::Sms, TemplateKind::Code, "de");
    for (key, text, second) in [
        (&german, "old", 1),
        (&key(Channel::Sms, TemplateKind::Code, "de-AT"), "at", 2),
        (&key(Channel::Sms, TemplateKind::Backup, "de"), "backup", 3),
        (&key(Channel::Email, TemplateKind::Code, "pt-BR"), "mail", 4),
        (&german, "new", 5),
    ] {
        f.store.put_template(app, &stored(key, text, second), &f.note()).await.unwrap();
    }
    f.store.put_template(other, &stored(&german, "others", 6), &f.note()).await.unwrap();
    let kept =
        ["email code pt-BR mail 4", "sms backup de backup 3", "sms code de new 5", "sms code de-AT at 2"];
    assert_eq!(all(f, app).await, kept);
    assert_eq!(all(f, other).await, ["sms code de others 6"]);
    let read = f.store.templates(other).await.unwrap().remove(0).template;
    assert_eq!(read, stored(&german, "others", 6).template, "every part comes back as it was");
    assert!(
        f.store.put_template(id(at(9)), &stored(&german, "x", 9), &f.note()).await.is_err(),
        "it needs an application"
    );
}

pub async fn a_removed_template_is_gone_and_no_other(f: &Fixture) {
    let (app, other) = (application(f, 0).await, application(f, 1).await);
    let (german, french) =
        (key(Channel::Sms, TemplateKind::Code, "de"), key(Channel::Sms, TemplateKind::Code, "fr"));
    for (app, key) in [(app, &german), (app, &french), (other, &german)] {
        f.store.put_template(app, &stored(key, "x", 1), &f.note()).await.unwrap();
    }
    assert!(f.store.remove_template(app, &german, at(9), &f.note()).await.unwrap());
    assert!(!f.store.remove_template(app, &german, at(9), &f.note()).await.unwrap(), "once");
    assert_eq!(all(f, app).await, ["sms code fr x 1"]);
    assert_eq!(all(f, other).await, ["sms code de x 1"]);
}

pub async fn templates_put_at_once_are_one(f: &Fixture) {
    let app = application(f, 0).await;
    let (fixture, german) = (f.clone(), key(Channel::Voice, TemplateKind::Code, "de"));
    at_once(8, move |n| {
        let (f, german) = (fixture.clone(), german.clone());
        async move { f.store.put_template(app, &stored(&german, &format!("n{n}"), 1), &f.note()).await }
    })
    .await;
    let kept = all(f, app).await;
    assert!(kept.len() == 1 && kept[0].starts_with("voice code de n"), "{kept:?}");
}

pub async fn a_damaged_template_is_said_to_be(f: &Fixture) {
    let app = application(f, 0).await;
    let german = key(Channel::Sms, TemplateKind::Code, "de");
    f.store.put_template(app, &stored(&german, "geheim", 1), &f.note()).await.unwrap();
    for damage in ["content = '{\"texd\": \"geheim\"}'", "channel = 'fax'", "kind = 'x'", "locale = '-'"] {
        f.raw.run(&format!("UPDATE templates SET {damage}")).await;
        let error = f.store.templates(app).await.unwrap_err().to_string();
        assert!(error.contains("cannot be read") && !error.contains("geheim"), "{error}");
    }
}
