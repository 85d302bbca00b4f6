//! The key of a setting and the way to it through tables and lists. Pure; knows no layer and no origin.

use std::fmt;

use toml::{Table, Value};

/// Settings that may stand in a file of their own, in `database` and in the entries of `providers`.
const SECRETS: [&str; 9] = [
    "url",
    "account_sid",
    "auth_token",
    "api_key",
    "api_secret",
    "access_token",
    "secret",
    "private_key",
    "signature_secret",
];

/// A step on the way to a setting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Name(String),
    Index(usize),
}

/// The way to a setting, shown as `providers.email[0].url`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) Vec<Step>);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if n == 0 => f.write_str(name)?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Key {
    pub(super) fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// For `database.url_file`: `database.url`.
    pub(super) fn secret(&self) -> Option<Self> {
        let (Step::Name(last), parents) = self.0.split_last()? else { return None };
        let name = last.strip_suffix("_file").filter(|name| SECRETS.contains(name))?;
        let here = [Step::Name("database".to_owned()), Step::Name("providers".to_owned())];
        here.contains(parents.first()?).then(|| Self(parents.to_vec()).then(Step::Name(name.to_owned())))
    }
}

/// Puts `value` at the end of `path`, making tables and lists on the way.
pub(super) fn place(at: &mut Value, path: &[Step], value: &Value) -> Result<(), &'static str> {
    let Some((step, rest)) = path.split_first() else {
        if !(at.is_table() && value.as_table().is_some_and(Table::is_empty)) {
            *at = value.clone();
        }
        return Ok(());
    };
    let fresh = || match rest.first() {
        Some(Step::Index(_)) => Value::Array(Vec::new()),
        _ => Value::Table(Table::new()),
    };
    let next = match (step, at) {
        (Step::Name(name), Value::Table(table)) => table.entry(name.clone()).or_insert_with(fresh),
        (Step::Index(index), Value::Array(list)) => {
            if list.len() == *index {
                list.push(fresh());
            }
            list.get_mut(*index)
                .ok_or("the entries before it are missing; number them from 0, without a gap")?
        }
        _ => return Err("there is no such setting; see config/default.toml for the right name"),
    };
    place(next, rest, value)
}
