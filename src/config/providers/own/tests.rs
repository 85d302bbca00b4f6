//! What an application may describe, and what it is told.

use secrecy::ExposeSecret;
use serde_json::json;

use super::*;

fn list(entries: Value) -> ProviderList {
    ProviderList::new(entries)
}

fn fault(channel: Channel, entries: Value) -> String {
    let fault = read(&list(entries), channel).unwrap_err();
    format!("{} {}", fault.field, fault.problem)
}

fn twilio() -> Value {
    json!({"kind": "twilio", "account_sid": "AC1", "auth_token": "hunter2", "from": "+15005550006"})
}

/// The object with some of its settings changed; `null` removes one.
fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(object.as_object_mut().unwrap().remove(name)),
            value => object[name] = value.clone(),
        }
    }
    object
}

#[test]
fn each_kind_is_read_as_the_operators_is() {
    let smtp = json!({"kind": "smtp", "url": "smtps://u:hunter2@mail.example", "from": "Acme <no-reply@acme.example>"});
    let http = json!({"kind": "http", "url": "https://gateway.example/send", "secret": "hunter2", "headers": {"X": "y"}});
    let vonage = json!({"kind": "vonage", "api_key": "k", "api_secret": "hunter2", "from": "Acme"});
    let meta = json!({"kind": "meta", "phone_number_id": "1", "access_token": "hunter2", "template": "t", "button": false});
    let mail = read(&list(json!([smtp, http])), Channel::Email).unwrap();
    let [Provider::Smtp(smtp), Provider::Gateway(gateway)] = mail.as_slice() else { panic!("{mail:?}") };
    assert_eq!((smtp.host.as_str(), smtp.port), ("mail.example", 465));
    assert_eq!(gateway.headers["X"].expose_secret(), "y");
    assert_eq!((gateway.method.as_str(), gateway.place.is_none()), ("POST", true));
    let sms = read(&list(json!([twilio(), vonage, http])), Channel::Sms).unwrap();
    assert!(
        matches!(sms.as_slice(), [Provider::Twilio(one), Provider::VonageSms(_), Provider::Gateway(_)]
            if one.base_url == "https://api.twilio.com"),
        "{sms:?}"
    );
    let whatsapp = read(&list(json!([meta])), Channel::Whatsapp).unwrap();
    assert!(matches!(whatsapp.as_slice(), [Provider::Meta(meta)] if !meta.button));
    assert!(!format!("{mail:?}{sms:?}{whatsapp:?}").contains("hunter2"));
}

#[test]
fn a_list_has_one_to_five_objects() {
    for (entries, wanted) in [
        (json!({}), "providers must be a list of 1 to 5 providers"),
        (json!([]), "providers must be a list of 1 to 5 providers"),
        (json!(vec![twilio(); 6]), "providers must be a list of 1 to 5 providers"),
        (json!([twilio(), "x"]), "providers[1] must be an object with a kind and its settings"),
    ] {
        assert_eq!(fault(Channel::Sms, entries), wanted);
    }
    assert_eq!(read(&list(json!(vec![twilio(); 5])), Channel::Sms).unwrap().len(), 5);
}

#[test]
fn a_fault_names_its_field_and_no_secret() {
    for (changes, wanted) in [
        (json!({"kind": null}), "kind is missing; use twilio, vonage, http"),
        (json!({"kind": 1}), "kind must be a text"),
        (json!({"kind": "console"}), "kind `console` is no kind for this channel; use twilio, vonage, http"),
        (json!({"kind": "smtp"}), "kind `smtp` is no kind for this channel; use twilio, vonage, http"),
        (json!({"base_url": "http://127.0.0.1"}), "base_url is the operator's to set; remove it"),
        (json!({"auth_token": null}), "auth_token is missing; give the account's token"),
        (json!({"auth_token": 7}), "auth_token must be a text"),
        (json!({"auth_token": "x".repeat(8193)}), "auth_token is too long; give at most 8192 bytes"),
        (json!({"from": "hunter2 hunter2"}), "from is no sender; write it like +15005550006"),
        (
            json!({"auth_tokn": "hunter2"}),
            "auth_tokn is no setting of this kind; the names here are `account_sid`, `auth_token`, `from`, \
             `messaging_service_sid`, `content_sid`, `action_content_sid`, `backup_content_sid`",
        ),
    ] {
        let told = fault(Channel::Sms, json!([twilio(), with(twilio(), &changes)]));
        assert_eq!(told, format!("providers[1].{wanted}"));
    }
    let http = json!({"kind": "http", "url": "https://gateway.example/send", "secret": "hunter2"});
    let many: Map<String, Value> = (0..21).map(|n| (format!("X-{n}"), json!("y"))).collect();
    for (changes, wanted) in [
        (json!({"headers": many}), "headers has too many entries; give at most 20"),
        (json!({"headers": {"X": "y".repeat(8193)}}), "headers.X is too long; give at most 8192 bytes"),
        (json!({"headers": ["X"]}), "headers has the wrong type"),
        (
            json!({"secret": ""}),
            "secret is missing; give the secret that signs each request; `openssl rand -base64 32` makes one",
        ),
    ] {
        assert_eq!(
            fault(Channel::Email, json!([with(http.clone(), &changes)])),
            format!("providers[0].{wanted}")
        );
    }
}

#[test]
fn mail_goes_under_tls_alone() {
    let smtp = |url: &str| json!([{"kind": "smtp", "url": url, "from": "a@acme.example"}]);
    let none = "providers[0].url has tls=none, and TLS is always required; remove it";
    assert_eq!(fault(Channel::Email, smtp("smtp://127.0.0.1:25?tls=none")), none);
    let far = "providers[0].url has tls=none, which is taken on loopback only; remove it";
    assert_eq!(fault(Channel::Email, smtp("smtp://mail.example?tls=none")), far);
    assert!(read(&list(smtp("smtp://mail.example?tls=required")), Channel::Email).is_ok());
    let file = json!([{"kind": "smtp", "url": "smtp://mail.example", "from": "a@acme.example", "ca_file": "/etc/passwd"}]);
    assert_eq!(fault(Channel::Email, file), "providers[0].ca_file is the operator's to set; remove it");
}
