//! `[log]`: what is logged, and how. Starts no subscriber.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::error::ConfigError;
use super::section::Section;

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// The shape of a line.
    pub format: Format,
    /// A level or a filter that `tracing_subscriber::EnvFilter` takes.
    pub level: String,
}

/// The shape of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    format: String,
    level: String,
    otlp_endpoint: String,
}

impl Log {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let raw: Raw = section.settings()?;
        let format = match raw.format.as_str() {
            "text" => Format::Text,
            "json" => Format::Json,
            other => {
                return Err(section.fault("format", format_args!("`{other}` is no format; use text or json")));
            }
        };
        if !is_filter(&raw.level) {
            let text = &raw.level;
            let problem = format_args!(
                "`{text}` is no level; use error, warn, info, debug or trace, or a filter like info,sqlx=warn"
            );
            return Err(section.fault("level", problem));
        }
        if !raw.otlp_endpoint.is_empty() {
            return Err(section
                .fault("otlp_endpoint", "traces by OTLP are not built in this version; leave it empty"));
        }
        Ok(Self { format, level: raw.level })
    }
}

/// A bare word is a target to the filter, so that `verbose` would pass and silence everything: it
/// must be a level.
fn is_filter(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let known =
        |part: &str| part.contains('=') || LEVELS.contains(&part.trim().to_ascii_lowercase().as_str());
    (text.contains('[') || text.split(',').all(known)) && EnvFilter::try_new(text).is_ok()
}
