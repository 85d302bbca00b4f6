//! `[http]`: where to listen, and how the service is reached. No routes, no time limits.

use std::net::SocketAddr;

use serde::Deserialize;
use url::Url;

use super::error::ConfigError;
use super::section::Section;
use crate::domain::network::Network;

/// Addresses of the service.
#[derive(Clone, Debug)]
pub struct Http {
    /// Where the API and the dashboard listen.
    pub listen: SocketAddr,
    /// Where metrics and health are served; never the same as `listen`, except on port 0.
    pub ops_listen: SocketAddr,
    /// The address that people use: http or https, with a host, without path, query, fragment or user.
    pub public_url: Url,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: String,
    ops_listen: String,
    public_url: String,
    trusted_proxies: Vec<String>,
}

impl Http {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, ConfigError> {
        let raw: Raw = section.settings()?;
        let address = |name: &str, text: &str| {
            text.parse::<SocketAddr>().map_err(|_| {
                section.fault(
                    name,
                    format_args!("`{text}` is no IP address with a port; write it like 127.0.0.1:8080"),
                )
            })
        };
        let listen = address("listen", &raw.listen)?;
        let ops_listen = address("ops_listen", &raw.ops_listen)?;
        if listen == ops_listen && listen.port() != 0 {
            return Err(section.fault("ops_listen", "is the same as http.listen; give it another port"));
        }
        let public_url =
            public_url(&raw.public_url).map_err(|problem| section.fault("public_url", problem))?;
        let trusted_proxies = raw
            .trusted_proxies
            .iter()
            .enumerate()
            .map(|(n, text)| {
                text.parse().map_err(|problem| {
                    section.fault(&format!("trusted_proxies[{n}]"), format_args!("`{text}` {problem}"))
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { listen, ops_listen, public_url, trusted_proxies })
    }
}

fn public_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is no URL; write it like https://mfa.example.com")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must start with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("carries a user or a password; remove it");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("carries more than a host and a port; remove the path and what follows it");
    }
    Ok(url)
}
