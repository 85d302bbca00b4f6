//! /v1/manage/apps and what an application is.

use axum::response::Response;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::extract::{AppsRead, AppsWrite, Ids, Managed, Nothing, Takes, created, ok, tagged};
use super::given::{Given, needed};
use super::org::Rename;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::answers::{ApplicationView, List};

/// The filter of the list.
pub struct ByName(Option<String>);

impl Takes for ByName {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["name"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self(given.text("name")?))
    }
}

/// A new application.
#[derive(ToSchema)]
pub struct NewApp {
    /// 1 to 100 characters, unique in the organization; stands in messages and in authenticator apps.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Settings under flat names; what is left out has its default.
    settings: Option<Map<String, Value>>,
}

impl Takes for NewApp {
    fn names() -> Vec<&'static str> {
        vec!["name", "settings"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self { name: needed(given.line("name", 1, 100)?, "name")?, settings: given.object("settings")? })
    }
}

/// List applications
#[utoipa::path(
    get, path = "/v1/manage/apps", tag = "Manage: applications", security(("org_key" = ["apps:read"])),
    params(("name" = Option<String>, Query, description = "Only the one of exactly this name")),
    responses(
        (status = 200, description = "All applications, oldest first", body = List<ApplicationView>),
        (status = 400, description = "unknown_parameter", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn list(call: Managed<AppsRead, ByName>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, fields| async move { manage.apps(fields.0.as_deref()).await }).await?)
}

/// Make an application
#[utoipa::path(
    post, path = "/v1/manage/apps", tag = "Manage: applications", security(("org_key" = ["apps:write"])),
    request_body = NewApp,
    responses(
        (status = 201, description = "The application", body = ApplicationView, headers(("ETag" = String, description = "The tag of its settings"))),
        (status = 400, description = "invalid_value, invalid_setting", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 409, description = "already_exists, too_many", body = ErrorBody),
    )
)]
pub async fn create(call: Managed<AppsWrite, NewApp>) -> Result<Response, ApiError> {
    let made = call
        .run(|_, manage, fields| async move {
            manage.create_app(&fields.name, &fields.settings.unwrap_or_default()).await
        })
        .await?;
    Ok(tagged(created(&made.value)?, &made.tag))
}

/// Show an application
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}", tag = "Manage: applications", security(("org_key" = ["apps:read"])),
    params(("app" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "The application", body = ApplicationView, headers(("ETag" = String, description = "The tag of its settings"))),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(Ids(app): Ids<String>, call: Managed<AppsRead, Nothing>) -> Result<Response, ApiError> {
    let shown = call.run(|_, manage, _| async move { manage.app(&app).await }).await?;
    Ok(tagged(ok(&shown.value)?, &shown.tag))
}

/// Rename an application
#[utoipa::path(
    patch, path = "/v1/manage/apps/{app}", tag = "Manage: applications", security(("org_key" = ["apps:write"])),
    params(("app" = String, Path, description = "The application's id")),
    request_body = Rename,
    responses(
        (status = 200, description = "The application", body = ApplicationView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "already_exists, app_deleted", body = ErrorBody),
    )
)]
pub async fn rename(Ids(app): Ids<String>, call: Managed<AppsWrite, Rename>) -> Result<Response, ApiError> {
    let shown =
        call.run(|_, manage, fields| async move { manage.rename_app(&app, &fields.name).await }).await?;
    Ok(tagged(ok(&shown.value)?, &shown.tag))
}

/// Delete an application
///
/// Its keys stop working. Within 7 days it can be restored; then it is erased with all that belongs to it.
#[utoipa::path(
    delete, path = "/v1/manage/apps/{app}", tag = "Manage: applications", security(("org_key" = ["apps:write"])),
    params(("app" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "The application, with the time from which it is erased", body = ApplicationView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn delete(Ids(app): Ids<String>, call: Managed<AppsWrite, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.delete_app(&app).await }).await?)
}

/// Take the deletion of an application back
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/restore", tag = "Manage: applications", security(("org_key" = ["apps:write"])),
    params(("app" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "The application as it was", body = ApplicationView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found, also once the grace has passed", body = ErrorBody),
    )
)]
pub async fn restore(Ids(app): Ids<String>, call: Managed<AppsWrite, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.restore_app(&app).await }).await?)
}
