//! `[webhooks]`: where tenants' webhooks may go besides the Internet, and how often they are tried. Sends nothing.

use std::time::Duration;

use serde::Deserialize;

use super::duration;
use super::error::ConfigError;
use super::section::Section;
use crate::domain::network::Network;

/// Tenants' webhooks.
#[derive(Clone, Debug)]
pub struct Webhooks {
    /// Networks that are not public and may be called all the same, in the clear, too. Also for hosts of tenants' own providers.
    pub allowed_networks: Vec<Network>,
    /// The pauses between the tries of a delivery, each 1 s to 24 h; the last one repeats. One at least.
    pub retry_pauses: Vec<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    allowed_networks: Vec<String>,
    retry_pauses: Vec<String>,
}

impl Webhooks {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let raw: Raw = section.settings()?;
        let network = |(n, text): (usize, &String)| {
            text.parse().map_err(|problem| {
                section.fault(&format!("allowed_networks[{n}]"), format_args!("`{text}` {problem}"))
            })
        };
        let allowed_networks =
            raw.allowed_networks.iter().enumerate().map(network).collect::<Result<_, _>>()?;
        let bounds = Duration::from_secs(1)..=Duration::from_hours(24);
        let pause = |(n, text): (usize, &String)| {
            duration::parse(text).filter(|pause| bounds.contains(pause)).ok_or_else(|| {
                section.fault(
                    &format!("retry_pauses[{n}]"),
                    format_args!(
                        "`{text}` is no duration from 1s to 24h; write a number and s, m or h, like 15m"
                    ),
                )
            })
        };
        let retry_pauses: Vec<Duration> =
            raw.retry_pauses.iter().enumerate().map(pause).collect::<Result<_, _>>()?;
        if retry_pauses.is_empty() || retry_pauses.len() > 50 {
            return Err(
                section.fault("retry_pauses", "must have 1 to 50 pauses, like [\"5s\", \"1m\", \"1h\"]")
            );
        }
        Ok(Self { allowed_networks, retry_pauses })
    }
}
