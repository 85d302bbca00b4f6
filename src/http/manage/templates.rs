//! /v1/manage/apps/{app}/templates

use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{AppsRead, AppsWrite, Ids, Managed, Nothing, Takes, ok};
use super::given::{Given, needed};
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::TemplateFields;
use crate::service::manage::answers::{Deleted, List, TemplatePreview, TemplateView};

/// The parts of a template.
#[derive(ToSchema)]
pub struct Parts {
    /// The subject; for `email` only, and there it must be.
    subject: Option<String>,
    /// The text.
    text: String,
    /// The HTML; for `email` only.
    html: Option<String>,
}

impl Takes for Parts {
    fn names() -> Vec<&'static str> {
        vec!["subject", "text", "html"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let text = needed(given.text("text")?, "text")?;
        Ok(Self { subject: given.text("subject")?, text, html: given.text("html")? })
    }
}

/// A draft, and what is shown in it.
#[derive(ToSchema)]
pub struct Draft {
    /// The draft's subject.
    subject: Option<String>,
    /// The draft's text; without it the message is shown as it is sent now.
    text: Option<String>,
    /// The draft's HTML.
    html: Option<String>,
    /// What the code is for.
    #[schema(max_length = 140)]
    action: Option<String>,
}

impl Takes for Draft {
    fn names() -> Vec<&'static str> {
        vec!["subject", "text", "html", "action"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let draft = Self {
            subject: given.text("subject")?,
            text: given.text("text")?,
            html: given.text("html")?,
            action: given.line("action", 1, 140)?,
        };
        if draft.text.is_none() && (draft.subject.is_some() || draft.html.is_some()) {
            needed(None::<()>, "text")?;
        }
        Ok(draft)
    }
}

/// The application, and the template's channel, kind and language.
type Key = (String, String, String, String);

/// List an application's templates
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/templates", tag = "Manage: applications", security(("org_key" = ["apps:read"])),
    params(("app" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "All templates", body = List<TemplateView>),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn list(Ids(app): Ids<String>, call: Managed<AppsRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.list_templates(&app).await }).await?)
}

/// Show a template
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/templates/{channel}/{kind}/{locale}", tag = "Manage: applications",
    security(("org_key" = ["apps:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
        ("kind" = String, Path, description = "`code` or `backup`"),
        ("locale" = String, Path, description = "A language tag (BCP 47)"),
    ),
    responses(
        (status = 200, description = "The template", body = TemplateView),
        (status = 400, description = "invalid_template", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(
    Ids((app, channel, kind, locale)): Ids<Key>,
    call: Managed<AppsRead, Nothing>,
) -> Result<Response, ApiError> {
    let key = [channel, kind, locale];
    ok(&call.run(|_, manage, _| async move { manage.template(&app, &key).await }).await?)
}

/// Put a template
///
/// It is checked with sample values first; the same one again changes nothing.
#[utoipa::path(
    put, path = "/v1/manage/apps/{app}/templates/{channel}/{kind}/{locale}", tag = "Manage: applications",
    security(("org_key" = ["apps:write"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
        ("kind" = String, Path, description = "`code` or `backup`"),
        ("locale" = String, Path, description = "A language tag (BCP 47)"),
    ),
    request_body = Parts,
    responses(
        (status = 200, description = "The template", body = TemplateView),
        (status = 400, description = "invalid_template", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "too_many, app_deleted", body = ErrorBody),
    )
)]
pub async fn put(
    Ids((app, channel, kind, locale)): Ids<Key>,
    call: Managed<AppsWrite, Parts>,
) -> Result<Response, ApiError> {
    let key = [channel, kind, locale];
    let kept = call
        .run(|_, manage, parts| async move {
            let Parts { subject, text, html } = parts;
            let fields = TemplateFields { subject, text: Some(text), html, action: None };
            manage.put_template(&app, &key, fields).await
        })
        .await?;
    ok(&kept)
}

/// Remove a template
///
/// Its messages are in the built-in words again.
#[utoipa::path(
    delete, path = "/v1/manage/apps/{app}/templates/{channel}/{kind}/{locale}", tag = "Manage: applications",
    security(("org_key" = ["apps:write"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
        ("kind" = String, Path, description = "`code` or `backup`"),
        ("locale" = String, Path, description = "A language tag (BCP 47)"),
    ),
    responses(
        (status = 200, description = "Removed", body = Deleted),
        (status = 400, description = "invalid_template", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn remove(
    Ids((app, channel, kind, locale)): Ids<Key>,
    call: Managed<AppsWrite, Nothing>,
) -> Result<Response, ApiError> {
    let key = [channel, kind, locale];
    ok(&call.run(|_, manage, _| async move { manage.remove_template(&app, &key).await }).await?)
}

/// Show a message with sample values
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/templates/{channel}/{kind}/{locale}/preview", tag = "Manage: applications",
    security(("org_key" = ["apps:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
        ("kind" = String, Path, description = "`code` or `backup`"),
        ("locale" = String, Path, description = "A language tag (BCP 47)"),
    ),
    request_body = Draft,
    responses(
        (status = 200, description = "The message", body = TemplatePreview),
        (status = 400, description = "invalid_template", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn preview(
    Ids((app, channel, kind, locale)): Ids<Key>,
    call: Managed<AppsRead, Draft>,
) -> Result<Response, ApiError> {
    let key = [channel, kind, locale];
    let shown = call
        .run(|_, manage, draft| async move {
            let Draft { subject, text, html, action } = draft;
            manage.preview_template(&app, &key, TemplateFields { subject, text, html, action }).await
        })
        .await?;
    ok(&shown)
}
