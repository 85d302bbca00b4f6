//! One section of the merged settings, as the section's own file reads it: typed values out, errors with
//! the full key and its origin. Knows no setting by name.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::error::{ConfigError, Origin};

/// Where each setting came from, by full key.
pub(super) type Origins = BTreeMap<String, Origin>;

/// All sections that have not been read yet.
pub(super) struct Sections {
    pub(super) table: Table,
    pub(super) origins: Origins,
}

impl Sections {
    /// The section of this name; empty if nothing sets it.
    pub(super) fn take(&mut self, name: &str) -> Result<Section<'_>, ConfigError> {
        let value = self.table.remove(name).unwrap_or_else(|| Value::Table(Table::new()));
        Section::new(name.to_owned(), value, &self.origins)
    }

    /// Refuses what no section has taken.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        self.table.keys().next().map_or(Ok(()), |name| {
            let problem =
                "there is no such section; remove it, or see config/default.toml for the right name";
            Err(fault(&self.origins, name.clone(), problem))
        })
    }
}

/// A table of settings and its full key.
pub(super) struct Section<'a> {
    key: String,
    pub(super) table: Table,
    origins: &'a Origins,
}

impl<'a> Section<'a> {
    fn new(key: String, value: Value, origins: &'a Origins) -> Result<Self, ConfigError> {
        match value {
            Value::Table(table) => Ok(Self { key, table, origins }),
            _ => Err(fault(origins, key, "must be a section with settings of its own, not a single value")),
        }
    }

    /// Takes the list of tables `name` out of this section; empty if it is not there.
    pub(super) fn take_list(&mut self, name: &str) -> Result<Vec<Section<'a>>, ConfigError> {
        let key = format!("{}.{name}", self.key);
        match self.table.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(entries)) => entries
                .into_iter()
                .enumerate()
                .map(|(n, entry)| Section::new(format!("{key}[{n}]"), entry, self.origins))
                .collect(),
            Some(_) => Err(self.fault(name, format_args!("must be a list of entries; write [[{key}]]"))),
        }
    }

    /// Turns the settings into `T`, which refuses unknown keys.
    pub(super) fn settings<T: DeserializeOwned>(&mut self) -> Result<T, ConfigError> {
        serde_path_to_error::deserialize(Value::Table(std::mem::take(&mut self.table))).map_err(|error| {
            let path = error.path().to_string();
            self.fault(&path, in_plain_words(error.inner().message()))
        })
    }

    /// The error about the setting `name` of this section.
    pub(super) fn fault(&self, name: &str, problem: impl Display) -> ConfigError {
        fault(self.origins, format!("{}.{name}", self.key), problem)
    }

    /// Where this section stands, for faults that are found only when its settings are used.
    pub(super) fn place(&self) -> Place {
        let here = |key: &&String| key.starts_with(&self.key);
        let origins = self.origins.iter().filter(|(key, _)| here(key));
        let origins = origins.map(|(key, origin)| (key.clone(), origin.clone())).collect();
        Place { key: self.key.clone(), origins }
    }

    /// A whole number within bounds.
    pub(super) fn number<T: TryFrom<i64>>(
        &self,
        name: &str,
        value: i64,
        bounds: RangeInclusive<i64>,
    ) -> Result<T, ConfigError> {
        let (least, most) = (bounds.start(), bounds.end());
        T::try_from(value).ok().filter(|_| bounds.contains(&value)).ok_or_else(|| {
            self.fault(name, format_args!("`{value}` is out of bounds; give a number from {least} to {most}"))
        })
    }
}

/// Where a section stands: its key, and the origins of its settings.
#[derive(Clone, Debug)]
pub struct Place {
    key: String,
    origins: Origins,
}

impl Place {
    /// The error about the setting `name` of this section. No secret may stand in `problem`.
    #[must_use]
    pub fn fault(&self, name: &str, problem: impl Display) -> ConfigError {
        fault(&self.origins, format!("{}.{name}", self.key), problem)
    }
}

fn fault(origins: &Origins, key: String, problem: impl Display) -> ConfigError {
    let origin = origin(origins, &key);
    ConfigError::Setting { key, problem: problem.to_string(), origin }
}

/// The origin of a key; else of what stands below it; else of what it stands in.
pub(super) fn origin(origins: &Origins, key: &str) -> Origin {
    let mut at = key;
    loop {
        let below = |found: &&String| {
            found.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        // Of what stands below, a later layer speaks: a section with one foreign key
        // is the file's, not ours.
        let found = origins.iter().filter(|(found, _)| below(found)).map(|(_, origin)| origin);
        if let Some(origin) = found.max_by_key(|origin| **origin != Origin::Default) {
            return origin.clone();
        }
        match at.rfind(['.', '[']).and_then(|end| at.get(..end)) {
            Some(parent) => at = parent,
            None => return Origin::Default,
        }
    }
}

/// Serde's messages quote the value, which may be a secret: only what was expected is kept.
pub(super) fn in_plain_words(message: &str) -> String {
    let expected = message.rsplit_once("expected ").map(|(_, expected)| expected.trim_end());
    if message.starts_with("unknown field") {
        return match expected.map(|names| names.trim_start_matches("one of ")) {
            Some(names) => format!("there is no such setting; the names here are {names}"),
            None => "there is no such setting; remove it".to_owned(),
        };
    }
    match expected {
        Some("i64") => "must be a whole number, without quotes".to_owned(),
        Some("a sequence") => "must be a list, like [\"a\", \"b\"]".to_owned(),
        Some("a string") => "must be a text in quotes".to_owned(),
        _ => "has the wrong type; see config/default.toml".to_owned(),
    }
}
