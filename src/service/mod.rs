//! Floor 2: the use cases. They alone join methods, store and messages; each is one file.
//!
//! A use case checks its fields in the contract's order, lets a method decide, and hands the decision to the store as one
//! atomic intention. No HTTP, no SQL and no provider may enter here. The courier is reached through a channel only.

pub mod answers;
mod auth;
mod backup;
mod challenges;
pub mod compose;
mod error;
mod fields;
mod hashing;
mod inbox;
mod once;
mod start;
mod templates;
mod tenants;
mod verify;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

pub use auth::{Caller, Keys};
pub use backup::BackupFields;
pub use challenges::{ListFields, ListPage};
pub use error::{FieldError, ServiceError, VerificationFailed};
pub use hashing::HashPool;
pub use once::{Call, Reply};
pub use start::StartFields;
pub use templates::{OwnTemplates, Templates};
pub use tenants::{NewKey, TenantError, Tenants};
pub use verify::VerifyFields;

use crate::clock::{Chance, Clock};
use crate::domain::id::{ChallengeId, FactorId, Kind, MessageId};
use crate::domain::message::{Channel, LEASE_PAST_EXPIRY};
use crate::domain::time::Moment;
use crate::keyring::{Row, SealedTable, UserKey, Vault};
use crate::methods::Registry;
use crate::store::{ClaimedMessage, Disposition, Lease, NewMessage, Store};

/// What the service is built from. Only the composition root makes one.
pub struct Parts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub vault: Arc<Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Where messages go that this node may send at once.
    pub courier: mpsc::Sender<ClaimedMessage>,
    /// Channels that have a provider in live mode.
    pub live_channels: BTreeSet<&'static str>,
    /// How long a message is leased to the node that queued it.
    pub lease: Duration,
    /// The hashing pool.
    pub hashing: HashPool,
    /// Where people reach the service, without a slash at the end.
    pub public_url: String,
    /// Requests a second that one key may make.
    pub requests_per_key: std::num::NonZeroU32,
    /// Whether the clock agrees with the database's.
    pub in_step: Arc<std::sync::atomic::AtomicBool>,
}

/// The use cases of the API.
pub struct Service {
    parts: Parts,
    registry: Registry,
    keys: Keys,
    templates: OwnTemplates,
    tasks: TaskTracker,
}

impl Service {
    /// The service over its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let keys = Keys::new(&parts);
        let templates = OwnTemplates::new(Arc::clone(&parts.store));
        Self { parts, registry: Registry::new(), keys, templates, tasks: TaskTracker::new() }
    }

    /// Who calls.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The tenants' own words.
    #[must_use]
    pub fn templates(&self) -> &OwnTemplates {
        &self.templates
    }

    /// The use cases under way: their callers may be gone, and they end all the same.
    #[must_use]
    pub fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Where people reach the service.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.parts.public_url
    }

    /// A new request id.
    #[must_use]
    pub fn request_id(&self) -> crate::domain::id::RequestId {
        self.new_id()
    }

    fn now(&self) -> Moment {
        self.parts.clock.now()
    }

    fn new_id<K: Kind>(&self) -> crate::domain::id::Id<K> {
        crate::domain::id::Id::new(self.now(), &mut *self.parts.chance.rng())
    }

    fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    fn vault(&self) -> &Vault {
        &self.parts.vault
    }

    /// Seals a message for the outbox and says what becomes of it: in test mode it is in the inbox with the commit, unless
    /// its contact is one of the magic ones that are late or fail.
    fn message(&self, scope: crate::domain::tenant::Scope, leg: &Outgoing<'_>) -> NewMessage {
        use crate::domain::sandbox::{Magic, SLOW, magic};
        use crate::domain::tenant::Mode;

        let now = self.now();
        let id: MessageId = self.new_id();
        let to = self.vault().user_key(scope, leg.to);
        let text = id.to_string();
        let seal = |table| {
            let content =
                zeroize::Zeroizing::new(serde_json::to_vec(&leg.composed.envelope).unwrap_or_default());
            let row = Row { scope, user: Some(&to), table, id: &text };
            self.vault().seal(row, &content, &mut *self.parts.chance.rng())
        };
        // Should this node die, the message is reported soon after its code's life all the same.
        let until = now.plus(self.parts.lease).min(leg.expires_at.plus(LEASE_PAST_EXPIRY));
        let leased = || Disposition::Leased(Lease { token: text.clone(), until });
        let disposition = match (scope.mode, magic(leg.to)) {
            (Mode::Live, _) | (Mode::Test, Some(Magic::Refused | Magic::Down)) => leased(),
            (Mode::Test, Some(Magic::Slow)) => Disposition::Later(now.plus(SLOW)),
            (Mode::Test, Some(Magic::Delivered) | None) => Disposition::Inbox(seal(SealedTable::Inbox)),
        };
        NewMessage {
            id,
            to,
            masked: leg.to.masked(),
            channel: leg.channel,
            payload: seal(SealedTable::Messages),
            disposition,
            expires_at: leg.expires_at,
        }
    }

    /// Hands the messages that are leased to this node to its courier. Where the courier is full, the lease's end brings
    /// them back.
    fn hand_over(
        &self,
        scope: crate::domain::tenant::Scope,
        challenge: ChallengeId,
        messages: Vec<NewMessage>,
    ) {
        let now = self.now();
        for message in messages {
            let lease = match message.disposition {
                Disposition::Leased(lease) => lease,
                Disposition::Later(_) => continue,
                Disposition::Inbox(_) => {
                    let channel = message.channel.as_str();
                    metrics::counter!("rift_deliveries_total", "channel" => channel, "provider" => "sandbox", "result" => "sent")
                        .increment(1);
                    continue;
                }
            };
            let claimed = ClaimedMessage {
                scope,
                id: message.id,
                challenge,
                to: message.to,
                channel: message.channel,
                payload: message.payload,
                lease,
                tries: 0,
                created_at: now,
                expires_at: message.expires_at,
            };
            if self.parts.courier.try_send(claimed).is_err() {
                tracing::warn!(message = %message.id, "the courier is full; the message goes at its lease's end");
            }
        }
    }
}

struct Outgoing<'a> {
    channel: Channel,
    to: &'a crate::domain::contact::User,
    composed: &'a compose::Composed,
    expires_at: Moment,
}

fn factor_row<'a>(scope: crate::domain::tenant::Scope, user: &'a UserKey, id: &'a str) -> Row<'a> {
    Row { scope, user: Some(user), table: SealedTable::Factors, id }
}

/// Where the label of a factor stands, as its seal has it.
fn factor_name_row<'a>(scope: crate::domain::tenant::Scope, user: &'a UserKey, id: &'a str) -> Row<'a> {
    Row { table: SealedTable::FactorNames, ..factor_row(scope, user, id) }
}

fn factor_id_text(id: FactorId) -> String {
    id.to_string()
}
