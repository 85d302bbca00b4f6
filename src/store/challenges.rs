//! Codes that are sent: starting a challenge, checking a code, and reading what happened.

use async_trait::async_trait;

use super::idempotency::Remember;
use super::outbox::NewMessage;
use super::records::{ChallengeRecord, ListedDelivery, Trace, UserSummary};
use super::{AuditNote, Deadline, Result, Scope};
use crate::domain::asked::Asker;
use crate::domain::challenge::{Failure, Family, MfaType, Status, VerifiedBy};
use crate::domain::id::{ChallengeId, FactorId, MessageId};
use crate::domain::message::Channel;
use crate::domain::policy::{LockPolicy, SendLimits};
use crate::domain::quota::PhoneQuota;
use crate::domain::standing::SendRefused;
use crate::domain::time::Moment;
use crate::keyring::{CodeMac, UserKey};

/// A user as the store knows one.
#[derive(Clone, Debug)]
pub struct UserRef {
    /// The keyed hash.
    pub key: UserKey,
    /// The masked form that stands beside it.
    pub masked: String,
    /// The address and the number of a DUAL user, in whose rows all is counted as well; empty for everyone else.
    pub contacts: Vec<UserRef>,
}

impl UserRef {
    /// A user of one contact.
    #[must_use]
    pub fn new(key: UserKey, masked: String) -> Self {
        Self { key, masked, contacts: Vec::new() }
    }
}

/// A challenge to be kept.
#[derive(Clone, Debug)]
pub struct NewChallenge {
    /// Its id.
    pub id: ChallengeId,
    /// Its user.
    pub user: UserRef,
    /// Its Type.
    pub kind: MfaType,
    /// The country of the number that its code goes to (ISO 3166-1 alpha-2), for figures.
    pub country: Option<String>,
    /// The caller's own word.
    pub reference: Option<String>,
    /// Who asked for it.
    pub asked: Option<Asker>,
    /// Guesses that it allows.
    pub max_attempts: u8,
    /// When its life ends.
    pub expires_at: Moment,
}

/// A start of a Type that sends codes.
pub struct StartCode {
    /// The challenge.
    pub challenge: NewChallenge,
    /// The MAC of its code under the primary key.
    pub code: CodeMac,
    /// The MAC of the number's code, where either of two codes verifies.
    pub second_code: Option<CodeMac>,
    /// What the messages to a number count in, in live mode.
    pub quota: Option<PhoneQuota>,
    /// What is sent.
    pub messages: Vec<NewMessage>,
    /// How many messages the user gets.
    pub limits: SendLimits,
    /// When nobody waits for the answer any more.
    pub deadline: Deadline,
    /// Now.
    pub now: Moment,
}

/// How a start ended.
#[derive(Clone, Debug)]
pub enum Started {
    /// The challenge stands and its message is queued.
    Started {
        /// When the next message will be allowed.
        resend_after: Moment,
    },
    /// The user is locked; nothing was written.
    Locked {
        /// Until then.
        until: Moment,
    },
    /// Too many messages; nothing was written.
    Refused(SendRefused),
    /// Too many messages of this application to this country; nothing was written.
    CountryFull {
        /// When the next one is allowed.
        until: Moment,
    },
}

/// A check of a sent code.
pub struct CheckCode<'a> {
    /// Whose code.
    pub user: &'a UserRef,
    /// Which family; a code of one family never verifies in another.
    pub family: Family,
    /// The code's MACs, one per root key.
    pub macs: &'a [CodeMac],
    /// The one challenge that may be verified, where the caller named one.
    pub id: Option<ChallengeId>,
    /// The caller's word for this check.
    pub reference: Option<&'a str>,
    /// When failures lock.
    pub lock: LockPolicy,
    /// Now.
    pub now: Moment,
}

/// A right code.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The record.
    pub id: ChallengeId,
    /// `approved`, or `enrolled` where the code confirmed a new factor.
    pub status: Status,
    /// How.
    pub by: VerifiedBy,
    /// The caller's word at the start.
    pub reference: Option<String>,
    /// The factor that was confirmed or used.
    pub factor: Option<FactorId>,
    /// Backup codes left, where one was used.
    pub backup_remaining: Option<i64>,
}

/// How a check ended.
#[derive(Clone, Debug)]
pub enum Checked {
    /// The code was right, and is consumed.
    Approved(Approval),
    /// It was wrong; the failure is counted as the contract says.
    Failed {
        /// Why.
        failure: Failure,
        /// Guesses left, where the code itself was wrong.
        attempts_remaining: Option<u64>,
    },
    /// The challenge's attempts are spent; nothing was evaluated or counted.
    Spent {
        /// When a new code may be sent.
        resend_after: Moment,
    },
    /// The user is locked; nothing was evaluated or counted.
    Locked {
        /// Until then.
        until: Moment,
    },
    /// The enrolment began without a proof, and the user has a factor by now.
    ProofRequired,
    /// The named challenge is not this user's; nothing was evaluated or counted.
    Unknown,
}

/// Which challenges are listed.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Of this user.
    pub user: Option<UserKey>,
    /// Of this Type.
    pub kind: Option<MfaType>,
    /// With this status, as it reads now.
    pub status: Option<Status>,
    /// With this reference.
    pub reference: Option<String>,
    /// Started at this moment or later.
    pub created_after: Option<Moment>,
    /// Started before this moment.
    pub created_before: Option<Moment>,
    /// Older than this one.
    pub starting_after: Option<ChallengeId>,
    /// At most so many, 1 to 100.
    pub limit: i64,
}

/// Which messages are listed.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Of this channel.
    pub channel: Option<Channel>,
    /// With this status, as a trace shows it.
    pub status: Option<String>,
    /// That this provider was given.
    pub provider: Option<String>,
    /// Queued at this moment or later.
    pub created_after: Option<Moment>,
    /// Queued before this moment.
    pub created_before: Option<Moment>,
    /// Older than this one.
    pub starting_after: Option<MessageId>,
    /// At most so many, 1 to 100.
    pub limit: i64,
}

/// Challenges of sent codes, and what is read of all challenges.
#[async_trait]
pub trait ChallengeStore: Send + Sync {
    /// Starts a challenge: limits, the older challenge's end, the new one, its messages, in one transaction.
    async fn start_code(
        &self,
        scope: Scope,
        start: &StartCode,
        remember: Option<Remember<'_, Started>>,
    ) -> Result<Started>;
    /// Spends an attempt and consumes the code if it fits, in one transaction.
    async fn check_code(
        &self,
        scope: Scope,
        check: &CheckCode<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked>;
    /// Ends a waiting challenge. `None`: there is no such challenge; `Some(false)`: it had ended already.
    async fn cancel(&self, scope: Scope, id: ChallengeId, now: Moment) -> Result<Option<bool>>;
    /// A challenge and all that happened to it.
    async fn trace(&self, scope: Scope, id: ChallengeId) -> Result<Option<Trace>>;
    /// Challenges, newest first; one more than the limit when there are more.
    async fn list(&self, scope: Scope, filter: &ListFilter, now: Moment) -> Result<Vec<ChallengeRecord>>;
    /// Messages with their tries, newest first; one more than the limit when there are more.
    async fn deliveries(&self, scope: Scope, filter: &DeliveryFilter) -> Result<Vec<ListedDelivery>>;
    /// Factors, backup codes and lock of a user; empty for an unknown one.
    async fn summary(&self, scope: Scope, user: &UserRef, now: Moment) -> Result<UserSummary>;
    /// Lifts a lock and clears the failures. Where there is neither, nothing is written.
    async fn unlock(&self, scope: Scope, user: &UserRef, now: Moment, note: &AuditNote) -> Result<()>;
}
