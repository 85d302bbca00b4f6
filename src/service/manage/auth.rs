//! Who manages: an organization key becomes a [`Manager`], and nothing else does.

use std::net::IpAddr;
use std::sync::Arc;

use crate::domain::access::{OrgKeyRecord, Permission, Permissions};
use crate::domain::audit::{Actor, By};
use crate::domain::id::{OrgId, OrgKeyId, RequestId};
use crate::domain::secret::OrgKey;
use crate::service::Parts;
use crate::service::error::{Result, ServiceError};
use crate::service::gate::Gate;
use crate::store::Store;

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
    pub(in crate::service) gate: Gate<OrgKeyId, OrgKeyRecord>,
}

impl OrgKeys {
    pub(in crate::service) fn new(parts: &Parts) -> Self {
        Self { store: Arc::clone(&parts.store), gate: Gate::new(parts, 10_000) }
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
        let key = self.gate.record(&hash, self.store.find_org_key(&hash)).await?;
        let key = key.ok_or(ServiceError::InvalidOrgKey)?;
        let now = self.gate.now();
        if key.state(now) != "active" {
            return Err(ServiceError::InvalidOrgKey);
        }
        self.gate.admit(key.id, now)?;
        Ok(Manager { key, address, request })
    }

    /// Forgets all that is remembered, so that a change made by this process holds at once.
    pub fn forget(&self) {
        self.gate.forget();
    }
}
