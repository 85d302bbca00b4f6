use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;

const SECRET: &str = "abcdef0123456789";
const OURS: &str = "msg_01jd0000000000000000000000";
const NOW: u64 = 1_795_521_600;

fn now() -> Moment {
    Moment::from_millis(i64::try_from(NOW * 1000).unwrap())
}

fn reports(signing: Signing) -> VonageReports {
    VonageReports::new(vec![("another account's".into(), Signing::Sha256), (SECRET.into(), signing)])
}

fn read(
    reports: &VonageReports,
    bearer: Option<&str>,
    query: &str,
    body: &str,
) -> Result<Option<Report>, NotSigned> {
    let url = format!("https://mfa.example.com/v1/providers/vonage/status{query}");
    let header =
        |name: &str| bearer.filter(|_| name == "authorization").map(|token| format!("Bearer {token}"));
    reports.read(&Posted { url: &url, header: &header, body: body.as_bytes() }, now())
}

/// A receipt as an SMS account posts it, in the order of the names.
fn receipt<'a>(status: &'a str, err: &'a str, timestamp: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("api-key", "abcd1234"),
        ("client-ref", OURS),
        ("err-code", err),
        ("message-timestamp", "2026-11-24 12:00:00"),
        ("messageId", "0A0000001234567B"),
        ("msisdn", "4915112345678"),
        ("network-code", "26201"),
        ("nonce", "ec11dd3e-1e7f-4db5-9467-82b02cd223b9"),
        ("price", "0.03330000"),
        ("scts", "2611241200"),
        ("status", status),
        ("timestamp", timestamp),
        ("to", "A&B=C"),
    ]
}

/// The signature, computed apart from the code under test: `ring` in place of `hmac`, and the text written out.
fn sig(pairs: &[(&str, &str)], algorithm: ring::hmac::Algorithm, secret: &str) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        text.push('&');
        text.push_str(name);
        text.push('=');
        text.extend(value.chars().map(|c| if c == '&' || c == '=' { '_' } else { c }));
    }
    let tag = ring::hmac::sign(&ring::hmac::Key::new(algorithm, secret.as_bytes()), text.as_bytes());
    crate::domain::hex::hex(tag.as_ref()).to_uppercase()
}

fn form(pairs: &[(&str, &str)], sig: &str) -> String {
    serde_urlencoded::to_string([pairs, &[("sig", sig)]].concat()).unwrap()
}

fn json_body(pairs: &[(&str, &str)], sig: &str) -> String {
    let all = pairs.iter().copied().chain([("sig", sig)]);
    Value::Object(all.map(|(name, value)| (name.to_owned(), json!(value))).collect()).to_string()
}

fn signed(pairs: &[(&str, &str)]) -> String {
    form(pairs, &sig(pairs, ring::hmac::HMAC_SHA256, SECRET))
}

#[test]
fn the_text_that_is_signed_is_the_guides() {
    // The guide's own example, with its parameters in another order.
    let given =
        [("text", "You & Me = Love"), ("to", "44"), ("from", "AcmeInc"), ("sig", "x"), ("timestamp", "1")];
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(signed_text(&given), "&from=AcmeInc&text=You _ Me _ Love&timestamp=1&to=44");
}

#[test]
fn a_receipt_is_read_in_each_encoding_and_twice_the_same() {
    let pairs = receipt("delivered", "0", "1795521600");
    let wanted = Report {
        provider_id: "0A0000001234567B".into(),
        message_id: Some(OURS.into()),
        delivered: true,
        reason: None,
    };
    for (signing, algorithm) in
        [(Signing::Sha256, ring::hmac::HMAC_SHA256), (Signing::Sha512, ring::hmac::HMAC_SHA512)]
    {
        let reports = reports(signing);
        let sig = sig(&pairs, algorithm, SECRET);
        let body = form(&pairs, &sig);
        for (query, body) in [
            (String::new(), body.clone()),
            (String::new(), form(&pairs, &sig.to_lowercase())),
            (String::new(), json_body(&pairs, &sig)),
            (format!("?{body}"), String::new()),
            (String::new(), body),
        ] {
            assert_eq!(read(&reports, None, &query, &body), Ok(Some(wanted.clone())), "{body}");
        }
    }
}

#[test]
fn a_receipt_ends_a_delivery_or_does_not() {
    let of =
        |status, err| read(&reports(Signing::Sha256), None, "", &signed(&receipt(status, err, "1795521600")));
    for (status, err, reason) in [
        ("failed", "9", "9"),
        ("rejected", "14", "14"),
        ("expired", "0", "expired"),
        ("failed", "", "failed"),
        ("failed", "+4915112345678", "failed"),
    ] {
        let report = of(status, err).unwrap().unwrap();
        assert_eq!((report.delivered, report.reason.as_deref()), (false, Some(reason)), "{status} {err}");
    }
    for status in ["accepted", "buffered", "unknown", "", "Delivered"] {
        assert_eq!(of(status, "0"), Ok(None), "{status}");
    }
    // A reference that is no id of ours is not handed on.
    let mut pairs = receipt("delivered", "0", "1795521600");
    pairs[1].1 = "my-personal-reference";
    let report = read(&reports(Signing::Sha256), None, "", &signed(&pairs)).unwrap().unwrap();
    assert_eq!(report.message_id, None);
}

#[test]
fn a_receipt_that_vonage_did_not_sign_is_not_believed() {
    let reports = reports(Signing::Sha256);
    let pairs = receipt("failed", "9", "1795521600");
    let genuine = signed(&pairs);
    assert!(read(&reports, None, "", &genuine).is_ok());
    for (name, value) in [
        ("status", "delivered"),
        ("messageId", "0A0000001234567C"),
        ("client-ref", "msg_01jd0000000000000000000001"),
        ("err-code", "0"),
        ("timestamp", "1795521601"),
    ] {
        let mut changed = pairs.clone();
        changed.iter_mut().find(|(n, _)| *n == name).unwrap().1 = value;
        let kept = sig(&pairs, ring::hmac::HMAC_SHA256, SECRET);
        assert_eq!(read(&reports, None, "", &form(&changed, &kept)), Err(NotSigned), "{name}");
    }
    for (what, sig) in [
        ("another secret", sig(&pairs, ring::hmac::HMAC_SHA256, "abcdef0123456780")),
        ("no secret", sig(&pairs, ring::hmac::HMAC_SHA256, "")),
        ("another method", sig(&pairs, ring::hmac::HMAC_SHA512, SECRET)),
        ("half of it", sig(&pairs, ring::hmac::HMAC_SHA256, SECRET)[..32].to_owned()),
        ("nothing", String::new()),
        ("no hex", "zz".repeat(32)),
        ("an odd length", "a".repeat(63)),
    ] {
        assert_eq!(read(&reports, None, "", &form(&pairs, &sig)), Err(NotSigned), "{what}");
    }
    for (what, body) in [
        ("a parameter more", format!("{genuine}&x=1")),
        ("a parameter twice", format!("{genuine}&status=failed")),
        (
            "a name that hides others",
            genuine.replace("api-key=abcd1234&client-ref", "api-key%3Dabcd1234%26client-ref"),
        ),
        ("without a signature", serde_urlencoded::to_string(&pairs).unwrap()),
        ("empty", String::new()),
        ("a list", "[]".to_owned()),
        ("half", "{\"sig\":".to_owned()),
    ] {
        assert_ne!(body, genuine, "{what}");
        assert_eq!(read(&reports, None, "", &body), Err(NotSigned), "{what}");
    }
    // A signature in the query does not stand for a body.
    assert_eq!(read(&reports, None, &format!("?{genuine}"), "status=delivered"), Err(NotSigned));
}

#[test]
fn an_old_receipt_is_not_believed_again() {
    let reports = reports(Signing::Sha256);
    for (timestamp, believed) in [
        ("1795521300", true),
        ("1795521299", false),
        ("1795521900", true),
        ("1795521901", false),
        ("", false),
        ("-1", false),
        ("2026-11-24 12:00:00", false),
    ] {
        let body = signed(&receipt("delivered", "0", timestamp));
        assert_eq!(read(&reports, None, "", &body).is_ok(), believed, "{timestamp}");
    }
    let without: Vec<_> =
        receipt("delivered", "0", "").into_iter().filter(|(n, _)| *n != "timestamp").collect();
    assert_eq!(read(&reports, None, "", &signed(&without)), Err(NotSigned));
}

const EVENT: &str = r#"{"from":"15005550006","to":"4915112345678","uuid":"63f61863-4a51-4f6b-86e1-46edebcf9356","conversation_uuid":"CON-f972836a","status":"completed","direction":"outbound","duration":"20","timestamp":"2026-11-24T12:00:00.000Z"}"#;

fn claims(body: &str) -> Value {
    let hash = ring::digest::digest(&ring::digest::SHA256, body.as_bytes());
    let hash = crate::domain::hex::hex(hash.as_ref());
    json!({"iat": NOW, "jti": "c5ba8f24", "iss": "Vonage", "payload_hash": hash, "api_key": "abcd1234"})
}

/// A token, computed apart from the code under test.
fn token(head: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(head), part(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, text.as_bytes())))
}

fn hs256() -> Value {
    json!({"alg": "HS256", "typ": "JWT"})
}

#[test]
fn an_event_of_a_call_is_read() {
    let reports = reports(Signing::Sha512);
    for (status, wanted) in [
        ("completed", Some((true, None))),
        ("busy", Some((false, Some("busy")))),
        ("timeout", Some((false, Some("timeout")))),
        ("unanswered", Some((false, Some("unanswered")))),
        ("cancelled", Some((false, Some("cancelled")))),
        ("rejected", Some((false, Some("rejected")))),
        ("failed", Some((false, Some("failed")))),
        ("started", None),
        ("ringing", None),
        ("answered", None),
        ("machine", None),
        ("", None),
    ] {
        let body = EVENT.replace("completed", status);
        let bearer = token(&hs256(), &claims(&body), SECRET);
        let wanted = wanted.map(|(delivered, reason): (bool, Option<&str>)| Report {
            provider_id: "63f61863-4a51-4f6b-86e1-46edebcf9356".into(),
            message_id: None,
            delivered,
            reason: reason.map(str::to_owned),
        });
        for _ in 0..2 {
            assert_eq!(read(&reports, Some(&bearer), "", &body), Ok(wanted.clone()), "{status}");
        }
    }
    // What is signed and says nothing is believed, and is nothing.
    for body in ["{}", "", "[1]", r#"{"status":"completed"}"#, r#"{"status":"completed","uuid":"a b"}"#] {
        let bearer = token(&hs256(), &claims(body), SECRET);
        assert_eq!(read(&reports, Some(&bearer), "", body), Ok(None), "{body}");
    }
}

#[test]
fn a_token_that_vonage_did_not_sign_is_not_believed() {
    let reports = reports(Signing::Sha256);
    let genuine = token(&hs256(), &claims(EVENT), SECRET);
    assert!(read(&reports, Some(&genuine), "", EVENT).is_ok());
    let with = |name: &str, value: Value| {
        let mut claims = claims(EVENT);
        claims[name] = value;
        token(&hs256(), &claims, SECRET)
    };
    let (text, signature) = genuine.rsplit_once('.').unwrap();
    let unsigned = token(&json!({"alg": "none"}), &claims(EVENT), SECRET);
    let forged_claims = URL_SAFE_NO_PAD.encode(with("iat", json!(NOW - 1)));
    for (what, bearer) in [
        ("another secret", token(&hs256(), &claims(EVENT), "abcdef0123456780")),
        ("no secret", token(&hs256(), &claims(EVENT), "")),
        ("alg none", unsigned.clone()),
        ("alg none, unsigned", format!("{}.", unsigned.rsplit_once('.').unwrap().0)),
        ("RS256 in the head", token(&json!({"alg": "RS256"}), &claims(EVENT), SECRET)),
        ("hs256 in the head", token(&json!({"alg": "hs256"}), &claims(EVENT), SECRET)),
        ("no alg", token(&json!({"typ": "JWT"}), &claims(EVENT), SECRET)),
        ("too old", with("iat", json!(NOW - 301))),
        ("too new", with("iat", json!(NOW + 301))),
        ("no time", with("iat", Value::Null)),
        ("its end has come", with("exp", json!(NOW))),
        ("no hash", with("payload_hash", Value::Null)),
        ("an empty hash", with("payload_hash", json!(""))),
        ("half a hash", with("payload_hash", json!(claims(EVENT)["payload_hash"].as_str().unwrap()[..32]))),
        ("other claims", format!("{}.{forged_claims}.{signature}", text.split('.').next().unwrap())),
        ("no signature", format!("{text}.")),
        ("two parts", text.to_owned()),
        ("nothing", String::new()),
        ("padding", format!("{genuine}=")),
    ] {
        assert_eq!(read(&reports, Some(&bearer), "", EVENT), Err(NotSigned), "{what}");
    }
    assert_eq!(read(&reports, Some(&genuine), "", &EVENT.replace("completed", "failed")), Err(NotSigned));
    assert_eq!(read(&reports, Some(&genuine), "", &format!("{EVENT} ")), Err(NotSigned));
    assert_eq!(read(&reports, None, "", EVENT), Err(NotSigned));
    assert!(read(&reports, Some(&with("exp", json!(NOW + 1))), "", EVENT).is_ok());
    // The hash of an empty body signs no query.
    let empty = token(&hs256(), &claims(""), SECRET);
    let query = "?messageId=0A0000001234567B&status=delivered";
    assert_eq!(read(&reports, Some(&empty), query, ""), Ok(None));
    // A token beside a signed form does not lend it its own weakness.
    let receipt = signed(&receipt("delivered", "0", "1795521600"));
    assert_eq!(read(&reports, Some("x.y.z"), "", &receipt), Err(NotSigned));
}

#[test]
fn nothing_is_believed_without_a_secret_and_none_is_shown() {
    for none in [VonageReports::new(Vec::new()), VonageReports::new(vec![("".into(), Signing::Sha256)])] {
        let pairs = receipt("delivered", "0", "1795521600");
        let body = form(&pairs, &sig(&pairs, ring::hmac::HMAC_SHA256, ""));
        assert_eq!(read(&none, None, "", &body), Err(NotSigned));
        let bearer = token(&hs256(), &claims(EVENT), "");
        assert_eq!(read(&none, Some(&bearer), "", EVENT), Err(NotSigned));
    }
    assert!(!format!("{:?}", reports(Signing::Sha256)).contains(SECRET));
}
