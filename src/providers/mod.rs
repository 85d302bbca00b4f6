//! The ways out of the house: one file per provider, behind one trait.
//!
//! A provider hands one finished message to the outside and says what became of it. It knows no store, no
//! queue and no other provider; repeating, falling back and recording are the courier's matter. What it
//! reports is kept and shown, so it never contains a contact, a code or the remote side's own words.

pub mod console;
pub mod sandbox;
pub mod smtp;

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::message::Envelope;

/// One way to send a message.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name in settings, metrics and the log of attempts.
    fn name(&self) -> &'static str;

    /// Sends the message. Bounded in time; never panics; may be repeated with the same `message_id`.
    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome;
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has taken responsibility for the message.
    Sent {
        /// The message's id at the provider, to look it up there.
        id: Option<String>,
    },
    /// Not sent, or not known to be: another attempt or another provider may succeed.
    Retry {
        /// Why.
        reason: Reason,
        /// How long the provider asks to be left alone, if it said so.
        after: Option<Duration>,
    },
    /// This recipient or this message will not be accepted: a repeat is pointless.
    Refused {
        /// Why.
        reason: Reason,
    },
}

impl Outcome {
    /// A failure that may pass, without a stated delay.
    #[must_use]
    pub fn retry(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Retry { reason: Reason::new(code, detail), after: None }
    }

    /// A final refusal.
    #[must_use]
    pub fn refused(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Refused { reason: Reason::new(code, detail) }
    }
}

/// Why an attempt failed, fit to be stored and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A stable word (`timeout`) or the provider's own code (`550 5.1.1`).
    pub code: String,
    /// One sentence of ours. Never the remote side's text: that often repeats the address.
    pub detail: String,
}

impl Reason {
    /// A reason from its two parts.
    #[must_use]
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }
}
