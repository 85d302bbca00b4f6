//! `kind = "http"`: any gateway, by templates. What they mean is the provider's matter: it tries them with sample
//! messages, and what it finds wrong is told with the place that is kept here.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::entry::Entry;
use crate::config::section::Place;

/// A gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// A template of the address.
    pub url: SecretString,
    /// The secret that signs each request.
    pub secret: SecretString,
    /// The verb.
    pub method: String,
    /// Names of headers, and templates of their values.
    pub headers: BTreeMap<String, SecretString>,
    /// A template of the body.
    pub body: Option<String>,
    /// The body's type.
    pub content_type: String,
    /// Where these settings stand in the configuration; none for an application's own.
    pub place: Option<Place>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    url: Option<SecretString>,
    secret: Option<SecretString>,
    #[serde(default = "post")]
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, SecretString>,
    body: Option<String>,
    #[serde(default = "json")]
    content_type: String,
}

fn post() -> String {
    "POST".to_owned()
}

fn json() -> String {
    "application/json".to_owned()
}

impl Gateway {
    pub(super) fn read<E: Entry>(mut entry: E) -> Result<Self, E::Fault> {
        let Raw { url, secret, method, headers, body, content_type } = entry.settings()?;
        let given = |secret: &SecretString| !secret.expose_secret().is_empty();
        let url = url.filter(given).ok_or_else(|| {
            entry
                .fault("url", "is missing; give the gateway's address, like https://gateway.example.com/send")
        })?;
        let secret = secret.filter(given).ok_or_else(|| {
            let file = entry.or_by_file("secret");
            let problem = format_args!(
                "is missing; give the secret that signs each request{file}; `openssl rand -base64 32` makes one"
            );
            entry.fault("secret", problem)
        })?;
        Ok(Self { url, secret, method, headers, body, content_type, place: entry.place() })
    }
}
