//! The table of settings: name, bounds, how it is shown and how it is read from text.

use super::read::{
    is_domain, parse_countries, parse_fallback, parse_locale, parse_origins, parse_seconds, parse_switch,
};
use super::{DualRequire, Settings, UserVerification, relying};
use crate::domain::challenge::MfaType;

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
    /// Two settings do not fit each other.
    #[error("`{one}` and `{other}` do not fit: {why}")]
    Disagree {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Why, and what would fit.
        why: String,
    },
}

/// The type of a setting's values, as JSON has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Seconds as a whole number, or a text such as `5m`; shown in seconds.
    Span,
    /// A text; empty for none.
    Text,
    /// A list of texts.
    List,
}

/// One row of the table of settings.
pub struct Setting {
    /// Its name, for example `code.length`.
    pub key: &'static str,
    /// The type of its values.
    pub kind: SettingKind,
    /// What values it takes, as the end of a sentence.
    pub bounds: &'static str,
    /// What it does.
    pub about: &'static str,
    read: fn(&Settings) -> String,
    write: fn(&mut Settings, &str) -> Option<()>,
}

macro_rules! number {
    ($key:literal, $field:ident, $range:expr, $bounds:literal, $about:literal) => {
        Setting {
            key: $key,
            kind: SettingKind::Integer,
            bounds: $bounds,
            about: $about,
            read: |s| s.$field.to_string(),
            write: |s, text| {
                let value = text.parse().ok()?;
                ($range).contains(&value).then(|| s.$field = value)
            },
        }
    };
}

macro_rules! span {
    ($key:literal, $field:ident, $range:expr, $bounds:literal, $about:literal) => {
        Setting {
            key: $key,
            kind: SettingKind::Span,
            bounds: $bounds,
            about: $about,
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
            kind: SettingKind::Boolean,
            bounds: "on or off",
            about: "Whether this method can be started.",
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
    number!("code.length", code_length, 6..=10, "a whole number from 6 to 10", "Digits of a code."),
    span!("code.ttl", code_ttl_seconds, 60..=600, "a time from 1m to 10m", "How long a code is valid."),
    number!(
        "code.attempts",
        code_attempts,
        1..=10,
        "a whole number from 1 to 10",
        "Wrong guesses that end a code."
    ),
    number!(
        "backup.count",
        backup_count,
        5..=20,
        "a whole number from 5 to 20",
        "Codes in a set of backup codes."
    ),
    number!(
        "backup.length",
        backup_length,
        13..=24,
        "a whole number from 13 to 24",
        "Random characters of a backup code."
    ),
    Setting {
        key: "uniform_failures",
        kind: SettingKind::Boolean,
        bounds: "true or false",
        about: "Answers every failed check alike, so that nobody learns from it whether a code was sent, used or expired.",
        read: |s| s.uniform_failures.to_string(),
        write: |s, text| parse_switch(text).map(|on| s.uniform_failures = on),
    },
    Setting {
        key: "dual.require",
        kind: SettingKind::Text,
        bounds: "either or both",
        about: "Whether DUAL asks for one of its two codes or for both.",
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
        kind: SettingKind::List,
        bounds: "a list of ISO 3166-1 codes such as DE,US, or *, or nothing",
        about: "Countries whose numbers get live messages.",
        read: |s| s.countries.iter().cloned().collect::<Vec<_>>().join(","),
        write: |s, text| parse_countries(text).map(|countries| s.countries = countries),
    },
    Setting {
        key: "locale",
        kind: SettingKind::Text,
        bounds: "a language tag (BCP 47) such as en or pt-BR",
        about: "The language of messages where the request names none.",
        read: |s| s.locale.clone(),
        write: |s, text| parse_locale(text).map(|locale| s.locale = locale),
    },
    Setting {
        key: "webauthn.rp_id",
        kind: SettingKind::Text,
        bounds: "a domain name such as example.com, or nothing",
        about: "The domain that security keys are bound to. Keys enrolled under another one do not work any more.",
        read: |s| s.webauthn_rp_id.clone(),
        write: |s, text| is_domain(text).then(|| text.clone_into(&mut s.webauthn_rp_id)),
    },
    Setting {
        key: "webauthn.origins",
        kind: SettingKind::List,
        bounds: "a list of at most 50 origins such as https://login.example.com, or nothing",
        about: "The pages that users sign in on with security keys.",
        read: |s| s.webauthn_origins.join(","),
        write: |s, text| parse_origins(text).map(|origins| s.webauthn_origins = origins),
    },
    Setting {
        key: "webauthn.user_verification",
        kind: SettingKind::Text,
        bounds: "preferred or required",
        about: "Whether a security key must check its user by PIN or fingerprint.",
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
    number!(
        "lock.failures",
        lock_failures,
        1..=10,
        "a whole number from 1 to 10",
        "Failures in 24 hours that lock a user for a while."
    ),
    span!("lock.time", lock_seconds, 900..=86_400, "a time from 15m to 24h", "How long that lock lasts."),
    number!(
        "lock.hard_failures",
        lock_hard_failures,
        2..=20,
        "a whole number from 2 to 20",
        "Failures in 24 hours that lock a user for long."
    ),
    span!(
        "lock.hard_time",
        lock_hard_seconds,
        86_400..=2_592_000,
        "a time from 24h to 30d",
        "How long that lock lasts."
    ),
    span!(
        "sends.cooldown",
        sends_cooldown_seconds,
        30..=600,
        "a time from 30s to 10m",
        "The pause between two messages to a user."
    ),
    number!(
        "sends.per_10_minutes",
        sends_per_10_minutes,
        1..=5,
        "a whole number from 1 to 5",
        "Messages to a user in 10 minutes."
    ),
    number!(
        "sends.unapproved_per_day",
        sends_unapproved_per_day,
        1..=10,
        "a whole number from 1 to 10",
        "Messages a day to a user who verifies none of them."
    ),
    number!(
        "sends.per_day",
        sends_per_day,
        1..=50,
        "a whole number from 1 to 50",
        "Messages to a user a day in all."
    ),
    number!(
        "starts.per_10_minutes",
        starts_per_10_minutes,
        1..=30,
        "a whole number from 1 to 30",
        "Starts of an app or a security key by a user in 10 minutes."
    ),
    number!(
        "phone.sends_per_hour",
        phone_sends_per_hour,
        1..=1_000_000,
        "a whole number from 1 to 1000000",
        "Live messages to the numbers of one country in an hour, against pumping."
    ),
    Setting {
        key: "sms.domain",
        kind: SettingKind::Text,
        bounds: "a domain name such as example.com, or nothing",
        about: "The domain that phones fill the code in on; it stands on the last line of an SMS.",
        read: |s| s.sms_domain.clone(),
        write: |s, text| is_domain(text).then(|| text.clone_into(&mut s.sms_domain)),
    },
    Setting {
        key: "sms.fallback",
        kind: SettingKind::List,
        bounds: "a list of whatsapp and voice in the order in which they are tried, or nothing",
        about: "Channels by which a code goes on when its SMS does not arrive.",
        read: |s| s.sms_fallback.iter().map(|channel| channel.as_str()).collect::<Vec<_>>().join(","),
        write: |s, text| parse_fallback(text).map(|channels| s.sms_fallback = channels),
    },
    span!(
        "sms.fallback_after",
        sms_fallback_after_seconds,
        10..=300,
        "a time from 10s to 5m",
        "How long a delivery report is waited for before that."
    ),
];

impl Settings {
    /// Sets one setting from text, as the command line and the dashboard do.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            let known = SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", ");
            return Err(SettingError::Unknown { key: key.to_owned(), known });
        };
        (setting.write)(self, value.trim())
            .ok_or(SettingError::OutOfBounds { key: setting.key, bounds: setting.bounds })
    }

    /// Whether the settings fit each other. Asked once all changes are made, so that two of them can change together.
    pub fn agree(&self) -> Result<(), SettingError> {
        if self.lock_hard_failures <= self.lock_failures {
            let bounds = "a whole number above lock.failures";
            return Err(SettingError::OutOfBounds { key: "lock.hard_failures", bounds });
        }
        relying::check(&self.webauthn_rp_id, &self.webauthn_origins)
    }

    /// Every setting with its value as text.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        SETTINGS.iter().map(|setting| (setting.key, (setting.read)(self)))
    }
}
