//! Any gateway by HTTP: the request that the templates make, its signature, and each answer with its meaning.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rift_mfa::app::build_providers;
use rift_mfa::clock::{Clock, FakeClock};
use rift_mfa::config::{Config, DEFAULT};
use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::providers::gateway::{Gateway, GatewaySettings};
use rift_mfa::providers::{About, Outcome, Provider};
use serde_json::json;

use crate::standin::{Answer, Request, StandIn};

const ID: &str = "msg_01jd0000000000000000000000";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// For answers that come.
const PATIENT: Duration = Duration::from_secs(10);
/// For answers that never come.
const HASTY: Duration = Duration::from_millis(100);

fn settings(channel: Channel, url: &str) -> GatewaySettings {
    GatewaySettings {
        channel,
        url: url.into(),
        secret: SECRET.into(),
        method: "POST".into(),
        headers: BTreeMap::new(),
        body: None,
        content_type: "application/json".into(),
        timeout: PATIENT,
    }
}

fn gateway(settings: GatewaySettings) -> Gateway {
    Gateway::new(settings, Arc::new(FakeClock::new())).unwrap()
}

fn sms() -> Envelope {
    let mut envelope =
        Envelope::plain(Channel::Sms, "+4915112345678", "\"Acme\": 314159\n\n@acme.example #314159");
    envelope.code = Some("314159".into());
    envelope.app = "\"Acme\" & Söhne".into();
    envelope
}

fn mail() -> Envelope {
    let mut envelope = Envelope::plain(Channel::Email, "jane+mfa@example.com", "Your backup codes");
    envelope.subject = "Your codes".into();
    envelope.html = Some("<ol><li>0-7KQ2M-9XD4-TPBW</ol>".into());
    envelope.app = "Acme".into();
    envelope.locale = "en-GB".into();
    envelope.backup_codes = vec!["0-7KQ2M-9XD4-TPBW".into(), "1-7KQ2M-9XD4-TPBW".into()];
    envelope
}

/// The signature, computed apart from the code under test, as a receiver would.
#[track_caller]
fn assert_signed(request: &Request) {
    let header = |name| request.header(name).unwrap();
    assert_eq!(header("webhook-id"), ID);
    assert_eq!(header("webhook-timestamp"), FakeClock::new().now().seconds().to_string());
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut signed = format!("{ID}.{}.", header("webhook-timestamp")).into_bytes();
    signed.extend(&request.raw);
    let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key), &signed);
    assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(tag)));
}

#[tokio::test]
async fn an_address_and_a_secret_are_enough() {
    let server = StandIn::bare().await;
    let url = format!("{}/send", server.base_url);
    let outcome = gateway(settings(Channel::Sms, &url)).send(ID, &sms()).await;
    assert_eq!(outcome, Outcome::Sent { id: Some("gw-1".into()) });
    let request = server.last();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/send"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.body,
        json!({
            "id": ID, "channel": "sms", "to": "+4915112345678", "text": sms().text, "code": "314159", "locale": "en",
            "app": "\"Acme\" & Söhne",
        })
    );
    assert_signed(&request);

    let outcome = gateway(settings(Channel::Email, &url)).send(ID, &mail()).await;
    assert_eq!(outcome, Outcome::Sent { id: Some("gw-2".into()) });
    assert_eq!(
        server.last().body,
        json!({
            "id": ID, "channel": "email", "to": "jane+mfa@example.com", "text": "Your backup codes",
            "subject": "Your codes", "html": mail().html, "locale": "en-GB", "app": "Acme",
            "backup_codes": mail().backup_codes,
        })
    );
    assert_signed(&server.last());
}

#[tokio::test]
async fn templates_make_the_request() {
    let server = StandIn::bare().await;
    let form = GatewaySettings {
        method: "put".into(),
        headers: BTreeMap::from([
            ("Authorization".to_owned(), "Bearer gateway-key".into()),
            ("X-To".to_owned(), "{{ to }}".into()),
        ]),
        body: Some("to={{ to|urlencode }}&text={{ text|urlencode }}{% if action %}&a=1{% endif %}".into()),
        content_type: "application/x-www-form-urlencoded".into(),
        ..settings(
            Channel::Sms,
            &format!("{}/{{{{ channel }}}}?app={{{{ app|urlencode }}}}", server.base_url),
        )
    };
    assert!(matches!(gateway(form).send(ID, &sms()).await, Outcome::Sent { .. }));
    let request = server.last();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("PUT", "/sms?app=%22Acme%22%20%26%20S%C3%B6hne")
    );
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.header("authorization"), Some("Bearer gateway-key"));
    assert_eq!(request.header("x-to"), Some("+4915112345678"));
    assert_eq!(
        String::from_utf8(request.raw.clone()).unwrap(),
        "to=%2B4915112345678&text=%22Acme%22%3A%20314159%0A%0A%40acme.example%20%23314159"
    );
    assert_signed(&request);

    let get = GatewaySettings {
        method: "GET".into(),
        ..settings(
            Channel::Sms,
            &format!("{}/send?to={{{{ to|urlencode }}}}&text={{{{ text|urlencode }}}}", server.base_url),
        )
    };
    assert!(matches!(gateway(get).send(ID, &sms()).await, Outcome::Sent { .. }));
    let request = server.last();
    assert_eq!(request.method, "GET");
    assert!(request.target.starts_with("/send?to=%2B4915112345678&text=%22Acme%22"), "{}", request.target);
    assert_eq!((request.raw.len(), request.header("content-type")), (0, None));
    assert_signed(&request);
}

#[tokio::test]
async fn a_line_break_does_not_leave_the_house() {
    let server = StandIn::bare().await;
    let headers = BTreeMap::from([("X-Action".to_owned(), "{{ action }}".into())]);
    let gateway = gateway(GatewaySettings { headers, ..settings(Channel::Sms, &server.base_url) });
    let mut envelope = sms();
    envelope.action = Some("Pay\r\nX-Other: 314159".into());
    assert_eq!(told(&gateway.send(ID, &envelope).await), ("declined bad_request".to_owned(), None, None));
    assert!(server.requests().is_empty());
}

/// What was kept of a failure: its code, whose it is, the pause. That nothing in it is a secret is looked at on the way.
#[track_caller]
fn told(outcome: &Outcome) -> (String, Option<About>, Option<u64>) {
    let shown = format!("{outcome:?}");
    for secret in ["4915112345678", "314159", "MfKQ9r8G", "gateway-key", "not a word"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    match outcome {
        Outcome::Sent { id } => panic!("sent: {id:?}"),
        Outcome::Retry { reason, after, about } => {
            (reason.code.clone(), Some(*about), after.map(|pause| pause.as_secs()))
        }
        Outcome::Declined { reason } => (format!("declined {}", reason.code), None, None),
        Outcome::Refused { reason } => (reason.code.clone(), None, None),
    }
}

#[tokio::test]
async fn each_answer_has_its_meaning() {
    let server = StandIn::bare().await;
    let gateway = gateway(settings(Channel::Sms, &server.base_url));
    let all = Some(About::Provider);
    let body = json!({"error": "not a word of +4915112345678", "code": "for 314159"}).to_string();
    for (status, headers, code, about, after) in [
        (400, &[][..], "http_400", None, None),
        (422, &[][..], "http_422", None, None),
        (401, &[][..], "authentication_failed", all, None),
        (403, &[][..], "authentication_failed", all, None),
        (404, &[][..], "http_404", all, None),
        (405, &[][..], "http_405", all, None),
        (410, &[][..], "http_410", all, None),
        (408, &[][..], "http_408", all, None),
        (413, &[][..], "http_413", all, None),
        (425, &[][..], "http_425", all, None),
        (429, &[("retry-after", "7")][..], "http_429", all, Some(7)),
        (307, &[("location", "http://127.0.0.1:1/")][..], "http_307", all, None),
        (500, &[][..], "http_500", all, None),
        (503, &[("retry-after", "3")][..], "http_503", all, Some(3)),
    ] {
        server.next(Answer::With(status, headers, body.clone()));
        let outcome = gateway.send(ID, &sms()).await;
        assert_eq!(told(&outcome), (code.to_owned(), about, after), "{status}");
    }
    server.next_json(422, &json!({"code": "number_not_in_use"}));
    assert_eq!(told(&gateway.send(ID, &sms()).await).0, "number_not_in_use");
    for (answer, code) in [
        (Answer::Drop, "connection_failed"),
        (Answer::Half, "connection_failed"),
        (Answer::With(503, &[], " ".repeat(70_000)), "http_503"),
    ] {
        server.next(answer);
        let outcome = gateway.send(ID, &sms()).await;
        assert_eq!(told(&outcome), (code.to_owned(), all, None), "{code}");
    }
    let hasty = self::gateway(GatewaySettings { timeout: HASTY, ..settings(Channel::Sms, &server.base_url) });
    for answer in [Answer::Hang, Answer::Trickle] {
        server.next(answer);
        assert_eq!(told(&hasty.send(ID, &sms()).await), ("timeout".to_owned(), all, None));
    }
    // Words that are no JSON are a yes all the same, as many gateways give it.
    server.next(Answer::With(202, &[], "OK".into()));
    assert_eq!(gateway.send(ID, &sms()).await, Outcome::Sent { id: None });
    server.next(Answer::With(200, &[], " ".repeat(70_000)));
    assert_eq!(gateway.send(ID, &sms()).await, Outcome::Sent { id: None }, "a yes, however long");
    assert!(!format!("{gateway:?}").contains("MfKQ"));
}

/// What a start says to these settings of an SMS gateway.
fn start(settings: &str) -> Result<(), String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rift.toml");
    std::fs::write(&file, format!("[[providers.sms]]\nkind = \"http\"\n{settings}")).unwrap();
    let config = Config::load(Some(&file), []).map_err(|error| error.to_string());
    let built = config.and_then(|config| build_providers(&config).map_err(|error| error.to_string()));
    built.map(drop).map_err(|error| error.replace(&file.display().to_string(), "FILE"))
}

#[tokio::test]
async fn a_start_with_bad_templates_names_setting_and_file() {
    let right = "url = \"https://gw.example/send\"\nsecret = \"any text\"\n";
    assert_eq!(start(right), Ok(()));
    for (settings, wanted) in [
        (
            "url = \"http://gw.example/send\"\nsecret = \"s\"".to_owned(),
            "providers.sms[0].url: must start with https://: codes and numbers would cross the net in the clear (set in the file FILE)",
        ),
        (
            "url = \"https://gw.example/send\"\nsecret = \"whsec_hunter2!\"".to_owned(),
            "providers.sms[0].secret: begins with whsec_, but base64 does not follow; copy it again, or choose a secret without that beginning (set in the file FILE)",
        ),
        (
            format!("{right}body = '{{\"to\": \"{{{{ number }}}}\"}}'"),
            "providers.sms[0].body: uses the variable `number`, which there is not; there are id, channel, to, text, subject, html, code, locale, app, action, backup_codes (set in the file FILE)",
        ),
        (
            format!("{right}method = \"DELETE\""),
            "providers.sms[0].method: is none of POST, PUT, PATCH and GET (set in the file FILE)",
        ),
        (
            format!("{right}headers = {{ X-Text = \"{{{{ text }}}}\" }}"),
            "providers.sms[0].headers.X-Text: does not stay on one line; put the variable through the filter urlencode (set in the file FILE)",
        ),
    ] {
        assert_eq!(start(&settings), Err(wanted.to_owned()));
    }
}

#[test]
fn the_documented_templates_are_right() {
    let examples = DEFAULT.split("kind = \"http\"\n").skip(1);
    let mut seen = 0;
    for example in examples {
        let lines = example.lines().map_while(|line| line.strip_prefix("# "));
        let text: Vec<&str> = lines.filter(|line| !line.starts_with("secret_file")).collect();
        assert_eq!(start(&format!("secret = \"any text\"\n{}", text.join("\n"))), Ok(()));
        seen += 1;
    }
    assert_eq!(seen, 2);
}
