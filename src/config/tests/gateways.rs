//! Twilio and WhatsApp Cloud: what is read, and the sentence behind each mistake.

use std::fs;

use secrecy::ExposeSecret;

use super::{file, load};
use crate::config::{Config, Provider, Sender};

const HX: &str = "HX0123456789abcdef0123456789abcdef";
const MG: &str = "MG0123456789abcdef0123456789abcdef";

fn twilio(channel: &str, without: &str, further: &[(&str, &str)]) -> Result<Config, String> {
    let usual = [("account_sid", "AC1"), ("auth_token", "hunter2"), ("from", "+15005550006")];
    entry(channel, "twilio", &usual, without, further)
}

fn meta(without: &str, further: &[(&str, &str)]) -> Result<Config, String> {
    let usual = [("phone_number_id", "1065"), ("access_token", "hunter2"), ("template", "code")];
    entry("whatsapp", "meta", &usual, without, further)
}

/// One entry with its usual settings, without one of them, with further ones; as a later one wins, they can change, too.
fn entry(
    channel: &str,
    kind: &str,
    usual: &[(&str, &str)],
    without: &str,
    further: &[(&str, &str)],
) -> Result<Config, String> {
    let head = format!("[[providers.{channel}]]\nkind = \"{kind}\"\n");
    let changed = |name: &str| name == without || further.iter().any(|(n, _)| *n == name);
    let settings = usual.iter().filter(|(name, _)| !changed(name)).chain(further);
    let text = settings.fold(head, |text, (name, value)| text + name + " = \"" + value + "\"\n");
    load(&text, &[])
}

#[test]
fn twilio_is_read_for_each_channel() {
    for (channel, further) in [
        ("sms", vec![("from", "Acme Bank")]),
        ("sms", vec![("from", "12345")]),
        ("voice", vec![]),
        ("whatsapp", vec![("content_sid", HX), ("action_content_sid", HX), ("backup_content_sid", HX)]),
        ("whatsapp", vec![("base_url", "http://[::1]:9/twilio/")]),
    ] {
        twilio(channel, "", &further).unwrap();
    }
    let config =
        twilio("sms", "from", &[("messaging_service_sid", MG), ("base_url", "http://localhost:9/")]).unwrap();
    let Some(Provider::Twilio(twilio)) = config.providers.sms.first() else { panic!("no twilio") };
    assert_eq!(twilio.sender, Sender::Service(MG.into()));
    assert_eq!((twilio.account_sid.as_str(), twilio.auth_token.expose_secret()), ("AC1", "hunter2"));
    assert_eq!(twilio.base_url, "http://localhost:9");
}

#[test]
fn twilio_is_told_where_to_report_if_it_can_reach_it() {
    let callback = |public_url: &str, base_url: &[(&str, &str)]| {
        let config = twilio("sms", "", base_url).unwrap();
        let Some(Provider::Twilio(twilio)) = config.providers.sms.first() else { panic!("no twilio") };
        twilio.callback(&public_url.parse().unwrap())
    };
    for local in [
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:1",
        "http://rift:8080",
        "http://192.168.7.7",
    ] {
        assert_eq!(callback(local, &[]), None, "{local}");
        let regional = [("base_url", "https://API.dublin.ie1.twilio.com/")];
        assert_eq!(callback(local, &regional), None, "{local}");
        let stand_in = [("base_url", "http://127.0.0.1:9")];
        assert_eq!(callback(local, &stand_in).as_deref(), Some(local), "a stand-in is on this machine, too");
    }
    assert_eq!(callback("https://mfa.example.com", &[]).as_deref(), Some("https://mfa.example.com"));
}

#[test]
fn a_bad_twilio_entry_is_refused() {
    for (channel, without, further, wanted) in [
        ("sms", "account_sid", vec![], "account_sid: is missing"),
        ("sms", "", vec![("account_sid", "AC/../1")], "account_sid: is no account's SID"),
        (
            "sms",
            "auth_token",
            vec![],
            "auth_token: is missing; give the account's token, here or by auth_token_file",
        ),
        ("sms", "", vec![("auth_token", " ")], "auth_token: is missing"),
        (
            "sms",
            "from",
            vec![],
            "from: is missing; give the sender's number, like +15005550006, or messaging",
        ),
        ("sms", "", vec![("messaging_service_sid", MG)], "from: stands beside messaging_service_sid"),
        (
            "sms",
            "from",
            vec![("messaging_service_sid", "MG1")],
            "messaging_service_sid: is no SID; it is MG and",
        ),
        ("sms", "", vec![("from", "+1500abc")], "from: is no sender; write it like +15005550006"),
        ("sms", "", vec![("from", "Acme Banking")], "from: is no sender"),
        ("sms", "", vec![("content_sid", HX)], "content_sid: is for whatsapp only; remove it"),
        ("voice", "from", vec![], "from: is missing; give the number that calls"),
        ("voice", "from", vec![("messaging_service_sid", MG)], "messaging_service_sid: makes no calls"),
        ("voice", "", vec![("from", "Acme")], "from: is no sender"),
        ("voice", "", vec![("backup_content_sid", HX)], "backup_content_sid: is for whatsapp only"),
        ("whatsapp", "", vec![("from", "whatsapp:+15005550006")], "from: is no sender"),
        ("whatsapp", "", vec![("content_sid", "MG1")], "content_sid: is no SID; it is HX and 32"),
        ("whatsapp", "", vec![("action_content_sid", MG)], "action_content_sid: is no SID"),
        ("sms", "", vec![("base_url", "api")], "base_url: is no URL; write it like https://api.twilio.com"),
        ("sms", "", vec![("base_url", "ftp://a.example")], "base_url: must start with https://"),
        (
            "sms",
            "",
            vec![("base_url", "http://a.example")],
            "base_url: starts with http://, which would send",
        ),
        (
            "sms",
            "",
            vec![("base_url", "https://u:hunter2@a.example")],
            "base_url: carries a user or a password",
        ),
        ("sms", "", vec![("base_url", "https://a.example?k=hunter2")], "base_url: carries a query"),
        ("sms", "", vec![("url", "x")], "url: there is no such setting; the names here are `account_sid`,"),
    ] {
        let error = twilio(channel, without, &further).unwrap_err();
        assert!(error.starts_with(&format!("providers.{channel}[0].{wanted}")), "\n{error}\n{wanted}");
        assert!(error.ends_with("(set in the file FILE)") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn meta_is_read_with_its_defaults() {
    let config = meta("", &[]).unwrap();
    let Some(Provider::Meta(meta)) = config.providers.whatsapp.first() else { panic!("no meta") };
    assert_eq!((meta.template.as_str(), meta.button, meta.version.as_str()), ("code", true, "v23.0"));
    assert_eq!(meta.base_url, "https://graph.facebook.com");
    assert!(meta.action_template.is_none() && meta.backup_template.is_none() && meta.language.is_none());
}

#[test]
fn a_bad_meta_entry_is_refused() {
    for (without, further, wanted) in [
        ("phone_number_id", vec![], "phone_number_id: is missing; give the sender's phone number ID"),
        ("", vec![("phone_number_id", "+15005550006")], "phone_number_id: is no phone number ID"),
        (
            "access_token",
            vec![],
            "access_token: is missing; give a system user's token, here or by access_token_file",
        ),
        ("template", vec![], "template: is missing; name an approved authentication template"),
        ("", vec![("template", "Sign in")], "template: is no template's name"),
        ("", vec![("action_template", "a-b")], "action_template: is no template's name"),
        ("", vec![("backup_template", "")], "backup_template: is no template's name"),
        ("", vec![("language", "")], "language: is no language; write it as Meta does, like en_US"),
        ("", vec![("button", "yes")], "button: must be true or false"),
        ("", vec![("version", "23.0")], "version: is no version of the Graph API; write it like v23.0"),
        ("", vec![("base_url", "http://graph.example")], "base_url: starts with http://"),
    ] {
        let error = meta(without, &further).unwrap_err();
        assert!(error.starts_with(&format!("providers.whatsapp[0].{wanted}")), "\n{error}\n{wanted}");
        assert!(error.ends_with("(set in the file FILE)") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn secrets_stand_in_files_and_a_button_in_the_environment() {
    let setup = file("");
    let secret = setup.folder.path().join("token");
    fs::write(&secret, "hunter2\n").unwrap();
    let secret = secret.to_str().unwrap();
    let text = format!(
        "[[providers.sms]]\nkind = \"twilio\"\naccount_sid_file = \"{secret}\"\nauth_token_file = \"{secret}\"\n\
         from = \"+15005550006\"\n[[providers.whatsapp]]\nkind = \"meta\"\nphone_number_id = \"1\"\n\
         access_token_file = \"{secret}\"\ntemplate = \"code\"\n"
    );
    let config = load(&text, &[("RIFT_PROVIDERS__WHATSAPP__0__BUTTON", "false")]).unwrap();
    let (Some(Provider::Twilio(twilio)), Some(Provider::Meta(meta))) =
        (config.providers.sms.first(), config.providers.whatsapp.first())
    else {
        panic!("not both")
    };
    assert_eq!((twilio.account_sid.as_str(), twilio.auth_token.expose_secret()), ("hunter2", "hunter2"));
    assert_eq!((meta.access_token.expose_secret(), meta.button), ("hunter2", false));
    let shown = format!("{:?} {meta:?}", twilio.auth_token);
    assert!(!shown.contains("hunter2"), "{shown}");
}
