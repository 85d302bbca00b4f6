//! What a gateway's answer means. Its body is JSON or is not read, and of JSON only an id or a code is kept.

use serde_json::Value;

use crate::domain::message::Envelope;
use crate::providers::Outcome;
use crate::providers::wire::Answer;

pub(super) fn outcome(answer: &Answer, envelope: &Envelope) -> Outcome {
    if let Some(failure) = answer.common_failure() {
        return failure;
    }
    let body = answer.json::<Value>().unwrap_or_default();
    let word = |names: &[&str], longest| {
        let mut found = names.iter().filter_map(|name| text(body.get(name)?));
        found.find(|text| is_safe(text, longest) && !repeats(text, envelope))
    };
    let status = format!("http_{}", answer.status);
    match answer.status {
        200..=299 => Outcome::Sent { id: word(&["id", "message_id", "sid"], 100) },
        // The gateway has read this message and does not take it.
        400 | 422 => {
            Outcome::refused(word(&["code"], 32).unwrap_or(status), "The gateway does not take this message.")
        }
        // Not found, gone, not allowed, too large: all messages would meet that, so the settings are wrong, or the
        // gateway is being rebuilt.
        _ => answer.put_off(status, "The gateway did not take the request; check `url` and `method`."),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_safe(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

/// Whether the text holds the recipient or a code: some gateways make their ids of such.
fn repeats(text: &str, envelope: &Envelope) -> bool {
    let to = envelope.to.trim_start_matches('+');
    // A number is told by its end, too, whatever stands before it: a national form has no country code.
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let end = to.len().checked_sub(8).and_then(|at| to.get(at..)).filter(|end| *end == digits(end));
    if end.is_some_and(|end| digits(text).contains(end)) {
        return true;
    }
    let secrets = envelope.code.iter().chain(&envelope.backup_codes).map(String::as_str).chain([to]);
    secrets.filter(|secret| !secret.is_empty()).any(|secret| text.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Channel;

    fn of(status: u16, body: &str) -> Outcome {
        let mut envelope = Envelope::plain(Channel::Sms, "+4915112345678", "Acme: 314159");
        envelope.code = Some("314159".into());
        outcome(&Answer { status, retry_after: None, body: body.as_bytes().to_vec() }, &envelope)
    }

    fn sent(body: &str) -> Option<String> {
        match of(202, body) {
            Outcome::Sent { id } => id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_id_is_kept_if_it_is_one() {
        for (body, id) in [
            (r#"{"id":"a-1"}"#, Some("a-1")),
            (r#"{"id":17}"#, Some("17")),
            (r#"{"message_id":"x.Y:z_0"}"#, Some("x.Y:z_0")),
            (r#"{"sid":"SM1","id":{"a":1}}"#, Some("SM1")),
            (r#"{"id":"two words"}"#, None),
            (r#"{"id":"4915112345678-1"}"#, None),
            (r#"{"id":"0151-12345678"}"#, None),
            (r#"{"id":314159}"#, None),
            (r#"{"id":""}"#, None),
            (r#"{"id":true}"#, None),
            (r#"["id"]"#, None),
            ("OK", None),
            ("", None),
        ] {
            assert_eq!(sent(body).as_deref(), id, "{body}");
        }
        assert_eq!(sent(&format!(r#"{{"id":"{}"}}"#, "a".repeat(101))), None);
    }

    #[test]
    fn a_refusal_keeps_a_short_code_and_no_words() {
        for (body, code) in [
            ("", "http_422"),
            (r#"{"code":"invalid_number"}"#, "invalid_number"),
            (r#"{"code":21211}"#, "21211"),
            (r#"{"code":"the number +4915112345678 is wrong"}"#, "http_422"),
            (r#"{"code":"4915112345678"}"#, "http_422"),
            (r#"{"code":"314159"}"#, "http_422"),
        ] {
            let outcome = of(422, body);
            assert!(
                matches!(&outcome, Outcome::Refused { reason } if reason.code == code),
                "{body} {outcome:?}"
            );
        }
        assert!(matches!(of(400, ""), Outcome::Refused { reason } if reason.code == "http_400"));
    }
}
