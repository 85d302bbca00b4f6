//! Tenants' message templates.

use async_trait::async_trait;

use super::{AuditNote, Result};
use crate::domain::id::AppId;
use crate::domain::template::{Template, TemplateKey};
use crate::domain::time::Moment;

/// A template as it is kept.
#[derive(Clone, Debug)]
pub struct StoredTemplate {
    /// Which messages it is for.
    pub key: TemplateKey,
    /// The template.
    pub template: Template,
    /// When it was put there.
    pub updated_at: Moment,
}

/// The templates of each application. They serve both of its modes: what is tried in test mode is what is sent in live.
#[async_trait]
pub trait TemplateStore: Send + Sync {
    /// All templates of an application, by channel, kind and locale.
    async fn templates(&self, app: AppId) -> Result<Vec<StoredTemplate>>;
    /// Keeps a template, in the place of an older one with its key.
    async fn put_template(&self, app: AppId, template: &StoredTemplate, note: &AuditNote) -> Result<()>;
    /// Removes a template; `false` when there is none.
    async fn remove_template(
        &self,
        app: AppId,
        key: &TemplateKey,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
}
