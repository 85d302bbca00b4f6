//! Settings: the table of them, and an application's values, which can be put whole.

use axum::response::Response;
use serde_json::{Map, Value};

use super::extract::{AppsRead, AppsWrite, Ids, Managed, Nothing, Takes, ok, tagged};
use super::given::Given;
use crate::domain::policy::SETTINGS;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::answers::{List, SettingView};

/// Values under the flat names of the table.
pub struct Values(Map<String, Value>);

impl Takes for Values {
    fn names() -> Vec<&'static str> {
        SETTINGS.iter().map(|setting| setting.key).collect()
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self(given.rest()))
    }
}

/// The table of settings
#[utoipa::path(
    get, path = "/v1/manage/settings", tag = "Manage: applications", security(("org_key" = ["apps:read"])),
    responses(
        (status = 200, description = "Every setting with its type, default and bounds", body = List<SettingView>),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn table(call: Managed<AppsRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, _, _| async { Ok(List::whole(SettingView::all())) }).await?)
}

/// Show an application's settings
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/settings", tag = "Manage: applications", security(("org_key" = ["apps:read"])),
    params(("app" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "Every setting under its flat name", body = Map<String, Value>, headers(("ETag" = String, description = "The tag of these values"))),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(Ids(app): Ids<String>, call: Managed<AppsRead, Nothing>) -> Result<Response, ApiError> {
    let shown = call.run(|_, manage, _| async move { manage.settings(&app).await }).await?;
    Ok(tagged(ok(&shown.value)?, &shown.tag))
}

/// Put all settings of an application
///
/// What is left out gets its default. All changes are made or none.
#[utoipa::path(
    put, path = "/v1/manage/apps/{app}/settings", tag = "Manage: applications", security(("org_key" = ["apps:write"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the values that are replaced"),
    ),
    request_body = Map<String, Value>,
    responses(
        (status = 200, description = "The new values", body = Map<String, Value>, headers(("ETag" = String, description = "The tag of these values"))),
        (status = 400, description = "invalid_setting, unknown_parameter", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
        (status = 412, description = "precondition_failed", body = ErrorBody),
    )
)]
pub async fn put(Ids(app): Ids<String>, call: Managed<AppsWrite, Values>) -> Result<Response, ApiError> {
    change(app, call, false).await
}

/// Change some settings of an application
#[utoipa::path(
    patch, path = "/v1/manage/apps/{app}/settings", tag = "Manage: applications", security(("org_key" = ["apps:write"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the values that are changed"),
    ),
    request_body = Map<String, Value>,
    responses(
        (status = 200, description = "The new values", body = Map<String, Value>, headers(("ETag" = String, description = "The tag of these values"))),
        (status = 400, description = "invalid_setting, unknown_parameter", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
        (status = 412, description = "precondition_failed", body = ErrorBody),
    )
)]
pub async fn patch(Ids(app): Ids<String>, call: Managed<AppsWrite, Values>) -> Result<Response, ApiError> {
    change(app, call, true).await
}

async fn change(app: String, call: Managed<AppsWrite, Values>, keep: bool) -> Result<Response, ApiError> {
    let if_match = call.if_match.clone();
    let shown =
        call.run(move |_, manage, fields| async move {
            manage.put_settings(&app, &fields.0, &if_match, keep).await
        })
        .await?;
    Ok(tagged(ok(&shown.value)?, &shown.tag))
}
