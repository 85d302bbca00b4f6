//! WhatsApp through Meta's Cloud API.
//!
//! A business may write first only by a template that Meta has approved, so the message's own text is never sent: the
//! template is filled with the code, the Action or the backup codes. What Meta's answer means is `verdict`'s matter.
//! Nothing in here may log: requests hold numbers, codes and the access token.

mod verdict;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::wire::Wire;
use super::{Outcome, Provider};
use crate::domain::message::Envelope;

/// What a Meta provider is configured with.
#[derive(Clone, Debug)]
pub struct MetaSettings {
    /// The id of the sender's number at Meta; 1 to 64 of A–Z, a–z, 0–9, `_` and `-`.
    pub phone_number_id: String,
    /// A system user's token.
    pub access_token: SecretString,
    /// The approved templates.
    pub templates: Templates,
    /// The version of the Graph API, such as `v23.0`.
    pub version: String,
    /// `https://graph.facebook.com`, or a stand-in; without a slash at its end.
    pub base_url: String,
    /// The longest that one send may take.
    pub timeout: Duration,
}

/// Templates by name, and how they are filled.
#[derive(Clone, Debug)]
pub struct Templates {
    /// An authentication template: takes the code.
    pub code: String,
    /// Whether that template has a button that copies or fills in the code; Meta makes none without any more.
    pub button: bool,
    /// Takes the code, then what it is for.
    pub action: Option<String>,
    /// Takes a set of backup codes, with commas.
    pub backup: Option<String>,
    /// The language of all templates, such as `en_US`; none: the message's.
    pub language: Option<String>,
}

/// One number of one WhatsApp business account.
pub struct Meta {
    wire: Wire,
    settings: MetaSettings,
}

impl Meta {
    /// Makes the client; connects to nothing yet.
    pub fn new(settings: MetaSettings) -> Result<Self, String> {
        Ok(Self::over(Wire::new(settings.timeout)?, settings))
    }

    /// The same over a client that others use, too; the time limit is the client's.
    #[must_use]
    pub fn over(wire: Wire, settings: MetaSettings) -> Self {
        Self { wire, settings }
    }

    fn body(&self, envelope: &Envelope) -> Result<Value, Outcome> {
        let templates = &self.settings.templates;
        let language = templates.language.clone().unwrap_or_else(|| language(&envelope.locale));
        let (name, components) = filled(templates, envelope)?;
        Ok(json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": envelope.to,
            "type": "template",
            "template": {"name": name, "language": {"code": language}, "components": components},
        }))
    }
}

/// The template for this message, and what fills it.
fn filled<'a>(templates: &'a Templates, envelope: &Envelope) -> Result<(&'a str, Value), Outcome> {
    let missing = |setting: &str| {
        Outcome::declined(
            "template_missing",
            format!("There is no template for this kind of message; set `{setting}` of the provider."),
        )
    };
    if !envelope.backup_codes.is_empty() {
        let name = templates.backup.as_deref().ok_or_else(|| missing("backup_template"))?;
        return Ok((name, json!([body(&[&envelope.backup_codes.join(", ")])])));
    }
    let Some(code) = envelope.code.as_deref() else {
        return Err(Outcome::refused("no_code", "The message holds no code to fill a template with."));
    };
    if let Some(action) = envelope.action.as_deref() {
        // The plain template would leave out for what the code is.
        let name = templates.action.as_deref().ok_or_else(|| missing("action_template"))?;
        return Ok((name, json!([body(&[code, action])])));
    }
    let mut components = vec![body(&[code])];
    if templates.button {
        let parameters = json!([text(code)]);
        components.push(json!({"type": "button", "sub_type": "url", "index": "0", "parameters": parameters}));
    }
    Ok((&templates.code, Value::Array(components)))
}

fn body(texts: &[&str]) -> Value {
    let parameters: Vec<Value> = texts.iter().map(|content| text(content)).collect();
    json!({"type": "body", "parameters": parameters})
}

/// A parameter. Meta takes no line breaks, tabs or rows of spaces in one.
fn text(content: &str) -> Value {
    json!({"type": "text", "text": content.split_whitespace().collect::<Vec<_>>().join(" ")})
}

/// Meta's name for a locale (BCP 47): `pt_BR`. It knows some languages only with a region, and most without.
fn language(locale: &str) -> String {
    let mut parts = locale.split(['-', '_']);
    let language = parts.next().unwrap_or_default().to_ascii_lowercase();
    let region = parts.find(|part| part.len() == 2).map(str::to_ascii_uppercase);
    match (language.as_str(), region.as_deref()) {
        ("en", Some(region @ ("GB" | "US"))) => format!("en_{region}"),
        ("es", Some(region @ ("AR" | "ES" | "MX"))) => format!("es_{region}"),
        ("pt", Some("BR")) => "pt_BR".to_owned(),
        ("pt", _) => "pt_PT".to_owned(),
        ("zh", Some(region @ ("HK" | "TW"))) => format!("zh_{region}"),
        ("zh", _) => "zh_CN".to_owned(),
        ("no", _) => "nb".to_owned(),
        ("", _) => "en".to_owned(),
        _ => language,
    }
}

#[async_trait]
impl Provider for Meta {
    fn name(&self) -> &'static str {
        "meta"
    }

    async fn send(&self, _message_id: &str, envelope: &Envelope) -> Outcome {
        let body = match self.body(envelope) {
            Ok(body) => body,
            Err(outcome) => return outcome,
        };
        let MetaSettings { base_url, version, phone_number_id, access_token, .. } = &self.settings;
        let url = format!("{base_url}/{version}/{phone_number_id}/messages");
        let request = self.wire.post(&url).bearer_auth(access_token.expose_secret()).json(&body);
        match self.wire.send(request).await {
            Ok(answer) => verdict::outcome(&answer),
            Err(outcome) => outcome,
        }
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meta").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_named_as_meta_names_it() {
        for (locale, wanted) in [
            ("en", "en"),
            ("en-GB", "en_GB"),
            ("en-ZA", "en"),
            ("pt", "pt_PT"),
            ("pt-br", "pt_BR"),
            ("de-AT", "de"),
            ("es-419", "es"),
            ("es-MX", "es_MX"),
            ("zh-Hant-TW", "zh_TW"),
            ("zh", "zh_CN"),
            ("hi", "hi"),
            ("", "en"),
        ] {
            assert_eq!(language(locale), wanted, "{locale}");
        }
    }
}
