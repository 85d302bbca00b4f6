//! `[database]`: which database, and how many connections. Opens none.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::error::ConfigError;
use super::section::Section;

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its address, with the password: starts with `sqlite:`, `postgres://` or `postgresql://`.
    pub url: SecretString,
    /// Which of the two stores the address is for.
    pub backend: Backend,
    /// Open connections at most, 1 to 1000.
    pub max_connections: u32,
}

/// The kinds of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One file, one node.
    Sqlite,
    /// A server, any number of nodes.
    Postgres,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    url: SecretString,
    max_connections: i64,
}

impl Database {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let raw: Raw = section.settings()?;
        let url = raw.url.expose_secret();
        let backend = if url.starts_with("sqlite:") {
            Backend::Sqlite
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Backend::Postgres
        } else {
            return Err(section.fault("url", "must start with sqlite: or postgres://"));
        };
        let max_connections = section.number("max_connections", raw.max_connections, 1..=1000)?;
        Ok(Self { url: raw.url, backend, max_connections })
    }
}
