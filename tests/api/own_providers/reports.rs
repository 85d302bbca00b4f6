//! Delivery reports of applications' own accounts: each counts for its own application, and only for what went that way.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use rift_mfa::domain::message::Channel;
use serde_json::json;

use super::{Two, number, twilio, two};
use crate::harness::{Answer, PUBLIC_URL, TestApp, on_both};

/// A report as Twilio signs it.
async fn report(app: &TestApp, path: &str, token: &str, fields: &[(&str, &str)]) -> Answer {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let text = sorted.iter().fold(format!("{PUBLIC_URL}{path}"), |text, (name, value)| text + name + value);
    let mac = Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).unwrap().chain_update(text);
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signature)
        .body(Body::from(serde_urlencoded::to_string(fields).unwrap()))
        .unwrap();
    app.send(request).await
}

/// The path of the report that was asked for with the newest message, and the message's id there.
fn asked_for(two: &Two) -> (String, String) {
    let request = two.server.last();
    let path = request.text("StatusCallback").strip_prefix(PUBLIC_URL).unwrap().to_owned();
    (path, format!("SM{:032x}", two.server.requests().len()))
}

on_both! {
    async fn a_report_counts_for_its_own_applications_messages_alone(app: TestApp) {
        let mut two = two(app).await;
        let (one, other) = (two.app.one.live_key.clone(), two.app.other.live_key.clone());
        two.app.put_own(two.app.one.app, Channel::Sms, json!([twilio("token-of-one")])).await;
        two.app.put_own(two.app.other.app, Channel::Sms, json!([twilio("token-of-other")])).await;
        let mine = two.sent(&one, &number(0)).await;
        let (path, sid) = asked_for(&two);
        let theirs = two.sent(&other, &number(0)).await;
        let (their_path, their_sid) = asked_for(&two);
        let message = |path: &str| path.split_once('?').unwrap().1.to_owned();
        let before = two.delivery(&other, &theirs).await;
        let fields = |sid| [("MessageSid", sid), ("MessageStatus", "undelivered")];

        // Signed with credentials of one's own, about another's message: by its id there, and by ours.
        let own = path.split_once('?').unwrap().0;
        let forged = report(&two.app, own, "token-of-one", &fields(&their_sid)).await;
        forged.fails(404, "not_found");
        let forged = format!("{own}?{}", message(&their_path));
        report(&two.app, &forged, "token-of-one", &fields(&their_sid)).await.fails(404, "not_found");
        // On the other's path the own signature is none, and on the operator's no tenant's is.
        report(&two.app, &their_path, "token-of-one", &fields(&their_sid)).await.fails(403, "invalid_signature");
        report(&two.app, "/v1/providers/twilio/status", "token-of-one", &fields(&sid)).await.fails(404, "not_found");
        assert_eq!(two.delivery(&other, &theirs).await, before);

        assert_eq!(report(&two.app, &their_path, "token-of-other", &fields(&their_sid)).await.status, 204);
        assert_eq!(two.delivery(&other, &theirs).await["status"], "undelivered");
        assert_eq!(two.delivery(&one, &mine).await["status"], "sent");
        let delivered = [("MessageSid", sid.as_str()), ("MessageStatus", "delivered")];
        assert_eq!(report(&two.app, &path, "token-of-one", &delivered).await.status, 204);
        assert_eq!(two.delivery(&one, &mine).await["status"], "delivered");

        // Credentials that were put away sign nothing any more, and new ones sign at once.
        two.app.put_own(two.app.one.app, Channel::Sms, json!([twilio("rolled")])).await;
        report(&two.app, &path, "token-of-one", &delivered).await.fails(403, "invalid_signature");
        assert_eq!(report(&two.app, &path, "rolled", &delivered).await.status, 204);
        two.app.remove_own(two.app.one.app, Channel::Sms).await;
        report(&two.app, &path, "rolled", &delivered).await.fails(403, "invalid_signature");
    }

    async fn a_path_that_names_nobody_takes_nothing(app: TestApp) {
        let two = two(app).await;
        let fields = [("MessageSid", "SM00000000000000000000000000000001"), ("MessageStatus", "delivered")];
        for path in ["twilio/status/x", "twilio/status/app_", "twilio/status/%ff"] {
            report(&two.app, &format!("/v1/providers/{path}"), "", &fields).await.fails(404, "not_found");
        }
        // Which applications have an account of their own is told to nobody.
        for provider in ["twilio", "vonage", "nobody"] {
            let path = format!("/v1/providers/{provider}/status/{}", two.app.one.app);
            report(&two.app, &path, "", &fields).await.fails(403, "invalid_signature");
        }
    }
}
