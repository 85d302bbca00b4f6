//! Organizations, applications and API keys.

use async_trait::async_trait;

use super::{AuditNote, Made, Result, Rolled};
use crate::domain::id::{AppId, KeyId, OrgId};
use crate::domain::policy::Settings;
use crate::domain::secret::ApiKeyHash;
use crate::domain::tenant::{ApiKeyRecord, Application, Deletion, Organization, Plan};
use crate::domain::time::Moment;

/// What a valid-looking API key belongs to.
#[derive(Clone, Debug)]
pub struct KeyOwner {
    /// The key; it may be expired or revoked.
    pub key: ApiKeyRecord,
    /// Its application.
    pub app: Application,
    /// The plan of the application's organization.
    pub plan: Plan,
}

/// Organizations, applications and API keys. [`TenantStore::find_key`] is what makes a scope; the others are the operator's
/// and the management API's, whose use cases have looked at whose a thing is. A change leaves its line in the audit log.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Keeps a new organization.
    async fn create_org(&self, org: &Organization, note: &AuditNote) -> Result<()>;
    /// All organizations, oldest first.
    async fn orgs(&self) -> Result<Vec<Organization>>;
    /// One organization.
    async fn org(&self, id: OrgId) -> Result<Option<Organization>>;
    /// Changes a plan; `false` when there is no such organization, or it has that plan.
    async fn set_plan(&self, id: OrgId, plan: Plan, now: Moment, note: &AuditNote) -> Result<bool>;
    /// Changes a name; `false` when there is no such organization, or it has that name.
    async fn rename_org(&self, id: OrgId, name: &str, now: Moment, note: &AuditNote) -> Result<bool>;
    /// Keeps a new application; with `most` only where its name is free in the organization, which has fewer than so many.
    async fn create_app(&self, app: &Application, most: Option<i64>, note: &AuditNote)
    -> Result<Made<AppId>>;
    /// All applications, oldest first; of one organization where `org` is given.
    async fn apps(&self, org: Option<OrgId>) -> Result<Vec<Application>>;
    /// One application.
    async fn app(&self, id: AppId) -> Result<Option<Application>>;
    /// Puts new settings in place of `old`; `false` when they were changed meanwhile.
    async fn save_settings(
        &self,
        id: AppId,
        old: &Settings,
        new: &Settings,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// Changes a name, if no other application of the organization has it.
    async fn rename_app(&self, id: AppId, name: &str, now: Moment, note: &AuditNote) -> Result<Made<AppId>>;
    /// Marks an application as deleted; `false` when it is so already, or absent.
    async fn delete_app(&self, id: AppId, deletion: Deletion, note: &AuditNote) -> Result<bool>;
    /// Takes a deletion back; `false` when there is none, or its grace has passed.
    async fn restore_app(&self, id: AppId, now: Moment, note: &AuditNote) -> Result<bool>;
    /// An application whose grace has passed. From now on nobody restores it.
    async fn begin_to_erase_app(&self, now: Moment) -> Result<Option<Application>>;
    /// Removes at most `limit` rows of each kind of an application that is being erased; how many they were.
    async fn erase_app_rows(&self, id: AppId, limit: i64) -> Result<u64>;
    /// Removes the application itself; `false` where that was done already, or it has rows yet.
    async fn erase_app(&self, id: AppId, now: Moment, note: &AuditNote) -> Result<bool>;
    /// Keeps a new key; `false` where the application has `most` active ones.
    async fn create_key(
        &self,
        key: &ApiKeyRecord,
        hash: &ApiKeyHash,
        most: Option<i64>,
        note: &AuditNote,
    ) -> Result<bool>;
    /// Keys, oldest first; of one application where `app` is given.
    async fn keys(&self, app: Option<AppId>) -> Result<Vec<ApiKeyRecord>>;
    /// One key.
    async fn key(&self, id: KeyId) -> Result<Option<ApiKeyRecord>>;
    /// Keeps that these keys were used in the minute that began `at`. What is kept of a later use stays.
    async fn api_keys_used(&self, at: Moment, ids: &[KeyId]) -> Result<()>;
    /// Revokes a key; `false` when there is none or it is revoked already.
    async fn revoke_key(&self, id: KeyId, now: Moment, note: &AuditNote) -> Result<bool>;
    /// Keeps the successor of a key and lets the old one live until `until` at the longest, where there are not more than
    /// `most` active ones then.
    async fn roll_key(
        &self,
        old: KeyId,
        until: Moment,
        new: &ApiKeyRecord,
        hash: &ApiKeyHash,
        most: Option<i64>,
        note: &AuditNote,
    ) -> Result<Rolled>;
    /// Whom a key belongs to; nobody where its application is deleted.
    async fn find_key(&self, hash: &ApiKeyHash) -> Result<Option<KeyOwner>>;
}
