//! Providers of an application's own, as it describes them: what is given holds credentials, and no type here prints them.
//!
//! What the fields of a kind mean is the configuration's matter, which reads the operator's the same way.

use std::fmt;

use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

/// How many providers a channel's list holds at the most.
pub const MOST: usize = 5;

/// The most bytes of a single text in it: a private key has under four thousand.
pub const LONGEST_TEXT: usize = 8_192;

/// The most headers that a provider of the kind `http` sends.
pub const MOST_HEADERS: usize = 20;

/// A list of providers in their order, as JSON. Wiped when dropped.
pub struct ProviderList(Value);

impl ProviderList {
    /// What an application gave; it is checked when it is read.
    #[must_use]
    pub fn new(given: Value) -> Self {
        Self(given)
    }

    /// The list that these bytes hold, which [`ProviderList::to_bytes`] made.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// The list as it is sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Room from the start: a vector that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(128 * 1024));
        let written = serde_json::to_writer(&mut *bytes, &self.0);
        debug_assert!(written.is_ok(), "a JSON value is written into memory");
        bytes
    }

    /// The JSON itself.
    #[must_use]
    pub fn reveal(&self) -> &Value {
        &self.0
    }
}

impl Drop for ProviderList {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(list) => list.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl fmt::Debug for ProviderList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderList(…)")
    }
}

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ProviderFault {
    /// Where, like `providers[1].auth_token`.
    pub field: String,
    /// What is wrong, with the bound, and the fix: the end of a sentence. It quotes no value that may be a secret.
    pub problem: String,
}

impl ProviderFault {
    /// A fault of the field.
    #[must_use]
    pub fn new(field: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { field: field.into(), problem: problem.to_string() }
    }
}

/// The beginning of a text by which a person tells it apart, and no more than a third of it.
#[must_use]
pub fn hint(text: &str) -> String {
    let shown = (text.chars().count() / 3).min(6);
    text.chars().take(shown).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_survives_its_bytes_and_prints_nothing() {
        let list = ProviderList::new(json!([{"kind": "http", "secret": "hunter2"}]));
        let back = ProviderList::from_bytes(&list.to_bytes()).unwrap();
        assert_eq!(back.reveal(), list.reveal());
        assert_eq!(format!("{list:?}"), "ProviderList(…)");
        assert!(ProviderList::from_bytes(b"[").is_none());
    }

    #[test]
    fn every_text_is_wiped() {
        let mut value =
            json!([{"secret": "hunter2", "headers": {"X": "hunter3"}, "list": ["hunter4"], "n": 1}]);
        wipe(&mut value);
        assert_eq!(value, json!([{"secret": "", "headers": {"X": ""}, "list": [""], "n": 1}]));
    }

    #[test]
    fn a_hint_shows_little() {
        for (text, shown) in
            [("AC0123456789abcdef0123456789abcdef", "AC0123…"), ("abcd1234", "ab…"), ("ab", "…"), ("", "…")]
        {
            assert_eq!(hint(text), shown);
        }
    }
}
