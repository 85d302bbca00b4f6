//! WhatsApp Cloud against the stand-in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::providers::meta::{Meta, MetaSettings, Templates};
use rift_mfa::providers::{About, Outcome, Provider};
use serde_json::{Value, json};

use crate::standin::{Answer, StandIn};
use crate::told;

const TOKEN: &str = "EAAB-secret-314";
const TO: &str = "+15005550006";

fn templates() -> Templates {
    Templates {
        code: "code".into(),
        button: true,
        action: Some("action".into()),
        backup: Some("backup".into()),
        language: None,
    }
}

/// Long enough for a busy machine.
const PATIENT: Duration = Duration::from_secs(20);
const IMPATIENT: Duration = Duration::from_millis(300);

fn provider(server: &StandIn, templates: Templates) -> Meta {
    with_timeout(server, templates, PATIENT)
}

fn with_timeout(server: &StandIn, templates: Templates, timeout: Duration) -> Meta {
    Meta::new(MetaSettings {
        phone_number_id: "106540352242922".into(),
        access_token: TOKEN.into(),
        templates,
        version: "v23.0".into(),
        base_url: server.base_url.clone(),
        timeout,
    })
    .unwrap()
}

fn envelope() -> Envelope {
    let mut envelope = Envelope::plain(Channel::Whatsapp, TO, "Your Acme code is 314159.");
    envelope.code = Some("314159".into());
    envelope
}

/// What is wrong with a message's components by the schemas that the description chooses by a discriminator.
fn wrong_components(server: &StandIn, components: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for component in components.as_array().unwrap() {
        let (schema, parameter) = match component["type"].as_str().unwrap() {
            "body" => ("BodyComponent", "TextParameter"),
            "button" => ("ButtonComponent", "ButtonTextParameter"),
            other => panic!("{other}"),
        };
        wrong.extend(server.violations_of(schema, component));
        for part in component["parameters"].as_array().unwrap() {
            wrong.extend(server.violations_of(parameter, part));
        }
    }
    // The description's pattern for a button's index refuses the 0 of its own examples.
    wrong.retain(|violation| violation != "/index: \"0\" does not match \"^[2-6, 11-14]$\"");
    wrong
}

#[tokio::test]
async fn the_code_is_sent_by_the_authentication_template() {
    let server = StandIn::meta().await;
    let meta = provider(&server, templates());
    let outcome = meta.send("msg_1", &envelope()).await;
    assert_eq!(outcome, Outcome::Sent { id: Some(format!("{:020X}", 1)) });
    let request = server.last();
    assert_eq!(request.target, "/v23.0/106540352242922/messages");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    let wanted = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": TO, "type": "template",
        "template": {"name": "code", "language": {"code": "en"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "314159"}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "314159"}]},
        ]},
    });
    assert_eq!(request.body, wanted);
    assert_eq!(wrong_components(&server, &request.body["template"]["components"]), Vec::<String>::new());

    let meta = provider(&server, Templates { button: false, language: Some("en_US".into()), ..templates() });
    assert!(matches!(meta.send("msg_1", &envelope()).await, Outcome::Sent { .. }));
    let template = &server.last().body["template"];
    assert_eq!(template["language"]["code"], "en_US");
    assert_eq!(template["components"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_action_and_backup_codes_have_templates_of_their_own() {
    let server = StandIn::meta().await;
    let meta = provider(&server, templates());
    let mut with_action = envelope();
    with_action.action = Some("Pay 12 EUR\n to\tBob".into());
    with_action.locale = "pt-BR".into();
    let mut with_codes = envelope();
    with_codes.code = None;
    with_codes.backup_codes = vec!["1-AAAA".into(), "2-BBBB".into()];
    for (envelope, name, language, texts) in [
        (&with_action, "action", "pt_BR", json!(["314159", "Pay 12 EUR to Bob"])),
        (&with_codes, "backup", "en", json!(["1-AAAA, 2-BBBB"])),
    ] {
        assert!(matches!(meta.send("msg_1", envelope).await, Outcome::Sent { .. }));
        let template = server.last().body["template"].clone();
        assert_eq!((&template["name"], &template["language"]["code"]), (&json!(name), &json!(language)));
        let components = template["components"].as_array().unwrap();
        assert_eq!(components.len(), 1);
        let parameters = components[0]["parameters"].as_array().unwrap();
        let sent: Vec<&Value> = parameters.iter().map(|parameter| &parameter["text"]).collect();
        assert_eq!(json!(sent), texts);
        assert_eq!(wrong_components(&server, &template["components"]), Vec::<String>::new());
    }
    let sent = server.requests().len();
    let meta = provider(&server, Templates { action: None, backup: None, ..templates() });
    for (envelope, setting) in [(&with_action, "action_template"), (&with_codes, "backup_template")] {
        let Outcome::Declined { reason } = meta.send("msg_1", envelope).await else { panic!("not declined") };
        assert_eq!(reason.code, "template_missing");
        assert!(reason.detail.contains(&format!("`{setting}`")), "{}", reason.detail);
    }
    let mut empty = envelope();
    empty.code = None;
    assert_eq!(told(&meta.send("msg_1", &empty).await), "refused no_code");
    assert_eq!(server.requests().len(), sent);
}

#[tokio::test]
async fn each_code_of_metas_has_its_meaning() {
    let server = StandIn::meta().await;
    let meta = provider(&server, templates());
    for (status, code, wanted, about) in [
        (400, 131_026, "refused 131026", None),
        (400, 131_021, "refused 131021", None),
        (400, 131_050, "refused 131050", None),
        (400, 130_472, "refused 130472", None),
        (403, 130_497, "declined 130497", None),
        (401, 190, "retry authentication_failed", Some(About::Provider)),
        (400, 190, "retry authentication_failed", Some(About::Provider)),
        (403, 10, "retry authentication_failed", Some(About::Provider)),
        (403, 200, "retry authentication_failed", Some(About::Provider)),
        (400, 4, "retry 4", Some(About::Provider)),
        (400, 80_007, "retry 80007", Some(About::Provider)),
        (429, 130_429, "retry 130429", Some(About::Provider)),
        (400, 131_048, "retry 131048", Some(About::Provider)),
        (400, 131_056, "retry 131056", Some(About::Message)),
        (400, 131_030, "declined 131030", None),
        (400, 131_009, "retry 131009", Some(About::Message)),
        (400, 100, "retry 100", Some(About::Message)),
        (400, 132_000, "declined 132000", None),
        (404, 132_001, "declined 132001", None),
        (400, 132_005, "declined 132005", None),
        (400, 132_015, "retry 132015", Some(About::Provider)),
        (400, 133_010, "retry 133010", Some(About::Provider)),
        (500, 131_000, "retry 131000", Some(About::Provider)),
        (400, 999_999, "retry 999999", Some(About::Provider)),
    ] {
        let error = json!({"error": {"code": code, "message": format!("(#1) {TO} 314159"), "type": "OAuthException"}});
        server.next(Answer::With(status, &[("retry-after", "9")], error.to_string()));
        let outcome = meta.send("msg_1", &envelope()).await;
        assert_eq!(told(&outcome), wanted);
        match outcome {
            Outcome::Retry { after, about: told, .. } => {
                assert_eq!((Some(told), after), (about, Some(Duration::from_secs(9))), "{code}");
            }
            _ => assert_eq!(about, None),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_retry() {
    let server = StandIn::meta().await;
    let meta = provider(&server, templates());
    for (status, body, wanted) in [
        (200, String::new(), "retry unreadable_answer"),
        (200, json!({"messages": []}).to_string(), "retry unreadable_answer"),
        (200, json!({"error": {"code": 1}}).to_string(), "retry unreadable_answer"),
        (401, String::new(), "retry authentication_failed"),
        (404, "<html>".to_owned(), "retry http_404"),
        (429, String::new(), "retry http_429"),
        (502, String::new(), "retry http_502"),
    ] {
        server.next(Answer::With(status, &[], body));
        assert_eq!(told(&meta.send("msg_1", &envelope()).await), wanted);
    }
    let impatient = with_timeout(&server, templates(), IMPATIENT);
    for (answer, meta, wanted) in [
        (Answer::Hang, &impatient, "retry timeout"),
        (Answer::Trickle, &impatient, "retry timeout"),
        (Answer::Drop, &meta, "retry connection_failed"),
        (Answer::Half, &meta, "retry connection_failed"),
    ] {
        server.next(answer);
        assert_eq!(told(&meta.send("msg_1", &envelope()).await), wanted);
    }
}

#[tokio::test]
async fn nothing_that_is_kept_holds_the_number_the_code_or_the_token() {
    let server = StandIn::meta().await;
    let meta = provider(&server, templates());
    let mut ids = vec!["+15005550006 314159".to_owned(), format!("wamid.{}", STANDARD.encode("15005550006"))];
    ids.push(format!("wamid.{}", STANDARD.encode("\x1c\x18\x0b15005550006\x15\x02\0")));
    for id in ids {
        server.next_json(200, &json!({"messages": [{"id": id}]}));
        // Taken all the same: an id that cannot be kept is no reason to send twice.
        assert_eq!(meta.send("msg_1", &envelope()).await, Outcome::Sent { id: None });
    }
    let loud = json!({"error": {"code": 131_009, "message": format!("{TO} 314159 {TOKEN}")}});
    for status in [200, 302, 400, 401, 429, 500] {
        server.next_json(status, &loud);
        let shown = format!("{:?}", meta.send("msg_1", &envelope()).await);
        assert!(!["5005550006", "314159", TOKEN].iter().any(|secret| shown.contains(secret)), "{shown}");
    }
    assert_eq!(format!("{meta:?}"), "Meta { .. }");
}
