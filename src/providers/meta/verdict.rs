//! What Meta's answer to a request means.
//!
//! Only what is about the recipient ends a message; the rest is the account's set-up or its limits, where another
//! provider may do better. The codes are those of
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>, which asks to decide by code and not by
//! status. Meta's own sentences repeat numbers and are not kept.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::providers::wire::Answer;
use crate::providers::{About, Outcome, Reason};

#[derive(Deserialize)]
struct Taken {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
}

#[derive(Deserialize)]
struct Failure {
    error: Code,
}

#[derive(Deserialize)]
struct Code {
    code: u32,
}

/// The outcome of a whole answer.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    if answer.is_success() {
        let id = answer.json::<Taken>().and_then(|taken| Some(taken.messages.into_iter().next()?.id));
        return match id {
            Some(id) => Outcome::Sent { id: own_part(&id) },
            None => {
                Outcome::retry("unreadable_answer", "Meta's answer holds no message id that can be read.")
            }
        };
    }
    match answer.json() {
        Some(Failure { error: Code { code } }) => failure(answer, code),
        None => answer.common_failure().unwrap_or_else(|| {
            let detail = "Meta refused the request without a code; check the provider's `base_url`.";
            answer.put_off(format!("http_{}", answer.status), detail)
        }),
    }
}

fn failure(answer: &Answer, code: u32) -> Outcome {
    let (about, detail) = match code {
        131_021 => return Outcome::refused(code.to_string(), "The number is the sender's own."),
        131_026 => return Outcome::refused(code.to_string(), "The number cannot be reached by WhatsApp."),
        131_050 => return Outcome::refused(code.to_string(), "The user takes no messages from this sender."),
        130_472 | 131_049 => {
            return Outcome::refused(
                code.to_string(),
                "WhatsApp does not deliver this message to this user.",
            );
        }
        0 | 3 | 10 | 190 | 200..=299 | 131_005 => {
            return answer.put_off(
                "authentication_failed",
                "Meta did not accept the access token, or it lacks the permission to send; check `access_token`.",
            );
        }
        // What other users' messages need not meet.
        131_056 => (About::Message, "WhatsApp takes no more messages for this user for now."),
        131_030 => {
            return Outcome::declined(
                code.to_string(),
                "A number for tests sends to listed recipients only; list this one, or use a live number.",
            );
        }
        130_497 => {
            return Outcome::declined(code.to_string(), "The account may not send to this country.");
        }
        // The message's language, or a long Action: others may fit.
        132_001 => {
            return Outcome::declined(
                code.to_string(),
                "There is no such template in this language; check `template`, its siblings and `language`.",
            );
        }
        132_000 | 132_005 | 132_012 | 132_018 => {
            return Outcome::declined(
                code.to_string(),
                "Meta does not take the template as it is filled; compare it with config/default.toml.",
            );
        }
        100 | 131_008 | 131_009 => {
            (About::Message, "Meta does not take the message; check `template`, its siblings and `version`.")
        }
        4 | 80_007 | 130_429 | 131_048 | 131_057 | 133_004 | 133_016 => {
            (About::Provider, "Meta asks for a pause.")
        }
        1 | 2 | 131_000 | 131_016 => (About::Provider, "Meta has trouble of its own."),
        33 | 133_010 => (About::Provider, "Meta knows no such number; check `phone_number_id`."),
        368 | 131_031 => (About::Provider, "Meta has locked the WhatsApp business account."),
        131_042 => (About::Provider, "The WhatsApp business account has a problem with its payment."),
        132_006..=132_011 | 132_013..=132_017 => {
            (About::Provider, "Meta does not take the template; look at its state in the WhatsApp manager.")
        }
        _ => (
            About::Provider,
            "Meta refused the request; look its code up in the Cloud API's error codes, then check the provider's settings.",
        ),
    };
    Outcome::Retry { reason: Reason::new(code.to_string(), detail), after: answer.retry_after, about }
}

/// The part of an id that names the message. An id is `wamid.` and base64 of a few bytes, the user's number, a few bytes
/// and this: the whole of it may not be stored.
fn own_part(id: &str) -> Option<String> {
    let text = id.strip_prefix("wamid.")?.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    let hex = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
    // A number has at most 15 digits (E.164).
    let run = bytes.split(|b| !hex(b)).rfind(|run| (16..=64).contains(&run.len()))?;
    String::from_utf8(run.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_id_only_what_is_not_the_users_number_is_kept() {
        let id = "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUYzMjEzNDM2RTZGQ0MzMDJBRgA=";
        assert_eq!(own_part(id).as_deref(), Some("3AF3213436E6FCC302AF"));
        let longest_number = STANDARD_NO_PAD.encode(b"\x1c\x18\x0f123456789012345\x15\x02");
        for odd in
            ["", "wamid.", "wamid.\n", "<b>", "wamid.HBgLMTY1MDM4Nzk0Mzk", &format!("wamid.{longest_number}")]
        {
            assert_eq!(own_part(odd), None, "{odd}");
        }
    }
}
