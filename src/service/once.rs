//! Requests that may be repeated: the claim of an `Idempotency-Key`, and the answer that is stored with the effect.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::error::{Result, ServiceError, VerificationFailed};
use super::{Caller, Service};
use crate::domain::asked::Asker;
use crate::domain::hex::hex;
use crate::domain::id::RequestId;
use crate::keyring::{Row, Sealed, SealedTable};
use crate::store::{Claim, ClaimRequest, Ticket};

/// One request of a caller.
pub struct Call {
    /// Who calls.
    pub caller: Caller,
    /// The request's id.
    pub request_id: RequestId,
    /// The client's address, where the request came over a connection.
    pub address: Option<std::net::IpAddr>,
    /// The `Idempotency-Key`, 1 to 255 characters.
    pub idempotency_key: Option<String>,
    /// Path and fields in one canonical form: the same for the same request in any encoding.
    pub fingerprint: Vec<u8>,
    /// When nobody waits for the answer any more.
    pub deadline: Instant,
}

impl Call {
    /// Who asks, for the trace.
    #[must_use]
    pub fn asker(&self) -> Asker {
        Asker::new(self.caller.asker(), self.address, self.request_id)
    }
}

/// A successful answer, as JSON text. It may hold an enrolment's secret, so it does not print itself.
pub struct Reply {
    /// The body.
    pub json: String,
    /// It was stored by an earlier request with the same key.
    pub replayed: bool,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("replayed", &self.replayed).finish_non_exhaustive()
    }
}

/// How long a claim keeps others waiting when its request died. No request lasts so long; should one, its effect is undone
/// with its lost claim.
const CLAIM: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
enum Stored {
    Ok(String),
    Failed(VerificationFailed),
}

/// A claim held by this request, or none where no key was given.
pub(super) struct Once {
    ticket: Option<Ticket>,
}

impl Once {
    pub(super) fn ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref()
    }
}

/// Whether the work is to be done or was done before.
pub(super) enum Begun {
    Work(Once),
    Done(Reply),
}

impl Service {
    /// Claims the request's key, or finds its stored answer.
    pub(super) async fn begin(&self, call: &Call) -> Result<Begun> {
        let Some(key) = &call.idempotency_key else { return Ok(Begun::Work(Once { ticket: None })) };
        let scope = call.caller.scope();
        let now = self.now();
        let ticket = Ticket {
            key: self.vault().idempotency_mac(scope, "key", key.as_bytes()),
            token: call.request_id.to_string(),
        };
        let request = ClaimRequest {
            body: self.vault().idempotency_mac(scope, "body", &call.fingerprint),
            claimed_until: now.plus(CLAIM),
            ticket,
            now,
        };
        let claim = match self.store().claim(scope, &request).await {
            Ok(claim) => claim,
            Err(error) => {
                // The claim may have been made all the same, too late for its answer: nobody would give it up.
                let _ = self.store().release(scope, &request.ticket).await;
                return Err(error.into());
            }
        };
        match claim {
            Claim::Fresh => Ok(Begun::Work(Once { ticket: Some(request.ticket) })),
            Claim::InProgress => Err(ServiceError::IdempotencyInProgress),
            Claim::Mismatch => Err(ServiceError::IdempotencyMismatch),
            Claim::Expired => Err(ServiceError::IdempotencyExpired),
            Claim::Replay(sealed) => match self.open_answer(call, &request.ticket, &sealed)? {
                Stored::Ok(json) => Ok(Begun::Done(Reply { json, replayed: true })),
                Stored::Failed(failed) => Err(ServiceError::Failed(failed, true)),
            },
        }
    }

    /// Ends the claim: an answer that was not stored with its effect gives the key free.
    pub(super) async fn finish(&self, call: &Call, once: Once, outcome: Result<String>) -> Result<Reply> {
        let stored = matches!(outcome, Ok(_) | Err(ServiceError::Failed(..)));
        if let Some(ticket) = once.ticket.filter(|_| !stored)
            && let Err(error) = self.store().release(call.caller.scope(), &ticket).await
        {
            tracing::warn!(%error, "an idempotency claim was not released; it ends by itself");
        }
        outcome.map(|json| Reply { json, replayed: false })
    }

    /// Seals a successful answer for its row.
    pub(super) fn seal_ok(&self, call: &Call, ticket: &Ticket, json: &str) -> Option<Sealed> {
        self.seal_answer(call, ticket, &Stored::Ok(json.to_owned()))
    }

    /// Seals a failed verification for its row.
    pub(super) fn seal_failed(
        &self,
        call: &Call,
        ticket: &Ticket,
        failed: &VerificationFailed,
    ) -> Option<Sealed> {
        self.seal_answer(call, ticket, &Stored::Failed(failed.clone()))
    }

    fn seal_answer(&self, call: &Call, ticket: &Ticket, answer: &Stored) -> Option<Sealed> {
        let content = zeroize::Zeroizing::new(serde_json::to_vec(answer).ok()?);
        let id = hex(&ticket.key);
        Some(self.vault().seal(answer_row(call, &id), &content, &mut *self.parts.chance.rng()))
    }

    fn open_answer(&self, call: &Call, ticket: &Ticket, sealed: &Sealed) -> Result<Stored> {
        let id = hex(&ticket.key);
        let opened = self
            .vault()
            .open(answer_row(call, &id), sealed)
            .map_err(|error| ServiceError::Internal(format!("a stored answer: {error}")))?;
        serde_json::from_slice(&opened)
            .map_err(|error| ServiceError::Internal(format!("a stored answer: {error}")))
    }
}

fn answer_row<'a>(call: &Call, id: &'a str) -> Row<'a> {
    Row { scope: call.caller.scope(), user: None, table: SealedTable::Idempotency, id }
}
