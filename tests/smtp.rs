//! The SMTP provider against a scripted server.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

#[path = "support/smtp.rs"]
mod sink;

use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::domain::template::TemplateBook;
use rift_mfa::providers::guard::{Guard, Lookup};
use rift_mfa::providers::smtp::{Smtp, SmtpSettings};
use rift_mfa::providers::{Outcome, Provider};
use rift_mfa::service::compose::{CodeMessage, code_message};
use sink::{Behaviour, SmtpSink};

fn provider(url: String) -> Smtp {
    Smtp::new(SmtpSettings {
        url: url.into(),
        from: "Acme <no-reply@acme.example>".into(),
        ca_file: None,
        timeout: Duration::from_millis(600),
    })
    .unwrap()
}

fn mail(to: &str) -> Envelope {
    let message = CodeMessage {
        channel: Channel::Email,
        app_name: "Acme",
        to,
        locale: "en",
        default_locale: "en",
        own: &TemplateBook::default(),
        domain: None,
        code: "031415",
        valid_minutes: 5,
        action: None,
    };
    code_message(message).envelope
}

fn code(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Sent { id } => ("sent", id.as_deref().unwrap_or_default()),
        Outcome::Retry { reason, .. } => ("retry", &reason.code),
        Outcome::Declined { reason } | Outcome::Refused { reason } => ("refused", &reason.code),
    }
}

#[tokio::test]
async fn a_mail_arrives_whole_and_the_connection_is_kept() {
    let sink = SmtpSink::start().await;
    let smtp = provider(sink.url("user", "p%40ss"));
    for n in 1..=3 {
        let outcome = smtp.send(&format!("msg_{n}"), &mail("jane@example.com")).await;
        assert_eq!(code(&outcome), ("sent", format!("SINK{n}").as_str()));
    }
    let received = sink.wait_for(3).await;
    assert_eq!(received[0].to, "jane@example.com");
    assert!(received[0].data.contains("Message-ID: <msg_1@acme.example>\r\n"));
    assert!(received[0].data.contains("\r\n031415\r\n"));
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn a_line_with_a_dot_ends_nothing() {
    let sink = SmtpSink::start().await;
    let mut dotted = mail("jane@example.com");
    dotted.text = "before\n.\n..\n.hidden\nMAIL FROM:<eve@example.com>\nafter".into();
    dotted.html = None;
    assert_eq!(code(&provider(sink.url("", "")).send("msg_1", &dotted).await).0, "sent");
    let received = sink.received();
    assert_eq!(received.len(), 1);
    let (_, body) = received[0].data.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.trim_end(), dotted.text.replace('\n', "\r\n"));
}

#[tokio::test]
async fn a_refused_recipient_is_final_and_costs_no_connection() {
    let sink = SmtpSink::start().await;
    sink.refuse("refused@example.com");
    let smtp = provider(sink.url("", ""));
    for _ in 0..2 {
        let outcome = smtp.send("msg_1", &mail("refused@example.com")).await;
        assert_eq!(code(&outcome), ("refused", "550 5.1.1"));
        assert!(!format!("{outcome:?}").contains("example.com"), "{outcome:?}");
    }
    assert_eq!(code(&smtp.send("msg_2", &mail("jane@example.com")).await).0, "sent");
    assert_eq!((sink.received().len(), sink.connections()), (1, 1));
}

#[tokio::test]
async fn each_misbehaviour_has_its_name() {
    for (behaviour, kind, name, delivered) in [
        (Behaviour::RefuseAuth, "retry", "authentication_failed", 0),
        (Behaviour::Busy, "retry", "421 4.3.2", 0),
        (Behaviour::Hang, "retry", "timeout", 0),
        (Behaviour::HangAtData, "retry", "timeout", 0),
        (Behaviour::HangAfterData, "retry", "timeout", 0),
        (Behaviour::Drop, "retry", "connection_failed", 0),
        (Behaviour::DropAfterData, "retry", "connection_failed", 0),
        (Behaviour::KeepAndDrop, "retry", "connection_failed", 1),
        (Behaviour::Greylist, "retry", "450 4.2.0", 0),
        (Behaviour::RejectContent, "refused", "554 5.7.1", 0),
        (Behaviour::OutOfTurn, "retry", "protocol_error", 0),
    ] {
        let sink = SmtpSink::start().await;
        sink.behave(behaviour);
        let smtp = provider(sink.url("user", "pass"));
        let begun = Instant::now();
        let outcome = smtp.send("msg_1", &mail("jane@example.com")).await;
        assert_eq!(code(&outcome), (kind, name), "{behaviour:?}");
        assert!(begun.elapsed() < Duration::from_millis(900), "{behaviour:?}");
        assert_eq!(sink.received().len(), delivered, "{behaviour:?}");
        // And once the server is well again, so are we: at once, and each mail is its own.
        sink.behave(Behaviour::Accept);
        for to in ["second@example.com", "third@example.com"] {
            assert_eq!(code(&smtp.send("msg_2", &mail(to)).await).0, "sent", "after {behaviour:?}");
            assert_eq!(sink.received().last().unwrap().to, to, "after {behaviour:?}");
        }
    }
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced() {
    let sink = SmtpSink::start().await;
    let url = sink.url("", "");
    let smtp = provider(url.clone());
    assert_eq!(code(&smtp.send("msg_1", &mail("jane@example.com")).await).0, "sent");
    drop(sink);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let outcome = smtp.send("msg_2", &mail("jane@example.com")).await;
    assert_eq!(code(&outcome), ("retry", "connection_failed"));
}

#[tokio::test]
async fn many_at_once_arrive_each_once() {
    let sink = SmtpSink::start().await;
    let smtp = Arc::new(provider(sink.url("user", "pass")));
    let mut sends = tokio::task::JoinSet::new();
    for n in 0..50 {
        let smtp = Arc::clone(&smtp);
        sends.spawn(async move { smtp.send(&format!("msg_{n}"), &mail(&format!("u{n}@example.com"))).await });
    }
    for outcome in sends.join_all().await {
        assert_eq!(code(&outcome).0, "sent");
    }
    let mut to: Vec<String> = sink.wait_for(50).await.into_iter().map(|mail| mail.to).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 50);
}

#[tokio::test]
async fn without_encryption_on_offer_nothing_is_said() {
    let sink = SmtpSink::start().await;
    let smtp = provider(sink.url("user", "pass").replace("?tls=none", ""));
    let outcome = smtp.send("msg_1", &mail("jane@example.com")).await;
    assert_eq!(code(&outcome), ("retry", "tls_failed"));
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn check_logs_in_and_sends_nothing() {
    let sink = SmtpSink::start().await;
    assert_eq!(code(&provider(sink.url("user", "pass")).check().await).0, "sent");
    sink.behave(Behaviour::RefuseAuth);
    let outcome = provider(sink.url("user", "pass")).check().await;
    assert_eq!(code(&outcome), ("retry", "authentication_failed"));
    assert!(sink.received().is_empty());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The SMTP library can log both sides of a dialogue; even the loudest log must show nothing of it.
#[tokio::test]
async fn the_log_has_no_code_address_or_password() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log works");
    let sink = SmtpSink::start().await;
    sink.refuse("refused@example.com");
    let smtp = provider(sink.url("user", "hunter2"));
    let _ = smtp.send("msg_1", &mail("jane@example.com")).await;
    let _ = smtp.send("msg_2", &mail("refused@example.com")).await;
    assert_eq!(sink.received().len(), 1);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log works"));
    // The password also as AUTH PLAIN sends it: base64 of NUL user NUL password.
    for secret in ["031415", "example.com", "hunter2", "AHVzZXIAaHVudGVyMg"] {
        assert!(!log.contains(secret), "{secret} in\n{log}");
    }
}

/// Says that every name is this machine.
struct Here;

#[async_trait::async_trait]
impl Lookup for Here {
    async fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

#[tokio::test]
async fn a_tenants_server_is_connected_to_where_the_guard_lets_one_go() {
    let sink = SmtpSink::start().await;
    let port = sink.url("", "").replace("smtp://127.0.0.1:", "").replace("?tls=none", "");
    let guarded = |url: String, allowed: &[&str]| {
        let allowed: Vec<_> = allowed.iter().map(|network| network.parse().unwrap()).collect();
        let settings = SmtpSettings {
            url: url.into(),
            from: "Acme <no-reply@acme.example>".into(),
            ca_file: None,
            timeout: Duration::from_millis(600),
        };
        Smtp::guarded(settings, Guard::with_lookup(&allowed, Arc::new(Here))).unwrap()
    };
    for url in [
        sink.url("", ""),
        format!("smtp://localhost:{port}?tls=none"),
        format!("smtp://mail.example:{port}"),
        format!("smtps://mail.example:{port}"),
    ] {
        let smtp = guarded(url.clone(), &["10.0.0.0/8"]);
        assert_eq!(
            code(&smtp.send("msg_1", &mail("jane@example.com")).await),
            ("retry", "address_not_allowed"),
            "{url}"
        );
        assert_eq!(code(&smtp.check().await), ("retry", "address_not_allowed"), "{url}");
    }
    assert_eq!(sink.connections(), 0);
    for url in [sink.url("user", "pass"), format!("smtp://localhost:{port}?tls=none")] {
        let smtp = guarded(url, &["127.0.0.0/8"]);
        assert_eq!(code(&smtp.send("msg_1", &mail("jane@example.com")).await).0, "sent");
    }
    // The name is looked up by the guard alone, and the TLS that it must have is tried at the address found.
    let smtp = guarded(format!("smtp://mail.example:{port}"), &["127.0.0.0/8"]);
    assert_eq!(code(&smtp.send("msg_1", &mail("jane@example.com")).await), ("retry", "tls_failed"));
    assert_eq!((sink.received().len(), sink.connections()), (2, 3));
}

#[tokio::test]
async fn of_a_tenants_server_that_never_ends_its_line_little_is_read() {
    use tokio::io::AsyncWriteExt;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let flood = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut sent = 0_usize;
        let line = [b'2'; 65_536];
        // Up to where it would be believed that there is no end.
        while sent < 256 << 20 && stream.write_all(&line).await.is_ok() {
            sent += line.len();
        }
        sent
    });
    let settings = SmtpSettings {
        url: url.into(),
        from: "Acme <no-reply@acme.example>".into(),
        ca_file: None,
        timeout: Duration::from_secs(20),
    };
    let allowed = ["127.0.0.0/8".parse().unwrap()];
    let smtp = Smtp::guarded(settings, Guard::with_lookup(&allowed, Arc::new(Here))).unwrap();
    let outcome = smtp.send("msg_1", &mail("jane@example.com")).await;
    assert_eq!(code(&outcome).0, "retry");
    drop(smtp);
    // What the sockets on both sides hold, and no more.
    let sent = flood.await.unwrap();
    assert!(sent < 32 << 20, "{sent} bytes were taken");
}
