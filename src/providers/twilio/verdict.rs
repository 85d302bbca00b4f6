//! What Twilio's answer to a request means.
//!
//! Only what is about the recipient or the message ends it; the rest is the account's set-up, where another provider may
//! do better. The codes are those of <https://www.twilio.com/docs/api/errors>. Twilio's own sentences repeat numbers and
//! are not kept.

use serde::Deserialize;

use crate::providers::Outcome;
use crate::providers::wire::Answer;

#[derive(Deserialize)]
struct Taken {
    sid: String,
}

#[derive(Deserialize)]
struct Failure {
    code: u32,
}

/// The outcome of a whole answer.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    if answer.is_success() {
        return match answer.json::<Taken>() {
            Some(Taken { sid }) if is_sid(&sid) => Outcome::Sent { id: Some(sid) },
            _ => Outcome::retry("unreadable_answer", "Twilio's answer holds no message id that can be read."),
        };
    }
    if let Some(outcome) = answer.common_failure() {
        return outcome;
    }
    let Some(Failure { code }) = answer.json() else {
        let detail = "Twilio refused the request without a code; check the provider's `base_url`.";
        return answer.put_off(format!("http_{}", answer.status), detail);
    };
    match (refusal(code), code) {
        (Some(detail), _) => Outcome::refused(code.to_string(), detail),
        (None, 14107 | 20429 | 21611 | 63018 | 63038) => {
            answer.put_off(code.to_string(), "A limit of the Twilio account or its sender is reached.")
        }
        (None, 20404) => answer
            .put_off(code.to_string(), "Twilio knows no such account; check `account_sid` and `base_url`."),
        // What other users' messages need not meet, and another provider need not mind.
        (None, 21219 | 21608 | 63015) => Outcome::declined(
            code.to_string(),
            "Twilio's trial and sandbox send to verified numbers only; verify this one, or leave the trial.",
        ),
        (None, 13225 | 13227 | 21215 | 21216 | 21408) => Outcome::declined(
            code.to_string(),
            "The Twilio account may not reach this number or its country; see its geographic permissions.",
        ),
        (None, 21212 | 21603 | 21606 | 21659 | 21660 | 63007) => answer.put_off(
            code.to_string(),
            "Twilio does not take the sender; check `from` or `messaging_service_sid`.",
        ),
        (None, 21609) => {
            answer.put_off("21609", "Twilio does not take the address for its reports; check http.public_url.")
        }
        (None, 21654..=21656 | 63005 | 63013 | 63016 | 63027 | 63028) => answer.put_off(
            code.to_string(),
            "WhatsApp does not take the message's form; check `content_sid` and its siblings.",
        ),
        (None, _) => answer.put_off(
            code.to_string(),
            "Twilio refused the request; look its code up at twilio.com/docs/api/errors, then check the provider's settings.",
        ),
    }
}

/// Why this recipient or this message will never be taken, if that is what the code says.
fn refusal(code: u32) -> Option<&'static str> {
    Some(match code {
        13223 | 13224 | 13226 | 21211 | 21217 | 21401 | 21421 | 21604 => "The number is not valid.",
        21610 => "The user has unsubscribed from this sender.",
        21614 | 21635 => "The number is not a mobile phone's.",
        21214 | 21612 => "The number cannot be reached.",
        21265 | 21266 => "The number cannot receive messages.",
        21605 | 21617 => "The message is too long.",
        63003 | 63024 | 63032 | 63033 => "The number cannot be reached by WhatsApp.",
        _ => return None,
    })
}

/// Whether this is an id that may be stored and shown.
pub(super) fn is_sid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        assert!(is_sid("SM0123456789abcdef0123456789abcdef"));
        for odd in ["", "SM 1", "SM\n1", "+15005550006", "<b>", &"a".repeat(65)] {
            assert!(!is_sid(odd), "{odd}");
        }
    }
}
