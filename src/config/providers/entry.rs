//! One provider's settings as its kind reads them: the same checks whether they stand in the configuration or an
//! application gave them as JSON.

use std::fmt::Display;

use serde::de::DeserializeOwned;

use crate::config::error::ConfigError;
use crate::config::section::{Place, Section};

/// Settings of one provider, and the errors about them.
pub(super) trait Entry {
    /// An error that names the setting.
    type Fault;

    /// Turns the settings into `T`, which refuses unknown names.
    fn settings<T: DeserializeOwned>(&mut self) -> Result<T, Self::Fault>;

    /// The error about the setting `name`. No secret may stand in `problem`.
    fn fault(&self, name: &str, problem: impl Display) -> Self::Fault;

    /// How a secret may be given beside by its own name, as the end of a sentence; empty where it may not.
    fn or_by_file(&self, name: &str) -> String;

    /// Where the settings stand in the configuration, if they do.
    fn place(&self) -> Option<Place>;
}

impl Entry for Section<'_> {
    type Fault = ConfigError;

    fn settings<T: DeserializeOwned>(&mut self) -> Result<T, ConfigError> {
        Section::settings(self)
    }

    fn fault(&self, name: &str, problem: impl Display) -> ConfigError {
        Section::fault(self, name, problem)
    }

    fn or_by_file(&self, name: &str) -> String {
        format!(", here or by {name}_file")
    }

    fn place(&self) -> Option<Place> {
        Some(Section::place(self))
    }
}
