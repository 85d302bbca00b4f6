//! The provider of test mode: nothing leaves the house.
//!
//! A few well-known recipients fail on purpose, so that callers can try their handling of failures.
//! Everyone else's message counts as sent. No real provider's behaviour may be imitated further than that.

use async_trait::async_trait;

use super::{Outcome, Provider};
use crate::domain::message::Envelope;

/// Recipients whose messages are refused.
pub const REFUSED: [&str; 2] = ["bounce@test.rift.dev", "+15005550001"];
/// Recipients whose provider seems to be down.
pub const DOWN: [&str; 2] = ["down@test.rift.dev", "+15005550002"];

/// Test mode's provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sandbox;

#[async_trait]
impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        let is_one_of = |list: [&str; 2]| list.iter().any(|known| known.eq_ignore_ascii_case(&envelope.to));
        if is_one_of(REFUSED) {
            Outcome::refused("sandbox_refused", "Test mode refuses every message to this recipient.")
        } else if is_one_of(DOWN) {
            Outcome::put_off("sandbox_down", "Test mode's provider is always down for this recipient.")
        } else {
            Outcome::Sent { id: Some(format!("sandbox_{message_id}")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Channel;

    async fn outcome(to: &str) -> Outcome {
        let envelope = Envelope::plain(Channel::Email, to, "314159");
        Sandbox.send("msg_1", &envelope).await
    }

    #[tokio::test]
    async fn the_known_recipients_fail_as_documented() {
        for to in ["bounce@test.rift.dev", "Bounce@test.rift.dev", "+15005550001"] {
            assert!(
                matches!(outcome(to).await, Outcome::Refused { reason } if reason.code == "sandbox_refused")
            );
        }
        for to in ["down@test.rift.dev", "+15005550002"] {
            assert!(matches!(outcome(to).await, Outcome::Retry { reason, after: None, .. }
                if reason.code == "sandbox_down"));
        }
    }

    #[tokio::test]
    async fn everyone_else_is_sent() {
        for to in ["jane@example.com", "bounce@example.com", "+15005550006"] {
            assert_eq!(outcome(to).await, Outcome::Sent { id: Some("sandbox_msg_1".into()) });
        }
    }
}
