//! The ways out of the house: one file per provider, behind one trait.
//!
//! A provider hands one finished message to the outside and says what became of it. It knows no store, no
//! queue and no other provider; repeating, falling back and recording are the courier's matter. What it
//! reports is kept and shown, so it never contains a contact, a code or the remote side's own words.

pub mod console;
pub mod gateway;
pub mod guard;
pub mod meta;
pub mod own;
pub mod sandbox;
mod sign;
pub mod smtp;
pub mod twilio;
pub mod vonage;
pub mod webhook;
pub mod wire;

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::message::Envelope;
use crate::domain::time::Moment;

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
        /// Whose fault it is.
        about: About,
    },
    /// This provider will never take this message, for a reason of its own: another one may, and now.
    Declined {
        /// Why.
        reason: Reason,
    },
    /// This recipient or this message will not be accepted: a repeat is pointless.
    Refused {
        /// Why.
        reason: Reason,
    },
}

/// What a failure that may pass says about the provider's other messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// It would have met any message: the provider is unreachable, overloaded, or set up wrong.
    Provider,
    /// It is this recipient's or this message's, such as greylisting; others may go through.
    Message,
}

impl Outcome {
    /// A failure of the provider that may pass, without a stated delay.
    #[must_use]
    pub fn retry(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Retry { reason: Reason::new(code, detail), after: None, about: About::Provider }
    }

    /// This message was put off; that says nothing of others.
    #[must_use]
    pub fn put_off(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Retry { reason: Reason::new(code, detail), after: None, about: About::Message }
    }

    /// Not by this provider.
    #[must_use]
    pub fn declined(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Declined { reason: Reason::new(code, detail) }
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

/// A provider that tells later what became of a message, by posting to us.
pub trait Reporter: Send + Sync {
    /// The `{provider}` of `/v1/providers/{provider}/status`.
    fn name(&self) -> &'static str;

    /// Checks the signature, then reads the report. Nothing of the request may be believed before.
    ///
    /// `Ok(None)`: rightly signed, and nothing that ends a delivery (on its way, ringing, answered).
    ///
    /// # Errors
    /// [`NotSigned`] when the signature is missing, wrong or too old.
    fn read(&self, posted: &Posted<'_>, now: Moment) -> Result<Option<Report>, NotSigned>;
}

/// A request to `/v1/providers/{provider}/status`, as it came.
#[derive(Clone, Copy)]
pub struct Posted<'a> {
    /// The full address that was called, as the provider knows it: the public URL, the path and the query.
    pub url: &'a str,
    /// A header's value, by its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Send + Sync),
    /// The body, byte by byte.
    pub body: &'a [u8],
}

/// What a provider reports about a message that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The message's id at the provider.
    pub provider_id: String,
    /// Our own id of the message, where the signed report repeats it.
    pub message_id: Option<String>,
    /// Whether it arrived.
    pub delivered: bool,
    /// Why it did not, as the provider's own code.
    pub reason: Option<String>,
}

/// The request does not come from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSigned;
