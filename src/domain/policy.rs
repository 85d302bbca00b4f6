//! An application's settings: each with its type and its default. `table` names them and holds their bounds.
//!
//! A setting of a limit can only be made stricter than the default.

mod json;
mod read;
mod relying;
mod table;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::challenge::MfaType;
use super::message::Channel;
use super::tenant::Mode;
pub use read::parse_locale;
pub use table::{SETTINGS, Setting, SettingError, SettingKind};

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

/// Whether a security key must verify its user (WebAuthn Level 3 §5.8.6).
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
    sms_domain: String,
    sms_fallback: Vec<Channel>,
    sms_fallback_after_seconds: u32,
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
            sms_domain: String::new(),
            sms_fallback: Vec::new(),
            sms_fallback_after_seconds: 30,
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

    /// Whether messages may go to a number of this country (ISO 3166-1), `None` for numbers of no country. Where nothing is
    /// listed, test mode may send to every country and live mode to none.
    #[must_use]
    pub fn allows_country(&self, country: Option<&str>, mode: Mode) -> bool {
        if self.countries.is_empty() {
            return mode == Mode::Test;
        }
        self.countries.contains("*") || country.is_some_and(|country| self.countries.contains(country))
    }

    /// Messages to numbers of one country in an hour, in live mode.
    #[must_use]
    pub const fn phone_sends_per_hour(&self) -> u32 {
        self.phone_sends_per_hour
    }

    /// The domain that an SMS is bound to by its last line: `sms.domain`, else the relying party's.
    #[must_use]
    pub fn sms_domain(&self) -> Option<&str> {
        [&self.sms_domain, &self.webauthn_rp_id]
            .into_iter()
            .map(String::as_str)
            .find(|domain| !domain.is_empty() && *domain != "localhost")
    }

    /// The relying party that security keys are enrolled for (WebAuthn Level 3 §4), where it is set.
    #[must_use]
    pub fn webauthn_rp_id(&self) -> Option<&str> {
        Some(self.webauthn_rp_id.as_str()).filter(|id| !id.is_empty())
    }

    /// The origins that a security key's answer may come from.
    #[must_use]
    pub fn webauthn_origins(&self) -> &[String] {
        &self.webauthn_origins
    }

    /// Whether a security key must verify its user.
    #[must_use]
    pub const fn webauthn_user_verification(&self) -> UserVerification {
        self.webauthn_user_verification
    }

    /// The channels that a code goes on by where the SMS fails, in their order.
    #[must_use]
    pub fn sms_fallback(&self) -> &[Channel] {
        &self.sms_fallback
    }

    /// How long a delivery report is waited for before the next channel has its turn, 10 s to 5 min.
    #[must_use]
    pub fn sms_fallback_after(&self) -> Duration {
        seconds(self.sms_fallback_after_seconds)
    }

    /// Whether DUAL asks for one of its codes or both.
    #[must_use]
    pub const fn dual_require(&self) -> DualRequire {
        self.dual_require
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

#[cfg(test)]
mod tests;
