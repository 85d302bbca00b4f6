//! Mistakes, and the sentence behind each.

use std::path::Path;

use super::{SMTP, load};
use crate::config::Config;

#[test]
fn a_bad_file_is_named_with_a_sentence() {
    for (text, wanted) in [
        (
            "[http]\nlistn = \"x\"",
            "http.listn: there is no such setting; the names here are `listen`, `ops_listen`, `public_url`, `trusted_proxies` (set in the file FILE)",
        ),
        (
            "[htp]\nlisten = \"x\"",
            "htp: there is no such section; remove it, or see config/default.toml for the right name (set in the file FILE)",
        ),
        (
            "http = 3",
            "http: must be a section with settings of its own, not a single value (set in the file FILE)",
        ),
        (
            "[http.listen]\nport = 3",
            "http.listen.port: there is no such setting; see config/default.toml for the right name (set in the file FILE)",
        ),
        ("[http]\nlisten = 8080", "http.listen: must be a text in quotes (set in the file FILE)"),
        (
            "[http]\ntrusted_proxies = \"::1\"",
            "http.trusted_proxies: must be a list, like [\"a\", \"b\"] (set in the file FILE)",
        ),
        (
            "[http]\ntrusted_proxies = [\"::1\", \"10.0.0.1/8\"]",
            "http.trusted_proxies[1]: `10.0.0.1/8` has bits set behind its prefix; write the network's first address, like 10.0.0.0/8 (set in the file FILE)",
        ),
        (
            "[http]\nlisten = \"localhost\"",
            "http.listen: `localhost` is no IP address with a port; write it like 127.0.0.1:8080 (set in the file FILE)",
        ),
        (
            "[http]\nops_listen = \"127.0.0.1:8080\"",
            "http.ops_listen: is the same as http.listen; give it another port (set in the file FILE)",
        ),
        (
            "[database]\nmax_connections = \"9\"",
            "database.max_connections: must be a whole number, without quotes (set in the file FILE)",
        ),
        (
            "[database]\nmax_connections = 0",
            "database.max_connections: `0` is out of bounds; give a number from 1 to 1000 (set in the file FILE)",
        ),
        ("[keyring]\nfile = \"\"", "keyring.file: is empty; name the key ring's file (set in the file FILE)"),
        (
            "[providers.email]\nkind = \"smtp\"",
            "providers.email: must be a list of entries; write [[providers.email]] (set in the file FILE)",
        ),
        (
            "[[providers.fax]]\nkind = \"smtp\"",
            "providers.fax: there is no such channel; use email, sms, whatsapp or voice (set in the file FILE)",
        ),
        (
            "[[providers.sms]]",
            "providers.sms[0].kind: is missing; use twilio, vonage, http, console (set in the file FILE)",
        ),
        (
            "[[providers.sms]]\nkind = \"smtp\"",
            "providers.sms[0].kind: `smtp` is no kind for this channel; use twilio, vonage, http, console (set in the file FILE)",
        ),
        (
            "[[providers.sms]]\nkind = \"vonage\"\nfrom = \"x\"",
            "providers.sms[0].api_key: is missing; give the account's key, from the dashboard at Vonage, here or by api_key_file (set in the file FILE)",
        ),
        (
            "[[providers.sms]]\nkind = \"console\"\nfrom = \"x\"",
            "providers.sms[0].from: there is no such setting; remove it (set in the file FILE)",
        ),
        (
            "[[providers.email]]\nkind = \"smtp\"\nurl = \"smtp://h\"",
            "providers.email[0].from: is missing; give the sender, like Acme <no-reply@acme.example> (set in the file FILE)",
        ),
        ("[http]\n\nlisten = ", "the file FILE: line 3 is not valid TOML"),
    ] {
        let error = load(text, &[]).unwrap_err();
        let whole = if wanted.contains("(set in") { error == wanted } else { error.starts_with(wanted) };
        assert!(whole, "\n{error}\n{wanted}");
    }
    let error = Config::load(Some(Path::new("/nowhere.toml")), []).unwrap_err().to_string();
    assert!(error.starts_with("the file /nowhere.toml: the configuration cannot be read ("), "{error}");
}

#[test]
fn a_bad_variable_is_named() {
    for (name, value, wanted) in [
        ("RIFT_HTTP__LISTN", "x", "http.listn: there is no such setting"),
        ("RIFT_HTP__LISTEN", "x", "htp: there is no such section"),
        ("RIFT_HTTP__LISTEN__PORT", "1", "http.listen.port: there is no such setting"),
        ("RIFT_X__0", "1", "x: there is no such section"),
        ("RIFT___X", "1", ": there is no such section"),
        ("RIFT_DATABASE__MAX_CONNECTIONS", "many", "database.max_connections: must be a whole number"),
        ("DATABASE_URL", "", "database.url: must start with sqlite: or postgres://"),
        (
            "RIFT_PROVIDERS__EMAIL__1__KIND",
            "console",
            "providers.email[1].kind: the entries before it are missing",
        ),
        ("RIFT_PROVIDERS__EMAIL", "smtp", "providers.email: must be a list of entries"),
        ("RIFT_HTTP__PUBLIC_URL", "https://x.example/mfa", "http.public_url: carries more than a host"),
        ("RIFT_HTTP__PUBLIC_URL", "ftp://x.example", "http.public_url: must start with http:// or https://"),
        ("RIFT_HTTP__PUBLIC_URL", "x", "http.public_url: is no URL"),
        ("RIFT_HTTP__PUBLIC_URL", "http://a:b@x", "http.public_url: carries a user"),
        ("RIFT_HTTP__TRUSTED_PROXIES", "proxy", "http.trusted_proxies[0]: `proxy` is no IP address"),
        ("RIFT_COURIER__LEASE", "30", "courier.lease: `30` is no duration"),
        ("RIFT_COURIER__LEASE", "4999ms", "courier.lease: `4999ms` is out of bounds"),
        ("RIFT_COURIER__LEASE", "11m", "courier.lease: `11m` is out of bounds"),
        ("RIFT_COURIER__CONCURRENCY", "10001", "courier.concurrency: `10001` is out of bounds"),
        ("RIFT_LIMITS__REQUESTS_PER_KEY", "-1", "limits.requests_per_key: `-1` is out of bounds"),
        ("RIFT_LOG__FORMAT", "xml", "log.format: `xml` is no format"),
        ("RIFT_LOG__LEVEL", "verbose", "log.level: `verbose` is no level"),
        ("RIFT_LOG__LEVEL", "sqlx=loud", "log.level: `sqlx=loud` is no level"),
        ("RIFT_LOG__OTLP_ENDPOINT", "http://x", "log.otlp_endpoint: traces by OTLP are not built"),
    ] {
        let error = load("", &[(name, value)]).unwrap_err();
        assert!(error.starts_with(wanted), "\n{error}\n{wanted}");
        assert!(error.ends_with(&format!("(set in the environment variable {name})")), "{error}");
    }
    for level in ["warn", "INFO", "off", "info,sqlx=warn", "rift_mfa[send]=trace"] {
        assert!(load("", &[("RIFT_LOG__LEVEL", level)]).is_ok(), "{level}");
    }
}

#[test]
fn a_bad_smtp_entry_is_refused() {
    for (key, value, wanted) in [
        ("URL", "mail.example", "url: is no URL"),
        ("URL", "http://mail.example", "url: must start with smtp://"),
        ("URL", "smtp://", "url: has no host"),
        ("URL", "smtp://user@mail.example", "url: has a user without a password"),
        ("URL", "smtp://:pw@mail.example", "url: has a password without a user"),
        ("URL", "smtp://mail.example?tls=none", "url: has tls=none, which is taken on loopback only"),
        ("URL", "smtp://localhost.example?tls=none", "url: has tls=none, which is taken on loopback only"),
        ("URL", "smtps://localhost?tls=none", "url: asks for smtps:// and for tls=none"),
        ("URL", "smtp://localhost?tls=opportunistic", "url: has a query"),
        ("URL", "smtp://localhost?tls=none&tls=required", "url: has a query"),
        ("URL", "smtp://localhost/path", "url: carries more than a server"),
        ("FROM", "Acme", "from: `Acme` is no sender"),
        ("CA_FILE", "/nowhere.pem", "ca_file: there is no file `/nowhere.pem`"),
        ("BASE_URL", "x", "base_url: there is no such setting; the names here are `url`, `from`, `ca_file`"),
    ] {
        let name = format!("RIFT_PROVIDERS__EMAIL__0__{key}");
        let error = load(SMTP, &[(&name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("providers.email[0].{wanted}")), "\n{error}\n{wanted}");
        assert!(error.ends_with(&format!("(set in the environment variable {name})")), "{error}");
    }
}

#[test]
fn no_secret_is_shown() {
    for text in [
        "[database]\nurl = \"mysql://u:hunter2@db\"",
        "[database]\nurl = [\"hunter2\"]",
        "[database]\nurl_file = \"postgres://u:hunter2@db\"",
        "[database]\nurl = hunter2",
        "[database]\nurl = \"hunter2",
        "[database]\nurl = \"\\hunter2\"",
        "[database]\nurl = \"x\" hunter2",
        "[database]\nurl = 0xhunter2",
        "[[providers.email]]\nkind = \"smtp\"\nfrom = \"a@b.c\"\nurl = \"smtp://u:#hunter2@h\"",
        "[[providers.email]]\nkind = \"smtp\"\nfrom = \"a@b.c\"\nurl = \"smtp://u:?hunter2@h\"",
        "[[providers.email]]\nkind = \"smtp\"\nfrom = \"a@b.c\"\nurl = \"smtp://u:/hunter2@h\"",
        "[[providers.email]]\nkind = \"smtp\"\nfrom = \"a@b.c\"\nurl = [[\"hunter2\"]]",
    ] {
        let error = load(text, &[]).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
    let config = load(SMTP, &[("DATABASE_URL", "postgres://u:hunter2@db")]).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
}
