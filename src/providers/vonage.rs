//! Vonage: text messages by its SMS API, calls by its Voice API, and its reports about both.
//!
//! The two APIs have nothing in common but the house: SMS takes a form with key and secret, Voice takes JSON under a
//! token that the application's private key signs. One file each. Nothing in here may log.

mod report;
mod sms;
mod token;
mod voice;

pub use report::{Signing, VonageReports};
pub use sms::{VonageSms, VonageSmsSettings};
pub use voice::{VonageVoice, VonageVoiceSettings};

/// The name in settings, metrics and the log of attempts.
const NAME: &str = "vonage";

/// A number as Vonage takes it: E.164 without the plus.
fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

/// An id that Vonage gave, if it has the form of one. Anything else is not kept: it could repeat the number.
fn safe_id(id: &str) -> Option<String> {
    let safe = (1..=100).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte));
    safe.then(|| id.to_owned())
}
