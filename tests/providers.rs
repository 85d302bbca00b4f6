//! The providers that speak HTTP, each against a stand-in that holds its requests to the provider's own OpenAPI text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "providers/http.rs"]
mod http;
#[path = "providers/meta.rs"]
mod meta;
#[path = "providers/self_tests.rs"]
mod self_tests;
#[path = "providers/standin.rs"]
mod standin;
#[path = "providers/twilio.rs"]
mod twilio;
#[path = "providers/vonage.rs"]
mod vonage;

use rift_mfa::providers::Outcome;

/// An outcome in short: what to do, and the reason's code.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent { .. } => "sent".to_owned(),
        Outcome::Retry { reason, .. } => format!("retry {}", reason.code),
        Outcome::Declined { reason } => format!("declined {}", reason.code),
        Outcome::Refused { reason } => format!("refused {}", reason.code),
    }
}
