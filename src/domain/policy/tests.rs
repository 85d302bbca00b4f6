//! Bounds of settings, on both sides.

use super::*;

#[test]
fn every_setting_reads_back_what_it_shows() {
    let settings = Settings::everything_on();
    for (key, value) in settings.rows() {
        let mut copy = settings.clone();
        assert_eq!(copy.set(key, &value), Ok(()), "{key}={value}");
        assert_eq!(copy, settings, "{key}={value}");
    }
}

#[test]
fn bounds_hold_on_both_sides() {
    for (key, good, bad) in [
        ("code.length", "6 10", "5 11 six -1"),
        ("code.ttl", "60 600 1m 10m", "59 601 0m 11m 1x"),
        ("code.attempts", "1 10", "0 11"),
        ("backup.count", "5 20", "4 21"),
        ("backup.length", "13 24", "12 25"),
        ("lock.failures", "1 10", "0 11"),
        ("lock.hard_failures", "11 20", "10 21"),
        ("lock.time", "15m 24h", "14m 25h"),
        ("sends.cooldown", "30 600", "29 601"),
        ("countries", "DE de,US *", "D DEU 12"),
        ("dual.require", "either both", "one"),
        ("methods.email", "on off true false", "maybe"),
        ("locale", "en pt-BR", "not_a_tag 12"),
        (
            "webauthn.origins",
            "https://a.example http://localhost:3000",
            "http://a.example https://a.example/x ftp://a",
        ),
    ] {
        for value in good.split(' ') {
            assert_eq!(Settings::default().set(key, value), Ok(()), "{key}={value}");
        }
        for value in bad.split(' ') {
            let mut settings = Settings::default();
            let taken = settings.set(key, value).and_then(|()| settings.agree());
            assert!(taken.is_err(), "{key}={value} was taken");
        }
    }
    assert!(matches!(Settings::default().set("code.size", "6"), Err(SettingError::Unknown { .. })));
    let origins = |many: usize| vec!["https://a.example"; many].join(",");
    assert_eq!(Settings::default().set("webauthn.origins", &origins(50)), Ok(()));
    let long = format!("https://{}.example", "a".repeat(300));
    for bad in [origins(51), long] {
        assert!(
            Settings::default().set("webauthn.origins", &bad).is_err(),
            "an audit line would hold it all"
        );
    }
}

#[test]
fn a_stored_value_without_newer_fields_has_their_defaults() {
    assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    assert!(!Settings::default().allows(MfaType::Email));
    assert!(Settings::everything_on().allows(MfaType::Dual));
}

#[test]
fn every_setting_reads_back_its_json_and_no_other_type() {
    use serde_json::{Value, json};

    let mut settings = Settings::everything_on();
    for (key, value) in [
        ("countries", "DE,US"),
        ("webauthn.rp_id", "example.com"),
        ("webauthn.origins", "https://a.example.com,https://b.example.com"),
        ("sms.fallback", "voice,whatsapp"),
        ("uniform_failures", "true"),
    ] {
        settings.set(key, value).unwrap();
    }
    let shown = settings.to_json();
    assert_eq!(shown.len(), SETTINGS.len());
    assert_eq!(shown["code.ttl"], json!(300));
    assert_eq!(shown["countries"], json!(["DE", "US"]));
    assert_eq!(shown["methods.email"], json!(true));
    let mut copy = Settings::default();
    for (key, value) in &shown {
        copy.set_json(key, value).unwrap();
    }
    assert_eq!(copy, settings);
    assert_eq!(copy.tag(), settings.tag());
    assert_ne!(copy.tag(), Settings::default().tag());

    let others = [json!(null), json!(true), json!(7), json!("x"), json!(["x"]), json!({}), json!(6.5)];
    for setting in SETTINGS {
        let fits = |value: &Value| match setting.kind {
            SettingKind::Boolean => value.is_boolean(),
            SettingKind::Integer => value.is_u64(),
            SettingKind::Span => value.is_u64() || value.is_string(),
            SettingKind::Text => value.is_string(),
            SettingKind::List => value.is_array(),
        };
        for value in others.iter().filter(|value| !fits(value)) {
            let error = settings.clone().set_json(setting.key, value).unwrap_err();
            assert!(error.to_string().contains(setting.key), "{}: {value} {error}", setting.key);
        }
        assert!(settings.clone().set_json(setting.key, &json!(["a,b"])).is_err(), "{}", setting.key);
        assert!(!setting.about.is_empty() && setting.about.ends_with('.'), "{}", setting.key);
    }
}
