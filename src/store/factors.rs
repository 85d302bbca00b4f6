//! Authenticator apps: enrolment, the check of a TOTP code, removal.

use async_trait::async_trait;

use super::challenges::{Checked, NewChallenge, UserRef};
use super::idempotency::Remember;
use super::outbox::NewMessage;
use super::{AuditNote, Deadline, Result, Scope, Told};
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::policy::LockPolicy;
use crate::domain::standing::SendRefused;
use crate::domain::time::Moment;
use crate::keyring::{Sealed, UserKey};

/// A factor to be enrolled.
#[derive(Clone, Debug)]
pub struct NewFactor {
    /// Its id.
    pub id: FactorId,
    /// The label that the caller gave, sealed for its row: it may be an address.
    pub name: Option<Sealed>,
    /// Its secret, sealed for its row.
    pub secret: Sealed,
    /// The end of an unconfirmed enrolment.
    pub expires_at: Moment,
}

/// A start of APP. What it becomes is decided under the user's row lock.
pub struct StartApp {
    /// The challenge, for either way; its `expires_at` holds where the user is enrolled.
    pub challenge: NewChallenge,
    /// What is enrolled where the rule says so.
    pub factor: NewFactor,
    /// The caller said `Enroll=true`.
    pub asked_to_enrol: bool,
    /// The caller's `Proof`.
    pub proof: Option<ChallengeId>,
    /// The service itself knows that the user was verified just now; then no proof is needed.
    pub trusted: bool,
    /// Starts that a user gets in 10 minutes.
    pub per_ten_minutes: usize,
    /// When nobody waits for the answer any more.
    pub deadline: Deadline,
    /// Now.
    pub now: Moment,
}

/// How a start of APP ended.
#[derive(Clone, Debug)]
pub enum StartedApp {
    /// The user is enrolled; the challenge waits for a code.
    Pending,
    /// The enrolment waits for its first code.
    Enrolling,
    /// 403 `proof_required`; nothing was written.
    ProofRequired,
    /// The user is locked; nothing was written.
    Locked {
        /// Until then.
        until: Moment,
    },
    /// Too many starts; nothing was written.
    Refused(SendRefused),
}

/// A factor that a TOTP code may fit.
#[derive(Clone, Debug)]
pub struct TotpFactor {
    /// Its id.
    pub id: FactorId,
    /// Its secret, sealed.
    pub secret: Sealed,
    /// SHA1, SHA256 or SHA512.
    pub algorithm: String,
    /// Digits of its codes.
    pub digits: i64,
    /// Seconds of a step.
    pub period: i64,
    /// Whether it still waits for its first code.
    pub unconfirmed: bool,
}

/// A factor and a step whose code is the one that was given.
#[derive(Clone, Copy, Debug)]
pub struct TotpMatch {
    /// The factor.
    pub factor: FactorId,
    /// The time step (RFC 6238 §4.2).
    pub step: i64,
}

/// A check of a TOTP code. The comparison is a pure function of secrets that do not change; whether the step may still be
/// used is decided in the transaction.
pub struct CheckTotp<'a> {
    /// Whose code.
    pub user: &'a UserRef,
    /// Factors and steps that the code fits.
    pub matches: &'a [TotpMatch],
    /// The one challenge that may be verified, where the caller named one.
    pub id: Option<ChallengeId>,
    /// The record that is made where no challenge waits.
    pub record: NewChallenge,
    /// How a new factor may be confirmed.
    pub enrolment: Enrolment<'a>,
    /// When failures lock.
    pub lock: LockPolicy,
    /// Now.
    pub now: Moment,
}

/// How a check may confirm a new factor.
#[derive(Clone, Copy, Default)]
pub struct Enrolment<'a> {
    /// Only as the user's first, even where it was begun with a proof: whoever began it may not be here any more.
    pub only_first: bool,
    /// What it leaves beside its event.
    pub told: Option<&'a Told>,
}

/// What becomes of a user's own wish to remove a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Yes,
    /// The user has no such factor.
    Absent,
    /// It is the user's only one.
    Last,
}

/// A mail that tells a user of what was done. It has a record with a trace, as everything that is sent.
pub struct Telling {
    /// The record; its kind is that of the factor.
    pub record: NewChallenge,
    /// The mail.
    pub message: NewMessage,
}

/// Authenticator apps.
#[async_trait]
pub trait FactorStore: Send + Sync {
    /// Starts a challenge or an enrolment.
    async fn start_app(
        &self,
        scope: Scope,
        start: &StartApp,
        remember: Option<Remember<'_, StartedApp>>,
    ) -> Result<StartedApp>;
    /// The user's confirmed factors, and the enrolment that waits.
    async fn totp_factors(&self, scope: Scope, user: &UserKey, now: Moment) -> Result<Vec<TotpFactor>>;
    /// Takes a step at most once and only forward; confirms an enrolment.
    async fn check_totp(
        &self,
        scope: Scope,
        check: &CheckTotp<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked>;
    /// Removes a confirmed factor; `false` when there is none.
    async fn remove_factor(&self, scope: Scope, id: FactorId, now: Moment, note: &AuditNote) -> Result<bool>;
    /// Removes a confirmed factor of this user, if it is not the only one.
    async fn remove_own_factor(
        &self,
        scope: Scope,
        user: &UserRef,
        id: FactorId,
        now: Moment,
        told: &Told,
    ) -> Result<Removed>;
    /// The same for a factor of the record's user, with the mail that tells of it; `false` when the user has no such factor.
    async fn remove_factor_and_tell(
        &self,
        scope: Scope,
        id: FactorId,
        telling: &Telling,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
}
