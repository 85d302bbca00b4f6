//! Floor 2: the use cases. They alone join methods, store and messages; each is one file.
//!
//! A use case checks its fields in the contract's order, lets a method decide, and hands the decision to the store as one
//! atomic intention. No HTTP, no SQL and no provider may enter here. The courier is reached through a channel only.

mod access;
pub mod answers;
mod audit;
mod auth;
mod backup;
mod challenges;
pub mod compose;
mod desk;
mod destinations;
mod error;
mod fields;
mod gate;
mod hashing;
mod inbox;
mod last_used;
pub mod manage;
mod once;
mod outgoing;
mod own_providers;
mod reports;
pub mod sign_in;
mod start;
mod templates;
mod tenants;
mod users;
mod verify;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

pub use access::{Access, Invited, NewOrgKey};
pub use audit::{AuditCheck, AuditVerdict};
pub use auth::{Caller, Keys};
pub use backup::BackupFields;
pub use challenges::{ListFields, ListPage};
pub use desk::Desk;
pub use destinations::Carrier;
pub use error::{FieldError, ServiceError, VerificationFailed};
pub use hashing::HashPool;
pub use once::{Call, Reply};
pub use own_providers::{ListEdit, OwnLists, OwnProviders, OwnProvidersError, Tried};
pub use reports::PostedReport;
pub use start::StartFields;
pub use templates::{OwnTemplates, Templates};
pub use tenants::{NewKey, TenantError, Tenants};
pub use users::Users;
pub use verify::VerifyFields;

use crate::clock::{Chance, Clock};
use crate::domain::id::{FactorId, Kind};
use crate::domain::time::Moment;
use crate::keyring::{Row, SealedTable, UserKey, Vault};
use crate::methods::Registry;
use crate::providers::Reporter;
use crate::providers::guard::Guard;
use crate::providers::own::OwnFactory;
use crate::store::{ClaimedMessage, Store};

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
    /// Makes the providers of applications that have their own.
    pub own: Arc<dyn OwnFactory>,
    /// Providers that report later what became of a message; each name once.
    pub reporters: Vec<Arc<dyn Reporter>>,
    /// How long a message is leased to the node that queued it.
    pub lease: Duration,
    /// The hashing pool.
    pub hashing: HashPool,
    /// Where the hosts that tenants name may be.
    pub guard: Guard,
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
    org_keys: manage::OrgKeys,
    templates: OwnTemplates,
    own_providers: OwnProviders,
    /// Whose second factors the members' are.
    house: Caller,
    tasks: TaskTracker,
}

impl Service {
    /// The service over its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let keys = Keys::new(&parts);
        let org_keys = manage::OrgKeys::new(&parts);
        let templates = OwnTemplates::new(Arc::clone(&parts.store));
        let own_providers =
            OwnProviders::new(Arc::clone(&parts.store), Arc::clone(&parts.vault), Arc::clone(&parts.own));
        let registry = Registry::new();
        let house = Caller::house(sign_in::house_settings(&parts.public_url));
        let tasks = TaskTracker::new();
        Self { parts, registry, keys, org_keys, templates, own_providers, house, tasks }
    }

    /// Who calls.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who manages an organization.
    #[must_use]
    pub fn org_keys(&self) -> &manage::OrgKeys {
        &self.org_keys
    }

    /// The tenants' own words.
    #[must_use]
    pub fn templates(&self) -> &OwnTemplates {
        &self.templates
    }

    /// Where the hosts that tenants name may be.
    #[must_use]
    pub const fn guard(&self) -> &Guard {
        &self.parts.guard
    }

    /// The providers of applications that have their own.
    #[must_use]
    pub fn own_providers(&self) -> &OwnProviders {
        &self.own_providers
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

    /// 256 random bits.
    #[must_use]
    pub fn random_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.parts.chance.rng().fill_bytes(&mut bytes);
        bytes
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

    /// The desk of one who acts through this service.
    #[must_use]
    pub fn desk(&self, by: crate::domain::audit::By) -> Desk {
        let parts = &self.parts;
        Desk::new(
            Arc::clone(&parts.store),
            Arc::clone(&parts.vault),
            Arc::clone(&parts.clock),
            Arc::clone(&parts.chance),
            by,
        )
    }
}

fn factor_row<'a>(scope: crate::domain::tenant::Scope, user: &'a UserKey, id: &'a str) -> Row<'a> {
    Row { scope, user: Some(user), table: SealedTable::Factors, id }
}

/// Where the label of a factor stands, as its seal has it.
fn factor_name_row<'a>(scope: crate::domain::tenant::Scope, user: &'a UserKey, id: &'a str) -> Row<'a> {
    Row { table: SealedTable::FactorNames, ..factor_row(scope, user, id) }
}

/// Where the state of a ceremony stands, as its seal has it; the id is its challenge's.
fn state_row<'a>(scope: crate::domain::tenant::Scope, user: &'a UserKey, id: &'a str) -> Row<'a> {
    Row { scope, user: Some(user), table: SealedTable::WebauthnStates, id }
}

fn factor_id_text(id: FactorId) -> String {
    id.to_string()
}
