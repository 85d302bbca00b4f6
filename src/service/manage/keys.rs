//! API keys of applications, and the organization's own keys.

use std::time::Duration;

use super::Manage;
use super::answers::{ApiKeyView, List, OrgKeyView};
use crate::domain::access::{OrgKeyRecord, Permissions};
use crate::domain::id::KeyId;
use crate::domain::tenant::{ApiKeyRecord, Application, Mode};
use crate::service::error::{Result, ServiceError};

impl Manage {
    /// An application's keys.
    pub async fn api_keys(&self, app: &str) -> Result<List<ApiKeyView>> {
        let app = self.own_app(app).await?;
        let (keys, now) = (self.tenants().keys(Some(app.id)).await?, self.desk.now());
        Ok(List::whole(keys.iter().map(|key| ApiKeyView::of(key, now, None))))
    }

    /// Makes a key.
    pub async fn create_api_key(
        &self,
        app: &str,
        mode: Mode,
        name: &str,
        life: Option<Duration>,
    ) -> Result<ApiKeyView> {
        self.may_touch_keys(mode)?;
        let app = self.live_app(app).await?;
        let new = self.tenants().create_counted_key(app.id, mode, name, life).await?;
        Ok(ApiKeyView::of(&new.record, self.desk.now(), Some(new.key.reveal())))
    }

    /// One key.
    pub async fn api_key(&self, app: &str, id: &str) -> Result<ApiKeyView> {
        let app = self.own_app(app).await?;
        Ok(ApiKeyView::of(&self.key_of(&app, id).await?, self.desk.now(), None))
    }

    /// Makes a key's successor.
    pub async fn roll_api_key(&self, app: &str, id: &str, grace: Duration) -> Result<ApiKeyView> {
        let app = self.live_app(app).await?;
        let old = self.key_of(&app, id).await?;
        self.may_touch_keys(old.scope.mode)?;
        let new = self.tenants().roll_counted_key(old.id, grace).await?;
        Ok(ApiKeyView::of(&new.record, self.desk.now(), Some(new.key.reveal())))
    }

    /// Revokes a key, also of a deleted application.
    pub async fn revoke_api_key(&self, app: &str, id: &str) -> Result<ApiKeyView> {
        let app = self.own_app(app).await?;
        let key = self.key_of(&app, id).await?;
        self.may_touch_keys(key.scope.mode)?;
        Ok(ApiKeyView::of(&self.tenants().revoke_key(key.id).await?, self.desk.now(), None))
    }

    async fn key_of(&self, app: &Application, id: &str) -> Result<ApiKeyRecord> {
        let id: KeyId = id.parse().map_err(|_| ServiceError::NotFound)?;
        let key = self.tenants().key(id).await?;
        if key.scope.app == app.id { Ok(key) } else { Err(ServiceError::NotFound) }
    }

    /// The organization's keys.
    pub async fn org_keys(&self) -> Result<List<OrgKeyView>> {
        let (keys, now) = (self.access().keys(self.org).await?, self.desk.now());
        Ok(List::whole(keys.iter().map(|key| OrgKeyView::of(key, now, None))))
    }

    /// Makes an organization key.
    pub async fn create_org_key(
        &self,
        name: &str,
        scopes: Permissions,
        life: Option<Duration>,
    ) -> Result<OrgKeyView> {
        self.must_be_confirmed()?;
        self.may_grant(&scopes)?;
        let new = self.access().create_key(self.org, name, scopes, life).await?;
        Ok(OrgKeyView::of(&new.record, self.desk.now(), Some(new.key.reveal())))
    }

    /// One organization key.
    pub async fn org_key(&self, id: &str) -> Result<OrgKeyView> {
        Ok(OrgKeyView::of(&self.own_key(id).await?, self.desk.now(), None))
    }

    /// Makes an organization key's successor.
    pub async fn roll_org_key(&self, id: &str, grace: Duration) -> Result<OrgKeyView> {
        self.must_be_confirmed()?;
        let old = self.own_key(id).await?;
        // The answer holds a key with these scopes.
        self.may_grant(&old.scopes)?;
        let new = self.access().roll_key(old.id, grace).await?;
        Ok(OrgKeyView::of(&new.record, self.desk.now(), Some(new.key.reveal())))
    }

    /// Revokes an organization key; also the one that asks.
    pub async fn revoke_org_key(&self, id: &str) -> Result<OrgKeyView> {
        self.must_be_confirmed()?;
        let key = self.own_key(id).await?;
        Ok(OrgKeyView::of(&self.access().revoke_key(key.id).await?, self.desk.now(), None))
    }

    async fn own_key(&self, id: &str) -> Result<OrgKeyRecord> {
        let id = id.parse().map_err(|_| ServiceError::NotFound)?;
        let key = self.access().key(id).await?;
        if key.org == self.org { Ok(key) } else { Err(ServiceError::NotFound) }
    }
}
