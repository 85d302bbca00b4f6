//! Organizations, applications and API keys.

use async_trait::async_trait;

use super::Result;
use crate::domain::id::{AppId, KeyId, OrgId};
use crate::domain::policy::Settings;
use crate::domain::secret::ApiKeyHash;
use crate::domain::tenant::{ApiKeyRecord, Application, Organization, Plan};
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

/// Organizations, applications and API keys. These calls are the operator's; only [`TenantStore::find_key`] serves
/// requests, and it is what makes a scope.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Keeps a new organization.
    async fn create_org(&self, org: &Organization) -> Result<()>;
    /// All organizations, oldest first.
    async fn orgs(&self) -> Result<Vec<Organization>>;
    /// One organization.
    async fn org(&self, id: OrgId) -> Result<Option<Organization>>;
    /// Changes a plan; `false` when there is no such organization.
    async fn set_plan(&self, id: OrgId, plan: Plan) -> Result<bool>;
    /// Keeps a new application.
    async fn create_app(&self, app: &Application) -> Result<()>;
    /// All applications, oldest first.
    async fn apps(&self) -> Result<Vec<Application>>;
    /// One application.
    async fn app(&self, id: AppId) -> Result<Option<Application>>;
    /// Puts new settings in place of `old`; `false` when they were changed meanwhile.
    async fn save_settings(&self, id: AppId, old: &Settings, new: &Settings, now: Moment) -> Result<bool>;
    /// Keeps a new key.
    async fn create_key(&self, key: &ApiKeyRecord, hash: &ApiKeyHash) -> Result<()>;
    /// Keys, oldest first; of one application where `app` is given.
    async fn keys(&self, app: Option<AppId>) -> Result<Vec<ApiKeyRecord>>;
    /// One key.
    async fn key(&self, id: KeyId) -> Result<Option<ApiKeyRecord>>;
    /// Revokes a key; `false` when there is none or it is revoked already.
    async fn revoke_key(&self, id: KeyId, now: Moment) -> Result<bool>;
    /// Keeps the successor of a key and lets the old one live until `until` at the longest; `false` when the old one is
    /// absent or revoked.
    async fn roll_key(
        &self,
        old: KeyId,
        until: Moment,
        new: &ApiKeyRecord,
        hash: &ApiKeyHash,
    ) -> Result<bool>;
    /// Whom a key belongs to.
    async fn find_key(&self, hash: &ApiKeyHash) -> Result<Option<KeyOwner>>;
}
