use serde_json::json;

use super::*;

mod properties;

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

const VERIFY: [Field; 6] =
    [Field::User, Field::Type, Field::Code, Field::Id, Field::Action, Field::Reference];
const START: [Field; 7] =
    [Field::User, Field::Type, Field::Action, Field::Reference, Field::Proof, Field::Name, Field::Enroll];

fn form(fields: &[(Field, &str)]) -> Form {
    Form(fields.iter().map(|&(field, text)| (field, Value::Text(text.to_owned()))).collect())
}

fn json(body: &str, allowed: &[Field]) -> Result<Form, FormError> {
    parse_body(JSON, body.as_bytes(), allowed)
}

fn urlencoded(body: &str, allowed: &[Field]) -> Result<Form, FormError> {
    parse_body(FORM, body.as_bytes(), allowed)
}

/// Code, param and fix: what a caller acts on.
fn told(outcome: Result<Form, FormError>) -> (&'static str, Option<String>, String) {
    let error = outcome.unwrap_err();
    (error.code(), error.param().map(str::to_owned), error.fix())
}

fn code(outcome: Result<Form, FormError>) -> &'static str {
    told(outcome).0
}

#[test]
fn the_page_examples_read_the_same_in_all_encodings() {
    let wanted = form(&[(Field::User, "jane@example.com"), (Field::Type, "EMAIL"), (Field::Code, "123456")]);
    for body in [
        "User=jane@example.com, Type=EMAIL, Code=123456",
        "user=jane@example.com,TYPE=EMAIL,\n code=123456\r\n",
        "User=jane%40example.com&Type=EMAIL&Code=123456",
        "&USER=jane@example.com&&%54ype=EMAIL&Code=123456&",
    ] {
        assert_eq!(urlencoded(body, &VERIFY).as_ref(), Ok(&wanted), "{body}");
    }
    let body = r#"{"user": "jane@example.com", "Type": "EMAIL", "Code": "123456"}"#;
    assert_eq!(json(body, &VERIFY), Ok(wanted));
    let dual = urlencoded("User=jane@example.com:+15551234567, Type=DUAL", &VERIFY).unwrap();
    assert_eq!(dual.text(Field::User), Some("jane@example.com:+15551234567"));
}

#[test]
fn a_plus_stays_in_user_and_nowhere_else() {
    let wanted = form(&[(Field::User, "+1555 1"), (Field::Action, "a b+")]);
    assert_eq!(urlencoded("us%65r=+1555%201&Action=a+b%2B", &VERIFY), Ok(wanted.clone()));
    assert_eq!(parse_query(Some("User=%2B1555%201&action=a+b%2b"), &VERIFY), Ok(wanted));
}

#[test]
fn content_types() {
    for (content_type, body, wanted) in [
        (Some("application/json; charset=utf-8"), "{}", None),
        (Some("Application/JSON;charset=\"UTF-8\""), "{}", None),
        (Some("application/x-www-form-urlencoded; charset=UTF-8"), "", None),
        (FORM, "", None),
        (None, "", None),
        (Some(""), "", None),
        (None, "x", Some(MediaFault::Missing)),
        (Some("application/json; charset=latin1"), "{}", Some(MediaFault::Charset)),
        (Some("text/plain"), "", Some(MediaFault::Type)),
        (Some("multipart/form-data; boundary=x"), "", Some(MediaFault::Type)),
        (Some("application/jsonx"), "{", Some(MediaFault::Type)),
    ] {
        let wanted = match wanted {
            None => Ok(Form::default()),
            Some(fault) => Err(FormError::UnsupportedMediaType { fault }),
        };
        assert_eq!(parse_body(content_type, body.as_bytes(), &VERIFY), wanted, "{content_type:?}");
    }
    assert_eq!(FormError::UnsupportedMediaType { fault: MediaFault::Type }.status(), 415);
}

#[test]
fn malformed_bodies() {
    for body in
        ["", " ", "{", r#"{"User": "a"} x"#, r#"{"User": "a"}{}"#, "[]", "1", "null", "{,}", "\u{feff}{}"]
    {
        assert_eq!(code(json(body, &VERIFY)), "invalid_body", "{body}");
    }
    for body in ["User=%zz", "User=%4", "User=%", "%g1=a", "User=%ff", "User=%C3&Type=%A9"] {
        assert_eq!(code(urlencoded(body, &VERIFY)), "invalid_body", "{body}");
        assert_eq!(code(parse_query(Some(body), &VERIFY)), "invalid_body", "{body}");
    }
    for content_type in [JSON, FORM] {
        assert_eq!(code(parse_body(content_type, b"\"User\xff=1", &VERIFY)), "invalid_body");
    }
    assert_eq!(code(json(r#"{"User": "\ud800"}"#, &VERIFY)), "invalid_body");
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let (open, close) = (open.repeat(100_000), close.repeat(100_000));
        for body in [
            format!("{open}1{close}"),
            format!(r#"{{"User": {open}1{close}}}"#),
            format!(r#"{{"Code": {{"x": {open}1{close}}}}}"#),
            format!(r#"{{"Code": {open}"#),
        ] {
            assert_eq!(code(json(&body, &VERIFY)), "invalid_body");
        }
    }
}

#[test]
fn json_values_by_field() {
    let mut read = json(r#"{"Enroll": true, "Name": "x"}"#, &START).unwrap();
    assert!(read.contains(Field::Enroll) && read.text(Field::Enroll).is_none());
    assert_eq!(read.take(Field::Enroll), Some(Value::Flag(true)));
    assert!(!read.contains(Field::Enroll));
    let mut read = json(r#"{"Code": {"id": "a", "deep": [{"b": null}]}}"#, &VERIFY).unwrap();
    let object = json!({"id": "a", "deep": [{"b": null}]});
    assert_eq!(
        read.take(Field::Code)
            .map(|value| matches!(value, Value::Object(o) if Json::Object(o.clone()) == object)),
        Some(true)
    );
    for (body, param, fix) in [
        (r#"{"Code": 123456}"#, "Code", "Put the value in quotes."),
        (r#"{"User": null}"#, "User", "Leave the field out."),
        (r#"{"type": ["EMAIL"]}"#, "Type", "Give one value, in quotes."),
        (r#"{"User": {"a": 1}}"#, "User", "Give one value, in quotes."),
        (r#"{"Id": true}"#, "Id", "Put the value in quotes."),
        // The form of a value comes before duplicates and unknown names.
        (r#"{"x": 1, "User": 1, "user": "a"}"#, "User", "Put the value in quotes."),
    ] {
        let (code, told, told_fix) = told(json(body, &VERIFY));
        assert_eq!((code, told.as_deref(), told_fix.as_str()), ("invalid_body", Some(param), fix), "{body}");
    }
}

#[test]
fn duplicates_come_before_unknown_names_in_every_encoding() {
    for outcome in [
        json(r#"{"Foo": 1, "User": "a", "uSER": "a"}"#, &VERIFY),
        urlencoded("Foo=1&User=a&uSER=a", &VERIFY),
        urlencoded("Foo=1&User=&uSER=", &VERIFY),
        urlencoded("Foo=1, User=a, uSER=a", &VERIFY),
        parse_query(Some("Foo=1&User=a&uSER=a"), &VERIFY),
    ] {
        assert_eq!(outcome, Err(FormError::Duplicate { name: Some("User".to_owned()) }));
    }
    assert_eq!(code(urlencoded("foo=1&FOO=2", &VERIFY)), "duplicate_parameter");
    assert_eq!(code(json(r#"{"Code": "1", "code": "2"}"#, &START)), "duplicate_parameter");
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    let wanted = || {
        Err(FormError::Unknown { name: Some("Typ".to_owned()), nearest: Some(Field::Type), elsewhere: false })
    };
    for outcome in [
        json(r#"{"User": "a", "Typ": 3}"#, &VERIFY),
        urlencoded("User=a&Typ=b", &VERIFY),
        urlencoded("User=a, Typ=b", &VERIFY),
        urlencoded("User=a,Typ=b, Code=1", &VERIFY),
        urlencoded("Typ=b, User=a", &VERIFY),
        urlencoded("Typ=", &VERIFY),
    ] {
        assert_eq!(outcome, wanted());
    }
    assert_eq!(told(wanted()).2, "Did you mean Type?");
    let far = told(urlencoded("Telephone=1", &VERIFY));
    assert_eq!(far, ("unknown_parameter", Some("Telephone".to_owned()), far.2.clone()));
    assert!(far.2.starts_with("Leave it out"));
}

#[test]
fn names_are_shown_again_only_if_they_are_names() {
    let long = "x".repeat(41);
    for body in ["123456", "123456=1", "jane%40example.com=1", "K-7KQ2M-9XD4-TPBW", "=1", &long, "<b>=1"] {
        let error = urlencoded(body, &VERIFY).unwrap_err();
        assert_eq!((error.code(), error.param()), ("unknown_parameter", None), "{body}");
        let name = body.trim_end_matches("=1");
        assert!(name.is_empty() || !format!("{error:?} {error} {}", error.fix()).contains(name), "{body}");
    }
}

#[test]
fn fields_of_other_calls_are_told_where_they_belong() {
    let error = json(r#"{"id": "mfa_1"}"#, &START).unwrap_err();
    let wanted =
        FormError::Unknown { name: Some("Id".to_owned()), nearest: Some(Field::Id), elsewhere: true };
    assert_eq!(error, wanted);
    assert_eq!(error.fix(), "Leave it out here: Id belongs to POST /v1/mfa/verify.");
    for outcome in [
        json(r#"{"code": 123456}"#, &START),
        json(r#"{"Code": {"a": 1}}"#, &START),
        urlencoded("User=a&Code=", &START),
        urlencoded("User=a, Code=123456", &START),
    ] {
        assert_eq!(outcome, Err(FormError::CodeNotAllowed));
    }
    assert_eq!(FormError::CodeNotAllowed.code(), "code_not_allowed");
    assert_eq!(code(parse_query(Some("Code=1"), &START)), "unknown_parameter");
}

#[test]
fn comma_list_values_are_literal() {
    let read = urlencoded("User= +1%20a , Action=Pay 1,5 EUR, foo=bar+%zz,Reference=a,b, ,c=d ", &VERIFY);
    let wanted = [
        (Field::User, " +1%20a "),
        (Field::Action, "Pay 1,5 EUR, foo=bar+%zz"),
        (Field::Reference, "a,b, ,c=d "),
    ];
    assert_eq!(read, Ok(form(&wanted)));
    // A credential's commas stand before quotes, which start no name.
    let credential = r#"{"id":"a=","rawId":"b==","type":"public-key"}"#;
    let read = urlencoded(&format!("User=u, Type=HSM, Code={credential}"), &VERIFY).unwrap();
    assert_eq!(read.text(Field::Code), Some(credential));
    // One field alone is urlencoded, even with commas in it.
    assert_eq!(urlencoded("Action=a,+b=%41", &VERIFY), Ok(form(&[(Field::Action, "a, b=A")])));
    assert_eq!(urlencoded("User=a,b&Type=c", &VERIFY), Ok(form(&[(Field::User, "a,b"), (Field::Type, "c")])));
}

#[test]
fn empty_values_are_absent() {
    for outcome in [
        json(r#"{"User": "", "Type": "EMAIL"}"#, &VERIFY),
        urlencoded("User=&Type=EMAIL", &VERIFY),
        urlencoded("User&Type=EMAIL", &VERIFY),
        urlencoded("User=, Type=EMAIL", &VERIFY),
    ] {
        assert_eq!(outcome, Ok(form(&[(Field::Type, "EMAIL")])));
    }
}

#[test]
fn debug_shows_names_only() {
    let read = json(r#"{"User": "jane@example.com", "Code": {"id": "secret"}}"#, &VERIFY).unwrap();
    assert_eq!(format!("{read:?}"), r#"Form {"User", "Code"}"#);
    assert_eq!(format!("{:?}", Value::Text("secret".to_owned())), "Text(..)");
}
