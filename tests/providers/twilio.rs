//! Twilio: SMS, WhatsApp and calls against the stand-in.

use std::time::Duration;

use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::providers::twilio::{Route, Sender, Templates, Twilio, TwilioSettings};
use rift_mfa::providers::{About, Outcome, Provider};
use serde_json::json;

use crate::standin::{Answer, StandIn};
use crate::told;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "tok-314-secret";
const TO: &str = "+15005550006";
const MG: &str = "MG0123456789abcdef0123456789abcdef";
const HX: [&str; 3] = [
    "HX00000000000000000000000000000001",
    "HX00000000000000000000000000000002",
    "HX00000000000000000000000000000003",
];

/// Long enough for a busy machine.
const PATIENT: Duration = Duration::from_secs(20);
const IMPATIENT: Duration = Duration::from_millis(300);

fn provider(server: &StandIn, route: Route, callback: Option<&str>) -> Twilio {
    with_timeout(server, route, callback, PATIENT)
}

fn with_timeout(server: &StandIn, route: Route, callback: Option<&str>, timeout: Duration) -> Twilio {
    Twilio::new(TwilioSettings {
        account_sid: ACCOUNT.into(),
        auth_token: TOKEN.into(),
        route,
        base_url: server.base_url.clone(),
        callback: callback.map(str::to_owned),
        timeout,
    })
    .unwrap()
}

fn number() -> Sender {
    Sender::Number("+15005550009".into())
}

fn sms(server: &StandIn) -> Twilio {
    provider(server, Route::Sms(number()), None)
}

fn envelope(channel: Channel) -> Envelope {
    let mut envelope = Envelope::plain(channel, TO, "Your Acme code is 314159.");
    envelope.code = Some("314159".into());
    envelope
}

#[tokio::test]
async fn a_text_message_is_sent() {
    let server = StandIn::twilio().await;
    let callback = "https://mfa.example.com/v1/providers/twilio/status";
    let twilio = provider(&server, Route::Sms(number()), Some(callback));
    let outcome = twilio.send("msg_1", &envelope(Channel::Sms)).await;
    assert_eq!(outcome, Outcome::Sent { id: Some(format!("SM{:032x}", 1)) });
    let request = server.last();
    assert_eq!(request.target, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!(request.basic(), Some((ACCOUNT.into(), TOKEN.into())));
    let wanted = json!({
        "To": TO, "From": "+15005550009", "Body": "Your Acme code is 314159.",
        "StatusCallback": "https://mfa.example.com/v1/providers/twilio/status?message=msg_1",
    });
    assert_eq!(request.body, wanted);

    let twilio = provider(&server, Route::Sms(Sender::Service(MG.into())), None);
    assert!(matches!(twilio.send("msg_2", &envelope(Channel::Sms)).await, Outcome::Sent { .. }));
    let wanted = json!({"To": TO, "MessagingServiceSid": MG, "Body": "Your Acme code is 314159."});
    assert_eq!(server.last().body, wanted);
}

#[tokio::test]
async fn a_call_is_made() {
    let server = StandIn::twilio().await;
    let route = Route::Voice("+15005550009".into());
    let twilio = provider(&server, route, Some("https://mfa.example.com/v1/providers/twilio/status"));
    let mut envelope = envelope(Channel::Voice);
    envelope.text = "Ihr Code für A&B: 3, 1, 4.".into();
    envelope.locale = "de-AT".into();
    let outcome = twilio.send("msg_1", &envelope).await;
    assert_eq!(outcome, Outcome::Sent { id: Some(format!("CA{:032x}", 1)) });
    let wanted = json!({
        "To": TO, "From": "+15005550009",
        "Twiml": "<Response><Say language=\"de-DE\">Ihr Code für A&amp;B: 3, 1, 4.</Say></Response>",
        "StatusCallback": "https://mfa.example.com/v1/providers/twilio/status?message=msg_1",
    });
    assert_eq!(server.last().body, wanted);

    envelope.text = "1, ".repeat(2000);
    assert_eq!(told(&twilio.send("msg_2", &envelope).await), "declined too_long");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn whatsapp_fills_the_fitting_template() {
    let server = StandIn::twilio().await;
    let [code, action, backup] = HX.map(|sid| Some(sid.to_owned()));
    let templates = Templates { code, action, backup };
    let twilio = provider(&server, Route::Whatsapp(number(), templates), None);
    let plain = envelope(Channel::Whatsapp);
    let mut with_action = envelope(Channel::Whatsapp);
    with_action.action = Some("Pay 12 EUR\n to  \t \"Bob\"".into());
    let mut with_codes = envelope(Channel::Whatsapp);
    with_codes.code = None;
    with_codes.backup_codes = vec!["1-AAAA".into(), "2-BBBB".into()];
    for (envelope, template, variables) in [
        (plain, HX[0], json!({"1": "314159"})),
        (with_action, HX[1], json!({"1": "314159", "2": "Pay 12 EUR to \"Bob\""})),
        (with_codes, HX[2], json!({"1": "1-AAAA, 2-BBBB"})),
    ] {
        assert!(matches!(twilio.send("msg_1", &envelope).await, Outcome::Sent { .. }));
        let request = server.last();
        let filled: serde_json::Value = serde_json::from_str(request.text("ContentVariables")).unwrap();
        assert_eq!((request.text("ContentSid"), filled), (template, variables));
        assert_eq!(request.text("To"), "whatsapp:+15005550006");
        assert_eq!(request.text("From"), "whatsapp:+15005550009");
        assert!(request.body.get("Body").is_none());
    }
}

#[tokio::test]
async fn whatsapp_never_leaves_out_the_action_or_the_codes() {
    let server = StandIn::twilio().await;
    let mut with_action = envelope(Channel::Whatsapp);
    with_action.action = Some("Pay 12 EUR to Bob".into());
    let mut with_codes = envelope(Channel::Whatsapp);
    with_codes.backup_codes = vec!["1-AAAA".into()];
    let only_code = || Templates { code: Some(HX[0].into()), ..Templates::default() };
    let twilio = provider(&server, Route::Whatsapp(number(), only_code()), None);
    for (envelope, setting) in [(&with_action, "action_content_sid"), (&with_codes, "backup_content_sid")] {
        let Outcome::Declined { reason } = twilio.send("msg_1", envelope).await else {
            panic!("not declined")
        };
        assert_eq!(reason.code, "template_missing");
        assert!(reason.detail.contains(&format!("`{setting}`")), "{}", reason.detail);
    }
    assert!(server.requests().is_empty());
    // Without templates the text carries it all.
    let service = Sender::Service(MG.into());
    let twilio = provider(&server, Route::Whatsapp(service, Templates::default()), None);
    for envelope in [&with_action, &with_codes] {
        assert!(matches!(twilio.send("msg_1", envelope).await, Outcome::Sent { .. }));
        assert_eq!(server.last().text("Body"), "Your Acme code is 314159.");
        assert_eq!(server.last().text("MessagingServiceSid"), MG);
    }
}

#[tokio::test]
async fn what_is_about_the_recipient_ends_the_message() {
    let server = StandIn::twilio().await;
    let twilio = sms(&server);
    for (code, sentence) in [
        (21211, "The number is not valid."),
        (21401, "The number is not valid."),
        (13224, "The number is not valid."),
        (21610, "The user has unsubscribed from this sender."),
        (21614, "The number is not a mobile phone's."),
        (21612, "The number cannot be reached."),
        (21617, "The message is too long."),
        (63003, "The number cannot be reached by WhatsApp."),
        (63024, "The number cannot be reached by WhatsApp."),
    ] {
        server.next_json(400, &json!({"code": code, "message": format!("No {TO} 314159"), "status": 400}));
        let outcome = twilio.send("msg_1", &envelope(Channel::Sms)).await;
        assert_eq!(outcome, Outcome::refused(code.to_string(), sentence));
    }
}

#[tokio::test]
async fn what_is_about_the_account_leaves_it_to_the_next_provider() {
    let server = StandIn::twilio().await;
    let twilio = sms(&server);
    for (status, code, about) in [
        (400, 21606, About::Provider),
        (400, 21655, About::Provider),
        (400, 63016, About::Provider),
        (400, 99999, About::Provider),
        (404, 20404, About::Provider),
        (400, 21611, About::Provider),
    ] {
        server.next_json(status, &json!({"code": code, "message": format!("No {TO}"), "status": status}));
        match twilio.send("msg_1", &envelope(Channel::Sms)).await {
            Outcome::Retry { reason, about: told, .. } => {
                assert_eq!((reason.code, told), (code.to_string(), about));
                assert!(!reason.detail.contains(TO));
            }
            other => panic!("{code}: {other:?}"),
        }
    }
    for code in [21608, 21408, 21215, 63015] {
        server.next_json(400, &json!({"code": code, "message": format!("No {TO}"), "status": 400}));
        match twilio.send("msg_1", &envelope(Channel::Sms)).await {
            Outcome::Declined { reason } => {
                assert_eq!(reason.code, code.to_string());
                assert!(!reason.detail.contains(TO));
            }
            other => panic!("{code}: {other:?}"),
        }
    }
    for (status, body, wanted) in [
        (401, json!({"code": 20003}).to_string(), "retry authentication_failed"),
        (403, json!({"code": 20003}).to_string(), "retry authentication_failed"),
        (404, "<html>".to_owned(), "retry http_404"),
        (400, json!({"code": "21610; +15005550006"}).to_string(), "retry http_400"),
        (302, String::new(), "retry http_302"),
        (500, json!({"code": 21610}).to_string(), "retry http_500"),
        (503, String::new(), "retry http_503"),
        (201, String::new(), "retry unreadable_answer"),
        (201, json!({"sid": null}).to_string(), "retry unreadable_answer"),
        (201, json!({"sid": "+15005550006 314159"}).to_string(), "retry unreadable_answer"),
        (200, "x".repeat(70_000), "retry unreadable_answer"),
        (503, "x".repeat(70_000), "retry http_503"),
    ] {
        server.next(Answer::With(status, &[], body));
        assert_eq!(told(&twilio.send("msg_1", &envelope(Channel::Sms)).await), wanted);
    }
    server.next(Answer::With(429, &[("retry-after", "7")], json!({"code": 20429}).to_string()));
    match twilio.send("msg_1", &envelope(Channel::Sms)).await {
        Outcome::Retry { reason, after, about } => {
            assert_eq!((reason.code.as_str(), after), ("http_429", Some(Duration::from_secs(7))));
            assert_eq!(about, About::Provider);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_broken_network_is_a_retry() {
    let server = StandIn::twilio().await;
    let twilio = sms(&server);
    let impatient = with_timeout(&server, Route::Sms(number()), None, IMPATIENT);
    for (answer, twilio, wanted) in [
        (Answer::Hang, &impatient, "retry timeout"),
        (Answer::Trickle, &impatient, "retry timeout"),
        (Answer::Drop, &twilio, "retry connection_failed"),
        (Answer::Half, &twilio, "retry connection_failed"),
    ] {
        server.next(answer);
        assert_eq!(told(&twilio.send("msg_1", &envelope(Channel::Sms)).await), wanted);
    }
    // One attempt each: a repeat would be the courier's matter.
    assert_eq!(server.requests().len(), 4);
    assert!(matches!(twilio.send("msg_1", &envelope(Channel::Sms)).await, Outcome::Sent { .. }));
    let gone = sms(&server);
    drop(server);
    tokio::task::yield_now().await;
    assert_eq!(told(&gone.send("msg_1", &envelope(Channel::Sms)).await), "retry connection_failed");
}

#[tokio::test]
async fn nothing_that_is_kept_holds_the_number_the_code_or_the_token() {
    let server = StandIn::twilio().await;
    let twilio = sms(&server);
    let loud =
        json!({"code": 21211, "sid": format!("{TO}{TOKEN}"), "message": format!("{TO} 314159 {TOKEN}")});
    for status in [200, 201, 302, 400, 401, 404, 422, 429, 500] {
        server.next_json(status, &loud);
        let shown = format!("{:?}", twilio.send("msg_1", &envelope(Channel::Sms)).await);
        assert!(!["5005550006", "314159", TOKEN].iter().any(|secret| shown.contains(secret)), "{shown}");
    }
    for answer in [Answer::Drop, Answer::Half] {
        server.next(answer);
        let shown = format!("{:?}", twilio.send("msg_1", &envelope(Channel::Sms)).await);
        assert!(
            !["5005550006", "314159", TOKEN, ACCOUNT].iter().any(|secret| shown.contains(secret)),
            "{shown}"
        );
    }
    assert_eq!(format!("{twilio:?}"), "Twilio { channel: \"sms\", .. }");
}
