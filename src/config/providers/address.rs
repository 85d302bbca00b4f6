//! The address of a provider that speaks HTTP. Connects to nothing.

use std::net::IpAddr;

use url::{Host, Url};

use super::entry::Entry;

/// The setting `base_url`, or the provider's usual address; without a slash at its end.
pub(super) fn base_url<E: Entry>(entry: &E, given: Option<String>, usual: &str) -> Result<String, E::Fault> {
    let text = given.unwrap_or_else(|| usual.to_owned());
    check(&text, usual).map_err(|problem| entry.fault("base_url", problem))?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// No error quotes the address: a key may stand in it by mistake.
fn check(text: &str, usual: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| format!("is no URL; write it like {usual}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must start with https://, or with http:// for this machine".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("carries a user or a password; remove it".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("carries a query or a fragment; remove it".to_owned());
    }
    if url.scheme() == "http" && !stays_near(&url) {
        return Err(
            "starts with http://, which would send the credentials in the clear; write https://, or name this machine"
                .to_owned(),
        );
    }
    Ok(())
}

/// This machine, or a name without a dot: a neighbour on a private network, such as a service of the same
/// docker-compose file. No public name is without a dot.
fn stays_near(url: &Url) -> bool {
    is_loopback(url) || matches!(url.host(), Some(Host::Domain(name)) if !name.contains('.'))
}

/// Whether a provider on the Internet cannot reach the address: this machine, a neighbour, a private network.
pub(super) fn is_out_of_reach(url: &Url) -> bool {
    let private = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
        _ => false,
    };
    private || stays_near(url)
}

/// Whether the address is this machine itself.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    }
}
