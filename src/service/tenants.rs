//! What an operator sets up: organizations, applications, settings, API keys.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Chance, Clock};
use crate::domain::id::{AppId, Id, KeyId, Kind, OrgId};
use crate::domain::policy::{SettingError, Settings};
use crate::domain::secret::ApiKey;
use crate::domain::template::TemplateError;
use crate::domain::tenant::{ApiKeyRecord, Application, Mode, Organization, Plan, Scope};
use crate::store::{Store, StoreError};

/// Why an operator's command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A name is empty, too long, or holds control characters.
    #[error("a name has 1 to 100 characters and no control characters")]
    Name,
    /// There is no such organization, application or key.
    #[error("there is no {0} with this id")]
    NotFound(&'static str),
    /// A setting is unknown or out of bounds.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A template is not right.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// An application has as many templates as it may.
    #[error("an application has at most {0} templates; remove one that is not used any more")]
    TooManyTemplates(usize),
    /// Somebody else changed the settings at the same moment.
    #[error("the settings were changed by somebody else meanwhile; look at them and try again")]
    Changed,
    /// The key is revoked or expired already.
    #[error("the key is not active any more, so it cannot be rolled; make a new one with `key create`")]
    NotActive,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, TenantError>;

/// A new API key, shown once.
pub struct NewKey {
    /// What is kept of it.
    pub record: ApiKeyRecord,
    /// The key.
    pub key: ApiKey,
}

/// Organizations, applications and keys, for the command line and later the dashboard.
pub struct Tenants {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl Tenants {
    /// Over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    fn new_id<K: Kind>(&self) -> Id<K> {
        Id::new(self.clock.now(), &mut *self.chance.rng())
    }

    /// Makes an organization.
    pub async fn create_org(&self, name: &str, plan: Plan) -> Result<Organization> {
        let org =
            Organization { id: self.new_id(), name: checked_name(name)?, plan, created_at: self.clock.now() };
        self.store.create_org(&org).await?;
        Ok(org)
    }

    /// All organizations.
    pub async fn orgs(&self) -> Result<Vec<Organization>> {
        Ok(self.store.orgs().await?)
    }

    /// Changes an organization's plan.
    pub async fn set_plan(&self, id: OrgId, plan: Plan) -> Result<Organization> {
        self.store.set_plan(id, plan).await?;
        self.store.org(id).await?.ok_or(TenantError::NotFound("organization"))
    }

    /// Makes an application with its settings.
    pub async fn create_app(&self, org: OrgId, name: &str, settings: Settings) -> Result<Application> {
        self.store.org(org).await?.ok_or(TenantError::NotFound("organization"))?;
        let app = Application {
            id: self.new_id(),
            org,
            name: checked_name(name)?,
            settings,
            created_at: self.clock.now(),
        };
        self.store.create_app(&app).await?;
        Ok(app)
    }

    /// All applications.
    pub async fn apps(&self) -> Result<Vec<Application>> {
        Ok(self.store.apps().await?)
    }

    /// One application.
    pub async fn app(&self, id: AppId) -> Result<Application> {
        self.store.app(id).await?.ok_or(TenantError::NotFound("application"))
    }

    /// Changes settings: all of `changes`, or none when one of them is not right.
    pub async fn set(&self, id: AppId, changes: &[(String, String)]) -> Result<Application> {
        let app = self.app(id).await?;
        let mut settings = app.settings.clone();
        for (key, value) in changes {
            settings.set(key, value)?;
        }
        settings.agree()?;
        if !self.store.save_settings(id, &app.settings, &settings, self.clock.now()).await? {
            return Err(TenantError::Changed);
        }
        self.app(id).await
    }

    /// Makes a key. The answer is the only one that holds it.
    pub async fn create_key(
        &self,
        app: AppId,
        mode: Mode,
        name: &str,
        life: Option<Duration>,
    ) -> Result<NewKey> {
        self.app(app).await?;
        let new = self.new_key(Scope { app, mode }, optional_name(name)?, life);
        self.store.create_key(&new.record, &new.key.hash()).await?;
        Ok(new)
    }

    /// All keys, or those of an application.
    pub async fn keys(&self, app: Option<AppId>) -> Result<Vec<ApiKeyRecord>> {
        Ok(self.store.keys(app).await?)
    }

    /// Revokes a key; it stops working within 1 s on every node. A revoked key stays revoked.
    pub async fn revoke_key(&self, id: KeyId) -> Result<ApiKeyRecord> {
        self.store.revoke_key(id, self.clock.now()).await?;
        self.store.key(id).await?.ok_or(TenantError::NotFound("key"))
    }

    /// Makes a key's successor; the old one works for `grace` more at the longest.
    pub async fn roll_key(&self, id: KeyId, grace: Duration) -> Result<NewKey> {
        let now = self.clock.now();
        let old = self.store.key(id).await?.ok_or(TenantError::NotFound("key"))?;
        if old.state(now) != "active" {
            return Err(TenantError::NotActive);
        }
        let life = old.expires_at.map(|end| old.created_at.until(end));
        let new = self.new_key(old.scope, old.name.clone(), life);
        if !self.store.roll_key(id, now.plus(grace), &new.record, &new.key.hash()).await? {
            return Err(TenantError::NotActive);
        }
        Ok(new)
    }

    fn new_key(&self, scope: Scope, name: String, life: Option<Duration>) -> NewKey {
        let now = self.clock.now();
        let key = ApiKey::generate(scope.mode, &mut *self.chance.rng());
        let record = ApiKeyRecord {
            id: self.new_id(),
            scope,
            name,
            hint: key.hint(),
            created_at: now,
            expires_at: life.map(|life| now.plus(life)),
            revoked_at: None,
        };
        NewKey { record, key }
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = optional_name(name)?;
    if name.is_empty() { Err(TenantError::Name) } else { Ok(name) }
}

fn optional_name(name: &str) -> Result<String> {
    let name = name.trim();
    let fits = name.chars().count() <= 100 && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(TenantError::Name) }
}
