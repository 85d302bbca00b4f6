//! The page of the settings: saved whole, told field by field, and between two people.

use rift_mfa::domain::access::Role;

use crate::dashboard::visitor::Page;
use crate::harness::on_both;

/// What a browser sends of this page: every field as it is, with some typed over.
fn sent(page: &Page, over: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for part in page.html.split("name=\"").skip(1) {
        let name = part.split('"').next().unwrap();
        if !name.starts_with("was:") {
            continue;
        }
        let key = name.trim_start_matches("was:");
        let was = page.field(name).unwrap();
        let value = over.iter().find(|(own, _)| *own == key).map_or(was.as_str(), |(_, value)| value);
        fields.push((name.to_owned(), was.clone()));
        if !(key == "uniform_failures" && value.is_empty()) {
            fields.push((key.to_owned(), value.to_owned()));
        }
    }
    fields.push(("tag".to_owned(), page.field("tag").unwrap()));
    fields.extend(
        over.iter().filter(|(name, _)| *name == "default").map(|(a, b)| ((*a).to_owned(), (*b).to_owned())),
    );
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

on_both! {
    async fn what_is_typed_is_kept_and_stands_there_again(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/settings");
        let page = owner.get(&path).await.ok();
        let over = [("code.length", "8"), ("code.ttl", "2m"), ("uniform_failures", "on"), ("locale", "de"), ("sms.fallback", "voice")];
        owner.post(&path, &borrowed(&sent(&page, &over))).await.leads_to(&format!("{path}?done=saved"));
        let settings = app.tenants.app(app.one.app).await.unwrap().settings;
        assert_eq!((settings.code_length(), settings.code_ttl().as_secs(), settings.locale()), (8, 120, "de"));
        assert!(settings.uniform_failures());
        let page = owner.get(&path).await.ok();
        page.says(&["value=\"2m\"", "Back to default", "Default: 5m"]);
        assert_eq!(page.field("code.length").as_deref(), Some("8"));
        owner.post(&path, &borrowed(&sent(&page, &[]))).await.leads_to(&format!("{path}?done=unchanged"));
    }

    async fn what_is_wrong_stands_beside_each_field_and_nothing_is_saved(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/settings");
        let page = owner.get(&path).await.ok();
        let over = [("code.length", "99"), ("sends.cooldown", "soon"), ("code.attempts", "3")];
        let page = owner.post(&path, &borrowed(&sent(&page, &over))).await.is(400);
        page.says(&["2 values are not right", "Must be a whole number from 6 to 10.", "Must be a time from 30s to 10m.", "value=\"soon\""]);
        assert_eq!(page.count("class=\"wrong\""), 2);
        assert_eq!(page.field("code.attempts").as_deref(), Some("3"));
        assert_eq!(app.tenants.app(app.one.app).await.unwrap().settings.code_attempts(), 5);
    }

    async fn the_second_of_two_tabs_is_told_and_keeps_its_input(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/settings");
        let (one, two) = (owner.get(&path).await.ok(), owner.get(&path).await.ok());
        owner.post(&path, &borrowed(&sent(&one, &[("code.attempts", "4"), ("locale", "fr")]))).await.is(303);
        let page = owner.post(&path, &borrowed(&sent(&two, &[("code.attempts", "2"), ("code.length", "7")]))).await.is(412);
        page.says(&["Meanwhile", "Wrong guesses: 5 → 4", "Language: en → fr", "Meanwhile set to 4"]);
        let own = |name| page.field(name).unwrap();
        assert_eq!((own("code.attempts"), own("code.length"), own("locale")), ("2".into(), "7".into(), "fr".into()));
        assert_eq!(app.tenants.app(app.one.app).await.unwrap().settings.code_attempts(), 4);
        let form: Vec<_> = sent(&page, &[("code.attempts", "2"), ("code.length", "7")]);
        owner.post(&path, &borrowed(&form)).await.leads_to(&format!("{path}?done=saved"));
        let settings = app.tenants.app(app.one.app).await.unwrap().settings;
        assert_eq!((settings.code_attempts(), settings.code_length(), settings.locale()), (2, 7, "fr"));
    }

    async fn a_default_is_put_back_once_it_is_saved(app: TestApp) {
        app.tenants.set(app.one.app, &[("code.length".into(), "9".into())]).await.unwrap();
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/settings");
        let page = owner.get(&path).await.ok();
        let page = owner.post(&path, &borrowed(&sent(&page, &[("default", "code.length")]))).await.ok();
        page.says(&["Nothing is saved yet"]);
        assert_eq!(page.field("code.length").as_deref(), Some("6"));
        assert_eq!(app.tenants.app(app.one.app).await.unwrap().settings.code_length(), 9);
        owner.post(&path, &borrowed(&sent(&page, &[("code.length", "6")]))).await.is(303);
        assert_eq!(app.tenants.app(app.one.app).await.unwrap().settings.code_length(), 6);
    }
}
