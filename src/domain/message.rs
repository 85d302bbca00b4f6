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
        Envelope {
            channel: Channel::Email,
            to: "jane@example.com".into(),
            subject: "Your Acme code".into(),
            text: "314159".into(),
            html: Some("<b>314159</b>".into()),
            code: Some("314159".into()),
        }
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
    fn zeroize_empties_every_text() {
        let mut envelope = envelope();
        envelope.zeroize();
        assert!(envelope.to.is_empty() && envelope.subject.is_empty() && envelope.text.is_empty());
        assert!(envelope.html.is_none() && envelope.code.is_none());
    }
}
