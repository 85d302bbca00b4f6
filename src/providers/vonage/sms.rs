//! A text message by Vonage's SMS API: POST `/sms/json`.
//!
//! A 200 says little: the message was cut into parts, and each part has a status of its own.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{NAME, digits, safe_id};
use crate::domain::gsm::{self, Encoding};
use crate::domain::message::Envelope;
use crate::providers::wire::{Answer, Wire};
use crate::providers::{About, Outcome, Provider, Reason};

/// What text messages by Vonage are configured with.
pub struct VonageSmsSettings {
    /// The account's key.
    pub api_key: SecretString,
    /// The account's secret.
    pub api_secret: SecretString,
    /// The sender: a number, or a name where the country allows one.
    pub from: String,
    /// The API's address without its path: `https://rest.nexmo.com`.
    pub base_url: String,
    /// Where reports shall be posted to; none are asked for without.
    pub callback: Option<String>,
    /// The longest that one send may take.
    pub timeout: Duration,
}

/// Sends text messages.
pub struct VonageSms {
    wire: Wire,
    url: String,
    settings: VonageSmsSettings,
}

#[derive(Serialize)]
struct NewMessage<'a> {
    api_key: &'a str,
    api_secret: &'a str,
    from: &'a str,
    to: &'a str,
    text: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(rename = "client-ref")]
    client_ref: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<&'a str>,
    #[serde(rename = "status-report-req")]
    status_report_req: bool,
}

#[derive(Deserialize)]
struct Taken {
    messages: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(deserialize_with = "text_or_number")]
    status: String,
    #[serde(rename = "message-id")]
    message_id: Option<String>,
}

/// The description says text. Should a number come, a message that was taken must not be sent again for that.
fn text_or_number<'de, D: Deserializer<'de>>(status: D) -> Result<String, D::Error> {
    match Value::deserialize(status)? {
        Value::String(text) => Ok(text),
        other => Ok(other.to_string()),
    }
}

impl VonageSms {
    /// Makes the client; connects to nothing yet.
    pub fn new(settings: VonageSmsSettings) -> Result<Self, String> {
        Ok(Self::over(Wire::new(settings.timeout)?, settings))
    }

    /// The same over a client that others use, too; the time limit is the client's.
    #[must_use]
    pub fn over(wire: Wire, settings: VonageSmsSettings) -> Self {
        let url = format!("{}/sms/json", settings.base_url.trim_end_matches('/'));
        Self { wire, url, settings }
    }
}

#[async_trait]
impl Provider for VonageSms {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        let callback = self.settings.callback.as_deref();
        let fitted = gsm::fit(&envelope.text);
        let request = self.wire.post(&self.url).form(&NewMessage {
            api_key: self.settings.api_key.expose_secret(),
            api_secret: self.settings.api_secret.expose_secret(),
            from: digits(&self.settings.from),
            to: digits(&envelope.to),
            text: &fitted.text,
            kind: (fitted.encoding == Encoding::Ucs2).then_some("unicode"),
            client_ref: message_id,
            callback,
            status_report_req: callback.is_some(),
        });
        match self.wire.send(request).await {
            Ok(answer) => outcome(&answer),
            Err(lost) => lost,
        }
    }
}

fn outcome(answer: &Answer) -> Outcome {
    if let Some(failure) = answer.common_failure() {
        return failure;
    }
    if !answer.is_success() {
        let code = format!("http_{}", answer.status);
        return answer.put_off(code, "Vonage did not take the request; check `base_url`.");
    }
    let parts = answer.json::<Taken>().map(|taken| taken.messages).unwrap_or_default();
    let Some(first) = parts.first() else {
        return Outcome::retry("unreadable_answer", "Vonage's answer has no status of the message.");
    };
    let Some(failed) = parts.iter().find(|part| part.status != "0") else {
        return Outcome::Sent { id: first.message_id.as_deref().and_then(safe_id) };
    };
    match meaning(&failed.status, answer) {
        // Half a message surely carries no code, so it was not sent; that a part of it went says that the recipient
        // was taken, so it is not refused either.
        Outcome::Refused { reason } if parts.iter().any(|part| part.status == "0") => {
            Outcome::Retry { reason, after: answer.retry_after, about: About::Message }
        }
        outcome => outcome,
    }
}

/// What a status other than "0" means: developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms. The sentences
/// that come with it (`error-text`) are not read: they are for people, and they may repeat the number.
fn meaning(status: &str, answer: &Answer) -> Outcome {
    let of_provider = |detail: &str| answer.put_off(status, detail);
    match status {
        "1" => Outcome::Retry {
            reason: Reason::new(
                "1",
                "Vonage asks for a pause: more messages a second than the account may send.",
            ),
            after: Some(answer.retry_after.unwrap_or(Duration::from_secs(1))),
            about: About::Provider,
        },
        "2" => of_provider("Vonage misses a parameter; check `from`, `api_key` and `api_secret`."),
        // It does not say which one. The number is a valid one by the numbering plan, so the sender is likelier; but
        // were it the number after all, one user must not get the whole provider avoided. So: this message, again.
        "3" => Outcome::put_off("3", "Vonage finds a parameter wrong: the sender, or this number."),
        "4" => answer.put_off("authentication_failed", "The provider did not accept our credentials."),
        "5" => of_provider("Vonage has trouble of its own."),
        "6" => Outcome::declined("6", "Vonage knows no way to this number."),
        "7" => Outcome::refused("7", "The number is barred at Vonage."),
        "8" => of_provider("Vonage has suspended the account."),
        "9" => of_provider("The account at Vonage has no credit left."),
        "10" => of_provider("Vonage asks for a pause: too many connections at once."),
        "11" => of_provider("The account at Vonage is not enabled for the SMS API."),
        "12" => Outcome::declined("12", "The message is too long for Vonage."),
        "14" | "32" => of_provider("The account at Vonage wants signed requests; switch that off for it."),
        // The rules about senders are each country's own: the next number may be in another one.
        "15" => Outcome::declined("15", "Vonage does not accept the sender for this number's country."),
        "23" => of_provider("Vonage does not accept the callback; check http.public_url."),
        // Of a trial account: the numbers that it lists still go through.
        "29" => {
            Outcome::declined("29", "The account at Vonage is a trial, and this number is not on its list.")
        }
        "33" => Outcome::refused("33", "The number is not in use any more."),
        "34" => Outcome::refused("34", "Vonage does not accept the number."),
        // One that we do not know. It is kept if it is a number, as all of them are.
        other => {
            let known_form = (1..=4).contains(&other.len()) && other.bytes().all(|b| b.is_ascii_digit());
            let code = if known_form { other } else { "unreadable_answer" };
            answer.put_off(code, "Vonage did not take the message.")
        }
    }
}

impl fmt::Debug for VonageSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VonageSms").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Outcome {
        outcome(&Answer { status: 200, retry_after: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn every_part_must_have_been_taken() {
        let taken = r#"{"message-count":"2","messages":[{"status":"0","message-id":"0A1"},{"status":"0","message-id":"0A2"}]}"#;
        assert_eq!(of(taken), Outcome::Sent { id: Some("0A1".into()) });
        assert_eq!(of(&taken.replace("\"0\"", "0")), Outcome::Sent { id: Some("0A1".into()) });
        for (second, wanted) in [("1", About::Provider), ("5", About::Provider), ("7", About::Message)] {
            let body = format!(
                r#"{{"messages":[{{"status":"0","message-id":"0A1"}},{{"status":"{second}","error-text":"x"}}]}}"#
            );
            assert!(
                matches!(of(&body), Outcome::Retry { reason, about, .. } if reason.code == second && about == wanted),
                "{second}"
            );
        }
    }

    #[test]
    fn an_answer_that_says_nothing_is_tried_again() {
        for body in ["", "{}", "[]", r#"{"messages":[]}"#, r#"{"messages":[{}]}"#, "<html>"] {
            assert!(
                matches!(of(body), Outcome::Retry { reason, .. } if reason.code == "unreadable_answer"),
                "{body}"
            );
        }
        for status in ["+4915112345678", "", "31415926"] {
            let body = format!(r#"{{"messages":[{{"status":"{status}"}}]}}"#);
            assert!(
                matches!(of(&body), Outcome::Retry { reason, .. } if reason.code == "unreadable_answer"),
                "{status}"
            );
        }
    }

    #[test]
    fn an_id_that_could_be_anything_is_not_kept() {
        let of = |id: &str| of(&format!(r#"{{"messages":[{{"status":"0","message-id":"{id}"}}]}}"#));
        assert_eq!(of("+49 151"), Outcome::Sent { id: None });
        assert_eq!(of(""), Outcome::Sent { id: None });
        assert_eq!(of(&"a".repeat(101)), Outcome::Sent { id: None });
    }
}
