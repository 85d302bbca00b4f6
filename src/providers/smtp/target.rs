//! Where an SMTP provider connects to: its URL, taken apart and judged.
//!
//! Everything that can be wrong with the settings is found here, at the start. No error repeats the URL: it
//! contains the password.

use std::borrow::Cow;
use std::net::IpAddr;
use std::path::Path;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// How the connection is protected.
pub(super) enum Security {
    /// Plain first, then TLS before anything is said; without it nothing is sent.
    StartTls(TlsParameters),
    /// TLS from the first byte.
    Wrapped(TlsParameters),
    /// None at all, to this machine itself.
    Plain,
}

/// A server and how to speak to it.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
}

impl Target {
    pub(super) fn new(url: &SecretString, ca_file: Option<&Path>) -> Result<Self, String> {
        let url = Url::parse(url.expose_secret())
            .map_err(|_| "`url` is no URL: write smtp://user:pass@host:587".to_owned())?;
        let host = url
            .host_str()
            .map(|host| host.trim_start_matches('[').trim_end_matches(']').to_owned())
            .filter(|host| !host.is_empty())
            .ok_or("`url` names no host")?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("`url` ends after the port: a path has no meaning here".to_owned());
        }
        let encrypted = encryption(&url)?;
        let (default_port, wrapped) = match url.scheme() {
            "smtp" => (SUBMISSION, false),
            "smtps" => (SUBMISSIONS, true),
            _ => return Err("`url` must begin with smtp:// or smtps://".to_owned()),
        };
        let security = match (encrypted, wrapped) {
            (true, true) => Security::Wrapped(tls(&host, ca_file)?),
            (true, false) => Security::StartTls(tls(&host, ca_file)?),
            (false, true) => return Err("`url`: smtps:// and tls=none contradict each other".to_owned()),
            (false, false) if is_loopback(&host) => Security::Plain,
            (false, false) => {
                return Err(
                    "`url`: tls=none is allowed for localhost only, as codes would travel in the open"
                        .to_owned(),
                );
            }
        };
        let port = url.port().unwrap_or(default_port);
        Ok(Self { host, port, security, credentials: credentials(&url)? })
    }
}

/// Whether the connection shall be encrypted; refuses a parameter that it does not know.
fn encryption(url: &Url) -> Result<bool, String> {
    let mut encrypted = true;
    for (key, value) in url.query_pairs() {
        encrypted = match (key.as_ref(), value.as_ref()) {
            ("tls", "required") => true,
            ("tls", "none") => false,
            ("tls", _) => return Err("`url`: tls is \"required\" or \"none\"".to_owned()),
            _ => return Err("`url` has an unknown parameter; only tls is known".to_owned()),
        };
    }
    Ok(encrypted)
}

fn credentials(url: &Url) -> Result<Option<Credentials>, String> {
    let decode = |part: &str| {
        percent_decode_str(part)
            .decode_utf8()
            .map(Cow::into_owned)
            .map_err(|_| "`url`: user and password must be UTF-8 once their %-signs are decoded".to_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() && !password.is_empty() => {
            Ok(Some(Credentials::new(decode(user)?, decode(password)?)))
        }
        _ => Err("`url` needs both a user and a password, or neither".to_owned()),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn tls(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, String> {
    let mut builder = TlsParametersBuilder::new(host.to_owned());
    if let Some(path) = ca_file {
        let shown = path.display();
        let pem = std::fs::read(path).map_err(|error| format!("`ca_file` {shown}: {error}"))?;
        // A file without any certificate parses as an empty list, and would be no error.
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
            return Err(format!("`ca_file` {shown} contains no certificate in PEM form"));
        }
        let roots = Certificate::from_pem(&pem)
            .map_err(|_| format!("`ca_file` {shown} contains a damaged certificate"))?;
        builder = builder.add_root_certificate(roots);
    }
    builder.build().map_err(|_| {
        "TLS cannot be set up: the system has no root certificates (install ca-certificates), or those of \
         `ca_file` are unusable"
            .to_owned()
    })
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, String> {
        Target::new(&SecretString::from(url.to_owned()), None)
    }

    fn kind(target: &Target) -> &'static str {
        match target.security {
            Security::StartTls(_) => "starttls",
            Security::Wrapped(_) => "wrapped",
            Security::Plain => "plain",
        }
    }

    #[test]
    fn urls_are_understood() {
        for (url, host, port, security) in [
            ("smtp://mail.example", "mail.example", 587, "starttls"),
            ("smtp://u:p@mail.example:25?tls=required", "mail.example", 25, "starttls"),
            ("smtps://u:p@mail.example/", "mail.example", 465, "wrapped"),
            ("smtp://127.0.0.1:1025?tls=none", "127.0.0.1", 1025, "plain"),
            ("smtp://[::1]:1025?tls=none", "::1", 1025, "plain"),
            ("smtp://localhost?tls=none", "localhost", 587, "plain"),
            ("smtp://localhost", "localhost", 587, "starttls"),
        ] {
            let target = target(url).unwrap();
            assert_eq!((target.host.as_str(), target.port, kind(&target)), (host, port, security), "{url}");
        }
    }

    #[test]
    fn bad_urls_are_refused_without_their_password() {
        for url in [
            "mail.example",
            "http://u:hunter2@mail.example",
            "smtp://u:hunter2@",
            "smtp://u:hunter2@mail.example?tls=none",
            "smtp://u:hunter2@10.0.0.1?tls=none",
            "smtp://u:hunter2@localhost.evil.example?tls=none",
            "smtps://u:hunter2@localhost?tls=none",
            "smtp://u:hunter2@mail.example?tls=opportunistic",
            "smtp://u:hunter2@mail.example?tsl=none",
            "smtp://u:hunter2@mail.example/path",
            "smtp://u@mail.example",
            "smtp://:hunter2@mail.example",
            "smtp://u:hunter2%FF@mail.example",
        ] {
            let Err(error) = target(url) else { panic!("{url} was accepted") };
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn user_and_password_are_decoded() {
        let target = target("smtp://jane%40acme.example:p%3A%2F%40%25w@mail.example").unwrap();
        let expected = Credentials::new("jane@acme.example".into(), "p:/@%w".into());
        assert!(target.credentials == Some(expected));
    }

    #[test]
    fn a_ca_file_must_exist_and_hold_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing").unwrap();
        let damaged = folder.path().join("damaged.pem");
        std::fs::write(&damaged, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        for path in [folder.path().join("missing.pem"), empty, damaged] {
            let url = SecretString::from("smtp://mail.example".to_owned());
            assert!(Target::new(&url, Some(&path)).is_err(), "{}", path.display());
        }
    }
}
