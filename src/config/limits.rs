//! `[limits]`: bounds on the load of one node. The bounds of an application's users are its own
//! settings, not here.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::error::ConfigError;
use super::section::Section;

/// Bounds on the load.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests a second for each API key, 1 to 1000000.
    pub requests_per_key: NonZeroU32,
    /// Open connections at most, 1 to 1000000.
    pub connections: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    requests_per_key: i64,
    connections: i64,
}

impl Limits {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let raw: Raw = section.settings()?;
        let requests = section.number("requests_per_key", raw.requests_per_key, 1..=1_000_000)?;
        let connections = section.number("connections", raw.connections, 1..=1_000_000)?;
        Ok(Self { requests_per_key: NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN), connections })
    }
}
