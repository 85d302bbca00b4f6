//! The key ring: made once, never over another, and nothing runs without the right one.

use std::process::Stdio;

use crate::place::{Done, Place, Postgres, mode};

#[test]
fn a_new_ring_is_its_owners_alone_and_never_over_a_file() {
    let place = Place::new();
    let made = place.json(&["keyring", "new", "--out", "rings/one"]);
    assert_eq!(made["file"], "rings/one");
    assert_eq!(mode(&place.path("rings/one")), 0o600);
    assert_eq!(mode(&place.path("rings")), 0o700);
    let before = std::fs::read(place.path("rings/one")).unwrap();
    place.run(&["keyring", "new", "--out", "rings/one"]).fails(1, &["rings/one"]);
    assert_eq!(std::fs::read(place.path("rings/one")).unwrap(), before);
    let text = place.run(&["keyring", "new", "--out", "rings/two"]).ok();
    assert!(text.contains("RIFT_KEYRING__FILE=rings/two") && text.contains("copy"), "{text}");
    assert_ne!(std::fs::read(place.path("rings/two")).unwrap(), before);
    // What is printed holds nothing of what is in it.
    let words = String::from_utf8(before).unwrap();
    for word in words.split_whitespace().filter(|word| word.len() >= 20) {
        assert!(!text.contains(word));
    }
    place.run(&["keyring", "new"]).fails(2, &["--out"]);
}

#[test]
fn any_first_command_sets_the_embedded_database_up() {
    for words in [["org", "list"].as_slice(), &["key", "list"], &["app", "list"], &["migrate"], &["doctor"]] {
        let place = Place::new();
        place.run(words).ok();
        assert_eq!(mode(&place.path("rift-data")), 0o700, "{words:?}");
        assert_eq!(mode(&place.path("rift-data/keyring")), 0o600, "{words:?}");
        assert!(place.path("rift-data/rift.db").exists());
        place.run(&["org", "list"]).ok();
    }
}

/// A script that starts the service and makes a key beside it does this.
#[test]
fn first_commands_at_once_set_one_database_up() {
    for _ in 0..3 {
        let place = Place::new();
        let mut commands: Vec<_> = (0..6).map(|_| place.command(&["org", "create", "Acme"])).collect();
        let running: Vec<_> = commands
            .iter_mut()
            .map(|command| command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
            .collect();
        for child in running {
            Done::from(child.wait_with_output().unwrap()).ok();
        }
        assert_eq!(place.json(&["org", "list"])["data"].as_array().unwrap().len(), 6);
    }
}

#[test]
fn a_missing_ring_is_not_made_anew_beside_rows() {
    let place = Place::new();
    place.run(&["org", "create", "Acme"]).ok();
    std::fs::rename(place.path("rift-data/keyring"), place.path("kept")).unwrap();
    for words in [["org", "list"].as_slice(), &["serve"], &["migrate"], &["key", "rotate-root"]] {
        place.run(words).fails(2, &["keyring.file", "rift-data/keyring", "bring back"]);
        assert!(!place.path("rift-data/keyring").exists(), "{words:?}");
    }
    std::fs::rename(place.path("kept"), place.path("rift-data/keyring")).unwrap();
    assert_eq!(place.json(&["org", "list"])["data"].as_array().unwrap().len(), 1);
}

#[test]
fn a_wrong_ring_is_told_apart() {
    let mut place = Place::new();
    place.run(&["org", "create", "Acme"]).ok();
    place.run(&["keyring", "new", "--out", "other"]).ok();
    place.set("RIFT_KEYRING__FILE", "other");
    for words in [["org", "list"].as_slice(), &["serve"], &["key", "rotate-root"]] {
        place.run(words).fails(2, &["keyring.file", "not the key ring"]);
    }
    place.write("broken", "this is no ring");
    std::fs::set_permissions(place.path("broken"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    place.set("RIFT_KEYRING__FILE", "broken");
    place.run(&["org", "list"]).fails(2, &["keyring.file", "broken", "not a key ring"]);
    place.set("RIFT_KEYRING__FILE", "rift-data/keyring");
    place.run(&["org", "list"]).ok();
}

#[test]
fn a_server_database_asks_for_a_ring_first() {
    let database = Postgres::new();
    let mut place = Place::new();
    place.set("DATABASE_URL", &database.url);
    for words in [["serve"].as_slice(), &["migrate"]] {
        place.run(words).fails(2, &["keyring.file", "rift-mfa keyring new --out"]);
    }
    assert!(!place.path("rift-data/keyring").exists());
    place.run(&["keyring", "new", "--out", "rift-data/keyring"]).ok();
    place.run(&["migrate"]).ok();
    place.run(&["org", "create", "Acme"]).ok();
    // Another ring is told apart there too.
    place.run(&["keyring", "new", "--out", "other"]).ok();
    place.set("RIFT_KEYRING__FILE", "other");
    place.run(&["org", "list"]).fails(2, &["not the key ring"]);
}
