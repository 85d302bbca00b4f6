//! Providers that an application described itself: the same kinds with the same checks, read from JSON, without what is the
//! operator's alone.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::entry::Entry;
use super::smtp::Security;
use super::{Provider, kinds};
use crate::config::section::{Place, in_plain_words};
use crate::domain::message::Channel;
use crate::domain::own_provider::{LONGEST_TEXT, MOST, MOST_HEADERS, ProviderFault, ProviderList};

/// Settings of a provider that only the operator has: where it is reached instead, and files of this machine.
const OPERATORS: [&str; 2] = ["base_url", "ca_file"];

/// Reads a channel's list.
///
/// # Errors
/// The first fault, with its field.
pub fn read(list: &ProviderList, channel: Channel) -> Result<Vec<Provider>, ProviderFault> {
    let bounds = || ProviderFault::new("providers", format_args!("must be a list of 1 to {MOST} providers"));
    let Value::Array(entries) = list.reveal() else { return Err(bounds()) };
    if entries.is_empty() || entries.len() > MOST {
        return Err(bounds());
    }
    entries.iter().enumerate().map(|(at, entry)| provider(at, entry, channel)).collect()
}

fn provider(at: usize, entry: &Value, channel: Channel) -> Result<Provider, ProviderFault> {
    let place = format!("providers[{at}]");
    let Value::Object(given) = entry else {
        return Err(ProviderFault::new(place, "must be an object with a kind and its settings"));
    };
    let fault = |name: &str, problem: &str| ProviderFault::new(format!("{place}.{name}"), problem);
    within_bounds(&place, given)?;
    if let Some(name) = OPERATORS.iter().find(|name| given.contains_key(**name)) {
        return Err(fault(name, "is the operator's to set; remove it"));
    }
    let kind = match given.get("kind") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(_) => return Err(fault("kind", "must be a text")),
        None => None,
    };
    let settings = given.iter().filter(|(name, _)| *name != "kind");
    let settings = settings.map(|(name, value)| (name.clone(), value.clone())).collect();
    let entry = Given { place: place.clone(), settings: ProviderList::new(Value::Object(settings)) };
    let kinds: Vec<&str> =
        kinds(channel.as_str()).iter().copied().filter(|kind| *kind != "console").collect();
    let provider = super::read(entry, kind, channel.as_str(), &kinds)?;
    match &provider {
        Provider::Smtp(smtp) if smtp.security == Security::None => {
            Err(fault("url", "has tls=none, and TLS is always required; remove it"))
        }
        _ => Ok(provider),
    }
}

/// No text is longer than any honest one, and there are not too many headers.
fn within_bounds(place: &str, given: &Map<String, Value>) -> Result<(), ProviderFault> {
    let too_long = |value: &Value| value.as_str().is_some_and(|text| text.len() > LONGEST_TEXT);
    let problem = format!("is too long; give at most {LONGEST_TEXT} bytes");
    for (name, value) in given {
        if too_long(value) {
            return Err(ProviderFault::new(format!("{place}.{name}"), problem));
        }
        let Value::Object(inner) = value else { continue };
        if inner.len() > MOST_HEADERS {
            let problem = format_args!("has too many entries; give at most {MOST_HEADERS}");
            return Err(ProviderFault::new(format!("{place}.{name}"), problem));
        }
        if let Some((inner, _)) = inner.iter().find(|(_, value)| too_long(value)) {
            return Err(ProviderFault::new(format!("{place}.{name}.{inner}"), problem));
        }
    }
    Ok(())
}

/// One object of the list, without its kind.
struct Given {
    place: String,
    settings: ProviderList,
}

impl Entry for Given {
    type Fault = ProviderFault;

    fn settings<T: DeserializeOwned>(&mut self) -> Result<T, ProviderFault> {
        serde_path_to_error::deserialize(self.settings.reveal()).map_err(|error| {
            let path = error.path().to_string();
            self.fault(&path, told(&error.inner().to_string()))
        })
    }

    fn fault(&self, name: &str, problem: impl Display) -> ProviderFault {
        ProviderFault::new(format!("{}.{name}", self.place), problem)
    }

    fn or_by_file(&self, _: &str) -> String {
        String::new()
    }

    fn place(&self) -> Option<Place> {
        None
    }
}

/// The problem as it is told of the configuration, without what only the operator can do.
fn told(message: &str) -> String {
    let problem = in_plain_words(message);
    match problem.strip_prefix("there is no such setting; the names here are ") {
        Some(names) => {
            let names: Vec<&str> =
                names.split(", ").filter(|name| !OPERATORS.contains(&name.trim_matches('`'))).collect();
            format!("is no setting of this kind; the names here are {}", names.join(", "))
        }
        None if problem.contains("config/default.toml") => "has the wrong type".to_owned(),
        None if problem.starts_with("must be a text") => "must be a text".to_owned(),
        None => problem,
    }
}

#[cfg(test)]
mod tests;
