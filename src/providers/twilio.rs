//! Twilio: text messages, WhatsApp messages and calls, through its REST API of 2010-04-01.
//!
//! One value serves one channel. What Twilio's answer means is `verdict`'s matter, what it reports later `report`'s.
//! Nothing in here may log: requests hold numbers, codes and the account's token.

mod report;
mod speech;
mod verdict;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::wire::Wire;
use super::{Outcome, Provider};
use crate::domain::message::Envelope;

pub use report::TwilioReports;

/// What a Twilio provider is configured with.
#[derive(Clone, Debug)]
pub struct TwilioSettings {
    /// The account, `AC…`; 1 to 64 of A–Z, a–z, 0–9, `_` and `-`.
    pub account_sid: String,
    /// The account's token.
    pub auth_token: SecretString,
    /// What the messages come by, and from whom.
    pub route: Route,
    /// `https://api.twilio.com`, or a stand-in; without a slash at its end.
    pub base_url: String,
    /// Our address where Twilio reports what became of a message, without a query. None: it reports nothing.
    pub callback: Option<String>,
    /// The longest that one send may take.
    pub timeout: Duration,
}

/// The channel, and what it needs to be known.
#[derive(Clone, Debug)]
pub enum Route {
    /// Text messages.
    Sms(Sender),
    /// WhatsApp messages.
    Whatsapp(Sender, Templates),
    /// Calls, from this number.
    Voice(String),
}

/// Who sends.
#[derive(Clone, Debug)]
pub enum Sender {
    /// A number with its `+`; for text messages a short code or a name, too.
    Number(String),
    /// A messaging service, `MG…`, that picks the number.
    Service(String),
}

/// Twilio's content templates, `HX…`, for WhatsApp. Without them the message's own text is sent, which WhatsApp takes only
/// within 24 hours of the user's last message, and in Twilio's sandbox.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// Takes the code as `{{1}}`.
    pub code: Option<String>,
    /// Takes the code as `{{1}}` and what it is for as `{{2}}`.
    pub action: Option<String>,
    /// Takes a set of backup codes, with commas, as `{{1}}`.
    pub backup: Option<String>,
}

/// One account of Twilio, for one channel.
pub struct Twilio {
    wire: Wire,
    settings: TwilioSettings,
}

/// A form's fields, in their order.
type Fields = Vec<(&'static str, String)>;

impl Twilio {
    /// Makes the client; connects to nothing yet.
    pub fn new(settings: TwilioSettings) -> Result<Self, String> {
        Ok(Self::over(Wire::new(settings.timeout)?, settings))
    }

    /// The same over a client that others use, too; the time limit is the client's.
    #[must_use]
    pub fn over(wire: Wire, settings: TwilioSettings) -> Self {
        Self { wire, settings }
    }

    /// The operation's name in its address, and what is posted to it.
    fn request(&self, message_id: &str, envelope: &Envelope) -> Result<(&'static str, Fields), Outcome> {
        let mut fields = Vec::with_capacity(6);
        let operation = match &self.settings.route {
            Route::Sms(sender) => {
                fields.push(("To", envelope.to.clone()));
                fields.push(from(sender, ""));
                fields.push(("Body", envelope.text.clone()));
                "Messages"
            }
            Route::Whatsapp(sender, templates) => {
                fields.push(("To", format!("whatsapp:{}", envelope.to)));
                fields.push(from(sender, "whatsapp:"));
                fields.extend(content(templates, envelope)?);
                "Messages"
            }
            Route::Voice(number) => {
                fields.push(("To", envelope.to.clone()));
                fields.push(("From", number.clone()));
                fields.push(("Twiml", speech::twiml(envelope)?));
                "Calls"
            }
        };
        // Without `StatusCallbackEvent` a call is reported once: when it has ended, in whatever way.
        if let Some(callback) = &self.settings.callback {
            fields.push(("StatusCallback", format!("{callback}?message={message_id}")));
        }
        Ok((operation, fields))
    }
}

fn from(sender: &Sender, prefix: &str) -> (&'static str, String) {
    match sender {
        Sender::Number(number) => ("From", format!("{prefix}{number}")),
        Sender::Service(service) => ("MessagingServiceSid", service.clone()),
    }
}

/// The fields that carry the message: a template with its variables, or the text.
fn content(templates: &Templates, envelope: &Envelope) -> Result<Fields, Outcome> {
    let code = envelope.code.as_deref().map(one_line);
    let (template, setting, variables) = match (code, envelope.action.as_deref()) {
        _ if !envelope.backup_codes.is_empty() => {
            let codes = one_line(&envelope.backup_codes.join(", "));
            (&templates.backup, "backup_content_sid", json!({"1": codes}))
        }
        (Some(code), Some(action)) => {
            (&templates.action, "action_content_sid", json!({"1": code, "2": one_line(action)}))
        }
        (Some(code), None) => (&templates.code, "content_sid", json!({"1": code})),
        (None, _) => return Ok(vec![("Body", envelope.text.clone())]),
    };
    match (template, &templates.code) {
        (Some(template), _) => {
            Ok(vec![("ContentSid", template.clone()), ("ContentVariables", variables.to_string())])
        }
        (None, None) => Ok(vec![("Body", envelope.text.clone())]),
        // The plain template would leave out what the user must see: for what the code is, or the codes themselves.
        (None, Some(_)) => Err(Outcome::declined(
            "template_missing",
            format!("There is no template for this kind of message; set `{setting}` of the provider."),
        )),
    }
}

/// WhatsApp takes no line breaks, tabs or rows of spaces in a variable.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl Provider for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        let (operation, fields) = match self.request(message_id, envelope) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        let TwilioSettings { base_url, account_sid, auth_token, .. } = &self.settings;
        let url = format!("{base_url}/2010-04-01/Accounts/{account_sid}/{operation}.json");
        let request =
            self.wire.post(&url).basic_auth(account_sid, Some(auth_token.expose_secret())).form(&fields);
        match self.wire.send(request).await {
            Ok(answer) => verdict::outcome(&answer),
            Err(outcome) => outcome,
        }
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = match self.settings.route {
            Route::Sms(_) => "sms",
            Route::Whatsapp(..) => "whatsapp",
            Route::Voice(_) => "voice",
        };
        f.debug_struct("Twilio").field("channel", &channel).finish_non_exhaustive()
    }
}
