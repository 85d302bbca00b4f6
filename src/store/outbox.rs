//! The outbox, each try of a message, and the test inbox.

use std::time::Duration;

use async_trait::async_trait;

use super::{Result, Scope};
use crate::domain::id::{AppId, ChallengeId, MessageId};
use crate::domain::message::Channel;
use crate::domain::time::Moment;
use crate::keyring::{Sealed, UserKey};

/// The right to send a message until `until`. A lease that has ended can be taken by any node.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Whose claim it is; a record under another token changes nothing.
    pub token: String,
    /// Its end.
    pub until: Moment,
}

/// What happens to a message when it is kept.
#[derive(Clone, Debug)]
pub enum Disposition {
    /// Queued, and leased to this node, which sends it at once.
    Leased(Lease),
    /// Queued, for whoever comes by at that time.
    Later(Moment),
    /// Test mode: it is in the test inbox with the commit, sealed for its row there.
    Inbox(Sealed),
}

/// A message to be kept.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// The contact that it goes to.
    pub to: UserKey,
    /// The masked contact.
    pub masked: String,
    /// The channel.
    pub channel: Channel,
    /// The country of the number that it goes to (ISO 3166-1 alpha-2), for figures.
    pub country: Option<String>,
    /// Its content, sealed for its row in the outbox.
    pub payload: Sealed,
    /// What happens to it.
    pub disposition: Disposition,
    /// After that it is not sent.
    pub expires_at: Moment,
    /// Its place among the channels by which one code goes on; 0 for the first or only one.
    pub step: u8,
    /// How long a delivery report is waited for before the next step's turn; `None` where there is no other step.
    pub wait: Option<Duration>,
    /// How many parts an SMS is sent in.
    pub segments: Option<u8>,
}

impl NewMessage {
    /// Whether it goes to a provider, which may fail, or is delivered already.
    #[must_use]
    pub const fn may_fail(&self) -> bool {
        matches!(self.disposition, Disposition::Leased(_))
    }
}

/// A message that this node may send.
#[derive(Clone, Debug)]
pub struct ClaimedMessage {
    /// Where it belongs.
    pub scope: Scope,
    /// Its id.
    pub id: MessageId,
    /// Its challenge.
    pub challenge: ChallengeId,
    /// The contact that it goes to.
    pub to: UserKey,
    /// The channel.
    pub channel: Channel,
    /// Its content.
    pub payload: Sealed,
    /// The lease.
    pub lease: Lease,
    /// Rounds over the providers so far.
    pub tries: u32,
    /// When it was queued.
    pub created_at: Moment,
    /// After that it is not sent.
    pub expires_at: Moment,
    /// Its place among the channels by which one code goes on.
    pub step: u8,
    /// How long a delivery report is waited for before the next step's turn; `None` where there is no other step.
    pub wait: Option<Duration>,
}

/// What a try of a message came to.
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    /// The provider's name.
    pub provider: String,
    /// Whether it is one of the application's own.
    pub own: bool,
    /// `sent`, `retry` or `refused`.
    pub result: &'static str,
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

/// What becomes of the message after a try.
#[derive(Clone, Debug)]
pub enum Next {
    /// It is handed over: its payload is erased; a backup set becomes valid. The inbox row is for test mode.
    Sent {
        /// The sealed row of the test inbox.
        inbox: Option<Sealed>,
    },
    /// It will not be sent: its payload is erased.
    Failed {
        /// Why, as a code.
        reason: String,
    },
    /// Its life has ended: its payload is erased.
    Expired,
    /// The next provider has its turn now; the lease goes on.
    Renew {
        /// The lease's new end.
        until: Moment,
    },
    /// All providers had their turn; again at that time.
    Again {
        /// When.
        at: Moment,
    },
}

/// Whose messages of the test inbox are asked for.
#[derive(Clone, Copy)]
pub enum InboxOf<'a> {
    /// Those to anybody.
    Everyone,
    /// Those to one contact, or to the two of a pair.
    Users(&'a [UserKey]),
    /// One message.
    Message(MessageId),
}

/// A row of the test inbox.
#[derive(Clone, Debug)]
pub struct InboxItem {
    /// The message's id.
    pub id: MessageId,
    /// The contact that it went to.
    pub to: UserKey,
    /// The masked contact, as long as the message is known.
    pub masked: Option<String>,
    /// Its challenge, as long as the message is known.
    pub challenge: Option<ChallengeId>,
    /// Its content, sealed.
    pub content: Sealed,
    /// When it arrived.
    pub created_at: Moment,
}

/// What a provider reported, its signature checked.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryReport<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The application whose own credentials signed it: it counts only for what was sent through them. `None`: the
    /// operator's, and it counts only for what was sent through those.
    pub own: Option<AppId>,
    /// The message's id at the provider.
    pub provider_id: &'a str,
    /// Our own id, where the report repeats it.
    pub message: Option<MessageId>,
    /// Whether it arrived.
    pub delivered: bool,
    /// Why it did not.
    pub reason: Option<&'a str>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportTaken {
    /// It was taken, or had been before.
    Taken,
    /// It came before the hand-over that it is about was recorded; in a moment it is known.
    Early,
    /// No message is meant, or none that is known yet.
    Unknown,
}

/// Tells when the outbox is worth a look. It may be missed and it may be for nothing: the poll decides.
#[async_trait]
pub trait Wakes: Send {
    /// Waits for the next call. An error: it hears nothing any more; listen anew.
    async fn next(&mut self) -> Result<()>;
}

/// The outbox. Claiming goes over all tenants; each message carries its scope.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Takes up to `limit` messages of these channels whose time has come, oldest first, none that another node holds.
    async fn claim_messages(
        &self,
        now: Moment,
        lease: &Lease,
        channels: &[Channel],
        limit: i64,
    ) -> Result<Vec<ClaimedMessage>>;
    /// Hears when something becomes due that no node holds, on whatever node that is decided.
    async fn listen(&self) -> Result<Box<dyn Wakes>>;
    /// Records a try and what comes next. `false` when the lease was lost: then only the try is kept, unless the message
    /// was handed over, which is always told.
    async fn record_attempt(
        &self,
        message: &ClaimedMessage,
        attempt: Option<&AttemptRecord>,
        next: &Next,
        now: Moment,
    ) -> Result<bool>;
    /// Moves a delivery to `delivered` or `undelivered`, as its provider reports. Repeated, it changes nothing. The scope is
    /// the message's own.
    async fn record_report(&self, report: &DeliveryReport<'_>, now: Moment) -> Result<ReportTaken>;
    /// What is asked for of the last 200 messages of the application in test mode, newest first.
    async fn inbox(&self, scope: Scope, of: InboxOf<'_>, now: Moment) -> Result<Vec<InboxItem>>;
}
