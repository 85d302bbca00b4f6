//! Who manages: an organization key becomes a [`Manager`], and nothing else does.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::future::Cache;

use crate::clock::Clock;
use crate::domain::access::{OrgKeyRecord, Permission, Permissions};
use crate::domain::audit::{Actor, By};
use crate::domain::id::{OrgId, OrgKeyId, RequestId};
use crate::domain::secret::{ApiKeyHash, OrgKey};
use crate::service::Parts;
use crate::service::error::{Result, ServiceError};
use crate::service::last_used::LastUsed;
use crate::store::{Store, StoreError};

/// How long a key's record is remembered. A revoked key stops working within 1 s on every node.
const REMEMBERED: Duration = Duration::from_millis(800);

/// An authenticated caller of the management API. It has no constructor: only [`OrgKeys::authenticate`] makes one.
#[derive(Clone, Debug)]
pub struct Manager {
    key: Arc<OrgKeyRecord>,
    address: Option<IpAddr>,
    request: RequestId,
}

impl Manager {
    /// The organization.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.key.org
    }

    /// What the key may do.
    #[must_use]
    pub fn scopes(&self) -> &Permissions {
        &self.key.scopes
    }

    /// Whether the key has this scope.
    ///
    /// # Errors
    /// 403 `scope_required`.
    pub fn may(&self, permission: Permission) -> Result<()> {
        if self.key.scopes.allow(permission) { Ok(()) } else { Err(ServiceError::ScopeRequired(permission)) }
    }

    /// Who acts, for the audit log.
    #[must_use]
    pub fn by(&self) -> By {
        By {
            actor: Actor::org_key(self.key.id, &self.key.name),
            address: self.address,
            request: Some(self.request),
        }
    }
}

/// Looks organization keys up, remembers them for a moment, and limits their rate.
pub struct OrgKeys {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    in_step: Arc<AtomicBool>,
    records: Cache<ApiKeyHash, Arc<OrgKeyRecord>>,
    rate: DefaultKeyedRateLimiter<OrgKeyId>,
    pub(in crate::service) last_used: LastUsed<OrgKeyId>,
}

impl OrgKeys {
    pub(in crate::service) fn new(parts: &Parts) -> Self {
        Self {
            store: Arc::clone(&parts.store),
            clock: Arc::clone(&parts.clock),
            in_step: Arc::clone(&parts.in_step),
            records: Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED).build(),
            rate: RateLimiter::keyed(Quota::per_second(parts.requests_per_key)),
            last_used: LastUsed::default(),
        }
    }

    /// The manager behind a key. A text that never was a key is refused without asking the database.
    ///
    /// # Errors
    /// 401, 429 or 503.
    pub async fn authenticate(
        &self,
        text: &str,
        address: Option<IpAddr>,
        request: RequestId,
    ) -> Result<Manager> {
        let hash = OrgKey::parse(text).ok_or(ServiceError::InvalidOrgKey)?.hash();
        let key = self.record(&hash).await?.ok_or(ServiceError::InvalidOrgKey)?;
        let now = self.clock.now();
        if key.state(now) != "active" {
            return Err(ServiceError::InvalidOrgKey);
        }
        if !self.in_step.load(Ordering::SeqCst) {
            return Err(ServiceError::Unavailable("the clock"));
        }
        if self.rate.check_key(&key.id).is_err() {
            return Err(ServiceError::RateLimited);
        }
        self.last_used.note(key.id, now);
        Ok(Manager { key, address, request })
    }

    /// Forgets all that is remembered, so that a change made by this process holds at once.
    pub fn forget(&self) {
        self.records.invalidate_all();
        self.rate.retain_recent();
    }

    /// Unknown keys are not remembered: a new key works at once.
    async fn record(&self, hash: &ApiKeyHash) -> Result<Option<Arc<OrgKeyRecord>>> {
        enum Miss {
            Unknown,
            Failed(StoreError),
        }
        let load = async {
            match self.store.find_org_key(hash).await {
                Ok(Some(record)) => Ok(Arc::new(record)),
                Ok(None) => Err(Miss::Unknown),
                Err(error) => Err(Miss::Failed(error)),
            }
        };
        match self.records.try_get_with(*hash, load).await {
            Ok(record) => Ok(Some(record)),
            Err(miss) => match &*miss {
                Miss::Unknown => Ok(None),
                Miss::Failed(error) => {
                    tracing::error!(%error, "an organization key could not be looked up");
                    Err(ServiceError::Unavailable("the database"))
                }
            },
        }
    }
}
