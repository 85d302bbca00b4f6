//! What is sent to a user: the channel and the finished message.
//!
//! Only values live here. How a message is worded is `service::compose`'s matter, how it travels the
//! providers'; nothing here may log, print or send.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How long past its code's life a lease of a message lasts at the longest, so that a message whose node died is reported
/// within 30 s. The claiming statements hold the same number.
pub const LEASE_PAST_EXPIRY: Duration = Duration::from_secs(20);

/// The way on which a message reaches its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// E-mail.
    Email,
    /// A text message.
    Sms,
    /// A WhatsApp message.
    Whatsapp,
    /// A telephone call that speaks the code.
    Voice,
}

impl Channel {
    /// Every channel, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Email, Self::Sms, Self::Whatsapp, Self::Voice];

    /// The channel's name in rows, answers and settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
            Self::Voice => "voice",
        }
    }

    /// The channel with this name. The reverse of [`Channel::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One message as it waits, sealed, in the outbox.
///
/// It holds an address and a code, so it is wiped when dropped and its `Debug` tells the channel only.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Envelope {
    /// The channel that it was written for.
    #[zeroize(skip)]
    pub channel: Channel,
    /// The address or the number, exactly as the provider shall use it.
    pub to: String,
    /// The subject; empty on channels that have none.
    pub subject: String,
    /// The message in plain text.
    pub text: String,
    /// The message in HTML, where the channel shows it.
    pub html: Option<String>,
    /// The bare code, for providers that fill it into a form of their own.
    pub code: Option<String>,
    /// The language of the text (BCP 47), for a voice that reads it and for templates that a provider keeps.
    #[serde(default = "english")]
    pub locale: String,
    /// The application, as its users know it.
    #[serde(default)]
    pub app: String,
    /// What the code is for, on one line, where the caller said it.
    #[serde(default)]
    pub action: Option<String>,
    /// A set of backup codes, in its order; empty for a message with a one-time code.
    #[serde(default)]
    pub backup_codes: Vec<String>,
}

// A message that an older version queued has no language: it wrote English.
fn english() -> String {
    "en".to_owned()
}

impl Envelope {
    /// A message that is only a text; the other fields are set after it is made.
    #[must_use]
    pub fn plain(channel: Channel, to: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            channel,
            to: to.into(),
            subject: String::new(),
            text: text.into(),
            html: None,
            code: None,
            locale: english(),
            app: String::new(),
            action: None,
            backup_codes: Vec::new(),
        }
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("channel", &self.channel).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        let mut envelope = Envelope::plain(Channel::Email, "jane@example.com", "314159");
        envelope.subject = "Your Acme code".into();
        envelope.html = Some("<b>314159</b>".into());
        envelope.code = Some("314159".into());
        envelope.action = Some("Pay 12 EUR to Bob".into());
        envelope.backup_codes = vec!["3-7KQ2M-9XD4-TPBW".into()];
        envelope
    }

    #[test]
    fn a_channel_is_its_name_everywhere() {
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
            assert_eq!(serde_json::to_string(&channel).unwrap(), format!("\"{channel}\""));
        }
        for unknown in ["", "EMAIL", "email ", "fax"] {
            assert_eq!(Channel::parse(unknown), None);
        }
    }

    #[test]
    fn debug_shows_the_channel_and_nothing_else() {
        assert_eq!(format!("{:?}", envelope()), "Envelope { channel: Email, .. }");
    }

    #[test]
    fn an_envelope_survives_its_json() {
        let json = serde_json::to_string(&envelope()).unwrap();
        let back: Envelope = serde_json::from_str(&json).unwrap();
        assert_eq!((back.to.as_str(), back.code.as_deref()), ("jane@example.com", Some("314159")));
    }

    #[test]
    fn an_envelope_of_an_older_version_is_read() {
        let old =
            r#"{"channel":"email","to":"jane@example.com","subject":"s","text":"t","html":null,"code":null}"#;
        let envelope: Envelope = serde_json::from_str(old).unwrap();
        assert_eq!((envelope.locale.as_str(), envelope.backup_codes.len()), ("en", 0));
    }

    #[test]
    fn zeroize_empties_every_text() {
        let mut envelope = envelope();
        envelope.zeroize();
        assert!(envelope.to.is_empty() && envelope.subject.is_empty() && envelope.text.is_empty());
        assert!(envelope.html.is_none() && envelope.code.is_none() && envelope.action.is_none());
        assert!(envelope.backup_codes.is_empty());
    }
}
