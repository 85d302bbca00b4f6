//! An application's own words for its messages.

use super::Manage;
use super::answers::{Deleted, List, TemplatePreview, TemplateView};
use crate::domain::message::Channel;
use crate::domain::template::{Template, TemplateKey};
use crate::service::TenantError;
use crate::service::compose::Composed;
use crate::service::error::{Result, ServiceError};

/// The parts of a template, and what its preview is made with.
#[derive(Default)]
pub struct TemplateFields {
    /// `subject`.
    pub subject: Option<String>,
    /// `text`.
    pub text: Option<String>,
    /// `html`.
    pub html: Option<String>,
    /// `action`.
    pub action: Option<String>,
}

impl Manage {
    /// All templates of an application.
    pub async fn list_templates(&self, app: &str) -> Result<List<TemplateView>> {
        let app = self.own_app(app).await?;
        Ok(List::whole(self.templates().list(app.id).await?.into_iter().map(TemplateView::from)))
    }

    /// One template.
    pub async fn template(&self, app: &str, key: &[String; 3]) -> Result<TemplateView> {
        let app = self.own_app(app).await?;
        let own = self.templates().own(app.id, &parse(key)?).await?;
        own.map(TemplateView::from).ok_or(ServiceError::NotFound)
    }

    /// Puts a template.
    pub async fn put_template(
        &self,
        app: &str,
        key: &[String; 3],
        fields: TemplateFields,
    ) -> Result<TemplateView> {
        let app = self.live_app(app).await?;
        let template =
            Template { subject: fields.subject, text: fields.text.unwrap_or_default(), html: fields.html };
        Ok(self.templates().set(app.id, &parse(key)?, template).await?.into())
    }

    /// Removes a template.
    pub async fn remove_template(&self, app: &str, key: &[String; 3]) -> Result<Deleted> {
        let app = self.live_app(app).await?;
        self.templates().remove(app.id, &parse(key)?).await?;
        Ok(Deleted { object: "template", id: key.join("/"), deleted: true })
    }

    /// The message with sample values: of a draft, of the application's own template, or in the built-in words.
    pub async fn preview_template(
        &self,
        app: &str,
        key: &[String; 3],
        fields: TemplateFields,
    ) -> Result<TemplatePreview> {
        let app = self.own_app(app).await?;
        let draft = fields.text.map(|text| Template { subject: fields.subject, text, html: fields.html });
        Ok(shown(&self.templates().preview(app.id, &parse(key)?, fields.action.as_deref(), draft).await?))
    }

    /// The message in the built-in words, with sample values.
    pub async fn built_in_template(&self, app: &str, key: &[String; 3]) -> Result<TemplatePreview> {
        let app = self.own_app(app).await?;
        Ok(shown(&self.templates().built_in(app.id, &parse(key)?).await?))
    }
}

fn shown(made: &Composed) -> TemplatePreview {
    TemplatePreview {
        object: "template.preview",
        locale: made.envelope.locale.clone(),
        subject: Some(made.envelope.subject.clone()).filter(|subject| !subject.is_empty()),
        text: made.envelope.text.clone(),
        html: made.envelope.html.clone(),
        segments: made.segments,
    }
}

/// `channel`, `kind` and `locale` of the path. What names no template is absent.
fn parse([channel, kind, locale]: &[String; 3]) -> Result<TemplateKey> {
    let channel = Channel::parse(channel).ok_or(ServiceError::NotFound)?;
    let kind = kind.parse().map_err(|_| ServiceError::NotFound)?;
    Ok(TemplateKey::new(channel, kind, locale).map_err(TenantError::from)?)
}
