//! Live mode over a real SMTP dialogue: what arrives, what is told of it, and what is never sent.

use std::sync::Arc;
use std::time::Duration;

use rift_mfa::providers::Provider;
use rift_mfa::providers::smtp::{Smtp, SmtpSettings};
use serde_json::Value;

use crate::harness::{Answer, TestApp, on_both};
use crate::smtp::{Behaviour, Received, SmtpSink};

#[path = "delivery/backup.rs"]
mod backup;
#[path = "delivery/channels.rs"]
mod channels;
#[path = "delivery/failing.rs"]
mod failing;
#[path = "delivery/late.rs"]
mod late;
#[path = "delivery/stopping.rs"]
mod stopping;

fn smtp(url: String) -> Arc<dyn Provider> {
    let settings = SmtpSettings {
        url: url.into(),
        from: "Acme <no-reply@acme.example>".into(),
        ca_file: None,
        timeout: Duration::from_secs(5),
    };
    Arc::new(Smtp::new(settings).unwrap())
}

/// A node whose live mail goes to this server.
async fn over(app: TestApp, sinks: &[&SmtpSink]) -> TestApp {
    // Live mail is what these tests are about: requests without a key of their own use the live one.
    let mut app = app.with_mail(sinks.iter().map(|sink| smtp(sink.url("user", "pass"))).collect());
    app.key = app.one.live_key.clone();
    app
}

/// A server that is not there.
async fn gone() -> Arc<dyn Provider> {
    let url = SmtpSink::start().await.url("", "");
    smtp(url)
}

async fn start(app: &TestApp) -> String {
    let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    assert_eq!((&started["livemode"], &started["deliveries"][0]["status"]), (&true.into(), &"queued".into()));
    started["id"].as_str().unwrap().to_owned()
}

async fn verify(app: &TestApp, code: &str) -> Answer {
    app.verify("jane@example.com", "EMAIL", code).await
}

/// The one delivery of a challenge.
async fn told(app: &TestApp, id: &str) -> Value {
    let trace = app.get(&format!("/v1/mfa/{id}")).await.ok();
    assert_eq!(trace["deliveries"].as_array().unwrap().len(), 1);
    trace["deliveries"][0].clone()
}

/// Provider, status and reason of each try.
fn tries(delivery: &Value) -> Vec<(&str, &str, &str)> {
    delivery["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default();
            (text("provider"), text("status"), text("reason"))
        })
        .collect()
}

/// The code in a mail: the one line that is digits alone.
fn code_in(mail: &Received) -> String {
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail.data.lines().find(is_code).expect("a code in the mail").to_owned()
}

/// The backup codes in a mail, from its plain text.
pub fn codes_in(mail: &Received) -> Vec<String> {
    let is_code = |word: &&str| {
        word.len() >= 14
            && word.chars().nth(1) == Some('-')
            && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || byte.is_ascii_uppercase())
    };
    mail.data.split_whitespace().filter(is_code).map(str::to_owned).collect()
}

on_both! {
    async fn the_code_arrives_and_verifies(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        let started = app.post("/v1/mfa", "User= Jane@Example.com , Type=EMAIL").await.ok();
        let id = started["id"].as_str().unwrap();
        assert_eq!(started["deliveries"][0]["to"], "j•••@example.com");
        assert_eq!(app.deliver().await, 1);
        let mail = &sink.received()[0];
        assert_eq!(mail.to, "jane@example.com", "a message goes to the address that was looked up");
        assert!(mail.data.contains("Acme Shop"), "{}", mail.data);
        let delivery = told(&app, id).await;
        assert_eq!(delivery["status"], "sent");
        assert_eq!(delivery["attempts"][0]["provider"], "smtp");
        assert_eq!(delivery["attempts"][0]["status"], "sent");
        assert_eq!(delivery["attempts"][0]["provider_id"], "SINK1");
        let approved = verify(&app, &code_in(mail)).await.ok();
        assert_eq!((&approved["status"], &approved["livemode"]), (&"approved".into(), &true.into()));
        assert_eq!(app.deliver().await, 0);
        assert_eq!(sink.received().len(), 1);
    }

    async fn live_mode_has_no_magic(app: TestApp) {
        let sink = SmtpSink::start().await;
        let mut app = over(app, &[&sink]).await;
        app.post("/v1/mfa", "User=jane@test.rift.dev, Type=EMAIL").await.ok();
        app.deliver().await;
        assert_eq!(sink.received().len(), 1);
        let code = code_in(&sink.received()[0]);
        if code != "424242" {
            app.verify("jane@test.rift.dev", "EMAIL", "424242").await.fails(401, "invalid_code");
        }
        app.verify("jane@test.rift.dev", "EMAIL", &code).await.ok();
    }

    async fn without_a_provider_nothing_is_begun(app: TestApp) {
        let live = app.one.live_key.clone();
        for path in ["/v1/mfa", "/v1/mfa/backup"] {
            let answer = app.post_as(&live, path, "User=jane@example.com, Type=EMAIL").await;
            answer.fails(503, "provider_not_configured");
            assert!(answer.body["error"]["fix"].as_str().unwrap().contains("providers.email"));
        }
        let list = app.get_as(&live, "/v1/mfa").await.ok();
        assert_eq!(list["data"].as_array().unwrap().len(), 0);
    }

    async fn a_refused_recipient_fails_for_good(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.refuse("jane@example.com");
        let mut app = over(app, &[&sink]).await;
        let id = start(&app).await;
        app.deliver().await;
        let delivery = told(&app, &id).await;
        assert_eq!((&delivery["status"], &delivery["reason"]), (&"failed".into(), &"550 5.1.1".into()));
        assert_eq!(tries(&delivery), [("smtp", "refused", "550 5.1.1")]);
        assert!(!delivery.to_string().contains("jane@example.com"));
        app.advance(120);
        assert_eq!(app.deliver().await, 0, "a refusal is not tried again");
    }

    async fn a_wrong_password_is_tried_again(app: TestApp) {
        let sink = SmtpSink::start().await;
        sink.behave(Behaviour::RefuseAuth);
        let mut app = over(app, &[&sink]).await;
        let id = start(&app).await;
        app.deliver().await;
        let delivery = told(&app, &id).await;
        assert_eq!(delivery["status"], "queued");
        assert_eq!(tries(&delivery), [("smtp", "retry", "authentication_failed")]);
        sink.behave(Behaviour::Accept);
        app.advance(3);
        app.deliver().await;
        let delivery = told(&app, &id).await;
        assert_eq!(delivery["status"], "sent");
        verify(&app, &code_in(&sink.received()[0])).await.ok();
    }

    async fn a_server_that_is_down_keeps_no_start_waiting(app: TestApp) {
        let mut app = app.with_mail(vec![gone().await]);
        app.key = app.one.live_key.clone();
        let id = start(&app).await;
        assert_eq!(tries(&told(&app, &id).await), []);
        app.deliver().await;
        let delivery = told(&app, &id).await;
        assert_eq!(delivery["status"], "queued");
        assert_eq!(tries(&delivery), [("smtp", "retry", "connection_failed")]);
    }

    async fn the_second_provider_takes_over_in_the_same_round(app: TestApp) {
        let sink = SmtpSink::start().await;
        for first in [gone().await, smtp(sink.url("", "").replace("?tls=none", ""))] {
            app = app.with_mail(vec![first, smtp(sink.url("", ""))]);
            app.key = app.one.live_key.clone();
            let before = sink.received().len();
            let id = start(&app).await;
            app.deliver().await;
            let delivery = told(&app, &id).await;
            assert_eq!(delivery["status"], "sent", "{delivery:#}");
            let statuses: Vec<_> = tries(&delivery).into_iter().map(|(_, status, _)| status).collect();
            assert_eq!(statuses, ["retry", "sent"]);
            assert_eq!(sink.received().len(), before + 1);
            verify(&app, &code_in(&sink.received()[before])).await.ok();
        }
    }
}
