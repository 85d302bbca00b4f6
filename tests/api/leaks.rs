//! No code, secret, key or address of an end user stands in plain text anywhere: not in the database's files or rows, not
//! in the loudest log, not in an error, not in what `Debug` prints.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rift_mfa::domain::message::Channel;
use rift_mfa::providers::smtp::{Smtp, SmtpSettings};
use serde_json::json;
use sqlx::{Connection, Row};
use tracing_subscriber::layer::{Layer, SubscriberExt};

use crate::delivery::codes_in;
use crate::harness::{TestApp, on_both};
use crate::smtp::SmtpSink;

#[path = "leaks/debug.rs"]
mod debug;
#[path = "leaks/numbers.rs"]
mod numbers;

/// What every crate says, down to TRACE, while it is recorded.
#[derive(Clone, Default)]
struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    recording: Arc<AtomicBool>,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The process's one log: requests run on threads of their own, which a log of the test's thread would not hear.
fn record() -> Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Log::default();
        let (writer, recording) = (log.clone(), Arc::clone(&log.recording));
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let gate =
            tracing_subscriber::filter::dynamic_filter_fn(move |_, _| recording.load(Ordering::SeqCst));
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(gate));
        tracing::subscriber::set_global_default(subscriber).expect("no other log in this process");
        log
    });
    log.recording.store(true, Ordering::SeqCst);
    log.clone()
}

/// Words that must not be found, each with what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, text: &str) {
        assert!(text.len() >= 8, "too short to be told from chance: {what}");
        self.0.push((what, text.to_owned()));
    }

    fn backup(&mut self, codes: &[String]) {
        assert!(!codes.is_empty());
        for code in codes {
            self.add("a backup code", code);
            self.add("a backup code without dashes", &code.replace('-', ""));
            // The index character is public; the secret part is not.
            self.add("a backup code's secret", &code.replace('-', "")[1..]);
        }
    }

    fn are_not_in(&self, place: &str, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "{place} is empty");
        for (what, secret) in &self.0 {
            let forms = [secret.clone(), secret.to_lowercase(), secret.to_uppercase(), hex(secret)];
            for form in forms {
                let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
                assert!(!found, "{what} stands in {place}");
            }
        }
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Every row of every table as text.
async fn rows(url: &str) -> String {
    let mut db = sqlx::PgConnection::connect(url).await.unwrap();
    let tables = sqlx::query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
    let tables = tables.fetch_all(&mut db).await.unwrap();
    assert!(tables.len() > 10);
    let mut all = String::new();
    for table in tables {
        let table: String = table.get(0);
        let select = sqlx::AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t"));
        for row in sqlx::query(select).fetch_all(&mut db).await.unwrap() {
            all.push_str(&row.get::<String, _>(0));
            all.push('\n');
        }
    }
    all
}

/// Whatever the database is made of.
async fn kept(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = app.folder() else {
        return vec![("the rows".into(), rows(app.database_url()).await.into_bytes())];
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> =
        files.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect();
    assert!(
        files.iter().any(|(name, _)| name.ends_with("rift.db-wal")),
        "{:?}",
        files.iter().map(|f| &f.0).collect::<Vec<_>>()
    );
    files.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect()
}

/// A user who gets a code, uses it wrongly and rightly, and has an app and backup codes; in test mode.
async fn test_mode(app: &mut TestApp, secrets: &mut Secrets, errors: &mut String) {
    let user = "jane.leak-4711@leak.example";
    for address in [
        user,
        "Jane.Leak-4711@Leak.Example",
        "kim.leak-4712@leak.example",
        "+4915112347799",
        "opaque-leak-4713",
        "label-leak-4719@example.com",
    ] {
        secrets.add("a contact", address);
    }
    secrets.add("an address's local part", "jane.leak-4711");
    app.post_once(
        "idem-leak-4714",
        "/v1/mfa",
        &format!("User={user}, Type=EMAIL, Action=Pay 4715 EUR to Bob"),
    )
    .await
    .ok();
    secrets.add("an idempotency key", "idem-leak-4714");
    secrets.add("an action", "Pay 4715 EUR to Bob");
    let code = app.last_code(user).await;
    assert_eq!(code.len(), 10);
    secrets.add("a code", &code);
    let mut wrong: Vec<char> = code.chars().collect();
    wrong[0] = if wrong[0] == '1' { '2' } else { '1' };
    let wrong: String = wrong.into_iter().collect();
    secrets.add("a guess", &wrong);
    for body in [
        format!("User={user}, Type=EMAIL, Code={wrong}"),
        format!("User={user}, Type=EMAIL, Code={code}x"),
        format!("User={user}, Type=EMAIL, Code={code}, Id=x"),
        format!("User={user} x, Type=EMAIL, Code={code}"),
        format!("User={user}, Type=EMAIL, Code={code}, {code}=1"),
        format!("User={user}, Type={user}, Code={code}"),
        format!("User={user}, Type=EMAIL, Code={code}, Reference={}", code.repeat(20)),
        format!("User={user}&Type=EMAIL&{code}"),
        format!("{{\"User\": \"{user}\", \"Code\": \"{code}\""),
    ] {
        let answer = app.post("/v1/mfa/verify", &body).await;
        assert!(answer.status.is_client_error(), "{body}");
        errors.push_str(&answer.body.to_string());
    }
    let right = format!("User={user}, Type=EMAIL, Code={code}, Action=Pay 4715 EUR to Bob");
    app.post_once("idem-leak-4716", "/v1/mfa/verify", &right).await.ok();

    let started = app
        .post_once(
            "idem-leak-4717",
            "/v1/mfa",
            "User=opaque-leak-4713, Type=APP, Name=label-leak-4719@example.com",
        )
        .await
        .ok();
    let secret = started["secret"].as_str().unwrap().to_owned();
    secrets.add("an app's secret", &secret);
    app.verify("opaque-leak-4713", "APP", &app.totp(&secret, 0)).await.ok();
    secrets.add("an app's secret", &app.enrol("+4915112347799").await);
    app.verify("kim.leak-4712@leak.example", "APP", "123456").await.fails(401, "not_enrolled");

    app.issue_backup(user).await;
    let backup = app.backup_codes(user).await;
    secrets.backup(&backup);
    app.verify(user, "BACKUP", &backup[0]).await.ok();
    app.verify(user, "EMAIL", &backup[0].to_lowercase()).await.fails(401, "code_already_used");
    for path in [format!("/v1/mfa?User={user}"), format!("/v1/mfa/factors?User={user}")] {
        app.get(&path).await.ok();
    }
    errors.push_str(&app.get(&format!("/v1/{user}?key={}", app.key)).await.body.to_string());
    errors.push_str(&app.get_as(&format!("{}x", app.key), "/v1/mfa").await.body.to_string());
}

/// The same by live mail, one of them refused.
async fn live_mode(app: &mut TestApp, sink: &SmtpSink, secrets: &mut Secrets) {
    app.key.clone_from(&app.one.live_key);
    let user = "live.leak-4720@leak.example";
    secrets.add("a contact", user);
    secrets.add("a contact", "refused.leak-4721@leak.example");
    sink.refuse("refused.leak-4721@leak.example");
    app.post("/v1/mfa", "User=refused.leak-4721@leak.example, Type=EMAIL").await.ok();
    app.post("/v1/mfa", &format!("User={user}, Type=EMAIL")).await.ok();
    app.deliver().await;
    let mail = sink.received()[0].data.clone();
    let code =
        mail.lines().find(|line| line.len() == 10 && line.bytes().all(|b| b.is_ascii_digit())).unwrap();
    secrets.add("a live code", code);
    app.verify(user, "EMAIL", code).await.ok();
    app.advance(31);
    app.issue_backup(user).await;
    app.deliver().await;
    let backup = codes_in(&sink.received()[1]);
    secrets.backup(&backup);
    app.verify(user, "BACKUP", &backup[1]).await.ok();
    // One that stays queued, so that a sealed payload is looked at too.
    secrets.add("a contact", "queued.leak-4722@leak.example");
    app.post("/v1/mfa", "User=queued.leak-4722@leak.example, Type=EMAIL").await.ok();
}

on_both! {
    async fn nothing_secret_is_kept_or_told_in_plain_text(app: TestApp) {
        let log = record();
        let sink = SmtpSink::start().await;
        let settings = SmtpSettings {
            url: sink.url("mailer", "hunter-leak-4730").into(),
            from: "Acme <no-reply@acme.example>".into(),
            ca_file: None,
            timeout: Duration::from_secs(5),
        };
        let mut secrets = Secrets::default();
        let web = numbers::Sink::default();
        let mut channels = numbers::providers(&web, &mut secrets).await;
        channels.push((Channel::Email, Arc::new(Smtp::new(settings).unwrap())));
        let channels = channels.into_iter().map(|(channel, provider)| (channel, vec![provider]));
        let mut app = app.with_live(channels.collect(), Vec::new());
        app.set(&[("code.length", "10")]).await;
        let mut errors = String::new();
        secrets.add("the mail server's password", "hunter-leak-4730");
        for key in [&app.one.test_key, &app.one.live_key, &app.other.test_key, &app.other.live_key] {
            secrets.add("an API key", key);
        }
        test_mode(&mut app, &mut secrets, &mut errors).await;
        live_mode(&mut app, &sink, &mut secrets).await;
        numbers::live(&mut app, &web, &mut secrets).await;

        secrets.are_not_in("an error", errors.as_bytes());
        for (place, bytes) in kept(&app).await {
            secrets.are_not_in(&place, &bytes);
        }
        let said = log.text.lock().unwrap().clone();
        let text = String::from_utf8_lossy(&said);
        // It was heard at all, and down to the database's own statements.
        assert!(text.contains("/v1/mfa/verify") && text.contains("sqlx"), "the log was not recorded");
        secrets.are_not_in("the log", &said);
    }

    /// The one word that is stored as it was given, as the reference says.
    async fn a_reference_is_kept_as_it_is(app: TestApp) {
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL, Reference=order-leak-4799").await.ok();
        let trace = app.get(&format!("/v1/mfa/{}", started["id"].as_str().unwrap())).await.ok();
        assert_eq!((&trace["reference"], &trace["user"]), (&json!("order-leak-4799"), &json!("j•••@example.com")));
        let found = kept(&app).await.iter().any(|(_, bytes)| bytes.windows(15).any(|window| window == b"order-leak-4799"));
        assert!(found, "the search finds what is there");
    }
}
