//! Organization keys and members. Whose organization it is was looked at by the caller.

mod members;

use std::time::Duration;

use super::desk::Desk;
pub use members::Invited;
pub(super) use members::house_user;

use super::tenants::{TenantError, checked_name};
use crate::domain::access::{OrgKeyRecord, Permissions};
use crate::domain::audit::Change;
use crate::domain::id::{OrgId, OrgKeyId};
use crate::domain::secret::OrgKey;
use crate::store::Rolled;

/// How many active keys an organization has at the most.
const MOST_KEYS: i64 = 100;

type Result<T> = std::result::Result<T, TenantError>;

/// A new organization key, shown once.
pub struct NewOrgKey {
    /// What is kept of it.
    pub record: OrgKeyRecord,
    /// The key.
    pub key: OrgKey,
}

/// Who may change an organization.
pub struct Access {
    desk: Desk,
}

impl Access {
    /// At a desk.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    /// Makes an organization key. The answer is the only one that holds it.
    pub async fn create_key(
        &self,
        org: OrgId,
        name: &str,
        scopes: Permissions,
        life: Option<Duration>,
    ) -> Result<NewOrgKey> {
        self.desk.store.org(org).await?.ok_or(TenantError::NotFound("organization"))?;
        let new = self.new_key(org, checked_name(name)?, scopes, life);
        let record = &new.record;
        let mut changes =
            vec![Change::to("name", &record.name), Change::to("scopes", record.scopes.to_string())];
        changes.extend(record.expires_at.map(|end| Change::to("expires_at", end.to_string())));
        let note = self.desk.note(org, "org_key.created", None, target(record.id), changes);
        if !self.desk.store.create_org_key(record, &new.key.hash(), MOST_KEYS, &note).await? {
            return Err(TenantError::TooMany("active organization keys", MOST_KEYS));
        }
        Ok(new)
    }

    /// All keys of an organization.
    pub async fn keys(&self, org: OrgId) -> Result<Vec<OrgKeyRecord>> {
        Ok(self.desk.store.org_keys(org).await?)
    }

    /// One key.
    pub async fn key(&self, id: OrgKeyId) -> Result<OrgKeyRecord> {
        self.desk.store.org_key(id).await?.ok_or(TenantError::NotFound("organization key"))
    }

    /// Revokes a key; it stops working within 1 s on every node.
    pub async fn revoke_key(&self, id: OrgKeyId) -> Result<OrgKeyRecord> {
        let key = self.key(id).await?;
        let note = self.desk.note(key.org, "org_key.revoked", None, target(id), vec![]);
        self.desk.store.revoke_org_key(key.org, id, self.desk.now(), &note).await?;
        self.key(id).await
    }

    /// Makes a key's successor; the old one works for `grace` more at the longest.
    pub async fn roll_key(&self, id: OrgKeyId, grace: Duration) -> Result<NewOrgKey> {
        let now = self.desk.now();
        let old = self.key(id).await?;
        if old.state(now) != "active" {
            return Err(TenantError::NotActive);
        }
        let life = old.expires_at.map(|end| old.created_at.until(end));
        let new = self.new_key(old.org, old.name.clone(), old.scopes.clone(), life);
        let until = now.plus(grace);
        let changes =
            vec![Change::to("successor", new.record.id.to_string()), Change::to("ends", until.to_string())];
        let note = self.desk.note(old.org, "org_key.rolled", None, target(id), changes);
        match self.desk.store.roll_org_key(id, until, &new.record, &new.key.hash(), MOST_KEYS, &note).await? {
            Rolled::Yes => Ok(new),
            Rolled::NotActive => Err(TenantError::NotActive),
            Rolled::TooMany => Err(TenantError::TooMany("active organization keys", MOST_KEYS)),
        }
    }

    fn new_key(&self, org: OrgId, name: String, scopes: Permissions, life: Option<Duration>) -> NewOrgKey {
        let now = self.desk.now();
        let key = OrgKey::generate(&mut *self.desk.chance.rng());
        let record = OrgKeyRecord {
            id: self.desk.new_id(),
            org,
            name,
            hint: key.hint(),
            scopes,
            created_at: now,
            expires_at: life.map(|life| now.plus(life)),
            revoked_at: None,
            last_used_at: None,
        };
        NewOrgKey { record, key }
    }
}

fn target(id: OrgKeyId) -> (&'static str, String) {
    ("organization_key", id.to_string())
}
