//! `[[providers.*]]`: who carries the messages, in order, for each channel. One file per kind in
//! `providers/`. Talks to no provider.

mod address;
mod entry;
mod http;
mod meta;
mod own;
mod smtp;
mod twilio;
mod vonage;

use serde::Deserialize;
use toml::Value;

use super::error::ConfigError;
use super::section::Section;
use entry::Entry;

pub use self::http::Gateway;
pub use self::meta::Meta;
pub use self::own::read as read_own;
pub use self::smtp::{Credentials, Security, Smtp};
pub use self::twilio::{Sender, Twilio};
pub use self::vonage::{SignatureMethod, VonageSms, VonageVoice};

/// The providers of each channel; the first is tried first. Empty: the channel sends nothing in live mode.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    /// For e-mail: `smtp`, `http`, `console`.
    pub email: Vec<Provider>,
    /// For SMS: `twilio`, `vonage`, `http`, `console`.
    pub sms: Vec<Provider>,
    /// For messages by WhatsApp: `meta`, `twilio`, `http`, `console`.
    pub whatsapp: Vec<Provider>,
    /// For voice calls: `twilio`, `vonage`, `http`, `console`.
    pub voice: Vec<Provider>,
}

/// One entry of a channel's list.
#[derive(Clone, Debug)]
pub enum Provider {
    /// Prints messages; for development.
    Console,
    /// Any gateway that speaks HTTP.
    Gateway(Gateway),
    /// WhatsApp's Cloud API.
    Meta(Meta),
    /// A mail server.
    Smtp(Smtp),
    /// Twilio.
    Twilio(Twilio),
    /// Text messages by Vonage.
    VonageSms(VonageSms),
    /// Calls by Vonage.
    VonageVoice(VonageVoice),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoSettings {}

impl Providers {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let providers = Self {
            email: channel(&mut section, "email")?,
            sms: channel(&mut section, "sms")?,
            whatsapp: channel(&mut section, "whatsapp")?,
            voice: channel(&mut section, "voice")?,
        };
        match section.table.keys().next() {
            Some(name) => {
                Err(section.fault(name, "there is no such channel; use email, sms, whatsapp or voice"))
            }
            None => Ok(providers),
        }
    }
}

/// The kinds that serve a channel.
fn kinds(channel: &str) -> &'static [&'static str] {
    match channel {
        "email" => &["smtp", "http", "console"],
        "sms" | "voice" => &["twilio", "vonage", "http", "console"],
        "whatsapp" => &["meta", "twilio", "http", "console"],
        _ => &[],
    }
}

fn channel(section: &mut Section<'_>, name: &str) -> Result<Vec<Provider>, ConfigError> {
    section.take_list(name)?.into_iter().map(|entry| provider(entry, name)).collect()
}

fn provider(mut entry: Section<'_>, channel: &str) -> Result<Provider, ConfigError> {
    let kind = match entry.table.remove("kind") {
        Some(Value::String(kind)) => Some(kind),
        Some(_) => return Err(entry.fault("kind", "must be a text in quotes")),
        None => None,
    };
    read(entry, kind.as_deref(), channel, kinds(channel))
}

/// Reads the settings of one provider as its kind has them.
fn read<E: Entry>(
    mut entry: E,
    kind: Option<&str>,
    channel: &str,
    kinds: &[&str],
) -> Result<Provider, E::Fault> {
    let Some(kind) = kind else {
        return Err(entry.fault("kind", format_args!("is missing; use {}", kinds.join(", "))));
    };
    match kinds.iter().find(|known| **known == kind).copied().unwrap_or_default() {
        "console" => entry.settings().map(|NoSettings {}| Provider::Console),
        "http" => Gateway::read(entry).map(Provider::Gateway),
        "meta" => Meta::read(entry).map(Provider::Meta),
        "smtp" => Smtp::read(entry).map(Provider::Smtp),
        "twilio" => Twilio::read(entry, channel).map(Provider::Twilio),
        "vonage" if channel == "voice" => VonageVoice::read(entry).map(Provider::VonageVoice),
        "vonage" => VonageSms::read(entry).map(Provider::VonageSms),
        _ => {
            let problem = format_args!("`{kind}` is no kind for this channel; use {}", kinds.join(", "));
            Err(entry.fault("kind", problem))
        }
    }
}
