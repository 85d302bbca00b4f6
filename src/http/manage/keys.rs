//! /v1/manage/apps/{app}/keys

use std::time::Duration;

use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{Ids, KeysRead, KeysWrite, Managed, Nothing, Takes, created, ok};
use super::given::{Given, needed};
use crate::domain::tenant::Mode;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::answers::{ApiKeyView, List};

/// The longest life and the longest grace of a key.
const LONGEST_LIFE: Duration = Duration::from_hours(3650 * 24);
const LONGEST_GRACE: Duration = Duration::from_hours(30 * 24);

/// A new key.
#[derive(ToSchema)]
pub struct NewKey {
    /// `test` or `live`.
    #[schema(value_type = String, example = "test")]
    mode: Mode,
    /// 0 to 100 characters, for people.
    #[schema(max_length = 100)]
    name: Option<String>,
    /// Seconds, or a text such as `90d`: 1 hour to 3650 days. Without it the key has no end.
    #[schema(value_type = Option<u64>, example = 7_776_000)]
    expires_in: Option<Duration>,
}

impl Takes for NewKey {
    fn names() -> Vec<&'static str> {
        vec!["mode", "name", "expires_in"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self {
            mode: needed(given.parsed("mode", "test or live")?, "mode")?,
            name: given.line("name", 0, 100)?,
            expires_in: life(given)?,
        })
    }
}

/// How long a new key lives.
pub(super) fn life(given: &mut Given) -> Result<Option<Duration>, ServiceError> {
    given.span("expires_in", Duration::from_hours(1), LONGEST_LIFE, "1h to 3650d")
}

/// How long a rolled key lives on.
#[derive(ToSchema)]
pub struct Grace {
    /// Seconds, or a text such as `24h`: 0 to 30 days; 24 hours where it is absent.
    #[schema(value_type = Option<u64>, example = 86_400)]
    pub grace: Duration,
}

impl Takes for Grace {
    fn names() -> Vec<&'static str> {
        vec!["grace"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let grace = given.span("grace", Duration::ZERO, LONGEST_GRACE, "0 to 30d")?;
        Ok(Self { grace: grace.unwrap_or(Duration::from_hours(24)) })
    }
}

/// List an application's API keys
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/keys", tag = "Manage: keys", security(("org_key" = ["keys:read"])),
    params(("app" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "All keys, oldest first", body = List<ApiKeyView>),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn list(Ids(app): Ids<String>, call: Managed<KeysRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.api_keys(&app).await }).await?)
}

/// Make an API key
///
/// The answer is the only one that holds it.
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/keys", tag = "Manage: keys", security(("org_key" = ["keys:write"])),
    params(("app" = String, Path, description = "The application's id")),
    request_body = NewKey,
    responses(
        (status = 201, description = "The key, with `secret`", body = ApiKeyView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "too_many, app_deleted", body = ErrorBody),
    )
)]
pub async fn create(Ids(app): Ids<String>, call: Managed<KeysWrite, NewKey>) -> Result<Response, ApiError> {
    let made = call
        .run(|_, manage, new| async move {
            manage
                .create_api_key(&app, new.mode, new.name.as_deref().unwrap_or_default(), new.expires_in)
                .await
        })
        .await?;
    created(&made)
}

/// Show an API key
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/keys/{id}", tag = "Manage: keys", security(("org_key" = ["keys:read"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The key's id")),
    responses(
        (status = 200, description = "The key", body = ApiKeyView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<KeysRead, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.api_key(&app, &id).await }).await?)
}

/// Make an API key's successor
///
/// The old key works until the end of `grace` at the longest.
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/keys/{id}/roll", tag = "Manage: keys", security(("org_key" = ["keys:write"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The key's id")),
    request_body = Grace,
    responses(
        (status = 201, description = "The new key, with `secret`", body = ApiKeyView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "not_active, too_many, app_deleted", body = ErrorBody),
    )
)]
pub async fn roll(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<KeysWrite, Grace>,
) -> Result<Response, ApiError> {
    let made = call
        .run(|_, manage, fields| async move { manage.roll_api_key(&app, &id, fields.grace).await })
        .await?;
    created(&made)
}

/// Revoke an API key
///
/// It stops working within a second.
#[utoipa::path(
    delete, path = "/v1/manage/apps/{app}/keys/{id}", tag = "Manage: keys", security(("org_key" = ["keys:write"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The key's id")),
    responses(
        (status = 200, description = "The key with its state", body = ApiKeyView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn revoke(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<KeysWrite, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.revoke_api_key(&app, &id).await }).await?)
}
