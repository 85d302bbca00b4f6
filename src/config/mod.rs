//! The configuration: what an operator sets, read once at start and never again.
//!
//! Each section has a file, which turns text into types and refuses what makes no sense; `source` lays the
//! layers over each other. The documentation of the settings is `config/default.toml`, built in here.
//! Only the composition root reads this module: no other part may import it, they take values. Nothing here
//! opens a socket or a database. Every error is a [`ConfigError`]: one sentence with the key, the fault, the
//! fix and the place, never a secret's value.

mod courier;
mod database;
mod duration;
mod error;
mod http;
mod key;
mod keyring;
mod limits;
mod log;
mod providers;
mod section;
mod source;
#[cfg(test)]
mod tests;
mod webhooks;

use std::path::Path;

pub use self::courier::Courier;
pub use self::database::{Backend, Database};
pub use self::duration::parse as parse_duration;
pub use self::error::{ConfigError, Origin};
pub use self::http::Http;
pub use self::keyring::Keyring;
pub use self::limits::Limits;
pub use self::log::{Format, Log};
pub use self::providers::{
    Credentials, Gateway, Meta, Provider, Providers, Security, Sender, SignatureMethod, Smtp, Twilio,
    VonageSms, VonageVoice, read_own,
};
pub use self::section::Place;
use self::source::Layers;
pub use self::webhooks::Webhooks;
pub use crate::domain::network::Network;

/// The text of `config/default.toml`: every setting, its default and its meaning.
pub const DEFAULT: &str = include_str!("../../config/default.toml");

/// The whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses to listen on, and the public one.
    pub http: Http,
    /// Where the data is.
    pub database: Database,
    /// Where the root keys are.
    pub keyring: Keyring,
    /// How messages are sent.
    pub courier: Courier,
    /// Bounds on the load.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: Log,
    /// Where tenants' webhooks may go.
    pub webhooks: Webhooks,
    /// Who carries the messages, for each channel.
    pub providers: Providers,
}

impl Config {
    /// Reads the defaults, then `file`, then `DATABASE_URL`, then the `RIFT_` variables of `env`; a later one
    /// wins.
    ///
    /// Reads the files that `*_file` settings name, and checks that a `ca_file` is there.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::default();
        layers.add_text(DEFAULT, &Origin::Default)?;
        if let Some(path) = file {
            layers.add_file(path)?;
        }
        layers.add_environment(env)?;
        let mut sections = layers.into_sections();
        let config = Self {
            http: Http::read(sections.take("http")?)?,
            database: Database::read(sections.take("database")?)?,
            keyring: Keyring::read(sections.take("keyring")?)?,
            courier: Courier::read(sections.take("courier")?)?,
            limits: Limits::read(sections.take("limits")?)?,
            log: Log::read(sections.take("log")?)?,
            webhooks: Webhooks::read(sections.take("webhooks")?)?,
            providers: Providers::read(sections.take("providers")?)?,
        };
        sections.finish()?;
        Ok(config)
    }
}

/// The variables of this process that [`Config::load`] looks at.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| source::is_ours(name))
}
