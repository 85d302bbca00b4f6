//! The layers: defaults, file, `DATABASE_URL`, environment, each laid over the one before. Also puts the
//! content of a `*_file` in its place. Knows where settings come from, not what they mean.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::error::{ConfigError, Origin};
use super::key::{Key, Step, place};
use super::section::{Origins, Sections};

const PREFIX: &str = "RIFT_";

/// Whether the configuration looks at a variable of this name: others with the prefix are not settings.
pub(super) fn is_ours(name: &str) -> bool {
    name == "DATABASE_URL" || name.strip_prefix(PREFIX).is_some_and(|rest| rest.contains("__"))
}

struct Setting {
    key: Key,
    value: Value,
    origin: Origin,
}

impl Setting {
    fn fault(&self, problem: impl Into<String>) -> ConfigError {
        let (key, origin) = (self.key.to_string(), self.origin.clone());
        ConfigError::Setting { key, problem: problem.into(), origin }
    }

    /// The secret that a `*_file` setting stands for.
    fn open(self, key: Key) -> Result<Self, ConfigError> {
        let Value::String(path) = &self.value else {
            return Err(self.fault("must be the path of a file, in quotes"));
        };
        let path = PathBuf::from(path);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            // The path is not shown: the secret itself is easily written here by mistake.
            self.fault(format!(
                "the file cannot be read ({error}); name a readable text file with the secret"
            ))
        })?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(self.fault(format!("`{}` is empty; write the secret into it", path.display())));
        }
        let value = Value::String(text.to_owned());
        Ok(Self { key, value, origin: Origin::SecretFile(path, Box::new(self.origin)) })
    }
}

/// The settings so far.
#[derive(Default)]
pub(super) struct Layers {
    /// The built-in defaults alone: they say which type a variable has.
    defaults: Table,
    table: Table,
    origins: Origins,
}

impl Layers {
    /// Lays a configuration file over the settings.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let origin = Origin::File(path.to_owned());
        let text = std::fs::read_to_string(path).map_err(|error| {
            let problem =
                format!("the configuration cannot be read ({error}); name a readable file with --config");
            ConfigError::Unreadable { origin: origin.clone(), problem }
        })?;
        self.add_text(&text, &origin)
    }

    /// Lays a TOML text over the settings.
    pub(super) fn add_text(&mut self, text: &str, origin: &Origin) -> Result<(), ConfigError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            // The message alone: the error's own display quotes the line, and a secret may stand there.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            let problem = format!("line {line} is not valid TOML ({}); correct it", error.message());
            ConfigError::Unreadable { origin: origin.clone(), problem }
        })?;
        let mut layer = Vec::new();
        flatten(&Key(Vec::new()), Value::Table(table), origin, &mut layer);
        self.add(layer)?;
        if *origin == Origin::Default {
            self.defaults = self.table.clone();
        }
        Ok(())
    }

    /// Lays `DATABASE_URL`, then the `RIFT_` variables over the settings.
    pub(super) fn add_environment(
        &mut self,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        let mut layer = Vec::new();
        for (name, text) in env.into_iter().filter(|(name, _)| is_ours(name)) {
            let path = name.strip_prefix(PREFIX).unwrap_or("DATABASE__URL").to_lowercase();
            let steps = path
                .split("__")
                .map(|step| step.parse().map_or_else(|_| Step::Name(step.to_owned()), Step::Index));
            let key = Key(steps.collect());
            let conventional = name == "DATABASE_URL";
            let mut setting = Setting { key, value: Value::Boolean(false), origin: Origin::Variable(name) };
            if text.contains(char::REPLACEMENT_CHARACTER) {
                return Err(setting.fault("is not UTF-8; write it as UTF-8"));
            }
            setting.value = match self.default_of(&setting.key) {
                Some(Value::Integer(_)) => {
                    Value::Integer(text.trim().parse().map_err(|_| setting.fault("must be a whole number"))?)
                }
                Some(Value::Boolean(_)) => {
                    Value::Boolean(text.trim().parse().map_err(|_| setting.fault("must be true or false"))?)
                }
                Some(Value::Array(_)) => list(&text),
                _ => Value::String(text),
            };
            if conventional { self.add(vec![setting])? } else { layer.push(setting) }
        }
        layer.sort_by(|a, b| a.key.cmp(&b.key));
        self.add(layer)
    }

    pub(super) fn into_sections(self) -> Sections {
        Sections { table: self.table, origins: self.origins }
    }

    fn default_of(&self, key: &Key) -> Option<&Value> {
        let (first, rest) = key.0.split_first()?;
        let Step::Name(first) = first else { return None };
        rest.iter().try_fold(self.defaults.get(first)?, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }

    fn add(&mut self, layer: Vec<Setting>) -> Result<(), ConfigError> {
        let keys: Vec<Key> = layer.iter().map(|setting| setting.key.clone()).collect();
        for setting in layer {
            let setting = match setting.key.secret() {
                Some(secret) if keys.contains(&secret) => {
                    return Err(setting.fault(format!("`{secret}` is set too; keep one of the two")));
                }
                Some(secret) => setting.open(secret)?,
                None => setting,
            };
            self.set(setting)?;
        }
        Ok(())
    }

    fn set(&mut self, setting: Setting) -> Result<(), ConfigError> {
        let mut root = Value::Table(std::mem::take(&mut self.table));
        let placed =
            place(&mut root, &setting.key.0, &setting.value).map_err(|problem| setting.fault(problem));
        if let Value::Table(table) = root {
            self.table = table;
        }
        self.origins.insert(setting.key.to_string(), setting.origin);
        placed
    }
}

/// A list in a variable: `a, b`, or as it stands in a file, `["a", "b"]`.
fn list(text: &str) -> Value {
    if text.trim_start().starts_with('[')
        && let Ok(table) = format!("list = {text}").parse::<Table>()
        && let Some(list @ Value::Array(_)) = table.get("list")
    {
        return list.clone();
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
}

/// Splits a table into single settings; lists of tables are numbered.
fn flatten(key: &Key, value: Value, origin: &Origin, into: &mut Vec<Setting>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (name, value) in table {
                flatten(&key.then(Step::Name(name)), value, origin, into);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_table) => {
            for (index, value) in list.into_iter().enumerate() {
                flatten(&key.then(Step::Index(index)), value, origin, into);
            }
        }
        value if key.0.is_empty() => drop(value),
        value => into.push(Setting { key: key.clone(), value, origin: origin.clone() }),
    }
}
