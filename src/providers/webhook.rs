//! A tenant's webhook: one signed POST, to public addresses only. Of the answer nothing but the status is looked at.
//!
//! The signature is that of github.com/standard-webhooks/standard-webhooks (symmetric, version 1). Nothing in here may log.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;

use super::Outcome;
use super::guard::Guard;
use super::sign::Signer;
use super::wire::Wire;
use crate::domain::webhook::HookSecret;

/// How long one call may take, from the look-up of the name to the answer's head.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Calls webhooks.
#[derive(Clone, Debug)]
pub struct Hooks {
    wire: Wire,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookOutcome {
    /// 2xx: it was taken.
    Delivered(u16),
    /// 410: the endpoint is no longer in use.
    Gone,
    /// Anything else: it may be tried again.
    Failed {
        /// The answer's status, where there was an answer.
        status: Option<u16>,
        /// Why, as a stable word.
        reason: String,
    },
}

impl Hooks {
    /// Calls that go where `guard` lets them.
    pub fn new(guard: &Guard) -> Result<Self, String> {
        Ok(Self { wire: Wire::guarded(TIMEOUT, guard)? })
    }

    /// Posts an event, signed with each of the secrets. `id` is the event's: the receiver knows a repetition by it.
    pub async fn call<'a>(
        &self,
        url: &str,
        id: &str,
        stamp: u64,
        body: String,
        secrets: impl Iterator<Item = &'a HookSecret>,
    ) -> HookOutcome {
        let signatures = secrets.map(|secret| Some(Signer::of(secret.reveal()).ok()?.sign(id, stamp, &body)));
        let Some(signatures) = signatures.collect::<Option<Vec<_>>>().filter(|all| !all.is_empty()) else {
            return HookOutcome::Failed { status: None, reason: "unreadable".to_owned() };
        };
        let request = self
            .wire
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", stamp.to_string())
            .header("webhook-signature", signatures.join(" "))
            .body(body);
        match self.wire.status(request).await {
            Ok(status @ 200..=299) => HookOutcome::Delivered(status),
            Ok(410) => HookOutcome::Gone,
            Ok(status @ 300..=399) => {
                HookOutcome::Failed { status: Some(status), reason: "redirect".to_owned() }
            }
            Ok(status) => HookOutcome::Failed { status: Some(status), reason: format!("http_{status}") },
            Err(outcome) => HookOutcome::Failed { status: None, reason: word(outcome) },
        }
    }
}

fn word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Retry { reason, .. } | Outcome::Declined { reason } | Outcome::Refused { reason } => {
            reason.code
        }
        Outcome::Sent { .. } => String::new(),
    }
}
