//! `[courier]`: how many messages at once, and for how long a node holds one. Sends nothing.

use std::time::Duration;

use serde::Deserialize;

use super::duration;
use super::error::ConfigError;
use super::section::Section;

/// How messages are sent.
#[derive(Clone, Copy, Debug)]
pub struct Courier {
    /// Messages on their way at the same time, for each provider, 1 to 10000.
    pub concurrency: usize,
    /// How long a claimed message belongs to this node, 5 s to 10 min.
    pub lease: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    concurrency: i64,
    lease: String,
}

impl Courier {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let raw: Raw = section.settings()?;
        let concurrency = section.number("concurrency", raw.concurrency, 1..=10_000)?;
        let text = &raw.lease;
        let lease = duration::parse(text).ok_or_else(|| {
            section.fault(
                "lease",
                format_args!("`{text}` is no duration; write a number and ms, s, m or h, like 30s"),
            )
        })?;
        if !(Duration::from_secs(5)..=Duration::from_mins(10)).contains(&lease) {
            let problem = format_args!("`{text}` is out of bounds; give a duration from 5s to 10m");
            return Err(section.fault("lease", problem));
        }
        Ok(Self { concurrency, lease })
    }

    /// How long a provider may take for one message: 80 % of the lease, at most 10 s, so that the
    /// lease outlives it.
    #[must_use]
    pub fn provider_timeout(&self) -> Duration {
        self.lease.saturating_mul(4).checked_div(5).unwrap_or_default().min(Duration::from_secs(10))
    }
}
