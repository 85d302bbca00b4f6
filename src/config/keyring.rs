//! `[keyring]`: where the root keys stand. Neither opens the file nor checks who may read it: the
//! key ring does.

use std::path::PathBuf;

use serde::Deserialize;

use super::error::ConfigError;
use super::section::Section;

/// The key ring's place.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// The file with the root keys; never empty.
    pub file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    file: String,
}

impl Keyring {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let raw: Raw = section.settings()?;
        if raw.file.is_empty() {
            return Err(section.fault("file", "is empty; name the key ring's file"));
        }
        Ok(Self { file: raw.file.into() })
    }
}
