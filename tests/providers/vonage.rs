//! Vonage: each request against the official description, each answer with its meaning.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rift_mfa::app::build_providers;
use rift_mfa::clock::{Clock, FakeClock};
use rift_mfa::config::Config;
use rift_mfa::domain::message::{Channel, Envelope};
use rift_mfa::providers::vonage::{VonageSms, VonageSmsSettings, VonageVoice, VonageVoiceSettings};
use rift_mfa::providers::{About, Outcome, Provider};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::standin::{Answer, StandIn};

const ID: &str = "msg_01jd0000000000000000000000";
const CALLBACK: &str = "https://mfa.example.com/v1/providers/vonage/status";
/// For answers that come.
const PATIENT: Duration = Duration::from_secs(10);
/// For answers that never come.
const HASTY: Duration = Duration::from_millis(100);

fn sms(base_url: &str, callback: bool) -> VonageSms {
    sms_within(PATIENT, base_url, callback)
}

fn sms_within(timeout: Duration, base_url: &str, callback: bool) -> VonageSms {
    VonageSms::new(VonageSmsSettings {
        api_key: "abcd1234".into(),
        api_secret: "s3cr3t-of-vonage".into(),
        from: "+15005550006".into(),
        base_url: base_url.into(),
        callback: callback.then(|| CALLBACK.into()),
        timeout,
    })
    .unwrap()
}

fn key() -> RsaKeyPair {
    let der = PrivatePkcs8KeyDer::from_pem_slice(include_bytes!("../support/rsa-for-tests.pem")).unwrap();
    RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap()
}

fn voice(base_url: &str, callback: bool) -> VonageVoice {
    voice_within(PATIENT, base_url, callback)
}

fn voice_within(timeout: Duration, base_url: &str, callback: bool) -> VonageVoice {
    let settings = VonageVoiceSettings {
        application_id: "aaaaaaaa-bbbb-cccc-dddd-0123456789ab".into(),
        private_key: Arc::new(key()),
        from: "+15005550006".into(),
        base_url: base_url.into(),
        callback: callback.then(|| CALLBACK.into()),
        timeout,
    };
    VonageVoice::new(settings, Arc::new(FakeClock::new())).unwrap()
}

fn text() -> Envelope {
    let mut envelope =
        Envelope::plain(Channel::Sms, "+4915112345678", "Acme: 314159 is your code.\n@acme.example #314159");
    envelope.code = Some("314159".into());
    envelope
}

fn call() -> Envelope {
    let mut envelope = Envelope::plain(
        Channel::Voice,
        "+4915112345678",
        "Ihr Code: 3, 1, 4, 1, 5, 9. Noch einmal: 3, 1, 4, 1, 5, 9.",
    );
    envelope.code = Some("314159".into());
    envelope.locale = "de-AT".into();
    envelope
}

/// What was kept of a failure: its code, whose it is, the pause. That nothing in it is a secret is looked at on the way.
#[track_caller]
fn told(outcome: &Outcome) -> (String, Option<About>, Option<u64>) {
    let shown = format!("{outcome:?}");
    for secret in ["4915112345678", "314159", "3, 1, 4", "abcd1234", "s3cr3t", "eyJ", "aaaaaaaa-bbbb"] {
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
async fn a_text_is_sent_as_the_description_has_it() {
    let server = StandIn::vonage_sms().await;
    let outcome = sms(&server.base_url, true).send(ID, &text()).await;
    assert_eq!(outcome, Outcome::Sent { id: Some("0A00000000000001".into()) });
    let request = server.last();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/sms/json"));
    assert_eq!(
        request.body,
        json!({
            "api_key": "abcd1234", "api_secret": "s3cr3t-of-vonage", "from": "15005550006", "to": "4915112345678",
            "text": text().text, "client-ref": ID, "callback": CALLBACK, "status-report-req": true,
        })
    );
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_text_beyond_the_plain_alphabet_is_sent_as_unicode_and_none_asks_for_reports_without_an_address() {
    let server = StandIn::vonage_sms().await;
    let provider = sms(&format!("{}/", server.base_url), false);
    let mut envelope = text();
    envelope.text = "Ваш код: 314159 👍 & ещё = +".into();
    assert!(matches!(provider.send(ID, &envelope).await, Outcome::Sent { id: Some(_) }));
    let request = server.last();
    assert_eq!((request.text("type"), request.text("text")), ("unicode", envelope.text.as_str()));
    assert_eq!((request.body.get("callback"), &request.body["status-report-req"]), (None, &json!(false)));
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn each_status_of_a_text_has_its_meaning() {
    let server = StandIn::vonage_sms().await;
    let provider = sms(&server.base_url, true);
    let (all, this, refused) = (Some(About::Provider), Some(About::Message), None);
    for (status, code, about, after) in [
        ("1", "1", all, Some(1)),
        ("2", "2", all, None),
        ("3", "3", this, None),
        ("4", "authentication_failed", all, None),
        ("5", "5", all, None),
        ("6", "declined 6", None, None),
        ("7", "7", refused, None),
        ("8", "8", all, None),
        ("9", "9", all, None),
        ("10", "10", all, None),
        ("11", "11", all, None),
        ("12", "declined 12", None, None),
        ("14", "14", all, None),
        ("15", "declined 15", None, None),
        ("22", "22", all, None),
        ("23", "23", all, None),
        ("29", "declined 29", None, None),
        ("32", "32", all, None),
        ("33", "33", refused, None),
        ("34", "34", refused, None),
        ("99", "99", all, None),
        ("+4915112345678", "unreadable_answer", all, None),
    ] {
        let part =
            json!({"to": "4915112345678", "status": status, "error-text": "no 314159 for 4915112345678"});
        server.next_json(200, &json!({"message-count": "1", "messages": [part]}));
        let outcome = provider.send(ID, &text()).await;
        assert_eq!(told(&outcome), (code.to_owned(), about, after), "status {status}");
    }
}

#[tokio::test]
async fn half_a_message_is_not_sent() {
    let server = StandIn::vonage_sms().await;
    let parts = json!([{"status": "0", "message-id": "0A1"}, {"status": "7"}]);
    server.next_json(200, &json!({"message-count": "2", "messages": parts}));
    let outcome = sms(&server.base_url, true).send(ID, &text()).await;
    assert_eq!(told(&outcome), ("7".to_owned(), Some(About::Message), None));
}

/// What holds for both: the answers by status, and the failures of the network.
async fn fails_as_a_network_does(
    server: &StandIn,
    provider: &dyn Provider,
    hasty: &dyn Provider,
    envelope: &Envelope,
) {
    let body = json!({"title": "no 314159 for 4915112345678", "detail": "s3cr3t"}).to_string();
    for (status, headers, code, after) in [
        (401, &[][..], "authentication_failed", None),
        (403, &[][..], "authentication_failed", None),
        (404, &[][..], "http_404", None),
        (429, &[("retry-after", "7")][..], "http_429", Some(7)),
        (429, &[("retry-after", "100000")][..], "http_429", Some(600)),
        (500, &[][..], "http_500", None),
        (503, &[("retry-after", "3")][..], "http_503", Some(3)),
        (302, &[("location", "http://127.0.0.1:1/")][..], "http_302", None),
    ] {
        server.next(Answer::With(status, headers, body.clone()));
        let outcome = provider.send(ID, envelope).await;
        assert_eq!(told(&outcome), (code.to_owned(), Some(About::Provider), after), "{status}");
    }
    for (answer, code) in [
        (Answer::Drop, "connection_failed"),
        (Answer::Half, "connection_failed"),
        (Answer::With(200, &[], "<html>".into()), "unreadable_answer"),
        (Answer::With(200, &[], " ".repeat(70_000)), "unreadable_answer"),
    ] {
        server.next(answer);
        let outcome = provider.send(ID, envelope).await;
        assert_eq!(told(&outcome), (code.to_owned(), Some(About::Provider), None), "{code}");
    }
    for answer in [Answer::Hang, Answer::Trickle] {
        server.next(answer);
        let outcome = hasty.send(ID, envelope).await;
        assert_eq!(told(&outcome), ("timeout".to_owned(), Some(About::Provider), None));
    }
    // And after all that it still sends.
    assert!(matches!(provider.send(ID, envelope).await, Outcome::Sent { id: Some(_) }));
}

#[tokio::test]
async fn a_text_fails_as_a_network_does() {
    let server = StandIn::vonage_sms().await;
    let provider = sms(&server.base_url, true);
    let hasty = sms_within(HASTY, &server.base_url, true);
    fails_as_a_network_does(&server, &provider, &hasty, &text()).await;
    let nobody = sms("http://127.0.0.1:1", true).send(ID, &text()).await;
    assert_eq!(told(&nobody), ("connection_failed".to_owned(), Some(About::Provider), None));
    assert!(!format!("{provider:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn a_call_is_made_as_the_description_has_it() {
    let server = StandIn::vonage_voice().await;
    let outcome = voice(&server.base_url, true).send(ID, &call()).await;
    assert_eq!(outcome, Outcome::Sent { id: Some("63f61863-4a51-4f6b-86e1-000000000001".into()) });
    let request = server.last();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/calls"));
    assert_eq!(
        request.body,
        json!({
            "to": [{"type": "phone", "number": "4915112345678"}],
            "from": {"type": "phone", "number": "15005550006"},
            "ncco": [{"action": "talk", "language": "de-DE", "text": call().text}],
            "ringing_timer": 45, "length_timer": 120, "event_url": [CALLBACK], "event_method": "POST",
        })
    );
    for (schema, part) in
        [("EndpointPhoneTo", &request.body["to"][0]), ("EndpointPhoneFrom", &request.body["from"])]
    {
        assert_eq!(server.violations_of(schema, part), Vec::<String>::new());
    }
    assert!(matches!(voice(&server.base_url, false).send(ID, &call()).await, Outcome::Sent { id: Some(_) }));
    assert_eq!(server.last().body.get("event_url"), None);
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_call_with_more_than_vonage_speaks_is_refused_unsent() {
    let server = StandIn::vonage_voice().await;
    let mut call = call();
    call.text = "x".repeat(1501);
    let outcome = voice(&server.base_url, false).send(ID, &call).await;
    assert!(matches!(&outcome, Outcome::Declined { reason } if reason.code == "too_long"), "{outcome:?}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_call_is_made_under_a_token_of_its_own() {
    let server = StandIn::vonage_voice().await;
    let clock = FakeClock::new();
    let provider = voice(&server.base_url, true);
    let _ = provider.send(ID, &call()).await;
    let _ = provider.send("msg_01jd0000000000000000000001", &call()).await;
    let tokens: Vec<String> = server
        .requests()
        .iter()
        .map(|request| request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned())
        .collect();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().public_key().as_ref().to_vec());
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let mut seen = Vec::new();
    for token in &tokens {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        public.verify(signed.as_bytes(), &decode(signature)).unwrap();
        let (head, claims) = signed.split_once('.').unwrap();
        let head: Value = serde_json::from_slice(&decode(head)).unwrap();
        assert_eq!(head, json!({"alg": "RS256", "typ": "JWT"}));
        let claims: Value = serde_json::from_slice(&decode(claims)).unwrap();
        let now = clock.now().seconds();
        assert_eq!(claims["application_id"], "aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 300)));
        seen.push(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_ne!(seen[0], seen[1]);
    assert!(seen.iter().all(|jti| jti.len() >= 32));
}

#[tokio::test]
async fn a_call_fails_as_it_is_told_and_as_a_network_does() {
    let server = StandIn::vonage_voice().await;
    let provider = voice(&server.base_url, true);
    for (parameters, code, about) in [
        (json!([{"name": "to[0].number", "reason": "4915112345678 is wrong"}]), "invalid_number", None),
        (json!({"to[0].number": "is wrong"}), "invalid_number", None),
        (json!([{"name": "from.number", "reason": "is wrong"}]), "http_400", Some(About::Provider)),
        (json!([{"name": "tone", "reason": "is foreign"}]), "http_400", Some(About::Provider)),
        (Value::Null, "http_400", Some(About::Provider)),
    ] {
        server
            .next_json(400, &json!({"type": "x", "title": "Bad Request", "invalid_parameters": parameters}));
        let outcome = provider.send(ID, &call()).await;
        assert_eq!(told(&outcome), (code.to_owned(), about, None), "{parameters}");
    }
    let hasty = voice_within(HASTY, &server.base_url, true);
    fails_as_a_network_does(&server, &provider, &hasty, &call()).await;
    let shown = format!("{provider:?}");
    assert!(!shown.contains("aaaaaaaa") && !shown.contains("BEGIN"), "{shown}");
}

#[test]
fn a_configuration_makes_both_and_one_that_hears_their_reports() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let reporters = |secret: &str| {
        let text = format!(
            "[[providers.sms]]\nkind = \"vonage\"\napi_key = \"abcd1234\"\napi_secret = \"s\"\nfrom = \"Acme\"\n{secret}\
             [[providers.voice]]\nkind = \"vonage\"\napplication_id = \"a\"\nfrom = \"+15005550006\"\n\
             private_key_file = \"tests/support/rsa-for-tests.pem\"\n{secret}"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rift.toml");
        std::fs::write(&file, text).unwrap();
        let built = build_providers(&Config::load(Some(&file), []).unwrap()).unwrap();
        assert_eq!(built.channels().into_iter().collect::<Vec<_>>(), ["sms", "voice"]);
        built.reporters.iter().map(|reporter| reporter.name()).collect::<Vec<_>>()
    };
    assert_eq!(reporters(""), Vec::<&str>::new());
    assert_eq!(reporters("signature_secret = \"s\"\n"), ["vonage"]);
}
