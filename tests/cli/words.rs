//! `org`, `app` and `key`.

use crate::place::Place;

#[test]
fn organizations_are_made_listed_and_moved_to_a_plan() {
    let place = Place::new();
    assert!(place.run(&["org", "list"]).ok().contains("no organization yet"));
    let org = place.json(&["org", "create", "Acme"]);
    let id = org["id"].as_str().unwrap();
    assert!(id.starts_with("org_"));
    assert_eq!((&org["name"], &org["plan"]), (&"Acme".into(), &"free".into()));
    let text = place.run(&["org", "create", "Beta GmbH", "--plan", "pro"]).ok();
    assert!(text.contains("Beta GmbH") && text.contains("org_"), "{text}");
    let changed = place.json(&["org", "set-plan", id, "enterprise"]);
    assert_eq!(changed["plan"], "enterprise");
    let list = place.json(&["org", "list"]);
    let rows: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|org| (&org["name"], &org["plan"])).collect();
    assert_eq!(rows, [(&"Acme".into(), &"enterprise".into()), (&"Beta GmbH".into(), &"pro".into())]);

    place.run(&["org", "create", "X", "--plan", "gold"]).fails(2, &["gold"]);
    place.run(&["org", "create", ""]).fails(2, &["name"]);
    place.run(&["org", "create"]).fails(2, &["NAME"]);
    place.run(&["org", "set-plan", "org_x", "pro"]).fails(2, &["org_x"]);
    place.run(&["org", "set-plan", "org_01jd8zq5e8f0v9y7x6w5t4s3r2", "pro"]).fails(1, &["organization"]);
    place.run(&["organisation", "list"]).fails(2, &[]);
}

#[test]
fn applications_are_made_set_and_shown() {
    let place = Place::new();
    let org = place.json(&["org", "create", "Acme"]);
    let org = org["id"].as_str().unwrap();
    let app = place.json(&["app", "create", "Shop", "--org", org, "--enable", "EMAIL,app"]);
    let id = app["id"].as_str().unwrap();
    assert!(id.starts_with("app_"));
    assert_eq!(app["settings"]["methods.email"], "on");
    assert_eq!(app["settings"]["methods.app"], "on");
    assert_eq!(app["settings"]["methods.sms"], "off");
    let plain = place.run(&["app", "create", "Second", "--org", org]).ok();
    assert!(plain.contains("key create --app app_"), "{plain}");

    let set = place.json(&["app", "set", id, "code.length=8", "code.ttl=10m"]);
    assert_eq!(
        (&set["settings"]["code.length"], &set["settings"]["code.ttl"]),
        (&"8".into(), &"600s".into())
    );
    let shown = place.json(&["app", "show", id]);
    assert_eq!(shown["settings"], set["settings"]);
    let text = place.run(&["app", "show", id]).ok();
    assert!(text.contains("code.length") && text.contains("Shop"), "{text}");
    let list = place.json(&["app", "list"]);
    assert_eq!(list["data"].as_array().unwrap().len(), 2);

    // All or nothing, and each refusal names the setting and its bounds.
    place.run(&["app", "set", id, "code.attempts=3", "code.length=5"]).fails(2, &["code.length", "6 to 10"]);
    place.run(&["app", "set", id, "no.such=1"]).fails(2, &["no.such", "code.length"]);
    place.run(&["app", "set", id, "code.length"]).fails(2, &["KEY=VALUE"]);
    place.run(&["app", "set", id]).fails(2, &["KEY=VALUE"]);
    assert_eq!(place.json(&["app", "show", id])["settings"], set["settings"]);
    place.run(&["app", "create", "X", "--org", org, "--enable", "PIGEON"]).fails(2, &["PIGEON"]);
    place.run(&["app", "create", "X"]).fails(2, &["--org"]);
    place.run(&["app", "create", "X", "--org", "org_01jd8zq5e8f0v9y7x6w5t4s3r2"]).fails(1, &["organization"]);
    place.run(&["app", "show", "app_01jd8zq5e8f0v9y7x6w5t4s3r2"]).fails(1, &["application"]);
}

#[test]
fn keys_are_made_listed_revoked_and_rolled() {
    let place = Place::new();
    let app = place.application();
    assert!(place.run(&["key", "list"]).ok().contains("no key yet"));
    let key = place.json(&[
        "key",
        "create",
        "--app",
        &app,
        "--mode",
        "test",
        "--name",
        "ci",
        "--expires-in",
        "90d",
    ]);
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    assert!(id.starts_with("key_"));
    assert!(secret.starts_with("sk_test_") && secret.len() == 8 + 43 + 6, "{secret}");
    assert_eq!((&key["mode"], &key["name"], &key["state"]), (&"test".into(), &"ci".into(), &"active".into()));
    assert!(key["expires_at"].is_string());
    let live = place.run(&["key", "create", "--app", &app, "--mode", "live"]).ok();
    assert!(live.contains("sk_live_") && live.contains("key ring"), "{live}");

    // Shown once: no list has it.
    let list = place.run(&["key", "list", "--json"]);
    assert!(!list.out.contains(secret));
    assert_eq!(list.json()["data"].as_array().unwrap().len(), 2);
    assert!(!place.run(&["key", "list", "--app", &app]).ok().contains(secret));

    let rolled = place.json(&["key", "roll", id, "--grace", "1h"]);
    assert_ne!(rolled["secret"], key["secret"]);
    assert_eq!(rolled["name"], "ci");
    let revoked = place.json(&["key", "revoke", id]);
    assert_eq!((&revoked["id"], &revoked["state"]), (&key["id"], &"revoked".into()));
    place.run(&["key", "roll", id]).fails(1, &["not active"]);
    let states = place.json(&["key", "list", "--app", &app]);
    let states: Vec<_> =
        states["data"].as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "active").count(), 2, "{states:?}");

    place.run(&["key", "create", "--app", &app, "--mode", "prod"]).fails(2, &["prod"]);
    place.run(&["key", "create", "--app", &app]).fails(2, &["--mode"]);
    place
        .run(&["key", "create", "--app", &app, "--mode", "test", "--expires-in", "soon"])
        .fails(2, &["soon"]);
    place.run(&["key", "revoke", "key_01jd8zq5e8f0v9y7x6w5t4s3r2"]).fails(1, &["key"]);
    let absent = place.run(&["key", "revoke", "key_01jd8zq5e8f0v9y7x6w5t4s3r2", "--json"]);
    assert!(absent.json()["error"]["message"].is_string());
    assert_eq!(absent.code, 1);
}

#[test]
fn the_openapi_document_is_printed_without_any_setup() {
    let place = Place::new();
    let document = place.run(&["openapi"]).ok();
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json")).unwrap();
    assert_eq!(document.trim_end(), kept.trim_end());
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(!place.path("rift-data").exists(), "it makes nothing");
}

#[test]
fn help_and_version_need_nothing_either() {
    let place = Place::new();
    let help = place.run(&["--help"]).ok();
    for command in [
        "serve",
        "migrate",
        "check-config",
        "doctor",
        "healthcheck",
        "keyring",
        "org",
        "app",
        "key",
        "template",
        "member",
        "audit",
    ] {
        assert!(help.contains(command), "{command} in {help}");
    }
    assert!(place.run(&["--version"]).ok().contains(env!("CARGO_PKG_VERSION")));
    assert!(!place.path("rift-data").exists());
}
