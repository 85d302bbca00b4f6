use std::collections::BTreeMap;
use std::time::Duration;

use super::*;

fn form_of(settings: GatewaySettings) -> Result<Form, BadSetting> {
    Form::new(settings, Author::Operator)
}

fn settings(url: &str) -> GatewaySettings {
    GatewaySettings {
        channel: Channel::Sms,
        url: url.into(),
        secret: "secret".into(),
        method: "POST".into(),
        headers: BTreeMap::new(),
        body: None,
        content_type: "application/json".into(),
        timeout: Duration::from_secs(1),
    }
}

const URL: &str = "https://gateway.example.com/send";

#[track_caller]
fn refused(settings: GatewaySettings, wanted: &str) {
    let error = form_of(settings).map(drop).unwrap_err().to_string();
    assert!(error.starts_with(wanted), "\n{error}\n{wanted}");
}

#[test]
fn an_address_is_https_or_near() {
    for url in [
        URL,
        "https://user:pass@gateway.example.com/",
        "http://localhost:8080/send",
        "http://127.9.9.9/",
        "http://[::1]:1/",
        "http://gateway:9000/send",
        "https://gateway.example.com/{{ channel }}/{{ to }}?text={{ text|urlencode }}",
    ] {
        assert!(form_of(settings(url)).is_ok(), "{url}");
    }
    for (url, wanted) in [
        ("gateway.example.com/send", "`url` is no URL"),
        ("ftp://gateway.example.com", "`url` must start with https://"),
        ("http://gateway.example.com/send", "`url` must start with https://: codes and numbers"),
        ("http://10.0.0.7/send", "`url` must start with https://: codes and numbers"),
        ("http://localhost.example.com/", "`url` must start with https://: codes and numbers"),
        ("https://gateway.example.com/{{ text }}", "`url` has a blank or a line break"),
        ("https://gateway.example.com/?to={{ to }}", "`url` has {{ to }} in its query"),
        ("https://{{ locale }}.example.com/", "`url` has a variable in its host"),
        (
            "https://gateway.example.com:{% if code %}1{% else %}2{% endif %}/",
            "`url` has a variable in its host",
        ),
        ("https://gateway.example.com/{{ number }}", "`url` uses the variable `number`"),
        ("https://gateway.example.com/{{ to", "`url` is no right template, line 1"),
    ] {
        refused(settings(url), wanted);
    }
}

#[test]
fn a_bad_template_is_told_with_its_setting() {
    let body = |body: &str| GatewaySettings { body: Some(body.into()), ..settings(URL) };
    refused(
        body("{\"to\": \"{{ to }}\", \"text\": \"{{ text }}\"}"),
        "`body` makes no JSON; write each variable",
    );
    refused(body("to={{ to|urlencode }}"), "`body` makes no JSON");
    // Right for a code, wrong for backup codes.
    refused(body("{\"code\": {{ code }}}"), "`body` makes no JSON");
    refused(body("{% if x %}{% endif %}"), "`body` uses the variable `x`");
    refused(body("{{ to|tojsn }}"), "`body` is no right template, line 1: unknown filter");
    assert!(form_of(body("{\"to\": {{ to|tojson }}, \"code\": {{ code|tojson }}}")).is_ok());
    // A code that begins with 0 is no number.
    refused(body("{\"code\": {% if code %}{{ code }}{% else %}0{% endif %}}"), "`body` makes no JSON");
    let form = |text: &str| GatewaySettings {
        content_type: "application/x-www-form-urlencoded".into(),
        ..body(text)
    };
    refused(form("to={{ to }}&text={{ text|urlencode }}"), "`body` has a variable as it is; in a form");
    refused(form("to={{ to|urlencode }}&for={{ action }}"), "`body` has a variable as it is; in a form");
    assert!(form_of(form("to={{ to|urlencode }}&text={{ text|urlencode }}")).is_ok());
    let mail = |url: &str| GatewaySettings { channel: Channel::Email, ..settings(url) };
    refused(mail("https://gateway.example.com/{{ to }}"), "`url` has {{ to }} as it is, and an address");
    assert!(form_of(mail("https://gateway.example.com/{{ to|urlencode }}")).is_ok());
    let text = GatewaySettings { content_type: "text/plain".into(), ..body("{{ text }}") };
    assert!(form_of(text).is_ok());

    let method = |method: &str| GatewaySettings { method: method.into(), ..settings(URL) };
    refused(method("DELETE"), "`method` is none of POST, PUT, PATCH and GET");
    refused(method("GET"), "`url` must hold the message, since GET has no body");
    refused(GatewaySettings { method: "get".into(), ..body("{}") }, "`body` is set, but GET carries none");
    for right in ["put", "PATCH"] {
        assert!(form_of(method(right)).is_ok());
    }
    refused(
        GatewaySettings { content_type: "text\nplain".into(), ..settings(URL) },
        "`content_type` is no content type",
    );

    for (name, value, wanted) in [
        ("X To", "x", "`headers.X To` is no name of a header"),
        ("Webhook-Signature", "x", "`headers.Webhook-Signature` is made by the service itself"),
        ("Host", "x", "`headers.Host` is made by the service itself"),
        ("Content-Type", "x", "`headers.Content-Type` has a setting of its own"),
        ("X-Text", "{{ text }}", "`headers.X-Text` does not stay on one line"),
        ("X-Text", "a\r\nX-Other: b", "`headers.X-Text` does not stay on one line"),
        ("X-Text", "{{ number }}", "`headers.X-Text` uses the variable `number`"),
    ] {
        let headers = BTreeMap::from([(name.to_owned(), value.into())]);
        refused(GatewaySettings { headers, ..settings(URL) }, wanted);
    }
}

#[test]
fn a_message_does_not_reach_beyond_its_place() {
    let headers = BTreeMap::from([("X-Action".to_owned(), "{{ action }}".into())]);
    let url = "https://gateway.example.com/{{ to }}";
    let form = form_of(GatewaySettings { headers, ..settings(url) }).unwrap();
    let mut envelope = Envelope::plain(Channel::Sms, "+4915112345678", "text");
    let filled = form.fill("msg_1", &envelope).unwrap();
    assert_eq!(filled.url, "https://gateway.example.com/+4915112345678");
    assert_eq!(
        filled.body,
        r#"{"id":"msg_1","channel":"sms","to":"+4915112345678","text":"text","locale":"en"}"#
    );
    assert_eq!(filled.headers["x-action"], "");
    for action in ["a\r\nX-Other: b", "a\nb", "a\0b"] {
        envelope.action = Some(action.into());
        assert!(form.fill("msg_1", &envelope).is_none(), "{action:?}");
    }
    envelope.action = Some("Zahle 12 € an Bob".into());
    assert!(form.fill("msg_1", &envelope).is_some());
    for to in ["a\nb", "a b", "a\tb"] {
        envelope.to = to.into();
        assert!(form.fill("msg_1", &envelope).is_none(), "{to:?}");
    }
}

#[test]
fn a_host_that_only_some_messages_change_is_found_when_it_is_filled() {
    let form =
        form_of(settings("https://gateway.example.com{{ action|replace('Pay \"12 EUR\" & go', '') }}/"))
            .unwrap();
    let mut envelope = Envelope::plain(Channel::Sms, "+4915112345678", "text");
    assert!(form.fill("msg_1", &envelope).is_some());
    for action in [".elsewhere.example", "@elsewhere.example", ":8443"] {
        envelope.action = Some(action.into());
        assert!(form.fill("msg_1", &envelope).is_none(), "{action}");
    }
}

#[test]
fn no_error_shows_a_secret() {
    let headers = BTreeMap::from([("Authorization".to_owned(), "Bearer hunter2 {{ hunt".into())]);
    let error = form_of(GatewaySettings { headers, ..settings(URL) }).map(drop).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let error = form_of(settings("http://user:hunter2@gateway.example.com")).map(drop).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn a_tenants_request_goes_to_a_public_host_under_tls() {
    let guard = Guard::new(&[]);
    let of = |settings| Form::new(settings, Author::Tenant(&guard)).map(drop).map_err(|bad| bad.to_string());
    for url in
        ["https://gateway.example.com/send", "https://gateway.example.com:8443/", "https://93.184.216.34/"]
    {
        assert_eq!(of(settings(url)), Ok(()), "{url}");
    }
    let near = "`url` names an address that is private, local or reserved; give a public one";
    let clear = "`url` must start with https://: codes and numbers would cross the net in the clear";
    for (url, wanted) in [
        ("https://127.0.0.1/", near),
        ("https://169.254.169.254/latest/meta-data", near),
        ("https://10.0.0.7/", near),
        ("https://[::1]/", near),
        ("https://[::ffff:127.0.0.1]/", near),
        ("http://gateway.example.com/", clear),
        ("http://localhost:8080/", clear),
        ("http://93.184.216.34/", clear),
        ("http://127.0.0.1/", near),
        ("file:///etc/passwd", "`url` has no host; write it like https://gateway.example.com/send"),
        ("ftp://gateway.example.com/", "`url` must start with https://"),
    ] {
        assert_eq!(of(settings(url)).unwrap_err(), wanted, "{url}");
    }
    let near = Guard::new(&["127.0.0.0/8".parse().unwrap()]);
    let form = Form::new(settings("http://127.0.0.1:8080/send"), Author::Tenant(&near)).unwrap();
    assert_eq!(form.origin(), "http://127.0.0.1:8080");
}
