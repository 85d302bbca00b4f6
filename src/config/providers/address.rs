//! The address of a provider's API, which any provider may be given to point it at a stand-in.

use url::{Host, Url};

use crate::config::error::ConfigError;
use crate::config::section::Section;

/// `base_url` as it was given, without a slash at its end; else the provider's own.
pub(super) fn base_url(entry: &Section<'_>, given: Option<String>, own: &str) -> Result<String, ConfigError> {
    let Some(given) = given else { return Ok(own.to_owned()) };
    check(&given, own).map_err(|problem| entry.fault("base_url", problem))?;
    Ok(given.trim_end_matches('/').to_owned())
}

fn check(text: &str, own: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| format!("is no URL; write it like {own}"))?;
    let host = url.host().ok_or_else(|| format!("has no host; write it like {own}"))?;
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(format!("carries more than an address; write it like {own}"));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if stays_near(&host) => Ok(()),
        "http" => {
            Err("must start with https://: codes and numbers would cross the net in the clear".to_owned())
        }
        _ => Err("must start with https://".to_owned()),
    }
}

/// This machine, or a name without a dot: a neighbour on a private network, such as a service of the same
/// docker-compose file. No public name is without a dot.
fn stays_near(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => !name.contains('.') || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}
