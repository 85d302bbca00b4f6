//! Tenants' own words: kept by an operator, remembered for a moment where messages are made.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use super::compose::{BackupMessage, CodeMessage, Composed, backup_message, code_message};
use super::desk::Desk;
use super::error::{Result, ServiceError};
use super::tenants::TenantError;
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::template::{Template, TemplateBook, TemplateKey, TemplateKind};
use crate::domain::tenant::Application;
use crate::store::{AuditNote, Store, StoreError, StoredTemplate};

/// How long an application's templates are remembered. A change takes effect within 1 s on every node.
const REMEMBERED: Duration = Duration::from_millis(800);
/// How many templates an application has at the most: all of them are read at once.
const MOST: usize = 200;

/// The templates that messages are made with.
pub struct OwnTemplates {
    store: Arc<dyn Store>,
    books: Cache<AppId, Arc<TemplateBook>>,
}

impl OwnTemplates {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, books: Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED).build() }
    }

    /// An application's templates. Messages that are made together ask the database once.
    pub(super) async fn of(&self, app: AppId) -> Result<Arc<TemplateBook>> {
        let load = async {
            match self.store.templates(app).await {
                Ok(stored) => Ok(Arc::new(book(stored))),
                // A code in our words is better than none.
                Err(StoreError::Corrupt(what)) => {
                    tracing::error!(%app, what, "templates cannot be read; the built-in words are sent");
                    Ok(Arc::default())
                }
                Err(error) => Err(error),
            }
        };
        self.books.try_get_with(app, load).await.map_err(|error| {
            tracing::error!(%error, "templates could not be looked up");
            ServiceError::Unavailable("the database")
        })
    }

    /// Forgets all that is remembered, so that a change made by this process holds at once.
    pub fn forget(&self) {
        self.books.invalidate_all();
    }
}

fn book(stored: Vec<StoredTemplate>) -> TemplateBook {
    stored.into_iter().map(|stored| (stored.key, stored.template)).collect()
}

/// What an operator does with an application's templates, for the command line and later the dashboard.
pub struct Templates {
    desk: Desk,
}

impl Templates {
    /// At a desk.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    fn note(&self, app: &Application, action: &'static str, key: &TemplateKey) -> AuditNote {
        let target = format!("{}/{}/{}", key.channel().as_str(), key.kind().as_str(), key.locale());
        self.desk.note(app.org, action, Some(app.id), ("template", target), vec![])
    }

    /// All templates of an application.
    pub async fn list(&self, app: AppId) -> std::result::Result<Vec<StoredTemplate>, TenantError> {
        self.app(app).await?;
        Ok(self.desk.store.templates(app).await?)
    }

    /// The template with exactly this key, if the application has one.
    pub async fn own(
        &self,
        app: AppId,
        key: &TemplateKey,
    ) -> std::result::Result<Option<StoredTemplate>, TenantError> {
        Ok(self.list(app).await?.into_iter().find(|stored| stored.key == *key))
    }

    /// Checks a template and keeps it, in the place of an older one with its key.
    pub async fn set(
        &self,
        app: AppId,
        key: &TemplateKey,
        template: Template,
    ) -> std::result::Result<StoredTemplate, TenantError> {
        template.check(key)?;
        let app = self.app(app).await?;
        let known = self.desk.store.templates(app.id).await?;
        let own = known.iter().find(|stored| stored.key == *key);
        if let Some(same) = own.filter(|stored| stored.template == template) {
            return Ok(same.clone());
        }
        if known.len() >= MOST && own.is_none() {
            return Err(TenantError::TooManyTemplates(MOST));
        }
        let stored = StoredTemplate { key: key.clone(), template, updated_at: self.desk.now() };
        let note = self.note(&app, "template.set", key);
        self.desk.store.put_template(app.id, &stored, &note).await?;
        Ok(stored)
    }

    /// Removes a template; its messages are in the built-in words again.
    pub async fn remove(&self, app: AppId, key: &TemplateKey) -> std::result::Result<(), TenantError> {
        let app = self.app(app).await?;
        let note = self.note(&app, "template.removed", key);
        if self.desk.store.remove_template(app.id, key, self.desk.now(), &note).await? {
            Ok(())
        } else {
            Err(TenantError::NotFound("template for this channel, kind and language"))
        }
    }

    /// The message that a user would get, with sample values. With a draft it is made of that, once it passed its check.
    pub async fn preview(
        &self,
        app: AppId,
        key: &TemplateKey,
        action: Option<&str>,
        draft: Option<Template>,
    ) -> std::result::Result<Composed, TenantError> {
        let app = self.app(app).await?;
        let own = match draft {
            None => book(self.desk.store.templates(app.id).await?),
            Some(draft) => {
                draft.check(key)?;
                [(key.clone(), draft)].into_iter().collect()
            }
        };
        Ok(sample(&app, key, action, &own))
    }

    /// The message in the built-in words, with sample values.
    pub async fn built_in(
        &self,
        app: AppId,
        key: &TemplateKey,
    ) -> std::result::Result<Composed, TenantError> {
        Ok(sample(&self.app(app).await?, key, None, &TemplateBook::default()))
    }

    async fn app(&self, id: AppId) -> std::result::Result<Application, TenantError> {
        self.desk.store.app(id).await?.ok_or(TenantError::NotFound("application"))
    }
}

/// Values that show as such: nobody's code.
fn sample(app: &Application, key: &TemplateKey, action: Option<&str>, own: &TemplateBook) -> Composed {
    let settings = &app.settings;
    let (channel, locale, default_locale, app_name) =
        (key.channel(), key.locale(), settings.locale(), app.name.as_str());
    let to = match channel {
        Channel::Email => "jane@example.com",
        Channel::Sms | Channel::Whatsapp | Channel::Voice => "+14155550100",
    };
    match key.kind() {
        TemplateKind::Code => {
            let code: String = "1234567890".chars().take(settings.code_length().into()).collect();
            let minutes = settings.code_ttl().as_secs() / 60;
            code_message(CodeMessage {
                channel,
                app_name,
                to,
                locale,
                default_locale,
                own,
                domain: settings.sms_domain(),
                code: &code,
                valid_minutes: u32::try_from(minutes).unwrap_or(1).max(1),
                action,
            })
        }
        TemplateKind::Backup => {
            let count = settings.backup_count();
            let codes: Vec<String> = (0..count).map(|n| format!("{n}-7KQ2M-9XD4-TPBW")).collect();
            backup_message(BackupMessage {
                channel,
                app_name,
                to,
                locale,
                default_locale,
                own,
                codes: &codes,
            })
        }
    }
}
