//! `check-config`, `migrate`, `doctor`, `healthcheck`, and a configuration that is wrong.

use std::os::unix::fs::PermissionsExt;

use crate::place::{Place, Postgres};
use crate::served::Served;

#[test]
fn a_right_configuration_is_told_so_and_nothing_is_made() {
    let place = Place::new();
    assert!(place.run(&["check-config"]).ok().contains("right"));
    let answer = place.json(&["check-config"]);
    assert_eq!((&answer["ok"], &answer["live_channels"]), (&true.into(), &serde_json::json!([])));
    assert!(!place.path("rift-data").exists());
    let file = place.write(
        "rift.toml",
        "[[providers.email]]\nkind = \"smtp\"\nurl = \"smtp://u:p@localhost:2525?tls=none\"\nfrom = \"Acme <a@acme.example>\"\n",
    );
    assert_eq!(
        place.json(&["check-config", "--config", &file])["live_channels"],
        serde_json::json!(["email"])
    );
}

#[test]
fn an_unknown_key_or_a_bad_value_is_named_with_its_file() {
    let place = Place::new();
    for (text, key) in [
        ("[http]\nlisten_on = \"127.0.0.1:1\"\n", "http.listen_on"),
        ("[htpp]\nlisten = \"127.0.0.1:1\"\n", "htpp"),
        ("[http]\nlisten = \"nowhere\"\n", "http.listen"),
        ("[database]\nmax_connections = 0\n", "database.max_connections"),
        ("[database]\nurl = \"mysql://localhost/x\"\n", "database.url"),
        ("[courier]\nlease = \"1s\"\n", "courier.lease"),
        ("[[providers.email]]\nkind = \"pigeon\"\n", "providers.email[0]"),
        (
            "[[providers.email]]\nkind = \"smtp\"\nfrom = \"Acme <a@acme.example>\"\n",
            "providers.email[0].url",
        ),
        (
            "[[providers.email]]\nkind = \"smtp\"\nurl = \"smtp://u:hunter2@mail.example.com?tls=none\"\nfrom = \"a@b.example\"\n",
            "providers.email[0].url",
        ),
    ] {
        let file = place.write("wrong.toml", text);
        for words in [["check-config"].as_slice(), &["serve"], &["org", "list"]] {
            let done = place.run(&[words, &["--config", &file]].concat());
            done.fails(2, &[key, "wrong.toml"]);
            assert!(!done.err.contains("hunter2"), "{}", done.err);
        }
    }
    let file = place.write("wrong.toml", "[http\nlisten = 1");
    place.run(&["check-config", "--config", &file]).fails(2, &["wrong.toml", "line 1"]);
    place.run(&["check-config", "--config", "absent.toml"]).fails(2, &["absent.toml"]);
    let json = place.run(&["check-config", "--config", "absent.toml", "--json"]);
    assert!(json.json()["error"]["message"].as_str().unwrap().contains("absent.toml"));
    assert_eq!(json.code, 2);
    assert!(!place.path("rift-data").exists());
}

#[test]
fn a_variable_is_above_the_file_and_is_named_when_it_is_wrong() {
    let mut place = Place::new();
    place.set("RIFT_HTTP__LISTEN", "nowhere");
    place.run(&["check-config"]).fails(2, &["http.listen", "RIFT_HTTP__LISTEN"]);
    place.set("RIFT_HTTP__LISTEN", "127.0.0.1:0");
    place.set("RIFT_HTTP__LISTNE", "127.0.0.1:0");
    place.run(&["check-config"]).fails(2, &["http.listne", "RIFT_HTTP__LISTNE"]);
    let mut place = Place::new();
    let file = place.write("rift.toml", "[database]\nurl = \"mysql://x\"\n");
    place.set("DATABASE_URL", "sqlite://other.db");
    place.run(&["check-config", "--config", &file]).ok();
    place.set("RIFT_CONFIG", &file);
    place.json(&["org", "create", "Acme"]);
    assert!(place.path("other.db").exists());
}

#[test]
fn a_ring_that_others_can_read_stops_everything() {
    let place = Place::new();
    place.run(&["org", "create", "Acme"]).ok();
    let ring = place.path("rift-data/keyring");
    for wrong in [0o644, 0o640, 0o604, 0o602] {
        std::fs::set_permissions(&ring, std::fs::Permissions::from_mode(wrong)).unwrap();
        for words in [["check-config"].as_slice(), &["org", "list"], &["serve"], &["migrate"]] {
            place.run(words).fails(2, &["keyring.file", "rift-data/keyring", "chmod 600"]);
        }
    }
    std::fs::set_permissions(&ring, std::fs::Permissions::from_mode(0o600)).unwrap();
    place.run(&["check-config"]).ok();
    place.run(&["org", "list"]).ok();
}

#[test]
fn migrate_sets_a_database_up_and_may_be_run_again() {
    let place = Place::new();
    assert_eq!(place.json(&["migrate"])["migrated"], true);
    place.run(&["migrate"]).ok();
    place.run(&["org", "list"]).ok();

    let database = Postgres::new();
    let mut place = Place::new();
    place.set("DATABASE_URL", &database.url);
    place.run(&["keyring", "new", "--out", "rift-data/keyring"]).ok();
    // A server's schema is changed by `migrate` and by the service alone.
    place.run(&["org", "list"]).fails(1, &["rift-mfa migrate"]);
    assert_eq!(place.json(&["migrate"])["migrated"], true);
    place.run(&["org", "create", "Acme"]).ok();
    place.run(&["migrate"]).ok();
    assert_eq!(place.json(&["org", "list"])["data"].as_array().unwrap().len(), 1);
}

#[test]
fn a_database_that_is_not_there_fails_and_shows_no_password() {
    let mut place = Place::new();
    place.run(&["keyring", "new", "--out", "rift-data/keyring"]).ok();
    place.set("DATABASE_URL", "postgres://rift:hunter2@127.0.0.1:1/rift");
    for words in [["org", "list"].as_slice(), &["doctor"], &["migrate"]] {
        let done = place.run(words);
        done.fails(1, &["database"]);
        assert!(!format!("{done:?}").contains("hunter2"), "{done:?}");
    }
}

#[test]
fn doctor_looks_at_everything_and_says_what_to_do() {
    let mut place = Place::new();
    let well = place.json(&["doctor"]);
    assert_eq!(well["ok"], true);
    let checks: Vec<_> =
        well["data"].as_array().unwrap().iter().map(|row| row["check"].as_str().unwrap()).collect();
    for check in ["database", "key ring", "clock", "providers"] {
        assert!(checks.contains(&check), "{check} in {checks:?}");
    }
    place.set("RIFT_PROVIDERS__SMS__0__KIND", "http");
    place.set("RIFT_PROVIDERS__SMS__0__URL", "https://gateway.example.com/send");
    place.set("RIFT_PROVIDERS__SMS__0__SECRET", "hunter2");
    let told = place.run(&["doctor"]).ok();
    assert!(told.contains("providers.sms[0]: read; this version does not try"), "{told}");
    place.set("RIFT_PROVIDERS__EMAIL__0__KIND", "smtp");
    place.set("RIFT_PROVIDERS__EMAIL__0__URL", "smtp://mailer:hunter2@127.0.0.1:1?tls=none");
    place.set("RIFT_PROVIDERS__EMAIL__0__FROM", "Acme <no-reply@acme.example>");
    let ill = place.run(&["doctor"]);
    ill.fails(1, &["providers.email[0]", "connection_failed", "fix"]);
    assert!(!format!("{ill:?}").contains("hunter2"));
    let ill = place.run(&["doctor", "--json"]);
    assert!(ill.json()["error"].is_object());
    assert_eq!(ill.code, 1);
}

#[test]
fn healthcheck_asks_the_running_service() {
    let mut place = Place::new();
    let served = Served::start(&place);
    place.set("RIFT_HTTP__OPS_LISTEN", &format!("127.0.0.1:{}", served.ops));
    assert_eq!(place.json(&["healthcheck"])["ok"], true);
    assert!(served.terminate().success());
    place.run(&["healthcheck"]).fails(1, &["does not answer"]);
}
