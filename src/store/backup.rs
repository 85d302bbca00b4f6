//! Backup codes: a new set, and the check in two steps around the slow hash.

use async_trait::async_trait;

use super::challenges::{Checked, NewChallenge, Started, UserRef};
use super::idempotency::Remember;
use super::outbox::NewMessage;
use super::{Deadline, Result, Scope, Told};
use crate::domain::challenge::Family;
use crate::domain::id::ChallengeId;
use crate::domain::policy::{LockPolicy, SendLimits};
use crate::domain::quota::PhoneQuota;
use crate::domain::time::Moment;

/// What is kept of a backup code.
#[derive(Clone, Debug)]
pub struct BackupHash {
    /// The public index character.
    pub index: char,
    /// The salt of its hash.
    pub salt: Vec<u8>,
    /// Argon2id of its random part.
    pub hash: Vec<u8>,
}

/// A new set. It becomes valid, and the old one dies, when its message is handed over.
pub struct StartBackup {
    /// The record of the issue; its user is whom the set is for.
    pub challenge: NewChallenge,
    /// Who gets the message; the send limits are this contact's.
    pub recipient: UserRef,
    /// The codes.
    pub codes: Vec<BackupHash>,
    /// What is sent.
    pub messages: Vec<NewMessage>,
    /// What the messages to a number count in, in live mode.
    pub quota: Option<PhoneQuota>,
    /// How many messages the recipient gets.
    pub limits: SendLimits,
    /// When nobody waits for the answer any more.
    pub deadline: Deadline,
    /// Now.
    pub now: Moment,
}

/// A new set that its user is shown at once: it is valid from then on, and the old one dies.
pub struct ShownBackup<'a> {
    /// The record of the issue.
    pub challenge: NewChallenge,
    /// The codes.
    pub codes: Vec<BackupHash>,
    /// What it leaves beside its event.
    pub told: &'a Told,
    /// Now.
    pub now: Moment,
}

/// The first step of a check: spends the attempt before anything is compared.
pub struct SpendBackup<'a> {
    /// Whose code.
    pub user: &'a UserRef,
    /// The index character that selects the row.
    pub index: char,
    /// The one challenge that may be verified, where the caller named one, and its family.
    pub named: Option<(ChallengeId, Family)>,
    /// Now; [`SettleBackup::spent_at`] must say the same.
    pub now: Moment,
}

/// The row that the index selects in the user's valid set.
#[derive(Clone, Debug)]
pub struct BackupCandidate {
    /// The set.
    pub set: ChallengeId,
    /// The salt.
    pub salt: Vec<u8>,
    /// The hash.
    pub hash: Vec<u8>,
}

/// How the first step of a check ended.
#[derive(Clone, Debug)]
pub enum SpentBackup {
    /// The attempt is spent; the row is there where the user's valid set has one.
    Spent(Option<BackupCandidate>),
    /// The named challenge is not this user's; nothing was spent.
    Unknown,
}

/// The second step of a check: consumes the code, or lets the spent attempt stand.
pub struct SettleBackup<'a> {
    /// Whose code.
    pub user: &'a UserRef,
    /// The set and index whose hash fits.
    pub fits: Option<(ChallengeId, char)>,
    /// The one challenge that may be verified, where the caller named one.
    pub id: Option<ChallengeId>,
    /// The record that is made.
    pub record: NewChallenge,
    /// When the attempt was spent.
    pub spent_at: Moment,
    /// When failures lock.
    pub lock: LockPolicy,
    /// Now.
    pub now: Moment,
}

/// Backup codes.
#[async_trait]
pub trait BackupStore: Send + Sync {
    /// Keeps a set that is shown and sent nowhere.
    async fn show_backup(&self, scope: Scope, shown: &ShownBackup<'_>) -> Result<()>;
    /// Keeps a new set and queues its message.
    async fn start_backup(
        &self,
        scope: Scope,
        start: &StartBackup,
        remember: Option<Remember<'_, Started>>,
    ) -> Result<Started>;
    /// Spends an attempt, and commits that, before the hash is computed.
    async fn spend_backup(&self, scope: Scope, spend: &SpendBackup<'_>) -> Result<SpentBackup>;
    /// Consumes the code by a conditional statement, or records the failure.
    async fn settle_backup(
        &self,
        scope: Scope,
        settle: &SettleBackup<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked>;
}
