//! What is on the page, what is read from it, and two people at once.

use serde_json::json;

use super::*;

fn nothing(_: &str) -> Option<String> {
    None
}

fn fields(groups: &[Group]) -> Vec<&Field> {
    groups.iter().flat_map(|group| &group.fields).collect()
}

fn field<'a>(groups: &'a [Group], key: &str) -> &'a Field {
    fields(groups).into_iter().find(|field| field.key == key).unwrap()
}

/// What a browser sends of a page that shows these settings, with some of it typed over.
fn sent(settings: &Settings, over: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut sent = BTreeMap::new();
    for field in form(settings).into_iter().flat_map(|group| group.fields) {
        sent.insert(format!("was:{}", field.key), field.was);
        if field.control != Control::Switch || field.value == "on" {
            sent.insert(field.key.to_owned(), field.value);
        }
    }
    for (key, value) in over {
        sent.insert((*key).to_owned(), (*value).to_owned());
    }
    sent
}

fn with(changes: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in changes {
        settings.set(key, value).unwrap();
    }
    settings
}

#[test]
fn every_setting_is_on_this_page_once_or_has_a_page_of_its_own() {
    let groups = form(&Settings::default());
    for setting in SETTINGS {
        let here = fields(&groups).iter().filter(|field| field.key == setting.key).count();
        let elsewhere = OWN_PAGES.iter().filter(|own| setting.key.starts_with(**own)).count();
        assert_eq!(here + elsewhere, 1, "{}", setting.key);
    }
    assert!(groups.iter().all(|group| group.title != "Other" && !group.fields.is_empty()));
    for field in fields(&groups) {
        assert_ne!(field.label, field.key, "a setting without a label");
        assert!(field.is_default(), "{}", field.key);
    }
}

#[test]
fn each_control_has_the_bounds_of_its_setting() {
    let groups = form(&Settings::default());
    for setting in SETTINGS.iter().filter(|setting| setting.kind == SettingKind::Integer) {
        let Control::Number { least, most } = field(&groups, setting.key).control else {
            panic!("{} has no bounds", setting.key)
        };
        let takes = |number: u32| Settings::default().set(setting.key, &number.to_string()).is_ok();
        assert!(takes(least) && takes(most) && !takes(most + 1), "{}", setting.key);
        assert!(least == 0 || !takes(least - 1), "{}", setting.key);
    }
    for (key, value) in [("code.ttl", "5m"), ("lock.hard_time", "24h"), ("sends.cooldown", "30s")] {
        assert_eq!((field(&groups, key).control, field(&groups, key).value.as_str()), (Control::Span, value));
    }
    for choice in fields(&groups) {
        let Control::Choice(choices) = choice.control else { continue };
        for (value, _) in choices {
            assert!(Settings::default().set(choice.key, value).is_ok(), "{} {value}", choice.key);
        }
    }
}

#[test]
fn a_page_that_is_sent_back_as_it_was_changes_nothing() {
    for settings in [
        Settings::default(),
        with(&[("uniform_failures", "on"), ("sms.fallback", "voice,whatsapp"), ("code.ttl", "90s")]),
    ] {
        let sent = sent(&settings, &[]);
        let (groups, moved) = typed(&settings, &|name| sent.get(name).cloned());
        assert_eq!(moved, []);
        assert_eq!(changes(&settings, &groups), Ok(Map::new()));
    }
}

#[test]
fn what_is_typed_becomes_changes() {
    let settings = with(&[("sms.domain", "example.com")]);
    let over = [
        ("code.length", " 8 "),
        ("code.ttl", "2 min"),
        ("uniform_failures", "on"),
        ("sms.domain", ""),
        ("sms.fallback", "voice"),
    ];
    let sent = sent(&settings, &over);
    let (groups, _) = typed(&settings, &|name| sent.get(name).cloned());
    let asked = changes(&settings, &groups).unwrap();
    assert_eq!(
        Value::Object(asked),
        json!({"code.length": 8, "code.ttl": "2 min", "uniform_failures": true, "sms.domain": "", "sms.fallback": ["voice"]})
    );
    // A switch that is off is not sent at all.
    let on = with(&[("uniform_failures", "on")]);
    let (groups, _) = typed(&on, &nothing);
    assert_eq!(
        changes(&on, &groups).unwrap_err().len(),
        fields(&groups)
            .iter()
            .filter(|field| {
                matches!(field.control, Control::Number { .. } | Control::Span)
                    || ["locale", "dual.require"].contains(&field.key)
            })
            .count()
    );
}

#[test]
fn each_wrong_field_is_told_its_bounds_and_keeps_what_was_typed() {
    let settings = Settings::default();
    let over =
        [("code.length", "12"), ("code.ttl", "long"), ("locale", "deutsch sprache"), ("lock.failures", "")];
    let sent = sent(&settings, &over);
    let (mut groups, _) = typed(&settings, &|name| sent.get(name).cloned());
    let wrong = changes(&settings, &groups).unwrap_err();
    tell(&mut groups, &wrong);
    assert_eq!(wrong.len(), 4);
    let length = field(&groups, "code.length");
    assert_eq!(length.wrong.as_deref(), Some("Must be a whole number from 6 to 10."));
    assert_eq!(length.value, "12");
    assert!(field(&groups, "code.attempts").wrong.is_none());
    // Two that do not fit each other, though each is within its own bounds.
    let over = [("lock.failures", "9"), ("lock.hard_failures", "3")];
    let sent = self::sent(&settings, &over);
    let (groups, _) = typed(&settings, &|name| sent.get(name).cloned());
    let wrong = changes(&settings, &groups).unwrap_err();
    assert_eq!(wrong["lock.hard_failures"], "Must be a whole number above lock.failures.");
}

#[test]
fn of_two_people_the_second_is_told_and_loses_nothing() {
    let before = Settings::default();
    let sent = sent(&before, &[("code.length", "8"), ("code.attempts", "3")]);
    let now = with(&[("code.attempts", "4"), ("locale", "de")]);
    let (groups, moved) = typed(&now, &|name| sent.get(name).cloned());
    let told = |label, old: &str, new: &str| Moved { label, old: old.into(), new: new.into() };
    assert_eq!(moved, [told("Wrong guesses", "5", "4"), told("Language", "en", "de")]);
    // Typed by this person alone; by both; by the other one alone.
    assert_eq!(field(&groups, "code.length").value, "8");
    let both = field(&groups, "code.attempts");
    assert_eq!((both.value.as_str(), both.meanwhile.as_deref()), ("3", Some("4")));
    assert_eq!(field(&groups, "locale").value, "de");
    assert_eq!(Value::Object(changes(&now, &groups).unwrap()), json!({"code.length": 8, "code.attempts": 3}));
}

#[test]
fn a_field_goes_back_to_its_default() {
    let settings = with(&[("code.ttl", "90s"), ("code.length", "8")]);
    let mut groups = form(&settings);
    assert_eq!(
        (field(&groups, "code.ttl").value.as_str(), field(&groups, "code.ttl").default_told()),
        ("90s", "5m")
    );
    reset(&mut groups, "code.ttl");
    assert!(field(&groups, "code.ttl").is_default() && !field(&groups, "code.length").is_default());
    assert_eq!(Value::Object(changes(&settings, &groups).unwrap()), json!({"code.ttl": "5m"}));
}
