//! POST /v1/providers/{provider}/status

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use rift_mfa::domain::message::Channel;
use rift_mfa::providers::twilio::TwilioReports;
use rift_mfa::providers::{Outcome, Reporter};
use serde_json::{Value, json};

use crate::harness::scripted::Scripted;
use crate::harness::{Answer, PUBLIC_URL, TestApp, on_both};

const TOKEN: &str = "a token of Twilio's";
const NUMBER: &str = "+14155552671";

/// A node whose text messages go to a provider named `twilio`, and which believes reports signed with [`TOKEN`].
async fn node(app: TestApp) -> (TestApp, Arc<Scripted>) {
    let twilio = Scripted::new("twilio");
    let reporters: Vec<Arc<dyn Reporter>> = vec![Arc::new(TwilioReports::new(vec![TOKEN.to_owned().into()]))];
    let app = app.with_channels(&[(Channel::Sms, &[&twilio]), (Channel::Voice, &[&twilio])], reporters);
    app.set(&[("countries", "*")]).await;
    (app, twilio)
}

fn signature(token: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let text = sorted.iter().fold(format!("{PUBLIC_URL}{path}"), |text, (name, value)| text + name + value);
    let mac = Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).unwrap().chain_update(text);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

fn report(path: &str, fields: &[(&str, &str)], signature: Option<&str>) -> Request<Body> {
    let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    if let Some(signature) = signature {
        request = request.header("x-twilio-signature", signature);
    }
    request.body(Body::from(serde_urlencoded::to_string(fields).unwrap())).unwrap()
}

const STATUS: &str = "/v1/providers/twilio/status";

async fn reported(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Answer {
    app.send(report(path, fields, Some(&signature(TOKEN, path, fields)))).await
}

/// A text message that was handed over: its challenge's id, its own id, and its id at the provider.
async fn handed_over(app: &mut TestApp, twilio: &Scripted) -> (String, String, String) {
    let sid = format!("SM{:032x}", twilio.given().len() + 1);
    twilio.then(Outcome::Sent { id: Some(sid.clone()) });
    let started = app.post("/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.ok();
    app.deliver().await;
    let message = twilio.given().last().unwrap().message.clone();
    (started["id"].as_str().unwrap().to_owned(), message, sid)
}

async fn delivery(app: &TestApp, id: &str) -> Value {
    app.get(&format!("/v1/mfa/{id}")).await.ok()["deliveries"][0].clone()
}

on_both! {
    async fn a_signed_report_moves_the_delivery(app: TestApp) {
        let (mut app, twilio) = node(app).await;
        for (word, status, reason) in
            [("delivered", "delivered", None), ("undelivered", "undelivered", Some("30003")), ("failed", "undelivered", Some("30003"))]
        {
            let (id, message, sid) = handed_over(&mut app, &twilio).await;
            assert_eq!(delivery(&app, &id).await["status"], "sent");
            app.advance(2);
            let path = format!("{STATUS}?message={message}");
            let mut fields = vec![("MessageSid", sid.as_str()), ("MessageStatus", word)];
            fields.extend(reason.map(|code| ("ErrorCode", code)));
            assert_eq!(reported(&app, &path, &fields).await.status, 204);
            let shown = delivery(&app, &id).await;
            assert_eq!((&shown["status"], shown["reason"].as_str()), (&json!(status), reason), "{shown:#}");
            assert!(shown["reported_at"].is_string());
            // Once more, and once later: nothing changes.
            app.advance(5);
            assert_eq!(reported(&app, &path, &fields).await.status, 204);
            assert_eq!(delivery(&app, &id).await, shown);
            app.advance(60);
        }
    }

    async fn the_providers_id_alone_finds_the_message(app: TestApp) {
        let (mut app, twilio) = node(app).await;
        let (id, _, sid) = handed_over(&mut app, &twilio).await;
        let fields = [("MessageSid", sid.as_str()), ("MessageStatus", "delivered")];
        assert_eq!(reported(&app, STATUS, &fields).await.status, 204);
        assert_eq!(delivery(&app, &id).await["status"], "delivered");
    }

    async fn a_report_that_is_not_signed_changes_nothing(app: TestApp) {
        let (mut app, twilio) = node(app).await;
        let (id, message, sid) = handed_over(&mut app, &twilio).await;
        let before = delivery(&app, &id).await;
        let path = format!("{STATUS}?message={message}");
        let fields = [("MessageSid", sid.as_str()), ("MessageStatus", "delivered")];
        let changed = [("MessageSid", sid.as_str()), ("MessageStatus", "undelivered")];
        let right = signature(TOKEN, &path, &fields);
        for (path, fields, signature) in [
            (path.as_str(), &fields, None),
            (&path, &fields, Some("")),
            (&path, &fields, Some("AAAA")),
            (&path, &fields, Some(signature("another", &path, &fields).as_str())),
            (&path, &changed, Some(right.as_str())),
            (STATUS, &fields, Some(right.as_str())),
        ] {
            let refused = app.send(report(path, fields, signature)).await;
            refused.fails(403, "invalid_signature");
        }
        assert_eq!(delivery(&app, &id).await, before);
    }

    async fn what_says_nothing_final_is_taken_and_changes_nothing(app: TestApp) {
        let (mut app, twilio) = node(app).await;
        let (id, message, sid) = handed_over(&mut app, &twilio).await;
        let before = delivery(&app, &id).await;
        let path = format!("{STATUS}?message={message}");
        for word in ["queued", "sending", "sent", "accepted"] {
            let fields = [("MessageSid", sid.as_str()), ("MessageStatus", word)];
            assert_eq!(reported(&app, &path, &fields).await.status, 204);
        }
        assert_eq!(delivery(&app, &id).await, before);
    }

    async fn unknown_messages_and_providers_are_absent(app: TestApp) {
        let (mut app, twilio) = node(app).await;
        let (id, message, _) = handed_over(&mut app, &twilio).await;
        let before = delivery(&app, &id).await;
        let fields = [("MessageSid", "SMffffffffffffffffffffffffffffffff"), ("MessageStatus", "delivered")];
        reported(&app, STATUS, &fields).await.fails(404, "not_found");
        reported(&app, "/v1/providers/%ff/status", &fields).await.fails(404, "not_found");
        // A message of ours, and a try that was not ours.
        reported(&app, &format!("{STATUS}?message={message}"), &fields).await.fails(404, "not_found");
        for path in ["/v1/providers/vonage/status", "/v1/providers/nobody/status"] {
            reported(&app, path, &fields).await.fails(404, "not_found");
        }
        assert_eq!(app.get(STATUS).await.status, 405);
        assert_eq!(delivery(&app, &id).await, before);
    }

    async fn a_report_that_overtakes_the_record_is_believed(app: TestApp) {
        let (mut app, twilio) = node(app).await;
        // The provider took it, and the node died before it could write that down.
        let started = app.post("/v1/mfa", &format!("User={NUMBER}, Type=SMS")).await.ok();
        let id = started["id"].as_str().unwrap();
        assert!(twilio.given().is_empty());
        let message: String = {
            let trace = app.get(&format!("/v1/mfa/{id}")).await.ok();
            assert_eq!(trace["deliveries"][0]["status"], "queued");
            app.only_message().await
        };
        let sid = format!("SM{:032x}", 1);
        let path = format!("{STATUS}?message={message}");
        let fields = [("MessageSid", sid.as_str()), ("MessageStatus", "delivered")];
        assert_eq!(reported(&app, &path, &fields).await.status, 204);
        assert_eq!(delivery(&app, id).await["status"], "delivered");
        // It is not sent again at its lease's end, and a late record does not make less of it.
        app.advance(60);
        app.deliver().await;
        assert_eq!(delivery(&app, id).await["status"], "delivered");
    }

    async fn a_body_over_64_kib_is_refused_before_its_signature_is_looked_at(app: TestApp) {
        let (app, _) = node(app).await;
        let long = "a".repeat(64 * 1024);
        reported(&app, STATUS, &[("MessageSid", &long)]).await.fails(413, "body_too_large");
    }
}
