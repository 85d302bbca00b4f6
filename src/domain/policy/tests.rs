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
            assert!(Settings::default().set(key, value).is_err(), "{key}={value} was taken");
        }
    }
    assert!(matches!(Settings::default().set("code.size", "6"), Err(SettingError::Unknown { .. })));
}

#[test]
fn a_stored_value_without_newer_fields_has_their_defaults() {
    assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    assert!(!Settings::default().allows(MfaType::Email));
    assert!(Settings::everything_on().allows(MfaType::Dual));
}
