//! The service as a process: its first words, its later ones, its end.

use serde_json::Value;

use crate::place::{Place, Postgres, mode};
use crate::served::{Served, ask};

/// The words of a line as a shell reads it; double quotes only, which is all that the greeting has.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

/// Does what a printed `curl` would do.
fn curl(line: &str) -> (u16, Value) {
    let words = words(line);
    let after = |flag: &str| {
        let at = words.iter().position(|word| word == flag);
        at.map(|at| words[at + 1].clone()).unwrap_or_default()
    };
    let url = words.iter().find(|word| word.starts_with("http://")).unwrap();
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let port = host.split_once(':').unwrap().1.parse().unwrap();
    let key = after("-H").trim_start_matches("Authorization: Bearer ").to_owned();
    let method = if after("-X").is_empty() { "GET".to_owned() } else { after("-X") };
    ask(port, &method, &format!("/{path}"), &key, &after("-d")).unwrap()
}

#[test]
fn the_first_start_prints_three_lines_that_work() {
    let place = Place::new();
    let served = Served::start(&place);
    let said = served.said_with("Code=424242");
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 3, "{said}");
    let [sent, read, verified] = [curl(lines[0]), curl(lines[1]), curl(lines[2])];
    assert_eq!((sent.0, &sent.1["status"]), (200, &"pending".into()), "{}", sent.1);
    assert_eq!((read.0, &read.1["data"][0]["code"]), (200, &"424242".into()), "{}", read.1);
    assert_eq!((verified.0, &verified.1["status"]), (200, &"approved".into()), "{}", verified.1);

    let link = said.lines().find_map(|line| line.trim().strip_prefix("Sign in")).expect("a link").trim();
    let path = format!("/{}", link.trim_start_matches("http://").split_once('/').unwrap().1);
    assert!(path.starts_with("/dashboard/link/lnk_"), "{said}");
    let (status, page) = ask(served.api, "GET", &path, "", "").unwrap();
    assert!(status == 200 && page.as_str().unwrap().contains("Demo"), "{status} {page}");
    let log = served.said_with("/dashboard/link/{");
    assert_eq!(log.matches(&path[20..]).count(), 1, "the log repeats the link: {log}");

    for (path, shown) in [("/docs", "<html"), ("/docs/api/", "<html"), ("/openapi.json", "")] {
        let (status, page) = ask(served.api, "GET", path, "", "").unwrap();
        assert_eq!(status, 200, "{path}");
        assert!(page.as_str().is_none_or(|page| page.to_lowercase().contains(shown)), "{path}");
    }
    assert_eq!(mode(&place.path("rift-data")), 0o700);
    assert_eq!(mode(&place.path("rift-data/keyring")), 0o600);
    let (status, ready) = ask(served.ops, "GET", "/readyz", "", "").unwrap();
    assert_eq!((status, &ready["status"]), (200, &"ready".into()), "{ready}");
    let (status, figures) = ask(served.ops, "GET", "/metrics", "", "").unwrap();
    assert!(status == 200 && figures.as_str().unwrap().contains("rift_http_request_seconds"), "{figures}");
    let key = words(lines[0])[5].trim_start_matches("Authorization: Bearer ").to_owned();
    assert!(key.starts_with("sk_test_"));

    // A later start shows no key, and what was made is still there.
    assert_eq!(served.terminate().code(), Some(0));
    let served = Served::start(&place);
    let said = served.said_with("key create --app app_");
    assert!(!said.contains("sk_test_") && !said.contains("lnk_"), "{said}");
    served.said_with("rift-mfa member invite EMAIL --org org_");
    assert_eq!(served.get_ok(&key, "/v1/mfa")["data"].as_array().unwrap().len(), 1);
    assert_eq!(served.terminate().code(), Some(0));
}

#[test]
fn the_log_has_a_line_a_request_and_no_contact_code_or_key() {
    let place = Place::new();
    let app = place.application();
    let key = place.key(&app);
    let served = Served::start(&place);
    served.post_ok(&key, "/v1/mfa", "User=jane.log@example.com, Type=EMAIL");
    let inbox = served.get_ok(&key, "/v1/test/inbox?User=jane.log@example.com");
    let code = inbox["data"][0]["code"].as_str().unwrap();
    served.post_ok(&key, "/v1/mfa/verify", &format!("User=jane.log@example.com, Type=EMAIL, Code={code}"));
    served.get(&key, "/v1/mfa/jane.log@example.com");
    let log = served.said_with("/v1/mfa/{id}");
    for part in ["/v1/mfa/verify", "status=200", "req_", &app] {
        assert!(log.contains(part), "no {part} in {log}");
    }
    assert!(!log.contains("jane.log@") && !log.contains(&key), "{log}");
    let verified = log.lines().find(|line| line.contains("/v1/mfa/verify")).unwrap();
    assert!(!verified.split(|c: char| !c.is_ascii_digit()).any(|word| word == code), "{verified}");
}

#[test]
fn sigterm_ends_it_at_once_when_nothing_is_under_way() {
    let place = Place::new();
    let served = Served::start(&place);
    let (api, ops) = (served.api, served.ops);
    let begun = std::time::Instant::now();
    assert_eq!(served.terminate().code(), Some(0));
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    for port in [api, ops] {
        assert!(ask(port, "GET", "/", "", "").is_err());
    }
}

#[test]
fn a_port_that_is_taken_is_named_and_nothing_is_made() {
    let mut place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    place.set("RIFT_HTTP__LISTEN", &taken.local_addr().unwrap().to_string());
    place.set("RIFT_HTTP__OPS_LISTEN", "127.0.0.1:0");
    place.run(&["serve"]).fails(2, &["http.listen", &taken.local_addr().unwrap().to_string()]);
    assert!(!place.path("rift-data").exists());
}

#[test]
fn a_key_that_is_revoked_beside_the_service_stops_within_a_second() {
    let place = Place::new();
    let app = place.application();
    let made = place.json(&["key", "create", "--app", &app, "--mode", "test"]);
    let (id, key) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let served = Served::start(&place);
    served.get_ok(key, "/v1/mfa");
    place.json(&["key", "revoke", id]);
    let revoked = std::time::Instant::now();
    loop {
        let asked = revoked.elapsed();
        let (status, answer) = served.get(key, "/v1/mfa");
        if status == 401 {
            assert_eq!(answer["error"]["code"], "invalid_api_key");
            break;
        }
        assert!(asked < std::time::Duration::from_secs(1), "it works after {asked:?}");
    }
}

fn empty_database() -> (Postgres, Place) {
    let database = Postgres::new();
    let mut place = Place::new();
    place.set("DATABASE_URL", &database.url);
    place.run(&["keyring", "new", "--out", "rift-data/keyring"]).ok();
    (database, place)
}

#[test]
fn two_servers_that_start_at_once_on_an_empty_database_both_come_up() {
    // A race shows in one of a few rounds.
    for _ in 0..3 {
        let (_database, place) = empty_database();
        let (first, second) = (Served::begin(&place), Served::begin(&place));
        let (_first, _second) = (first.up(), second.up());
    }
    let (_database, place) = empty_database();
    let (first, second) = (Served::begin(&place), Served::begin(&place));
    let (first, second) = (first.up(), second.up());
    let app = place.application();
    let key = place.key(&app);
    // One is told the code, the other takes it.
    first.post_ok(&key, "/v1/mfa", "User=jane@example.com, Type=EMAIL");
    let inbox = second.get_ok(&key, "/v1/test/inbox?User=jane@example.com");
    let code = inbox["data"][0]["code"].as_str().unwrap();
    let verify = format!("User=jane@example.com, Type=EMAIL, Code={code}");
    assert_eq!(second.post_ok(&key, "/v1/mfa/verify", &verify)["status"], "approved");
    assert_eq!(first.post(&key, "/v1/mfa/verify", &verify).0, 401);
    assert_eq!(first.terminate().code(), Some(0));
    assert_eq!(second.terminate().code(), Some(0));
}
