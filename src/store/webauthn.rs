//! Security keys: ceremonies begun and answered. What a key's answer is worth is a pure function of what is kept here;
//! whether it may still be used is decided in the transaction.

use async_trait::async_trait;

use super::challenges::{Checked, UserRef};
use super::factors::{Enrolment, StartApp};
use super::idempotency::Remember;
use super::{Result, Scope};
use crate::domain::challenge::Status;
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::policy::LockPolicy;
use crate::domain::standing::SendRefused;
use crate::domain::time::Moment;
use crate::keyring::{CodeMac, Sealed, UserKey};

/// A ceremony to be kept, for one of the ways that a start can go.
#[derive(Clone, Debug)]
pub struct NewCeremony {
    /// The MAC of its challenge, bound to the Action, under the primary key.
    pub challenge: CodeMac,
    /// What it was begun with, sealed for the row of the start's challenge.
    pub state: Sealed,
}

/// A start of HSM. What it becomes is decided under the user's row lock.
pub struct StartKey {
    /// What a start of APP has as well: the challenge, the factor (whose secret stays empty until there is a credential),
    /// the wish to enrol and its proof. Both ways end with the challenge's `expires_at`.
    pub start: StartApp,
    /// The relying party.
    pub rp_id: String,
    /// The handle that the user gets there, where it has none yet.
    pub handle: Vec<u8>,
    /// For a user who enrols.
    pub registration: NewCeremony,
    /// For a user who has a key.
    pub assertion: NewCeremony,
}

/// A key by which a browser finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRef {
    /// Its credential id.
    pub id: Vec<u8>,
    /// How it was reached, as words with spaces between.
    pub transports: String,
}

/// How a start of HSM ended.
#[derive(Clone, Debug)]
pub enum StartedKey {
    /// The user has keys; the challenge waits for one of them.
    Pending {
        /// Those.
        keys: Vec<KeyRef>,
    },
    /// The enrolment waits for a key.
    Enrolling {
        /// The user's handle.
        handle: Vec<u8>,
        /// The keys that the user has.
        keys: Vec<KeyRef>,
    },
    /// 403 `proof_required`; nothing was written.
    ProofRequired,
    /// The user is locked, and would have enrolled; nothing was written.
    Locked {
        /// Until then.
        until: Moment,
    },
    /// Too many starts; nothing was written.
    Refused(SendRefused),
}

/// A ceremony that waits.
#[derive(Clone, Debug)]
pub struct OpenCeremony {
    /// Its challenge.
    pub id: ChallengeId,
    /// `pending` or `enrolling`.
    pub status: Status,
    /// The factor that it enrols.
    pub factor: Option<FactorId>,
    /// What it was begun with, sealed.
    pub state: Sealed,
}

/// A confirmed key of a user.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its factor.
    pub factor: FactorId,
    /// The relying party.
    pub rp_id: String,
    /// Its credential id.
    pub credential_id: Vec<u8>,
    /// Its credential, sealed for the row of its factor.
    pub credential: Sealed,
    /// Its counter.
    pub sign_count: i64,
    /// Whether it is copied to other devices.
    pub backup_state: bool,
    /// The user's handle at the relying party.
    pub handle: Vec<u8>,
}

/// What a key's answer is held against.
#[derive(Clone, Debug, Default)]
pub struct KeyFacts {
    /// The ceremony whose challenge it answers.
    pub ceremony: Option<OpenCeremony>,
    /// The user's keys.
    pub keys: Vec<KeyRow>,
}

/// What the answer was found to be.
pub enum KeyVerdict {
    /// It is right, with this key.
    Used {
        /// The relying party.
        rp_id: String,
        /// The credential id.
        credential_id: Vec<u8>,
        /// The counter that it shows.
        sign_count: i64,
        /// Whether the key is copied to other devices.
        backup_state: bool,
    },
    /// It is right, and brings a new key.
    New(NewCredential),
    /// It is wrong, and why: a word for the trace.
    Wrong(&'static str),
}

/// A key that was made.
pub struct NewCredential {
    /// The relying party.
    pub rp_id: String,
    /// Its credential id.
    pub id: Vec<u8>,
    /// The factor that it was enrolled as.
    pub factor: FactorId,
    /// Its credential, sealed for the row of that factor.
    pub credential: Sealed,
    /// How it was reached, as words with spaces between.
    pub transports: String,
    /// Its counter.
    pub sign_count: i64,
    /// Whether it may be copied to other devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backup_state: bool,
}

/// A check of a key's answer.
pub struct CheckKey<'a> {
    /// Whose.
    pub user: &'a UserRef,
    /// The MACs of the challenge that it answers, one per root key.
    pub challenge: &'a [CodeMac],
    /// The MACs of the whole answer, by which the same one is known again.
    pub answer: &'a [CodeMac],
    /// The one challenge that may be verified, where the caller named one.
    pub id: Option<ChallengeId>,
    /// The verdict.
    pub verdict: KeyVerdict,
    /// The caller's word for this check.
    pub reference: Option<&'a str>,
    /// How a new factor may be confirmed.
    pub enrolment: Enrolment<'a>,
    /// When failures lock.
    pub lock: LockPolicy,
    /// Now.
    pub now: Moment,
}

/// Security keys.
#[async_trait]
pub trait WebauthnStore: Send + Sync {
    /// Starts a challenge or an enrolment. A locked user may still be asked for a key.
    async fn start_key(
        &self,
        scope: Scope,
        start: &StartKey,
        remember: Option<Remember<'_, StartedKey>>,
    ) -> Result<StartedKey>;
    /// The ceremony that an answer with one of these MACs belongs to, where it waits, and the user's keys.
    async fn key_facts(
        &self,
        scope: Scope,
        user: &UserKey,
        challenge: &[CodeMac],
        now: Moment,
    ) -> Result<KeyFacts>;
    /// Consumes a right answer at most once and moves its key's counter, in one transaction; a wrong one spends an attempt.
    /// It is evaluated while the user is locked, too.
    async fn check_key(
        &self,
        scope: Scope,
        check: &CheckKey<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked>;
}
