//! What the event log tells: the acts that a tenant or an operator must be able to look up later.

use serde_json::{Value, json};

use super::id::{ChallengeId, FactorId};

/// An act worth keeping. Its data holds ids and never a contact, a code or a secret.
#[derive(Clone, Debug)]
pub enum Event {
    /// A challenge was started.
    ChallengeStarted(ChallengeId),
    /// A user was verified.
    ChallengeApproved(ChallengeId),
    /// A challenge was ended by the caller.
    ChallengeCanceled(ChallengeId),
    /// A factor was confirmed.
    FactorEnrolled(FactorId),
    /// A factor was removed.
    FactorRemoved(FactorId),
    /// A new set of backup codes was asked for.
    BackupRequested(ChallengeId),
    /// Failures locked the user.
    UserLocked,
    /// The caller lifted a lock and cleared the failures.
    UserUnlocked,
}

impl Event {
    /// The event's name, as webhooks and the audit log say it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ChallengeStarted(_) => "challenge.started",
            Self::ChallengeApproved(_) => "challenge.approved",
            Self::ChallengeCanceled(_) => "challenge.canceled",
            Self::FactorEnrolled(_) => "factor.enrolled",
            Self::FactorRemoved(_) => "factor.removed",
            Self::BackupRequested(_) => "backup.requested",
            Self::UserLocked => "user.locked",
            Self::UserUnlocked => "user.unlocked",
        }
    }

    /// The ids that it is about, as JSON.
    #[must_use]
    pub fn data(&self) -> Value {
        match self {
            Self::ChallengeStarted(id)
            | Self::ChallengeApproved(id)
            | Self::ChallengeCanceled(id)
            | Self::BackupRequested(id) => json!({ "challenge": id }),
            Self::FactorEnrolled(id) | Self::FactorRemoved(id) => json!({ "factor": id }),
            Self::UserLocked | Self::UserUnlocked => json!({}),
        }
    }
}
