//! What the store hands out to be shown: challenges with their traces.

use crate::domain::asked::{Asker, Looked};
use crate::domain::challenge::{Family, MfaType, Status, VerifiedBy};
use crate::domain::id::{ChallengeId, FactorId, MessageId};
use crate::domain::time::Moment;
use crate::keyring::Sealed;

/// A challenge, a one-shot check, or the issue of a backup set.
#[derive(Clone, Debug)]
pub struct ChallengeRecord {
    /// Its id.
    pub id: ChallengeId,
    /// The masked form of its user.
    pub masked: String,
    /// The Type that it was started with.
    pub kind: MfaType,
    /// Its family.
    pub family: Family,
    /// Its status as stored; see [`Status::at`] for how it reads now.
    pub status: Status,
    /// The caller's own word.
    pub reference: Option<String>,
    /// Guesses so far.
    pub attempts: i64,
    /// Guesses that it allows.
    pub max_attempts: i64,
    /// The factor that it enrols or enrolled.
    pub factor: Option<FactorId>,
    /// Codes in the set, for the issue of a backup set.
    pub backup_count: Option<i64>,
    /// When it was started.
    pub created_at: Moment,
    /// When its life ends.
    pub expires_at: Option<Moment>,
    /// When the next message was allowed, as told at the start.
    pub resend_after: Option<Moment>,
    /// When it was approved, enrolled or canceled.
    pub decided_at: Option<Moment>,
    /// How its user was verified.
    pub verified_by: Option<VerifiedBy>,
}

/// A try of a message at a provider.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    /// The provider's name.
    pub provider: String,
    /// `sent`, `retry` or `refused`.
    pub result: String,
    /// The reason's code.
    pub reason: Option<String>,
    /// The reason in a sentence.
    pub detail: Option<String>,
    /// The message's id at the provider.
    pub provider_id: Option<String>,
    /// When it began.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Moment,
}

/// A message of a challenge and its tries.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The channel.
    pub channel: String,
    /// The masked contact.
    pub masked: String,
    /// `queued`, `held`, `sent`, `delivered`, `undelivered`, `failed`, `expired` or `skipped`.
    pub status: String,
    /// Why it failed, did not arrive, or was skipped.
    pub reason: Option<String>,
    /// How many parts an SMS is sent in.
    pub segments: Option<i64>,
    /// When it was queued.
    pub created_at: Moment,
    /// When it was handed over, or ended otherwise.
    pub ended_at: Option<Moment>,
    /// When its provider reported.
    pub reported_at: Option<Moment>,
    /// Its tries, in order.
    pub attempts: Vec<AttemptRow>,
}

/// A message as it is listed.
#[derive(Clone, Debug)]
pub struct ListedDelivery {
    /// Its id.
    pub id: MessageId,
    /// Its challenge.
    pub challenge: ChallengeId,
    /// What happened to it.
    pub delivery: Delivery,
}

/// A check of a challenge.
#[derive(Clone, Debug)]
pub struct CheckRow {
    /// When.
    pub at: Moment,
    /// `approved`, `enrolled` or the failure's code.
    pub result: String,
}

/// A challenge and all that happened to it.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The challenge.
    pub challenge: ChallengeRecord,
    /// Who asked for it; none where it was started before that was kept.
    pub asked: Option<Asker>,
    /// The limits that its start was held to.
    pub limits: Vec<Looked>,
    /// Its messages.
    pub deliveries: Vec<Delivery>,
    /// Its checks.
    pub checks: Vec<CheckRow>,
}

/// A confirmed factor.
#[derive(Clone, Debug)]
pub struct FactorRecord {
    /// Its id.
    pub id: FactorId,
    /// `APP` or `HSM`.
    pub kind: MfaType,
    /// The label given at its enrolment, sealed.
    pub name: Option<Sealed>,
    /// When its enrolment began.
    pub created_at: Moment,
    /// When it last verified its user.
    pub last_used_at: Option<Moment>,
}

/// What a user has.
#[derive(Clone, Debug, Default)]
pub struct UserSummary {
    /// Confirmed factors.
    pub factors: Vec<FactorRecord>,
    /// Unused codes of the valid backup set.
    pub backup_codes_remaining: i64,
    /// Until when the user is locked.
    pub locked_until: Option<Moment>,
    /// Failures of the last day that count towards a lock.
    pub failures: i64,
    /// Since when the user is known; none for an unknown one.
    pub first_seen_at: Option<Moment>,
    /// When something was last decided about the user.
    pub last_seen_at: Option<Moment>,
}
