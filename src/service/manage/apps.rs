//! The organization, its applications and their settings.

use serde_json::{Map, Value};

use super::Manage;
use super::answers::{ApplicationView, List, OrganizationView};
use crate::domain::id::AppId;
use crate::domain::policy::Settings;
use crate::domain::tenant::{Application, Organization};
use crate::service::TenantError;
use crate::service::error::{Result, ServiceError};

/// Settings with their tag.
pub struct Tagged<T> {
    /// The value.
    pub value: T,
    /// The tag of its settings.
    pub tag: String,
}

/// Tags of which one must be that of the settings that are changed.
pub type IfMatch = Option<Vec<String>>;

/// Tries of a change that another one came before.
const TRIES: usize = 5;

impl Manage {
    /// The organization.
    pub async fn org(&self) -> Result<OrganizationView> {
        Ok(self.tenants().org(self.org).await?.into())
    }

    /// The organization itself.
    pub async fn organization(&self) -> Result<Organization> {
        Ok(self.tenants().org(self.org).await?)
    }

    /// Renames the organization.
    pub async fn rename_org(&self, name: &str) -> Result<OrganizationView> {
        Ok(self.tenants().rename_org(self.org, name).await?.into())
    }

    /// Its applications; the one of this name where it is given.
    pub async fn apps(&self, name: Option<&str>) -> Result<List<ApplicationView>> {
        let apps = self.tenants().apps_of(self.org).await?;
        let wanted = apps.iter().filter(|app| name.is_none_or(|name| app.name == name));
        Ok(List::whole(wanted.map(ApplicationView::from)))
    }

    /// Makes an application.
    pub async fn create_app(
        &self,
        name: &str,
        settings: &Map<String, Value>,
    ) -> Result<Tagged<ApplicationView>> {
        let settings = with(Settings::default(), settings)?;
        Ok(shown(&self.tenants().create_named_app(self.org, name, settings).await?))
    }

    /// One application.
    pub async fn app(&self, id: &str) -> Result<Tagged<ApplicationView>> {
        Ok(shown(&self.own_app(id).await?))
    }

    /// Renames an application.
    pub async fn rename_app(&self, id: &str, name: &str) -> Result<Tagged<ApplicationView>> {
        let app = self.live_app(id).await?;
        Ok(shown(&self.tenants().rename_app(app.id, name).await?))
    }

    /// Deletes an application, with a grace.
    pub async fn delete_app(&self, id: &str) -> Result<ApplicationView> {
        self.must_be_confirmed()?;
        let app = self.own_app(id).await?;
        Ok((&self.tenants().delete_app(app.id).await?).into())
    }

    /// Takes a deletion back.
    pub async fn restore_app(&self, id: &str) -> Result<ApplicationView> {
        let app = self.own_app(id).await?;
        Ok((&self.tenants().restore_app(app.id).await?).into())
    }

    /// An application's settings.
    pub async fn settings(&self, id: &str) -> Result<Tagged<Map<String, Value>>> {
        let app = self.own_app(id).await?;
        Ok(tagged(&app.settings))
    }

    /// Puts all settings, what is not given to its default; with `keep` only those that are given.
    pub async fn put_settings(
        &self,
        id: &str,
        given: &Map<String, Value>,
        if_match: &IfMatch,
        keep: bool,
    ) -> Result<Tagged<Map<String, Value>>> {
        for _ in 0..TRIES {
            let app = self.live_app(id).await?;
            if let Some(tags) = if_match {
                let own = app.settings.tag();
                if !tags.iter().any(|tag| *tag == own || tag == "*") {
                    return Err(ServiceError::PreconditionFailed);
                }
            }
            let base = if keep { app.settings.clone() } else { Settings::default() };
            let settings = with(base, given)?;
            match self.tenants().put_settings(&app, settings).await {
                Ok(app) => return Ok(tagged(&app.settings)),
                // Somebody came between: what was asked for is asked of the new settings.
                Err(TenantError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Unavailable("the service"))
    }

    /// The application with this id, where the filter of a log names one.
    pub(super) fn app_id(text: &str) -> Result<AppId> {
        text.parse().map_err(|_| ServiceError::NotFound)
    }
}

fn with(mut settings: Settings, given: &Map<String, Value>) -> Result<Settings> {
    for (key, value) in given {
        settings.set_json(key, value).map_err(TenantError::from)?;
    }
    settings.agree().map_err(TenantError::from)?;
    Ok(settings)
}

fn shown(app: &Application) -> Tagged<ApplicationView> {
    Tagged { value: app.into(), tag: app.settings.tag() }
}

fn tagged(settings: &Settings) -> Tagged<Map<String, Value>> {
    Tagged { value: settings.to_json(), tag: settings.tag() }
}
