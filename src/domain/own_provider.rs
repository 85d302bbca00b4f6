//! Providers of an application's own, as it describes them: what is given holds credentials, and no type here prints them.
//!
//! What the fields of a kind mean is the configuration's matter, which reads the operator's the same way.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use url::Url;
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

/// Settings that are told again as they were given. Of every other it is told only that it is set: it may be a secret, or have
/// one in it.
const TOLD: [&str; 13] = [
    "from",
    "content_sid",
    "action_content_sid",
    "backup_content_sid",
    "template",
    "button",
    "action_template",
    "backup_template",
    "language",
    "version",
    "method",
    "content_type",
    "signature_method",
];

/// What is told of one provider to who may put it anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptProvider {
    /// Its kind.
    pub kind: String,
    /// Settings with their values.
    pub told: BTreeMap<String, String>,
    /// Settings that are set, and are not told.
    pub set: Vec<String>,
}

impl ProviderList {
    /// What is told of each.
    #[must_use]
    pub fn kept(&self) -> Vec<KeptProvider> {
        let entries = self.0.as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(kept).collect()
    }

    /// The same list with one provider more at its end.
    #[must_use]
    pub fn with(&self, provider: Value) -> Self {
        let mut entries = self.0.as_array().cloned().unwrap_or_default();
        entries.push(provider);
        Self(Value::Array(entries))
    }

    /// The same list with another provider at a place. Of the one that stands there it takes over the settings named in `keep`
    /// that it does not bring along, if it is of the same kind. `None`: there is no such place.
    ///
    /// # Errors
    /// Where it would send what it takes over to another host: who may change the list may not see its secrets.
    pub fn replaced(
        &self,
        at: usize,
        mut provider: Map<String, Value>,
        keep: &[String],
    ) -> Result<Option<Self>, ProviderFault> {
        let Some(mut entries) = self.0.as_array().cloned() else { return Ok(None) };
        let Some(old) = entries.get_mut(at) else { return Ok(None) };
        if old.get("kind") == provider.get("kind") {
            let elsewhere = goes_elsewhere(old, &provider);
            for name in keep.iter().filter(|name| TOLD.iter().all(|told| told != name)) {
                let Some(value) = old.get(name).filter(|_| !provider.contains_key(name)) else { continue };
                if elsewhere {
                    let problem = "is kept for the host that it was given for; for another one give it again, or add a new account";
                    return Err(ProviderFault::new(name, problem));
                }
                provider.insert(name.clone(), value.clone());
            }
        }
        wipe(old);
        *old = Value::Object(provider);
        Ok(Some(Self(Value::Array(entries))))
    }

    /// The same list without the provider at a place. `None`: there is no such place.
    #[must_use]
    pub fn without(&self, at: usize) -> Option<Self> {
        let mut entries = self.0.as_array().cloned()?;
        let mut gone = (at < entries.len()).then(|| entries.remove(at))?;
        wipe(&mut gone);
        Some(Self(Value::Array(entries)))
    }

    /// The same list with the provider at a place one earlier. `None`: there is no such place, or none before it.
    #[must_use]
    pub fn raised(&self, at: usize) -> Option<Self> {
        let mut entries = self.0.as_array().cloned()?;
        let before = at.checked_sub(1)?;
        if at >= entries.len() {
            return None;
        }
        entries.swap(before, at);
        Some(Self(Value::Array(entries)))
    }

    /// Whether there is none in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_array().is_none_or(Vec::is_empty)
    }
}

/// Whether the new one brings an address, and it is of another host, port or scheme than the old one's.
fn goes_elsewhere(old: &Value, new: &Map<String, Value>) -> bool {
    let origin =
        |address: &Value| Url::parse(address.as_str().unwrap_or_default()).map(|url| url.origin()).ok();
    match (old.get("url"), new.get("url")) {
        (Some(old), Some(new)) => origin(old).is_none() || origin(old) != origin(new),
        _ => false,
    }
}

fn kept(entry: &Value) -> KeptProvider {
    let mut kept = KeptProvider::default();
    for (name, value) in entry.as_object().into_iter().flatten() {
        match value {
            Value::String(kind) if name == "kind" => kept.kind.clone_from(kind),
            Value::String(text) if TOLD.contains(&name.as_str()) => {
                kept.told.insert(name.clone(), text.clone());
            }
            Value::Bool(flag) if TOLD.contains(&name.as_str()) => {
                kept.told.insert(name.clone(), flag.to_string());
            }
            _ => kept.set.push(name.clone()),
        }
    }
    kept
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

    fn list() -> ProviderList {
        ProviderList::new(json!([
            {"kind": "twilio", "account_sid": "AC1", "auth_token": "hunter2", "from": "+15005550006"},
            {"kind": "http", "url": "https://gateway.example/?key=hunter3", "secret": "hunter4", "method": "PUT"},
        ]))
    }

    fn kinds(list: &ProviderList) -> Vec<String> {
        list.kept().into_iter().map(|kept| kept.kind).collect()
    }

    #[test]
    fn of_what_is_kept_no_secret_is_told() {
        let kept = list().kept();
        assert!(!format!("{kept:?}").contains("hunter"), "{kept:?}");
        assert_eq!(kept[0].told, BTreeMap::from([("from".to_owned(), "+15005550006".to_owned())]));
        assert_eq!(kept[1].set, ["secret", "url"]);
        assert_eq!(ProviderList::new(json!({})).kept(), []);
    }

    #[test]
    fn one_provider_is_changed_and_keeps_what_is_not_given_anew() {
        let new = json!({"kind": "twilio", "account_sid": "AC2"});
        let keep = ["auth_token", "account_sid", "from"].map(str::to_owned);
        let changed = list().replaced(0, new.as_object().unwrap().clone(), &keep).unwrap().unwrap();
        // What is told was in the form: left empty there, it is to go.
        assert_eq!(
            changed.reveal()[0],
            json!({"kind": "twilio", "account_sid": "AC2", "auth_token": "hunter2"})
        );
        assert_eq!(changed.reveal()[1], list().reveal()[1]);
        // Another kind's secrets are not its own.
        let other = json!({"kind": "vonage"}).as_object().unwrap().clone();
        let changed = list().replaced(0, other.clone(), &keep).unwrap().unwrap();
        assert_eq!(changed.reveal()[0], json!({"kind": "vonage"}));
        assert!(list().replaced(2, other, &keep).unwrap().is_none());
    }

    #[test]
    fn what_is_kept_goes_to_no_other_host() {
        let put = |url: &str| {
            let new = json!({"kind": "http", "url": url, "method": "PUT"});
            list().replaced(1, new.as_object().unwrap().clone(), &["secret".to_owned()])
        };
        assert_eq!(put("https://gateway.example/other").unwrap().unwrap().reveal()[1]["secret"], "hunter4");
        for url in [
            "https://evil.example/?key=hunter3",
            "https://gateway.example.evil.example/",
            "https://gateway.example:444/",
            "http://gateway.example/",
            "https://{{ to }}.evil.example/",
            "",
        ] {
            let fault = put(url).unwrap_err();
            assert_eq!(fault.field, "secret", "{url}");
            assert!(!fault.to_string().contains("hunter"), "{fault}");
        }
    }

    #[test]
    fn a_list_grows_shrinks_and_is_put_in_order() {
        assert_eq!(kinds(&list().with(json!({"kind": "vonage"}))), ["twilio", "http", "vonage"]);
        assert_eq!(kinds(&list().without(0).unwrap()), ["http"]);
        assert_eq!(kinds(&list().raised(1).unwrap()), ["http", "twilio"]);
        assert!(list().without(2).is_none() && list().raised(0).is_none() && list().raised(2).is_none());
        assert!(list().without(0).unwrap().without(0).unwrap().is_empty() && !list().is_empty());
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
