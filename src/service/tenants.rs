//! What operators and tenants set up: organizations, applications, settings, API keys.

use std::time::Duration;

use super::desk::Desk;
use crate::domain::access::Role;
use crate::domain::audit::Change;
use crate::domain::id::{AppId, KeyId, MemberId, OrgId};
use crate::domain::policy::{SettingError, Settings};
use crate::domain::secret::ApiKey;
use crate::domain::template::TemplateError;
use crate::domain::tenant::{ApiKeyRecord, Application, Deletion, Mode, Organization, Plan, Scope};
use crate::domain::time::Moment;
use crate::store::{AuditNote, Made, Rolled, Store, StoreError};

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
    /// Another application of the organization has this name.
    #[error("the application {0} has this name already")]
    NameTaken(AppId),
    /// The organization has a member with this address.
    #[error("the member {0} has this address already")]
    MemberExists(MemberId),
    /// Nobody would own the organization any more.
    #[error("an organization keeps an owner; make another member owner first")]
    LastOwner,
    /// The member has a role that can more than whoever asks.
    #[error("the member is {0}, a role that can more than you can")]
    Beyond(Role),
    /// There is no link that would make sense: an invitation for a member who is active, a reset for one who is not.
    #[error("{0}")]
    NoLink(&'static str),
    /// This address had as many invitations as it may in a day; the next one is in so many seconds.
    #[error("this address has had its invitations of the day; wait, or hand the link over yourself")]
    TooManyMails(u64),
    /// There are as many as there may be.
    #[error("there are {1} {0} already, as many as there may be; remove one that is not used any more")]
    TooMany(&'static str, i64),
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

/// Organizations, applications and keys, for the command line, the management API and later the dashboard. Whose a thing is
/// was looked at by the caller.
pub struct Tenants {
    desk: Desk,
}

/// How many applications an organization has at the most, and how many active keys an application has. The operator is not
/// bound by it.
pub(super) const MOST_APPS: i64 = 100;
const MOST_KEYS: i64 = 100;

/// How long a deleted application can be restored.
pub const DELETION_GRACE: Duration = Duration::from_hours(7 * 24);

impl Tenants {
    /// At a desk.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    fn now(&self) -> Moment {
        self.desk.now()
    }

    fn store(&self) -> &dyn Store {
        &*self.desk.store
    }

    /// Makes an organization.
    pub async fn create_org(&self, name: &str, plan: Plan) -> Result<Organization> {
        let org =
            Organization { id: self.desk.new_id(), name: checked_name(name)?, plan, created_at: self.now() };
        let changes = vec![Change::to("name", &org.name), Change::to("plan", plan.as_str())];
        let note = self.desk.note(org.id, "org.created", None, ("organization", org.id.to_string()), changes);
        self.store().create_org(&org, &note).await?;
        Ok(org)
    }

    /// All organizations.
    pub async fn orgs(&self) -> Result<Vec<Organization>> {
        Ok(self.store().orgs().await?)
    }

    /// One organization.
    pub async fn org(&self, id: OrgId) -> Result<Organization> {
        self.store().org(id).await?.ok_or(TenantError::NotFound("organization"))
    }

    /// Changes an organization's plan.
    pub async fn set_plan(&self, id: OrgId, plan: Plan) -> Result<Organization> {
        let note = self.desk.note(id, "org.plan_changed", None, ("organization", id.to_string()), vec![]);
        self.store().set_plan(id, plan, self.now(), &note).await?;
        self.org(id).await
    }

    /// Changes an organization's name.
    pub async fn rename_org(&self, id: OrgId, name: &str) -> Result<Organization> {
        let name = checked_name(name)?;
        let note = self.desk.note(id, "org.renamed", None, ("organization", id.to_string()), vec![]);
        self.store().rename_org(id, &name, self.now(), &note).await?;
        self.org(id).await
    }

    /// Makes an application with its settings, as the operator: whatever its name.
    pub async fn create_app(&self, org: OrgId, name: &str, settings: Settings) -> Result<Application> {
        self.make_app(org, name, settings, None).await
    }

    /// Makes an application with its settings, if its name is free in the organization.
    pub async fn create_named_app(&self, org: OrgId, name: &str, settings: Settings) -> Result<Application> {
        self.make_app(org, name, settings, Some(MOST_APPS)).await
    }

    async fn make_app(
        &self,
        org: OrgId,
        name: &str,
        settings: Settings,
        most: Option<i64>,
    ) -> Result<Application> {
        self.org(org).await?;
        let app = Application {
            id: self.desk.new_id(),
            org,
            name: checked_name(name)?,
            settings,
            created_at: self.now(),
            deletion: None,
        };
        let mut changes = vec![Change::to("name", &app.name)];
        changes.extend(differences(&Settings::default(), &app.settings));
        let note = self.note(&app, "app.created", changes);
        match self.store().create_app(&app, most, &note).await? {
            Made::Yes => Ok(app),
            Made::Exists(other) => Err(TenantError::NameTaken(other)),
            Made::TooMany => Err(TenantError::TooMany("applications", MOST_APPS)),
        }
    }

    /// All applications.
    pub async fn apps(&self) -> Result<Vec<Application>> {
        Ok(self.store().apps(None).await?)
    }

    /// An organization's applications.
    pub async fn apps_of(&self, org: OrgId) -> Result<Vec<Application>> {
        Ok(self.store().apps(Some(org)).await?)
    }

    /// One application.
    pub async fn app(&self, id: AppId) -> Result<Application> {
        self.store().app(id).await?.ok_or(TenantError::NotFound("application"))
    }

    /// Changes an application's name, if it is free in the organization.
    pub async fn rename_app(&self, id: AppId, name: &str) -> Result<Application> {
        let name = checked_name(name)?;
        let app = self.app(id).await?;
        let note = self.note(&app, "app.renamed", vec![]);
        match self.store().rename_app(id, &name, self.now(), &note).await? {
            Made::Exists(other) => Err(TenantError::NameTaken(other)),
            Made::Yes | Made::TooMany => self.app(id).await,
        }
    }

    /// Deletes an application; within 7 days it can be restored.
    pub async fn delete_app(&self, id: AppId) -> Result<Application> {
        let app = self.app(id).await?;
        let now = self.now();
        let deletion = Deletion { deleted_at: now, erased_after: now.plus(DELETION_GRACE) };
        let note = self.note(&app, "app.deleted", vec![]);
        self.store().delete_app(id, deletion, &note).await?;
        self.app(id).await
    }

    /// Takes a deletion back.
    pub async fn restore_app(&self, id: AppId) -> Result<Application> {
        let app = self.app(id).await?;
        let note = self.note(&app, "app.restored", vec![]);
        let restored = self.store().restore_app(id, self.now(), &note).await?;
        if !restored && app.deletion.is_some() {
            return Err(TenantError::NotFound("application"));
        }
        self.app(id).await
    }

    /// Erases what of the deleted applications has had its grace, `limit` rows of a kind at a time; `true` where there may be
    /// more.
    pub async fn erase_deleted(&self, limit: i64) -> Result<bool> {
        let now = self.now();
        let Some(app) = self.store().begin_to_erase_app(now).await? else { return Ok(false) };
        if self.store().erase_app_rows(app.id, limit).await? == 0 {
            let note = self.note(
                &app,
                "app.erased",
                vec![Change { field: "name".into(), old: Some(app.name.clone()), new: None }],
            );
            self.store().erase_app(app.id, now, &note).await?;
        }
        Ok(true)
    }

    /// Changes settings: all of `changes`, or none when one of them is not right.
    pub async fn set(&self, id: AppId, changes: &[(String, String)]) -> Result<Application> {
        let app = self.app(id).await?;
        let mut settings = app.settings.clone();
        for (key, value) in changes {
            settings.set(key, value)?;
        }
        settings.agree()?;
        self.put_settings(&app, settings).await
    }

    /// Puts settings in the place of those that `app` was read with.
    pub async fn put_settings(&self, app: &Application, settings: Settings) -> Result<Application> {
        let note = self.note(app, "app.settings_changed", differences(&app.settings, &settings));
        if !self.store().save_settings(app.id, &app.settings, &settings, self.now(), &note).await? {
            return Err(TenantError::Changed);
        }
        Ok(Application { settings, ..app.clone() })
    }

    fn note(&self, app: &Application, action: &'static str, changes: Vec<Change>) -> AuditNote {
        self.desk.note(app.org, action, Some(app.id), ("application", app.id.to_string()), changes)
    }

    /// Makes a key, as the operator: however many there are. The answer is the only one that holds it.
    pub async fn create_key(
        &self,
        app: AppId,
        mode: Mode,
        name: &str,
        life: Option<Duration>,
    ) -> Result<NewKey> {
        self.make_key(app, mode, name, life, None).await
    }

    /// Makes a key, if the application has not too many. The answer is the only one that holds it.
    pub async fn create_counted_key(
        &self,
        app: AppId,
        mode: Mode,
        name: &str,
        life: Option<Duration>,
    ) -> Result<NewKey> {
        self.make_key(app, mode, name, life, Some(MOST_KEYS)).await
    }

    async fn make_key(
        &self,
        app: AppId,
        mode: Mode,
        name: &str,
        life: Option<Duration>,
        most: Option<i64>,
    ) -> Result<NewKey> {
        let app = self.app(app).await?;
        let new = self.new_key(Scope { app: app.id, mode }, optional_name(name)?, life);
        let note = self.key_note(&app, "key.created", &new.record, vec![Change::to("mode", mode.as_str())]);
        if !self.store().create_key(&new.record, &new.key.hash(), most, &note).await? {
            return Err(TenantError::TooMany("active keys", MOST_KEYS));
        }
        Ok(new)
    }

    /// All keys, or those of an application.
    pub async fn keys(&self, app: Option<AppId>) -> Result<Vec<ApiKeyRecord>> {
        Ok(self.store().keys(app).await?)
    }

    /// One key.
    pub async fn key(&self, id: KeyId) -> Result<ApiKeyRecord> {
        self.store().key(id).await?.ok_or(TenantError::NotFound("key"))
    }

    /// Revokes a key; it stops working within 1 s on every node. A revoked key stays revoked.
    pub async fn revoke_key(&self, id: KeyId) -> Result<ApiKeyRecord> {
        let key = self.key(id).await?;
        let app = self.app(key.scope.app).await?;
        let note = self.key_note(&app, "key.revoked", &key, vec![]);
        self.store().revoke_key(id, self.now(), &note).await?;
        self.key(id).await
    }

    /// Makes a key's successor, as the operator; the old one works for `grace` more at the longest.
    pub async fn roll_key(&self, id: KeyId, grace: Duration) -> Result<NewKey> {
        self.roll(id, grace, None).await
    }

    /// Makes a key's successor, if the application has not too many active ones then.
    pub async fn roll_counted_key(&self, id: KeyId, grace: Duration) -> Result<NewKey> {
        self.roll(id, grace, Some(MOST_KEYS)).await
    }

    async fn roll(&self, id: KeyId, grace: Duration, most: Option<i64>) -> Result<NewKey> {
        let now = self.now();
        let old = self.key(id).await?;
        if old.state(now) != "active" {
            return Err(TenantError::NotActive);
        }
        let app = self.app(old.scope.app).await?;
        let life = old.expires_at.map(|end| old.created_at.until(end));
        let new = self.new_key(old.scope, old.name.clone(), life);
        let until = now.plus(grace);
        let changes =
            vec![Change::to("successor", new.record.id.to_string()), Change::to("ends", until.to_string())];
        let note = self.key_note(&app, "key.rolled", &old, changes);
        match self.store().roll_key(id, until, &new.record, &new.key.hash(), most, &note).await? {
            Rolled::Yes => Ok(new),
            Rolled::NotActive => Err(TenantError::NotActive),
            Rolled::TooMany => Err(TenantError::TooMany("active keys", MOST_KEYS)),
        }
    }

    fn key_note(
        &self,
        app: &Application,
        action: &'static str,
        key: &ApiKeyRecord,
        mut changes: Vec<Change>,
    ) -> AuditNote {
        if action == "key.created" {
            changes.push(Change::to("name", &key.name));
            changes.extend(key.expires_at.map(|end| Change::to("expires_at", end.to_string())));
        }
        self.desk.note(app.org, action, Some(app.id), ("api_key", key.id.to_string()), changes)
    }

    fn new_key(&self, scope: Scope, name: String, life: Option<Duration>) -> NewKey {
        let now = self.now();
        let key = ApiKey::generate(scope.mode, &mut *self.desk.chance.rng());
        let record = ApiKeyRecord {
            id: self.desk.new_id(),
            scope,
            name,
            hint: key.hint(),
            created_at: now,
            expires_at: life.map(|life| now.plus(life)),
            revoked_at: None,
            last_used_at: None,
        };
        NewKey { record, key }
    }
}

/// The settings that are not the same.
fn differences(old: &Settings, new: &Settings) -> Vec<Change> {
    let rows = old.rows().zip(new.rows());
    rows.filter(|((_, old), (_, new))| old != new)
        .map(|((key, old), (_, new))| Change::from_to(key, old, new))
        .collect()
}

pub(super) fn checked_name(name: &str) -> Result<String> {
    let name = optional_name(name)?;
    if name.is_empty() { Err(TenantError::Name) } else { Ok(name) }
}

pub(super) fn optional_name(name: &str) -> Result<String> {
    let name = name.trim();
    let fits = name.chars().count() <= 100 && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(TenantError::Name) }
}
