//! From a form to the object that the service takes, and back without a secret.

use serde_json::json;

use super::*;

fn form(pairs: &[(&str, &str)]) -> Given {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    Given::parse(text.extend_pairs(pairs).finish().as_bytes())
}

fn kept(list: &Value) -> KeptProvider {
    crate::domain::own_provider::ProviderList::new(json!([list])).kept().remove(0)
}

#[test]
fn each_kind_of_each_channel_has_fields_with_labels() {
    for channel in Channel::ALL {
        for kind in kinds(channel) {
            assert_ne!(kind_name(kind), "Unknown");
            let fields = fields(channel, kind);
            assert!(fields.iter().any(|field| field.needed), "{channel} {kind}");
            for field in &fields {
                assert_ne!(label(field.name), field.name, "{channel} {kind}");
            }
        }
        assert!(fields(channel, "console").is_empty());
    }
    assert!(fields(Channel::Sms, "smtp").is_empty() && fields(Channel::Email, "twilio").is_empty());
}

#[test]
fn a_mail_server_is_an_address_with_its_secrets_encoded() {
    let given = form(&[
        ("host", "smtp.example.com"),
        ("security", "smtps"),
        ("port", "2465"),
        ("user", "me@example.com"),
        ("password", "p@ss/w?rd#1"),
        ("from", "Acme <a@example.com>"),
    ]);
    let (object, keep) = object(Channel::Email, "smtp", &given, None).unwrap();
    let url = object["url"].as_str().unwrap();
    assert_eq!(url, "smtps://me%40example.com:p%40ss%2Fw%3Frd%231@smtp.example.com:2465");
    let read = url::Url::parse(url).unwrap();
    assert_eq!((read.host_str(), read.port()), (Some("smtp.example.com"), Some(2465)));
    assert_eq!((object["from"].as_str(), keep.as_slice()), (Some("Acme <a@example.com>"), [].as_slice()));
}

#[test]
fn what_of_a_mail_server_is_missing_is_told_beside_its_field() {
    for (pairs, field) in [
        (vec![("from", "a@example.com")], "host"),
        (vec![("host", "https://x")], "host"),
        (vec![("host", "x"), ("port", "99999")], "port"),
        (vec![("host", "x"), ("user", "me")], "password"),
        (vec![("host", "x"), ("password", "p")], "user"),
        (vec![("password", "p")], "host"),
    ] {
        assert_eq!(object(Channel::Email, "smtp", &form(&pairs), None).unwrap_err().0, field, "{pairs:?}");
    }
    // Nothing of the server typed anew: the one that is kept stays.
    let old = kept(&json!({"kind": "smtp", "url": "smtp://u:hunter2@x", "from": "a@example.com"}));
    let given = form(&[("security", "smtp"), ("from", "b@example.com")]);
    let (object, keep) = object(Channel::Email, "smtp", &given, Some(&old)).unwrap();
    assert_eq!(Value::Object(object), json!({"kind": "smtp", "from": "b@example.com"}));
    assert_eq!(keep, ["url"]);
}

#[test]
fn headers_and_choices_have_their_types() {
    let given = form(&[
        ("headers", "X-Key: a:b\r\n\r\n X-Other :c"),
        ("method", "PUT"),
        ("url", "https://g.example"),
    ]);
    let (made, keep) = object(Channel::Sms, "http", &given, None).unwrap();
    assert_eq!(made["headers"], json!({"X-Key": "a:b", "X-Other": "c"}));
    assert_eq!(keep, ["secret", "body"]);
    assert_eq!(
        object(Channel::Sms, "http", &form(&[("headers", "nothing")]), None).unwrap_err().0,
        "headers"
    );
    let (made, _) = object(Channel::Whatsapp, "meta", &form(&[("button", "false")]), None).unwrap();
    assert_eq!(made["button"], json!(false));
}

#[test]
fn a_number_takes_the_place_of_a_messaging_service() {
    let old = kept(&json!({"kind": "twilio", "auth_token": "hunter2", "messaging_service_sid": "MG1"}));
    let (_, keep) = object(Channel::Sms, "twilio", &form(&[("from", "+15005550006")]), Some(&old)).unwrap();
    assert_eq!(keep, ["account_sid", "auth_token"]);
    let (_, keep) = object(Channel::Sms, "twilio", &form(&[]), Some(&old)).unwrap();
    assert_eq!(keep, ["account_sid", "auth_token", "messaging_service_sid"]);
}

#[test]
fn no_secret_is_shown_again() {
    let old = kept(&json!({
        "kind": "twilio", "account_sid": "AChunter1", "auth_token": "hunter2", "from": "+15005550006",
    }));
    let typed = form(&[("auth_token", "hunter3"), ("from", "+15005550007")]);
    for typed in [None, Some(&typed)] {
        for shown in shown(Channel::Sms, "twilio", Some(&old), typed) {
            assert!(!shown.value.contains("hunter"), "{}", shown.field.name);
            assert_eq!(
                shown.is_set,
                ["account_sid", "auth_token"].contains(&shown.field.name),
                "{}",
                shown.field.name
            );
            if shown.field.name == "from" {
                assert_eq!(shown.value, if typed.is_some() { "+15005550007" } else { "+15005550006" });
            }
        }
    }
}
