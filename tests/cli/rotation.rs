//! `key rotate-root` beside a running service: what was sealed before opens after.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::place::{Place, Postgres};
use crate::served::Served;

/// The code of an app, some steps from now by the machine's clock, which the service uses.
#[expect(clippy::disallowed_methods, reason = "an app has no other clock")]
fn totp(secret: &str, steps: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(now.checked_add_signed(steps * 30).unwrap()).to_string()
}

fn inbox(served: &Served, key: &str, user: &str) -> Value {
    served.get_ok(key, &format!("/v1/test/inbox?User={user}"))
}

fn a_backup_code(message: &Value) -> String {
    let text = message["text"].as_str().unwrap();
    let is_code = |word: &&str| word.len() >= 14 && word.chars().nth(1) == Some('-');
    text.split_whitespace().find(is_code).unwrap().to_owned()
}

fn data_outlives_a_rotation(place: &Place) {
    place.run(&["migrate"]).ok();
    let app = place.application();
    let key = place.key(&app);
    let served = Served::start(place);

    let enrolling = served.post_ok(&key, "/v1/mfa", "User=jane-1, Type=APP");
    let secret = enrolling["secret"].as_str().unwrap();
    // The step before this one, so that this one can be used after.
    let confirm = format!("User=jane-1, Type=APP, Code={}", totp(secret, -1));
    assert_eq!(served.post_ok(&key, "/v1/mfa/verify", &confirm)["status"], "enrolled");
    let pending = served.post_ok(&key, "/v1/mfa", "User=jane@example.com, Type=EMAIL");
    let code = inbox(&served, &key, "jane@example.com")["data"][0]["code"].as_str().unwrap().to_owned();
    served.post_ok(&key, "/v1/mfa/backup", "User=kim@example.com, Type=EMAIL");
    let mail = inbox(&served, &key, "kim@example.com");

    let ring = std::fs::read(place.path("rift-data/keyring")).unwrap();
    let rotated = place.json(&["key", "rotate-root"]);
    assert!(rotated["rows"].as_u64().unwrap() >= 3, "{rotated}");
    assert_ne!(std::fs::read(place.path("rift-data/keyring")).unwrap(), ring);
    assert_eq!(crate::place::mode(&place.path("rift-data/keyring")), 0o600);

    let check = |served: &Served, user: &str, kind: &str, code: &str| {
        let body = format!("User={user}, Type={kind}, Code={code}");
        served.post_ok(&key, "/v1/mfa/verify", &body)["status"].as_str().unwrap().to_owned()
    };
    // The service that ran all the time.
    assert_eq!(inbox(&served, &key, "kim@example.com"), mail);
    assert_eq!(check(&served, "jane@example.com", "EMAIL", &code), "approved");
    assert_eq!(check(&served, "jane-1", "APP", &totp(secret, 0)), "approved");
    assert_eq!(check(&served, "kim@example.com", "BACKUP", &a_backup_code(&mail["data"][0])), "approved");
    let trace = served.get_ok(&key, &format!("/v1/mfa/{}", pending["id"].as_str().unwrap()));
    assert_eq!(trace["status"], "approved");
    assert!(served.terminate().success());

    // A service that starts after, on the new ring; an old ring alone opens nothing.
    let served = Served::start(place);
    assert_eq!(inbox(&served, &key, "kim@example.com"), mail);
    let (status, answer) = served.post(&key, "/v1/mfa", "User=jane-1, Type=APP, Enroll=true");
    assert_eq!((status, &answer["error"]["code"]), (403, &"proof_required".into()), "the factor is known");
    assert_eq!(check(&served, "jane-1", "APP", &totp(secret, 1)), "approved");
    drop(served);
    std::fs::write(place.path("old"), ring).unwrap();
    std::fs::set_permissions(place.path("old"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let old = place.command(&["org", "list"]).env("RIFT_KEYRING__FILE", "old").output().unwrap();
    assert_eq!(old.status.code(), Some(2));
}

#[test]
fn data_outlives_a_rotation_on_sqlite() {
    data_outlives_a_rotation(&Place::new());
}

#[test]
fn data_outlives_a_rotation_on_postgres() {
    let database = Postgres::new();
    let mut place = Place::new();
    place.set("DATABASE_URL", &database.url);
    place.run(&["keyring", "new", "--out", "rift-data/keyring"]).ok();
    data_outlives_a_rotation(&place);
}

#[test]
fn two_rotations_at_once_do_not_lose_each_others_key() {
    let place = Place::new();
    place.run(&["org", "create", "Acme"]).ok();
    let rotations: Vec<_> = (0..3)
        .map(|_| {
            let mut command = place.command(&["key", "rotate-root"]);
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let done: Vec<_> = rotations.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let refused = done.iter().filter(|done| !done.status.success()).count();
    assert!(refused < done.len(), "one of them goes through");
    for failed in done.iter().filter(|done| !done.status.success()) {
        assert!(String::from_utf8_lossy(&failed.stderr).contains("another rotation"), "{failed:?}");
    }
    assert!(
        place.run(&["org", "list"]).ok().contains("Acme"),
        "the database opens with the ring that is left"
    );
}
