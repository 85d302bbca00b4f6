//! Providers by HTTP: what their settings become, and the sentence behind each mistake.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;

use super::{KEY, load};
use crate::config::{Config, Provider, SignatureMethod};

const SMS: &str = "[[providers.sms]]\nkind = \"vonage\"\napi_key = \"abcd1234\"\napi_secret = \"hunter2\"\n\
    from = \"Acme\"\n";
const HTTP: &str = "[[providers.email]]\nkind = \"http\"\nurl = \"https://u:hunter2@gw.example/{{ to }}\"\n\
    secret = \"hunter2\"\n";

fn voice(key: &str) -> String {
    format!(
        "[[providers.voice]]\nkind = \"vonage\"\napplication_id = \"aaaa\"\nprivate_key = '''{key}'''\n\
         from = \"+15005550006\"\n"
    )
}

/// The same key in the older form, PKCS#1: what stands in PKCS#8 behind 26 bytes that name the algorithm.
fn older(key: &str) -> String {
    let lines: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(lines).unwrap();
    let inner = STANDARD.encode(&der[26..]);
    format!("-----BEGIN RSA PRIVATE KEY-----\n{inner}\n-----END RSA PRIVATE KEY-----\n")
}

#[test]
fn vonage_is_read() {
    let config = load(SMS, &[]).unwrap();
    let [Provider::VonageSms(sms)] = &config.providers.sms[..] else { panic!("{:?}", config.providers) };
    assert_eq!(sms.base_url, "https://rest.nexmo.com");
    assert_eq!((sms.signature_secret.is_none(), sms.signature_method), (true, SignatureMethod::Sha256));
    let env = [
        ("RIFT_PROVIDERS__SMS__0__BASE_URL", "http://vonage:9000/"),
        ("RIFT_PROVIDERS__SMS__0__SIGNATURE_SECRET", "s"),
        ("RIFT_PROVIDERS__SMS__0__SIGNATURE_METHOD", "sha512"),
    ];
    let config = load(SMS, &env).unwrap();
    let [Provider::VonageSms(sms)] = &config.providers.sms[..] else { panic!("{:?}", config.providers) };
    assert_eq!(sms.base_url, "http://vonage:9000");
    assert_eq!((sms.signature_secret.is_some(), sms.signature_method), (true, SignatureMethod::Sha512));
    assert_eq!(sms.api_secret.expose_secret(), "hunter2");
}

#[test]
fn vonage_is_told_where_to_report_if_that_is_believed_and_can_arrive() {
    let callback = |public_url: &str, base_url: &str, secret: bool| {
        let text = format!("{SMS}base_url = \"{base_url}\"\n");
        let text = if secret { text + "signature_secret = \"s\"\n" } else { text };
        let config = load(&text, &[]).unwrap();
        let Some(Provider::VonageSms(sms)) = config.providers.sms.first() else { panic!("no vonage") };
        sms.callback(&public_url.parse().unwrap())
    };
    let (public, real) = ("https://mfa.example.com", "https://rest.nexmo.com");
    assert_eq!(
        callback(public, real, true).as_deref(),
        Some("https://mfa.example.com/v1/providers/vonage/status")
    );
    assert_eq!(callback(public, real, false), None);
    for local in ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1"] {
        assert_eq!(callback(local, real, true), None, "{local}");
        assert_eq!(callback(local, "https://api-eu.VONAGE.com/", true), None, "{local}");
        let near = callback(local, "http://127.0.0.1:9", true);
        assert_eq!(
            near,
            Some(format!("{local}/v1/providers/vonage/status")),
            "a stand-in is on this machine, too"
        );
    }
}

#[test]
fn a_private_key_is_read_in_each_form_and_from_a_file() {
    let read = |config: Config| match config.providers.voice.first() {
        Some(Provider::VonageVoice(voice)) => {
            (voice.base_url.clone(), voice.private_key.public().modulus_len())
        }
        other => panic!("{other:?}"),
    };
    let wanted = ("https://api.nexmo.com".to_owned(), 256);
    for key in [KEY.to_owned(), older(KEY), KEY.replace('\n', "\\n")] {
        assert_eq!(read(load(&voice(&key), &[]).unwrap()), wanted);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, KEY).unwrap();
    let from_file = voice("")
        .replace("private_key = ''''''", &format!("private_key_file = {:?}", file.display().to_string()));
    assert_eq!(read(load(&from_file, &[]).unwrap()), wanted);
    std::fs::write(&file, "no key").unwrap();
    let error = load(&from_file, &[]).unwrap_err();
    assert!(
        error.starts_with("providers.voice[0].private_key: is no RSA key of 2048 to 4096 bits in PEM form"),
        "{error}"
    );
    assert!(
        error.contains("`openssl pkcs8 -topk8") && error.ends_with("key.pem, named by the file FILE)"),
        "{error}"
    );
}

#[test]
fn a_bad_vonage_entry_is_refused() {
    let sms = |key: &str, value: &str, wanted: &str| {
        let name = format!("RIFT_PROVIDERS__SMS__0__{key}");
        let error = load(SMS, &[(&name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("providers.sms[0].{wanted}")), "\n{error}\n{wanted}");
        assert!(error.ends_with(&format!("(set in the environment variable {name})")), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    };
    sms("API_KEY", "", "api_key: is missing; give the account's key");
    sms("API_SECRET", "", "api_secret: is missing; give the account's secret");
    sms("FROM", "", "from: is missing; give the sender");
    sms("FROM", "Acme Incorporated", "from: is no sender; write a number");
    sms("FROM", "+1500", "from: is no sender; write a number");
    sms("BASE_URL", "rest.nexmo.com", "base_url: is no URL; write it like https://rest.nexmo.com");
    sms("BASE_URL", "http://rest.nexmo.com", "base_url: starts with http://, which would send");
    sms("BASE_URL", "ftp://rest.nexmo.com", "base_url: must start with https://");
    sms("BASE_URL", "https://u:hunter2@rest.nexmo.com", "base_url: carries a user or a password");
    sms("SIGNATURE_SECRET", "", "signature_secret: is empty; copy it");
    sms("SIGNATURE_METHOD", "md5", "signature_method: is none that is believed; choose SHA-256 HMAC");
    sms(
        "APPLICATION_ID",
        "x",
        "application_id: there is no such setting; the names here are `api_key`, `api_secret`",
    );

    for (text, wanted) in [
        (
            SMS.replace("api_key", "#"),
            "providers.sms[0].api_key: is missing; give the account's key, from the dashboard at Vonage, here or by api_key_file (set in the file FILE)",
        ),
        (
            SMS.replace("from", "#"),
            "providers.sms[0].from: is missing; give the sender: a number like +15005550006, or a name like Acme (set in the file FILE)",
        ),
        (
            voice(KEY).replace("from", "#"),
            "providers.voice[0].from: is missing; give the number that calls, like +15005550006 (set in the file FILE)",
        ),
        (
            voice(KEY).replace("+15005550006", "Acme"),
            "providers.voice[0].from: is no number; write the number that calls like +15005550006 (set in the file FILE)",
        ),
        (
            voice(KEY).replace("application_id", "#"),
            "providers.voice[0].application_id: is missing; give the id of the Voice application at Vonage (set in the file FILE)",
        ),
        (
            voice(""),
            "providers.voice[0].private_key: is missing; give the Voice application's private key, in PEM form, here or by private_key_file (set in the file FILE)",
        ),
        (
            voice(KEY).replace("[[providers.voice]]", "[[providers.whatsapp]]"),
            "providers.whatsapp[0].kind: `vonage` is no kind for this channel; use meta, twilio, http, console (set in the file FILE)",
        ),
    ] {
        assert_eq!(load(&text, &[]).unwrap_err(), wanted);
    }
    let encrypted = KEY.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let public = KEY.replace("PRIVATE", "PUBLIC");
    let cut: String =
        KEY.lines().filter(|line| line.len() != 64).map(|line| line.to_owned() + "\n").collect();
    for key in ["/run/secrets/vonage.pem", &encrypted, &public, &cut] {
        let error = load(&voice(key), &[]).unwrap_err();
        assert!(error.starts_with("providers.voice[0].private_key: is no RSA key"), "{error}");
        assert!(error.ends_with("(set in the file FILE)") && !error.contains("MII"), "{error}");
    }
}

#[test]
fn a_gateway_is_read_for_every_channel() {
    for channel in ["email", "sms", "whatsapp", "voice"] {
        assert!(load(&HTTP.replace("email", channel), &[]).is_ok(), "{channel}");
    }
    let text = format!("{HTTP}body = \"{{}}\"\nheaders = {{ X-Key = \"hunter2\" }}\n");
    let config = load(&text, &[("RIFT_PROVIDERS__EMAIL__0__METHOD", "PUT")]).unwrap();
    let [Provider::Gateway(gateway)] = &config.providers.email[..] else { panic!("{:?}", config.providers) };
    assert_eq!((gateway.method.as_str(), gateway.content_type.as_str()), ("PUT", "application/json"));
    assert_eq!((gateway.body.as_deref(), gateway.headers.len()), (Some("{}"), 1));
    assert_eq!(
        gateway.place.as_ref().unwrap().fault("method", "is wrong").to_string(),
        "providers.email[0].method: is wrong (set in the environment variable RIFT_PROVIDERS__EMAIL__0__METHOD)"
    );
    for (text, wanted) in [
        (
            HTTP.replace("url", "#"),
            "providers.email[0].url: is missing; give the gateway's address, like https://gateway.example.com/send (set in the file FILE)",
        ),
        (
            HTTP.replace("secret", "#"),
            "providers.email[0].secret: is missing; give the secret that signs each request, here or by secret_file; `openssl rand -base64 32` makes one (set in the file FILE)",
        ),
        (
            format!("{HTTP}headers = \"x\""),
            "providers.email[0].headers: has the wrong type; see config/default.toml (set in the file FILE)",
        ),
        (
            format!("{HTTP}headers = {{ X-Key = 7 }}"),
            "providers.email[0].headers.X-Key: must be a text in quotes (set in the file FILE)",
        ),
        (
            format!("{HTTP}verb = \"PUT\""),
            "providers.email[0].verb: there is no such setting; the names here are `url`, `secret`, `method`, `headers`, `body`, `content_type` (set in the file FILE)",
        ),
    ] {
        assert_eq!(load(&text, &[]).unwrap_err(), wanted);
    }
}

#[test]
fn no_secret_of_a_gateway_is_shown() {
    let text = format!(
        "{SMS}signature_secret = \"hunter2\"\n{HTTP}headers = {{ X-Key = \"hunter2\" }}\n{}",
        voice(KEY)
    );
    let shown = format!("{:?}", load(&text, &[]).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("BEGIN"), "{shown}");
}
