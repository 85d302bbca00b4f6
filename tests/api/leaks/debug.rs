//! What `Debug` prints of types that hold something secret.

use std::fmt::Debug;

use rift_mfa::clock::Clock;
use rift_mfa::clock::{Chance, OsChance};
use rift_mfa::domain::code::{BackupCode, ShortCode};
use rift_mfa::domain::contact::User;
use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::domain::secret::ApiKey;
use rift_mfa::domain::tenant::{Mode, Scope};
use rift_mfa::http::form::{Field, parse_body};
use rift_mfa::keyring::{KeyRing, Row, SealedTable};
use rift_mfa::providers::smtp::{Smtp, SmtpSettings};
use rift_mfa::service::Reply;
use rift_mfa::service::answers::{Inbox, InboxMessage, Time};

use crate::harness::{On, TestApp};

#[track_caller]
fn hides(value: &dyn Debug, secrets: &[&str]) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        for secret in secrets {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn codes_keys_and_contacts_do_not_print_themselves() {
    let key = ApiKey::generate(Mode::Live, &mut *OsChance.rng());
    hides(&key, &[key.reveal(), &key.reveal()[8..]]);
    let code = ShortCode::generate(10, &mut *OsChance.rng());
    hides(&code, &[code.reveal()]);
    for code in BackupCode::generate_set(5, 13, &mut *OsChance.rng()) {
        hides(&code, &[&code.reveal(), &code.reveal()[2..]]);
    }
    let ring = KeyRing::generate(&mut *OsChance.rng());
    let text = ring.to_text();
    let secret =
        text.split(|c: char| c.is_whitespace() || "\"=:,".contains(c)).max_by_key(|word| word.len()).unwrap();
    assert!(secret.len() >= 40);
    hides(&ring, &[secret]);
    for contact in ["jane@example.com", "+4915112345678", "customer-42"] {
        hides(&User::parse_contact(contact).unwrap(), &[contact]);
    }
    hides(&User::parse_dual("jane@example.com:+4915112345678").unwrap(), &["jane@", "4915112345678"]);
}

#[test]
fn bodies_and_messages_do_not_print_themselves() {
    let mut envelope = Envelope::plain(Channel::Email, "jane@example.com", "It is 3141592653");
    envelope.html = Some("<b>3141592653</b>".into());
    envelope.code = Some("3141592653".into());
    envelope.action = Some("Pay jane@example.com".into());
    hides(&envelope, &["jane@example.com", "3141592653"]);
    let body = b"User=jane@example.com, Type=EMAIL, Code=3141592653";
    let form = parse_body(Some("application/x-www-form-urlencoded"), body, &Field::ALL).unwrap();
    hides(&form, &["jane@example.com", "3141592653"]);
    let settings = SmtpSettings {
        url: "smtp://user:hunter2@localhost:25?tls=none".to_owned().into(),
        from: "Acme <no-reply@acme.example>".into(),
        ca_file: None,
        timeout: std::time::Duration::from_secs(1),
    };
    hides(&Smtp::new(settings).unwrap(), &["hunter2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_and_a_caller_do_not_print_themselves() {
    let app = TestApp::new(On::Sqlite).await;
    let vault = app.vault();
    let scope = Scope { app: app.one.app, mode: Mode::Test };
    let user = User::parse_contact("jane@example.com").unwrap();
    let sealed = vault.seal(
        Row { scope, user: None, table: SealedTable::Inbox, id: "1" },
        b"3141592653",
        &mut *OsChance.rng(),
    );
    hides(&vault, &["3141592653"]);
    hides(&sealed, &["3141592653"]);
    hides(&vault.user_key(scope, &user), &["jane"]);
    let caller = app.service.keys().authenticate(&app.key).await.unwrap();
    hides(&caller, &[&app.key, &app.key[12..]]);
}

/// An enrolment's answer holds the app's secret, and the inbox a code: a stray `{:?}` must not write them to a log.
#[test]
fn an_answer_with_a_secret_does_not_print_it() {
    let json = r#"{"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}"#.to_owned();
    hides(&Reply { json, replayed: false }, &["JBSWY3DPEHPK3PXP"]);
}

#[test]
fn an_inbox_does_not_print_its_codes() {
    let message = InboxMessage {
        id: "msg_1".into(),
        channel: "email".into(),
        to: "jane@example.com".into(),
        code: Some("3141592653".into()),
        text: "It is 3141592653".into(),
        created_at: Time(rift_mfa::clock::SystemClock.now()),
    };
    hides(&Inbox { data: vec![message] }, &["3141592653", "jane@example.com"]);
}
