//! What is read, and from where.

use std::fs;
use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::{KEY, SMTP, file, load};
use crate::config::{Backend, Config, DEFAULT, Format, Provider, Security, Smtp};

#[track_caller]
fn smtp(config: &Config) -> &Smtp {
    match config.providers.email.first() {
        Some(Provider::Smtp(smtp)) => smtp,
        other => panic!("no smtp: {other:?}"),
    }
}

#[test]
fn the_defaults_stand_alone() {
    let config = Config::load(None, []).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.http.ops_listen.to_string(), "127.0.0.1:9090");
    assert_eq!(config.http.public_url.as_str(), "http://localhost:8080/");
    assert!(config.http.trusted_proxies.is_empty());
    assert_eq!(config.database.url.expose_secret(), "sqlite://rift-data/rift.db");
    assert_eq!((config.database.backend, config.database.max_connections), (Backend::Sqlite, 16));
    assert_eq!(config.keyring.file, PathBuf::from("rift-data/keyring"));
    assert_eq!((config.courier.concurrency, config.courier.lease.as_secs()), (64, 30));
    assert_eq!(config.courier.provider_timeout().as_secs(), 10);
    assert_eq!((config.limits.requests_per_key.get(), config.limits.connections), (1000, 10_000));
    assert_eq!((config.log.format, config.log.level.as_str()), (Format::Text, "info"));
    let providers = &config.providers;
    assert!(providers.email.is_empty() && providers.sms.is_empty());
    assert!(providers.whatsapp.is_empty() && providers.voice.is_empty());
}

#[test]
fn every_commented_example_is_toml_and_a_known_kind() {
    let examples = DEFAULT.split("# [[providers.").skip(1);
    let mut seen = 0;
    for example in examples {
        let text: String = format!("# [[providers.{example}")
            .lines()
            .take_while(|line| *line != "#")
            .map(|line| line.trim_start_matches("# ").to_owned() + "\n")
            .collect();
        let key = "private_key_file = \"/run/secrets/vonage.pem\"";
        let text = text.replace(key, &format!("private_key = '''{KEY}'''"));
        let text = text.replace("ca_file", "#").replace("_file = \"/run/secrets", " = \"x");
        if let Err(error) = load(&text, &[]) {
            panic!("{error}\n{text}");
        }
        seen += 1;
    }
    assert_eq!(seen, 9);
}

#[test]
fn a_later_layer_wins() {
    let text = "[http]\nlisten = \"127.0.0.1:1\"\nops_listen = \"127.0.0.1:2\"\n[database]\nurl = \"sqlite:file\"\nmax_connections = \"bad\"";
    let env = [
        ("RIFT_DATABASE__URL", "postgres://variable"),
        ("DATABASE_URL", "postgres://conventional"),
        ("RIFT_HTTP__OPS_LISTEN", "127.0.0.1:3"),
        ("RIFT_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("RIFT_DATABASE__MAX_CONNECTIONS", "7"),
        ("RIFT_CONFIG", "ignored"),
        ("RIFT_OTHER", "ignored"),
        ("HTTP__LISTEN", "ignored"),
    ];
    let config = load(text, &env).unwrap();
    assert_eq!(config.http.listen.port(), 1);
    assert_eq!(config.http.ops_listen.port(), 3);
    assert_eq!(
        config.http.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.0.0.0/8", "::1/128"]
    );
    // A list in a variable may also stand as it does in a file.
    for text in [r#"["10.0.0.0/8", "::1"]"#, " ['10.0.0.0/8','::1'] ", "10.0.0.0/8,::1", "[]"] {
        let proxies = load("", &[("RIFT_HTTP__TRUSTED_PROXIES", text)]).unwrap().http.trusted_proxies;
        assert_eq!(proxies.len(), if text == "[]" { 0 } else { 2 }, "{text}");
    }
    assert_eq!(config.database.max_connections, 7);
    assert_eq!(config.database.url.expose_secret(), "postgres://variable");
    assert_eq!(config.database.backend, Backend::Postgres);
    let config = load("[database]\nurl = \"sqlite:file\"", &env[1..2]).unwrap();
    assert_eq!(config.database.url.expose_secret(), "postgres://conventional");
}

#[test]
fn the_environment_changes_and_adds_provider_entries() {
    let env = [
        ("RIFT_PROVIDERS__EMAIL__0__URL", "smtps://10.0.0.9"),
        ("RIFT_PROVIDERS__EMAIL__1__KIND", "console"),
        ("RIFT_PROVIDERS__SMS__0__KIND", "console"),
    ];
    let config = load(SMTP, &env).unwrap();
    assert_eq!(config.providers.email.len(), 2);
    assert_eq!((smtp(&config).host.as_str(), smtp(&config).port), ("10.0.0.9", 465));
    assert_eq!(smtp(&config).from.to_string(), "Acme <a@acme.example>");
    assert!(matches!(config.providers.sms[..], [Provider::Console]));
}

#[test]
fn an_smtp_url_is_taken_apart() {
    let user =
        |smtp: &Smtp| smtp.credentials.as_ref().map(|c| format!("{} {}", c.user, c.password.expose_secret()));
    for (url, host, port, security, credentials) in [
        ("smtp://me%40x:p%40s@mail.example", "mail.example", 587, Security::StartTls, Some("me@x p@s")),
        ("smtp://mail.example:25?tls=required", "mail.example", 25, Security::StartTls, None),
        ("smtps://mail.example/", "mail.example", 465, Security::Tls, None),
        ("smtp://localhost:1025?tls=none", "localhost", 1025, Security::None, None),
        ("smtp://127.9.9.9:1025?tls=none", "127.9.9.9", 1025, Security::None, None),
        ("smtp://[::1]:1025?tls=none", "::1", 1025, Security::None, None),
    ] {
        let config = load(SMTP, &[("RIFT_PROVIDERS__EMAIL__0__URL", url)]).unwrap();
        let smtp = smtp(&config);
        assert_eq!((smtp.host.as_str(), smtp.port, smtp.security), (host, port, security), "{url}");
        assert_eq!(user(smtp).as_deref(), credentials, "{url}");
    }
}

#[test]
fn a_secret_comes_from_a_file() {
    let setup = file("");
    let secret = setup.folder.path().join("secret");
    fs::write(&secret, "postgres://u:p@db/rift\n").unwrap();
    let path = secret.display().to_string();
    let env = [("RIFT_DATABASE__URL_FILE", path.as_str()), ("DATABASE_URL", "sqlite:x")];
    let config = load("[database]\nurl = \"sqlite:y\"", &env).unwrap();
    assert_eq!(config.database.url.expose_secret(), "postgres://u:p@db/rift");

    let text = format!("[database]\nurl_file = \"{path}\"");
    assert_eq!(load(&text, &[]).unwrap().database.backend, Backend::Postgres);

    fs::write(&secret, "mysql://u:hunter2@db\r\n").unwrap();
    let error = load(&text, &[]).unwrap_err();
    assert_eq!(
        error,
        format!(
            "database.url: must start with sqlite: or postgres:// (set in the file {path}, named by the file FILE)"
        )
    );

    fs::write(&secret, "\n").unwrap();
    assert!(load(&text, &[]).unwrap_err().contains("is empty"));
    let error = load("[database]\nurl = \"sqlite:y\"\nurl_file = \"x\"", &[]).unwrap_err();
    assert_eq!(
        error,
        "database.url_file: `database.url` is set too; keep one of the two (set in the file FILE)"
    );
    let error = load("[database]\nurl_file = \"/nowhere\"", &[]).unwrap_err();
    assert!(error.starts_with("database.url_file: the file cannot be read ("), "{error}");
}
