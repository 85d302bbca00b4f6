//! Answers that can be asked for again.

use async_trait::async_trait;

use super::{Result, Scope};
use crate::domain::id::ChallengeId;
use crate::domain::time::Moment;
use crate::keyring::{Hmac256, Sealed};

/// A claim that this request holds.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The MAC of the key.
    pub key: Hmac256,
    /// The claim's own token.
    pub token: String,
}

/// A request that came with an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The ticket that it will hold if the key is free.
    pub ticket: Ticket,
    /// The MAC of path and body.
    pub body: Hmac256,
    /// Until then another request with the key is told to wait; a request that died before is passed over after.
    pub claimed_until: Moment,
    /// Now.
    pub now: Moment,
}

/// What the store knows of an idempotency key.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is this request's.
    Fresh,
    /// Another request with it is still running.
    InProgress,
    /// It came with another body.
    Mismatch,
    /// The stored answer held an enrolment's secret and is gone.
    Expired,
    /// The stored answer.
    Replay(Sealed),
}

/// Stores a request's answer in the transaction of its effect.
pub struct Remember<'a, T> {
    /// The claim that must still be held.
    pub ticket: &'a Ticket,
    /// The enrolment whose secret the answer holds, if it does.
    pub enrolment: Option<ChallengeId>,
    /// The sealed answer to an outcome; `None` where that outcome is not stored.
    pub answer: &'a (dyn Fn(&T) -> Option<Sealed> + Send + Sync),
}

/// Idempotency keys.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Claims a key or tells what became of it.
    async fn claim(&self, scope: Scope, request: &ClaimRequest) -> Result<Claim>;
    /// Gives a claim up whose request had no answer that is stored.
    async fn release(&self, scope: Scope, ticket: &Ticket) -> Result<()>;
}
