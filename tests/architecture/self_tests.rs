//! Small made-up trees with one breach each: a check that cannot fail is worth nothing.

use crate::rules::{MEDIAN_LINES, MOST_LINES, Sources, check_imports, check_lengths};

fn tree(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// The breaches as `file:line`, in order.
fn places(files: &[(&str, &str)]) -> Vec<String> {
    check_imports(&tree(files)).iter().map(|v| format!("{}:{}", v.file, v.line)).collect()
}

/// Asserts that `text`, in `file`, is one breach or more, the first on line `line`, in a tree with siblings.
#[track_caller]
fn refused(file: &str, text: &str, line: usize) {
    let found = places(&with_siblings(file, text));
    assert_eq!(found.first(), Some(&format!("{file}:{line}")), "in {file}: {text}");
}

#[track_caller]
fn accepted(file: &str, text: &str) {
    let found = check_imports(&tree(&with_siblings(file, text)));
    assert!(found.is_empty(), "in {file}: {text}\n{found:?}");
}

fn with_siblings<'a>(file: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut files: Vec<(&str, &str)> =
        ["methods/mod.rs", "methods/registry.rs", "methods/sms.rs", "methods/email.rs", "providers/smtp.rs"]
            .into_iter()
            .filter(|sibling| *sibling != file)
            .map(|sibling| (sibling, ""))
            .collect();
    files.push((file, text));
    files
}

#[test]
fn a_sound_tree_passes() {
    let found = check_imports(&tree(&[
        ("lib.rs", "pub mod app;\npub mod domain;"),
        ("main.rs", "use rift_mfa::{app, cli};\nfn main() { rift_mfa::cli::run() }"),
        ("cli.rs", "use crate::app::App;\nuse crate::config::Config;\nuse crate::service::tenants;"),
        ("app.rs", "use crate::{config::Config, store::sqlite::SqliteStore, providers::smtp::Smtp};"),
        ("config/mod.rs", "mod http;\nuse self::http::Http;\nenum Kind { Smtp }"),
        ("domain/contact.rs", "use super::id::Id;"),
        ("clock.rs", "use crate::domain::time::Moment;"),
        ("keyring.rs", "use crate::domain::secret::Secret;"),
        ("methods/mod.rs", "mod sms;\nmod registry;\npub use registry::Registry;"),
        ("methods/registry.rs", "use super::sms::Sms;\nuse crate::methods::email::Email;"),
        ("methods/sms.rs", "use super::{Method, Registry};\nuse crate::domain::code::Code;"),
        ("methods/email.rs", "use super::registry::Registry;"),
        ("providers/smtp.rs", "pub struct Smtp;\nuse super::Provider;"),
        ("store/mod.rs", "use sqlx::Row;"),
        ("store/sqlite/mod.rs", "use crate::store::rows::Row;\nuse super::rows;\npub struct SqliteStore;"),
        ("service/start.rs", "use crate::{methods::{Method, registry::Registry}, providers, store::Store};"),
        ("courier.rs", "use crate::{providers::Provider, store::Store};"),
        (
            "http/api/start.rs",
            "use crate::service::start;\nuse super::super::error::Error;\nlet s = http::StatusCode::OK;",
        ),
    ]));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn imports_up_a_floor_are_found() {
    refused("domain/code.rs", "\nuse crate::service::start;", 2);
    refused("domain/code.rs", "use crate::keyring::Mac;", 1);
    refused("clock.rs", "use crate::keyring::Mac;", 1);
    refused("domain/code.rs", "use crate::clock::Clock;", 1);
    refused("keyring.rs", "fn f() {\n    crate::store::open();\n}", 2);
    refused("store/mod.rs", "use crate::service::start;", 1);
    refused("methods/sms.rs", "use crate::{\n    domain,\n    service::{self, start::Start},\n};", 3);
    refused("service/start.rs", "use crate::http::error::Error;", 1);
    refused("courier.rs", "use crate::service::start;", 1);
    refused("courier.rs", "use crate::methods::Method;", 1);
    refused("service/start.rs", "use crate::courier::wake;", 1);
    refused("http/router.rs", "use crate::courier::wake;", 1);
    refused("http/router.rs", "use crate::methods::Method;", 1);
    refused("http/router.rs", "use crate::dashboard::pages;", 1);
    refused("dashboard/mod.rs", "use crate::courier;", 1);
    refused("http/mod.rs", "use super::courier;", 1);
    refused("http/api/start.rs", "use super::super::super::courier::wake;", 1);
}

#[test]
fn siblings_of_floor_1_are_kept_apart() {
    refused("store/mod.rs", "use crate::providers::Provider;", 1);
    refused("providers/smtp.rs", "use crate::store::Store;", 1);
    refused("methods/sms.rs", "use crate::providers::Provider;", 1);
    refused("methods/sms.rs", "type P = Box<dyn crate::providers::Provider>;", 1);
}

#[test]
fn one_method_does_not_know_another() {
    refused("methods/sms.rs", "use super::email::Email;", 1);
    refused("methods/sms.rs", "use super::{Method, email};", 1);
    refused("methods/sms.rs", "use crate::methods::email::Email;", 1);
    refused("methods/dual/mod.rs", "use super::{sms::Sms};", 1);
    refused("methods/dual/legs.rs", "use super::super::sms::Sms;", 1);
    refused("providers/twilio.rs", "use super::smtp;", 1);
    accepted("methods/dual/legs.rs", "use super::Dual;\nuse crate::methods::{Method, registry::Registry};");
    accepted("methods/registry.rs", "use super::{email::Email, sms::Sms};");
    accepted("methods/mod.rs", "use self::email::Email;");
}

#[test]
fn only_the_composition_reads_the_configuration() {
    for file in ["service/start.rs", "courier.rs", "http/router.rs", "store/mod.rs", "keyring.rs"] {
        refused(file, "use crate::config::Config;", 1);
    }
    accepted("cli.rs", "use crate::config::Config;");
    accepted("app/serve.rs", "use crate::config::Config;");
    accepted("main.rs", "use rift_mfa::config::Config;");
    refused("main.rs", "use rift_mfa::service::start;", 1);
    refused("config/mod.rs", "use crate::app;", 1);
    refused("app.rs", "use crate::cli;", 1);
}

#[test]
fn app_alone_names_concrete_types() {
    refused("service/start.rs", "use crate::store::SqliteStore;", 1);
    refused("cli.rs", "fn f(store: PostgresStore) {}", 1);
    refused("courier.rs", "use crate::providers::Smtp;", 1);
    refused("courier.rs", "use crate::providers::smtp::Sender;", 1);
    refused("service/start.rs", "use crate::store::postgres::connect;", 1);
    accepted("app/stores.rs", "use crate::store::{postgres::PostgresStore, sqlite::SqliteStore};");
}

#[test]
fn reserved_words_are_found() {
    refused("domain/code.rs", "fn a() {}\nasync fn b() {}", 2);
    refused("domain/code.rs", "fn a() { b() .await }", 1);
    refused("domain/code.rs", "use tokio::time;", 1);
    refused("domain/code.rs", "use axum::Json;", 1);
    refused("domain/code.rs", "use std::time::SystemTime;", 1);
    refused("domain/code.rs", "let now = jiff::Timestamp::now();", 1);
    refused("methods/sms.rs", "async fn start() {}", 1);
    for file in
        ["domain/code.rs", "http/router.rs", "app.rs", "main.rs", "cli.rs", "lib.rs", "service/start.rs"]
    {
        refused(file, "use sqlx::Pool;", 1);
    }
    refused("http/router.rs", "let s = store::open();", 1);
    accepted("http/router.rs", "let s = state.store.clone();");
}

#[test]
fn detours_are_found() {
    refused("http/router.rs", "use crate::Store;", 1);
    refused("http/router.rs", "use crate::*;", 1);
    refused("http/router.rs", "use crate as root;", 1);
    refused("http/router.rs", "use crate::{self as root};", 1);
    refused("http/router.rs", "use super::super::courier;", 1);
    refused("http/router.rs", "use crate::courier as service;", 1);
    refused("newcomer.rs", "fn f() {}", 1);
    refused("domain/code.rs", "mod a {\n    use super::super::super::store::Store;\n}", 2);
    accepted("domain/code.rs", "mod a {\n    use super::super::contact::Contact;\n}");
    // Behind an inline module the path counts from the file again.
    refused("domain/code.rs", "mod a { fn f() { {} } }\nuse super::super::store;", 2);
}

#[test]
fn what_does_not_ship_is_not_read() {
    accepted(
        "domain/code.rs",
        "// use crate::store;\n/* crate::store::x /* nested */ crate::http::x */\n/// crate::app::x",
    );
    accepted(
        "domain/code.rs",
        "let a = \"crate::store::x \\\" sqlx\"; let b = r#\"sqlx \" tokio\"#; let c = b\"sqlx\";",
    );
    accepted(
        "domain/code.rs",
        "#[cfg(test)]\nmod tests {\n    use crate::store::Store;\n    fn f() { tokio::spawn() }\n}",
    );
    accepted(
        "domain/code.rs",
        "#[cfg(test)]\n#[allow(dead_code)]\nfn f(a: [u8; 2]) { crate::store::open() }",
    );
    let kept_apart = places(&[
        ("store/mod.rs", "#[cfg(test)]\nmod tests;\nmod rows;"),
        ("store/tests.rs", "use crate::service::start;"),
        ("store/rows.rs", "use crate::service::start;"),
    ]);
    assert_eq!(kept_apart, ["store/rows.rs:1"]);
}

#[test]
fn what_ships_is_read_behind_confusing_text() {
    refused("domain/code.rs", "let q = '\"';\nuse crate::store::Store;", 2);
    refused("domain/code.rs", "let q = '\\'';\nuse crate::store::Store;", 2);
    refused("domain/code.rs", "fn f<'a>(a: &'a str) -> &'a str { a }\nuse crate::store::Store; // '", 2);
    refused("domain/code.rs", "let s = \"a\nb // c\";\nuse crate::store::Store;", 3);
    refused("domain/code.rs", "let bar = br\"\\\";\nuse crate::store::Store;", 2);
    refused("domain/code.rs", "#[cfg(test)]\nuse x::{a, b};\nuse crate::store::Store;", 3);
    refused("domain/code.rs", "#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::store::Store;", 3);
    refused("domain/code.rs", "#[cfg(any(test, feature = \"test-clock\"))]\nuse crate::store::Store;", 2);
    refused("domain/code.rs", "fn f() { crate::store::open::<u8>() }", 1);
    refused("domain/code.rs", "fn f() { crate :: store\n::open() }", 1);
}

#[test]
fn long_files_are_found() {
    let long = "\n".repeat(MOST_LINES + 1);
    let full = "\n".repeat(MOST_LINES);
    let found = check_lengths(&tree(&[
        ("a.rs", "\n"),
        ("b.rs", "\n"),
        ("c.rs", &full),
        ("d.rs", &long),
        ("e.rs", "\n"),
    ]));
    assert_eq!(found.iter().map(|v| v.file.as_str()).collect::<Vec<_>>(), ["d.rs"]);
}

#[test]
fn a_long_median_is_found() {
    let at_bound = "\n".repeat(MEDIAN_LINES);
    let under = "\n".repeat(MEDIAN_LINES - 1);
    assert_eq!(check_lengths(&tree(&[("a.rs", &at_bound), ("b.rs", &at_bound), ("c.rs", "\n")])).len(), 1);
    assert_eq!(check_lengths(&tree(&[("a.rs", &at_bound), ("b.rs", &under), ("c.rs", "\n")])).len(), 0);
}
