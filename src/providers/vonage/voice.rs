//! A call by Vonage's Voice API: POST `/v1/calls`, with a script that speaks one text.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use ring::signature::RsaKeyPair;
use serde_json::{Value, json};

use super::{NAME, digits, safe_id, token};
use crate::clock::Clock;
use crate::domain::message::Envelope;
use crate::providers::wire::{Answer, Wire};
use crate::providers::{Outcome, Provider};

/// Seconds that it rings before the call is given up: shorter than most mailboxes wait.
const RINGING: u32 = 45;

/// Seconds that a call lasts at most. The text takes half a minute.
const LENGTH: u32 = 120;

/// The longest text of a `talk`, in characters (NCCO reference).
const LONGEST: usize = 1500;

/// What calls by Vonage are configured with.
pub struct VonageVoiceSettings {
    /// The Voice application's id.
    pub application_id: String,
    /// The Voice application's private key.
    pub private_key: Arc<RsaKeyPair>,
    /// The number that calls: E.164, with or without the plus.
    pub from: String,
    /// The API's address without its path: `https://api.nexmo.com`.
    pub base_url: String,
    /// Where reports shall be posted to; without, they go where the application at Vonage says.
    pub callback: Option<String>,
    /// The longest that one send may take. The call itself comes later.
    pub timeout: Duration,
}

/// Calls, and speaks.
pub struct VonageVoice {
    wire: Wire,
    url: String,
    settings: VonageVoiceSettings,
    clock: Arc<dyn Clock>,
}

impl VonageVoice {
    /// Makes the client; connects to nothing yet. The clock dates the tokens.
    pub fn new(settings: VonageVoiceSettings, clock: Arc<dyn Clock>) -> Result<Self, String> {
        Ok(Self::over(Wire::new(settings.timeout)?, settings, clock))
    }

    /// The same over a client that others use, too; the time limit is the client's.
    #[must_use]
    pub fn over(wire: Wire, settings: VonageVoiceSettings, clock: Arc<dyn Clock>) -> Self {
        let url = format!("{}/v1/calls", settings.base_url.trim_end_matches('/'));
        Self { wire, url, settings, clock }
    }

    fn call(&self, envelope: &Envelope) -> Value {
        let mut call = json!({
            "to": [{ "type": "phone", "number": digits(&envelope.to) }],
            "from": { "type": "phone", "number": digits(&self.settings.from) },
            "ncco": [{ "action": "talk", "language": language(&envelope.locale), "text": envelope.text }],
            "ringing_timer": RINGING,
            "length_timer": LENGTH,
        });
        if let (Some(callback), Some(call)) = (&self.settings.callback, call.as_object_mut()) {
            call.insert("event_url".to_owned(), json!([callback]));
            call.insert("event_method".to_owned(), json!("POST"));
        }
        call
    }
}

#[async_trait]
impl Provider for VonageVoice {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        if envelope.text.chars().count() > LONGEST {
            return Outcome::declined("too_long", "The message is too long to be spoken.");
        }
        let VonageVoiceSettings { private_key, application_id, .. } = &self.settings;
        let bearer = token::sign(private_key, application_id, message_id, self.clock.now())
            .and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
        let Some(mut bearer) = bearer else {
            return Outcome::retry("bad_request", "The request could not be signed; check `private_key`.");
        };
        bearer.set_sensitive(true);
        let request = self.wire.post(&self.url).header(AUTHORIZATION, bearer).json(&self.call(envelope));
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
    let body = answer.json::<Value>().unwrap_or_default();
    if answer.is_success() {
        return match body.get("uuid").and_then(Value::as_str) {
            Some(uuid) => Outcome::Sent { id: safe_id(uuid) },
            None => Outcome::retry("unreadable_answer", "Vonage's answer has no id of the call."),
        };
    }
    if answer.status == 400 && blames_the_number(&body) {
        return Outcome::refused("invalid_number", "Vonage does not accept the number.");
    }
    let code = format!("http_{}", answer.status);
    answer.put_off(code, "Vonage did not take the call; check `from`, `application_id` and `base_url`.")
}

/// Whether the parameters that Vonage finds wrong are all the recipient's: `to[0].number`. They come as a list of
/// names with reasons, or as an object with the names as keys.
fn blames_the_number(body: &Value) -> bool {
    let names: Vec<&str> = match body.get("invalid_parameters") {
        Some(Value::Array(list)) => {
            list.iter().map(|one| one.get("name").and_then(Value::as_str).unwrap_or_default()).collect()
        }
        Some(Value::Object(named)) => named.keys().map(String::as_str).collect(),
        _ => return false,
    };
    let of_recipient = |name: &str| {
        name.strip_prefix("to").is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    };
    !names.is_empty() && names.into_iter().all(of_recipient)
}

/// The voice for a language, by Vonage's list (developer.vonage.com/en/voice/voice-api/concepts/text-to-speech): those
/// that we have words in, and those that tenants write their own in. Any other is read as English.
fn language(locale: &str) -> &'static str {
    let mut parts = locale.split(['-', '_']).map(str::to_ascii_lowercase);
    let language = parts.next().unwrap_or_default();
    let region = parts.next_back().unwrap_or_default();
    match (language.as_str(), region.as_str()) {
        ("en", "gb" | "ie") => "en-GB",
        ("de", _) => "de-DE",
        ("fr", _) => "fr-FR",
        ("es", _) => "es-ES",
        ("pt", "" | "br") => "pt-BR",
        ("pt", _) => "pt-PT",
        ("it", _) => "it-IT",
        ("ja", _) => "ja-JP",
        ("hi", _) => "hi-IN",
        ("ca", _) => "ca-ES",
        ("cs", _) => "cs-CZ",
        ("da", _) => "da-DK",
        ("el", _) => "el-GR",
        ("fi", _) => "fi-FI",
        ("hu", _) => "hu-HU",
        ("ko", _) => "ko-KR",
        ("nb" | "no", _) => "nb-NO",
        ("nl", _) => "nl-NL",
        ("pl", _) => "pl-PL",
        ("ro", _) => "ro-RO",
        ("ru", _) => "ru-RU",
        ("sv", _) => "sv-SE",
        ("tr", _) => "tr-TR",
        _ => "en-US",
    }
}

impl fmt::Debug for VonageVoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VonageVoice").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Outcome {
        outcome(&Answer { status, retry_after: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn only_a_wrong_number_is_refused() {
        for (body, refused) in [
            (r#"{"invalid_parameters":[{"name":"to[0].number","reason":"x"}]}"#, true),
            (r#"{"invalid_parameters":{"to[0].number":"x","to":"y"}}"#, true),
            (r#"{"invalid_parameters":[{"name":"to[0].number"},{"name":"from.number"}]}"#, false),
            (r#"{"invalid_parameters":[{"name":"token"}]}"#, false),
            (r#"{"invalid_parameters":[{}]}"#, false),
            (r#"{"invalid_parameters":[]}"#, false),
            (r#"{"title":"Bad Request"}"#, false),
            ("", false),
        ] {
            let outcome = of(400, body);
            assert_eq!(matches!(outcome, Outcome::Refused { .. }), refused, "{body}");
        }
        assert!(matches!(of(201, "{}"), Outcome::Retry { reason, .. } if reason.code == "unreadable_answer"));
    }

    #[test]
    fn a_language_has_its_voice() {
        for (locale, voice) in [
            ("en", "en-US"),
            ("en-GB", "en-GB"),
            ("de-AT", "de-DE"),
            ("fr", "fr-FR"),
            ("es-MX", "es-ES"),
            ("pt", "pt-BR"),
            ("pt-BR", "pt-BR"),
            ("pt-PT", "pt-PT"),
            ("it-CH", "it-IT"),
            ("ja", "ja-JP"),
            ("hi-Deva-IN", "hi-IN"),
            ("nl-BE", "nl-NL"),
            ("no", "nb-NO"),
            ("xx", "en-US"),
            ("", "en-US"),
        ] {
            assert_eq!(language(locale), voice, "{locale}");
        }
    }
}
