//! `kind = "smtp"`: a mail server's address, taken apart. Opens no connection.

use std::net::IpAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::entry::Entry;

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// The address as it was given.
    pub url: SecretString,
    /// Its name or IP address; IPv6 without brackets.
    pub host: String,
    /// Its port; 587, or 465 for smtps, if the URL has none.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who signs in; none for a server that asks for nobody.
    pub credentials: Option<Credentials>,
    /// The sender of every message.
    pub from: Mailbox,
    /// A PEM file with one more root certificate for this server; it was there at start.
    pub ca_file: Option<PathBuf>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS, required (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// None; loopback only.
    None,
}

/// A user of a mail server, percent-decoded.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password; never empty.
    pub password: SecretString,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    url: Option<SecretString>,
    from: Option<String>,
    ca_file: Option<PathBuf>,
}

struct Server {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
}

impl Smtp {
    pub(super) fn read<E: Entry>(mut entry: E) -> Result<Self, E::Fault> {
        let raw: Raw = entry.settings()?;
        let url = raw.url.ok_or_else(|| {
            entry.fault("url", "is missing; give the server, like smtp://user:password@mail.example.com:587")
        })?;
        let Server { host, port, security, credentials } =
            server(url.expose_secret()).map_err(|problem| entry.fault("url", problem))?;
        let from = raw.from.ok_or_else(|| {
            entry.fault("from", "is missing; give the sender, like Acme <no-reply@acme.example>")
        })?;
        let from: Mailbox = from.parse().map_err(|_| {
            entry.fault(
                "from",
                format_args!("`{from}` is no sender; write it like Acme <no-reply@acme.example>"),
            )
        })?;
        if let Some(path) = raw.ca_file.as_ref().filter(|path| !path.is_file()) {
            let problem =
                format_args!("there is no file `{}`; name a PEM file, or remove it", path.display());
            return Err(entry.fault("ca_file", problem));
        }
        Ok(Self { url, host, port, security, credentials, from, ca_file: raw.ca_file })
    }
}

/// Takes the URL apart. No error quotes any of it: a badly encoded password can end up in every part.
fn server(text: &str) -> Result<Server, &'static str> {
    let url = Url::parse(text).map_err(|_| {
        "is no URL; write it like smtp://user:password@mail.example.com:587, with special characters percent-encoded"
    })?;
    let (mut security, usual_port) = match url.scheme() {
        "smtp" => (Security::StartTls, 587),
        "smtps" => (Security::Tls, 465),
        _ => return Err("must start with smtp:// or smtps://"),
    };
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or("has no host; add it, like smtp://mail.example.com")?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("carries more than a server; remove the path, or percent-encode the password");
    }
    let query: Vec<_> = url.query_pairs().collect();
    match query.as_slice() {
        [] => {}
        [(name, value)] if name == "tls" && value == "required" => {}
        [(name, value)] if name == "tls" && value == "none" => {
            if security == Security::Tls {
                return Err("asks for smtps:// and for tls=none; write smtp:// or remove tls=none");
            }
            if !is_loopback(&host) {
                return Err("has tls=none, which is taken on loopback only; remove it");
            }
            security = Security::None;
        }
        _ => {
            return Err(
                "has a query that is neither tls=required nor tls=none; remove it, or percent-encode the password",
            );
        }
    }
    let decode = |text: &str| {
        let decoded = percent_decode_str(text)
            .decode_utf8()
            .map_err(|_| "has a user or a password that is not UTF-8")?;
        Ok::<_, &'static str>(decoded.into_owned())
    };
    let credentials = match (url.username(), url.password().unwrap_or_default()) {
        ("", "") => None,
        (_, "") => return Err("has a user without a password; add it, or remove the user"),
        ("", _) => return Err("has a password without a user; add the user"),
        (user, password) => Some(Credentials { user: decode(user)?, password: decode(password)?.into() }),
    };
    Ok(Server { host, port: url.port().unwrap_or(usual_port), security, credentials })
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
