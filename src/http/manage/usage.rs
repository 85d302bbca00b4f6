//! /v1/manage/apps/{app}/usage

use axum::response::Response;

use super::extract::{Ids, Managed, Takes, UsageRead, ok};
use super::given::{Given, needed, wrong};
use crate::domain::usage::By;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::UsageFields;
use crate::service::manage::answers::UsageView;

/// Which figures.
pub struct Which(UsageFields);

impl Takes for Which {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["mode", "from", "to", "by", "group"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let group = given.list("group")?.unwrap_or_default();
        if group.iter().any(|item| item != "channel" && item != "country") {
            return Err(wrong("group", "channel, country, or both with a comma between them"));
        }
        Ok(Self(UsageFields {
            mode: needed(given.parsed("mode", "test or live")?, "mode")?,
            from: given.time("from")?,
            to: given.time("to")?,
            by: given.parsed("by", "hour, day or month")?.unwrap_or(By::Day),
            by_channel: group.iter().any(|item| item == "channel"),
            by_country: group.iter().any(|item| item == "country"),
        }))
    }
}

/// Read an application's figures
///
/// Messages by the hour of their start, checks by their own hour; in UTC, kept for 3 years.
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/usage", tag = "Manage: usage", security(("org_key" = ["usage:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("mode" = String, Query, description = "`test` or `live`"),
        ("from" = Option<String>, Query, description = "From this time on, cut to the hour; 7 days before `to` where it is absent"),
        ("to" = Option<String>, Query, description = "Before this time, cut to the hour; the end of this hour where it is absent"),
        ("by" = Option<String>, Query, description = "`hour` (up to 31 days), `day` (up to 400 days) or `month` (up to 3 years)"),
        ("group" = Option<String>, Query, description = "`channel`, `country`, or both with a comma between them"),
    ),
    responses(
        (status = 200, description = "The figures of each span that has any", body = UsageView),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn read(Ids(app): Ids<String>, call: Managed<UsageRead, Which>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, which| async move { manage.usage(&app, &which.0).await }).await?)
}
