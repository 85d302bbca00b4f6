//! `[[providers.*]]`: who carries the messages, in order, for each channel. One file per kind in
//! `providers/`. Talks to no provider.

mod address;
mod meta;
mod smtp;
mod twilio;

use serde::Deserialize;
use toml::Value;

use super::error::ConfigError;
use super::section::Section;

pub use self::meta::Meta;
pub use self::smtp::{Credentials, Security, Smtp};
pub use self::twilio::{Sender, Twilio};

/// The providers of each channel; the first is tried first. Empty: the channel sends nothing in live mode.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    /// For e-mail: `smtp`, `console`.
    pub email: Vec<Provider>,
    /// For SMS: `twilio`, `console`.
    pub sms: Vec<Provider>,
    /// For messages by WhatsApp: `meta`, `twilio`, `console`.
    pub whatsapp: Vec<Provider>,
    /// For voice calls: `twilio`, `console`.
    pub voice: Vec<Provider>,
}

/// One entry of a channel's list.
#[derive(Clone, Debug)]
pub enum Provider {
    /// Prints messages; for development.
    Console,
    /// WhatsApp's Cloud API.
    Meta(Meta),
    /// A mail server.
    Smtp(Smtp),
    /// Twilio.
    Twilio(Twilio),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoSettings {}

impl Providers {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let providers = Self {
            email: channel(&mut section, "email", &["smtp", "console"])?,
            sms: channel(&mut section, "sms", &["twilio", "vonage", "http", "console"])?,
            whatsapp: channel(&mut section, "whatsapp", &["meta", "twilio", "http", "console"])?,
            voice: channel(&mut section, "voice", &["twilio", "vonage", "http", "console"])?,
        };
        match section.table.keys().next() {
            Some(name) => {
                Err(section.fault(name, "there is no such channel; use email, sms, whatsapp or voice"))
            }
            None => Ok(providers),
        }
    }
}

fn channel(section: &mut Section<'_>, name: &str, kinds: &[&str]) -> Result<Vec<Provider>, ConfigError> {
    section.take_list(name)?.into_iter().map(|entry| provider(entry, name, kinds)).collect()
}

fn provider(mut entry: Section<'_>, channel: &str, kinds: &[&str]) -> Result<Provider, ConfigError> {
    let kind = match entry.table.remove("kind") {
        Some(Value::String(kind)) => kind,
        Some(_) => return Err(entry.fault("kind", "must be a text in quotes")),
        None => return Err(entry.fault("kind", format_args!("is missing; use {}", kinds.join(", ")))),
    };
    match kind.as_str() {
        known if !kinds.contains(&known) => {
            let problem = format_args!("`{kind}` is no kind for this channel; use {}", kinds.join(", "));
            Err(entry.fault("kind", problem))
        }
        "console" => entry.settings().map(|NoSettings {}| Provider::Console),
        "meta" => Meta::read(entry).map(Provider::Meta),
        "smtp" => Smtp::read(entry).map(Provider::Smtp),
        "twilio" => Twilio::read(entry, channel).map(Provider::Twilio),
        _ => {
            Err(entry.fault("kind", format_args!("`{kind}` is not built in this version; remove the entry")))
        }
    }
}
