//! An application's settings: each with its type, its default and its bounds, and one table that names them all.
//!
//! A setting of a limit can only be made stricter than the default; the bounds say so.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::challenge::MfaType;

/// When failures lock a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockPolicy {
    /// Failures in 24 h that bring the short lock.
    pub soft_failures: usize,
    /// How long the short lock lasts.
    pub soft_lock: Duration,
    /// Failures in 24 h that bring the long lock.
    pub hard_failures: usize,
    /// How long the long lock lasts.
    pub hard_lock: Duration,
}

/// How many messages a user gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendLimits {
    /// The pause after a message that was not approved yet.
    pub cooldown: Duration,
    /// Messages in 10 minutes since the last approval.
    pub per_ten_minutes: usize,
    /// Messages in 24 h since the last approval.
    pub unapproved_per_day: usize,
    /// Messages in 24 h in all.
    pub per_day: usize,
}

/// Whether DUAL asks for one of its two codes or for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DualRequire {
    /// Either code verifies.
    #[default]
    Either,
    /// Both codes are needed.
    Both,
}

/// Whether a security key must verify its user (`WebAuthn` Level 3 §5.8.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// Asked for, not insisted on.
    #[default]
    Preferred,
    /// Insisted on.
    Required,
}

/// The settings of an application. A field that is missing in a stored value has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    methods: BTreeSet<MfaType>,
    code_length: u8,
    code_ttl_seconds: u32,
    code_attempts: u8,
    backup_count: u8,
    backup_length: u8,
    uniform_failures: bool,
    dual_require: DualRequire,
    countries: BTreeSet<String>,
    locale: String,
    webauthn_rp_id: String,
    webauthn_origins: Vec<String>,
    webauthn_user_verification: UserVerification,
    lock_failures: u32,
    lock_seconds: u32,
    lock_hard_failures: u32,
    lock_hard_seconds: u32,
    sends_cooldown_seconds: u32,
    sends_per_10_minutes: u32,
    sends_unapproved_per_day: u32,
    sends_per_day: u32,
    starts_per_10_minutes: u32,
    phone_sends_per_hour: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            methods: BTreeSet::new(),
            code_length: 6,
            code_ttl_seconds: 300,
            code_attempts: 5,
            backup_count: 10,
            backup_length: 13,
            uniform_failures: false,
            dual_require: DualRequire::Either,
            countries: BTreeSet::new(),
            locale: "en".into(),
            webauthn_rp_id: String::new(),
            webauthn_origins: Vec::new(),
            webauthn_user_verification: UserVerification::Preferred,
            lock_failures: 10,
            lock_seconds: 15 * 60,
            lock_hard_failures: 20,
            lock_hard_seconds: 24 * 60 * 60,
            sends_cooldown_seconds: 30,
            sends_per_10_minutes: 5,
            sends_unapproved_per_day: 10,
            sends_per_day: 50,
            starts_per_10_minutes: 30,
            phone_sends_per_hour: 100,
        }
    }
}

fn count(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(u64::from(value))
}

impl Settings {
    /// The settings of the demo application: every method on.
    #[must_use]
    pub fn everything_on() -> Self {
        Self { methods: METHODS.iter().copied().collect(), ..Self::default() }
    }

    /// Whether the tenant has switched a Type on. Backup codes come with every application.
    #[must_use]
    pub fn allows(&self, method: MfaType) -> bool {
        method == MfaType::Backup || self.methods.contains(&method)
    }

    /// Switches a Type on or off.
    pub fn switch(&mut self, method: MfaType, on: bool) {
        if on {
            self.methods.insert(method);
        } else {
            self.methods.remove(&method);
        }
    }

    /// Digits of a sent code, 6 to 10.
    #[must_use]
    pub const fn code_length(&self) -> u8 {
        self.code_length
    }

    /// The life of a sent code, 1 to 10 min.
    #[must_use]
    pub fn code_ttl(&self) -> Duration {
        seconds(self.code_ttl_seconds)
    }

    /// Guesses at one code, 1 to 10.
    #[must_use]
    pub const fn code_attempts(&self) -> u8 {
        self.code_attempts
    }

    /// Codes in a backup set, 5 to 20.
    #[must_use]
    pub const fn backup_count(&self) -> u8 {
        self.backup_count
    }

    /// Random characters of a backup code, 13 to 24.
    #[must_use]
    pub const fn backup_length(&self) -> u8 {
        self.backup_length
    }

    /// Whether all failures of a check read the same.
    #[must_use]
    pub const fn uniform_failures(&self) -> bool {
        self.uniform_failures
    }

    /// When failures lock a user.
    #[must_use]
    pub fn lock(&self) -> LockPolicy {
        LockPolicy {
            soft_failures: count(self.lock_failures),
            soft_lock: seconds(self.lock_seconds),
            hard_failures: count(self.lock_hard_failures),
            hard_lock: seconds(self.lock_hard_seconds),
        }
    }

    /// How many messages a user gets.
    #[must_use]
    pub fn sends(&self) -> SendLimits {
        SendLimits {
            cooldown: seconds(self.sends_cooldown_seconds),
            per_ten_minutes: count(self.sends_per_10_minutes),
            unapproved_per_day: count(self.sends_unapproved_per_day),
            per_day: count(self.sends_per_day),
        }
    }

    /// Starts of APP and HSM per user in 10 minutes.
    #[must_use]
    pub fn starts_per_ten_minutes(&self) -> usize {
        count(self.starts_per_10_minutes)
    }

    /// The language of messages without a `Locale`, BCP 47.
    #[must_use]
    pub fn locale(&self) -> &str {
        &self.locale
    }
}

const METHODS: &[MfaType] = &[
    MfaType::Email,
    MfaType::Sms,
    MfaType::Whatsapp,
    MfaType::Phone,
    MfaType::App,
    MfaType::Dual,
    MfaType::Hsm,
];

/// A setting that cannot be set so. The sentence names the key and the bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no setting of that name.
    #[error("there is no setting `{key}`; the settings are: {known}")]
    Unknown {
        /// What was asked for.
        key: String,
        /// All names.
        known: String,
    },
    /// The value is out of bounds or of the wrong form.
    #[error("`{key}` must be {bounds}")]
    OutOfBounds {
        /// The setting.
        key: &'static str,
        /// What it may be.
        bounds: &'static str,
    },
}

/// One row of the table of settings.
pub struct Setting {
    /// Its name, for example `code.length`.
    pub key: &'static str,
    /// What values it takes, as the end of a sentence.
    pub bounds: &'static str,
    read: fn(&Settings) -> String,
    write: fn(&mut Settings, &str) -> Option<()>,
}

macro_rules! number {
    ($key:literal, $field:ident, $range:expr, $bounds:literal) => {
        Setting {
            key: $key,
            bounds: $bounds,
            read: |s| s.$field.to_string(),
            write: |s, text| {
                let value = text.parse().ok()?;
                ($range).contains(&value).then(|| s.$field = value)
            },
        }
    };
}

macro_rules! span {
    ($key:literal, $field:ident, $range:expr, $bounds:literal) => {
        Setting {
            key: $key,
            bounds: $bounds,
            read: |s| format!("{}s", s.$field),
            write: |s, text| {
                let value = parse_seconds(text)?;
                ($range).contains(&value).then(|| s.$field = value)
            },
        }
    };
}

macro_rules! method {
    ($key:literal, $method:ident) => {
        Setting {
            key: $key,
            bounds: "on or off",
            read: |s| if s.allows(MfaType::$method) { "on".into() } else { "off".into() },
            write: |s, text| parse_switch(text).map(|on| s.switch(MfaType::$method, on)),
        }
    };
}

/// Every setting, in the order in which it is shown.
pub const SETTINGS: &[Setting] = &[
    method!("methods.email", Email),
    method!("methods.sms", Sms),
    method!("methods.whatsapp", Whatsapp),
    method!("methods.phone", Phone),
    method!("methods.app", App),
    method!("methods.dual", Dual),
    method!("methods.hsm", Hsm),
    number!("code.length", code_length, 6..=10, "a whole number from 6 to 10"),
    span!("code.ttl", code_ttl_seconds, 60..=600, "a time from 1m to 10m"),
    number!("code.attempts", code_attempts, 1..=10, "a whole number from 1 to 10"),
    number!("backup.count", backup_count, 5..=20, "a whole number from 5 to 20"),
    number!("backup.length", backup_length, 13..=24, "a whole number from 13 to 24"),
    Setting {
        key: "uniform_failures",
        bounds: "true or false",
        read: |s| s.uniform_failures.to_string(),
        write: |s, text| parse_switch(text).map(|on| s.uniform_failures = on),
    },
    Setting {
        key: "dual.require",
        bounds: "either or both",
        read: |s| if s.dual_require == DualRequire::Both { "both".into() } else { "either".into() },
        write: |s, text| {
            s.dual_require = match text {
                "either" => DualRequire::Either,
                "both" => DualRequire::Both,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        key: "countries",
        bounds: "a list of ISO 3166-1 codes such as DE,US, or *, or nothing",
        read: |s| s.countries.iter().cloned().collect::<Vec<_>>().join(","),
        write: |s, text| parse_countries(text).map(|countries| s.countries = countries),
    },
    Setting {
        key: "locale",
        bounds: "a language tag (BCP 47) such as en or pt-BR",
        read: |s| s.locale.clone(),
        write: |s, text| parse_locale(text).map(|locale| s.locale = locale),
    },
    Setting {
        key: "webauthn.rp_id",
        bounds: "a domain name such as example.com, or nothing",
        read: |s| s.webauthn_rp_id.clone(),
        write: |s, text| {
            let plain =
                text.is_empty() || idna::domain_to_ascii_strict(text).is_ok_and(|ascii| ascii == text);
            plain.then(|| text.clone_into(&mut s.webauthn_rp_id))
        },
    },
    Setting {
        key: "webauthn.origins",
        bounds: "a list of origins such as https://login.example.com, or nothing",
        read: |s| s.webauthn_origins.join(","),
        write: |s, text| parse_origins(text).map(|origins| s.webauthn_origins = origins),
    },
    Setting {
        key: "webauthn.user_verification",
        bounds: "preferred or required",
        read: |s| match s.webauthn_user_verification {
            UserVerification::Preferred => "preferred".into(),
            UserVerification::Required => "required".into(),
        },
        write: |s, text| {
            s.webauthn_user_verification = match text {
                "preferred" => UserVerification::Preferred,
                "required" => UserVerification::Required,
                _ => return None,
            };
            Some(())
        },
    },
    number!("lock.failures", lock_failures, 1..=10, "a whole number from 1 to 10"),
    span!("lock.time", lock_seconds, 900..=86_400, "a time from 15m to 24h"),
    number!("lock.hard_failures", lock_hard_failures, 2..=20, "a whole number from 2 to 20"),
    span!("lock.hard_time", lock_hard_seconds, 86_400..=2_592_000, "a time from 24h to 30d"),
    span!("sends.cooldown", sends_cooldown_seconds, 30..=600, "a time from 30s to 10m"),
    number!("sends.per_10_minutes", sends_per_10_minutes, 1..=5, "a whole number from 1 to 5"),
    number!("sends.unapproved_per_day", sends_unapproved_per_day, 1..=10, "a whole number from 1 to 10"),
    number!("sends.per_day", sends_per_day, 1..=50, "a whole number from 1 to 50"),
    number!("starts.per_10_minutes", starts_per_10_minutes, 1..=30, "a whole number from 1 to 30"),
    number!("phone.sends_per_hour", phone_sends_per_hour, 1..=1_000_000, "a whole number from 1 to 1000000"),
];

impl Settings {
    /// Sets one setting from text, as the command line and the dashboard do.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            let known = SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", ");
            return Err(SettingError::Unknown { key: key.to_owned(), known });
        };
        (setting.write)(self, value.trim())
            .ok_or(SettingError::OutOfBounds { key: setting.key, bounds: setting.bounds })?;
        if self.lock_hard_failures <= self.lock_failures {
            return Err(SettingError::OutOfBounds {
                key: setting.key,
                bounds: "so that lock.hard_failures is above lock.failures",
            });
        }
        Ok(())
    }

    /// Every setting with its value as text.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        SETTINGS.iter().map(|setting| (setting.key, (setting.read)(self)))
    }
}

fn parse_switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// `300`, `300s`, `5m`, `24h` or `30d`.
fn parse_seconds(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = match text.get(digits.len()..)?.trim() {
        "" | "s" | "sec" | "seconds" => 1,
        "m" | "min" | "minutes" => 60,
        "h" | "hours" => 3600,
        "d" | "days" => 86_400,
        _ => return None,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}

fn parse_countries(text: &str) -> Option<BTreeSet<String>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let code = item.to_ascii_uppercase();
            let country = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
            (country || code == "*").then_some(code)
        })
        .collect()
}

/// A well-formed language tag (BCP 47, RFC 5646 §2.1) in its canonical case.
#[must_use]
pub fn parse_locale(text: &str) -> Option<String> {
    let tag = oxilangtag::LanguageTag::parse_and_normalize(text).ok()?;
    (text.len() <= 35).then(|| tag.into_inner())
}

fn parse_origins(text: &str) -> Option<Vec<String>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let url = url::Url::parse(item).ok()?;
            let local = matches!(url.host_str(), Some("localhost"));
            let secure = url.scheme() == "https" || (url.scheme() == "http" && local);
            (secure && url.origin().ascii_serialization() == item.trim_end_matches('/'))
                .then(|| url.origin().ascii_serialization())
        })
        .collect()
}

#[cfg(test)]
mod tests {
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
}
