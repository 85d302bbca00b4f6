//! /v1/manage/apps/{app}/challenges

use axum::response::Response;

use super::extract::{ChallengesRead, Ids, Managed, Takes, ok};
use super::given::{Given, needed};
use crate::domain::tenant::Mode;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::answers::{ChallengeView, TraceView};
use crate::service::manage::answers::List;
use crate::service::manage::{ChallengeFields, Page};

/// What every list of an application's past takes.
pub(super) fn page(given: &mut Given) -> Result<Page, ServiceError> {
    Ok(Page {
        mode: needed(given.parsed("mode", "test or live")?, "mode")?,
        created_after: given.time("created_after")?,
        created_before: given.time("created_before")?,
        limit: given.integer("limit", 1, 100)?,
        starting_after: given.text("starting_after")?,
    })
}

/// The filters of challenges.
pub struct Filters(ChallengeFields);

impl Takes for Filters {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec![
            "mode",
            "user",
            "type",
            "status",
            "reference",
            "created_after",
            "created_before",
            "limit",
            "starting_after",
        ]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self(ChallengeFields {
            page: page(given)?,
            user: given.text("user")?,
            kind: given.parsed("type", "EMAIL, SMS, WHATSAPP, PHONE, APP, DUAL, HSM or BACKUP")?,
            status: given.parsed(
                "status",
                "pending, enrolling, approved, enrolled, expired, exhausted, superseded, canceled, issued or failed",
            )?,
            reference: given.line("reference", 1, 128)?,
        }))
    }
}

/// The mode alone.
pub struct InMode(Mode);

impl Takes for InMode {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["mode"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        needed(given.parsed("mode", "test or live")?, "mode").map(Self)
    }
}

/// List an application's challenges
///
/// Newest first, kept for 30 days.
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/challenges", tag = "Manage: challenges", security(("org_key" = ["challenges:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("mode" = String, Query, description = "`test` or `live`"),
        ("user" = Option<String>, Query, description = "An address, a number, `EMAIL:PHONE`, or an id of your own"),
        ("type" = Option<String>, Query, description = "The Type"),
        ("status" = Option<String>, Query, description = "The status, as it reads now"),
        ("reference" = Option<String>, Query, description = "The caller's own word"),
        ("created_after" = Option<String>, Query, description = "Started at this time or later"),
        ("created_before" = Option<String>, Query, description = "Started before this time"),
        ("limit" = Option<u8>, Query, description = "1 to 100; 20 where it is absent"),
        ("starting_after" = Option<String>, Query, description = "The id of the last one of the page before"),
    ),
    responses(
        (status = 200, description = "Challenges", body = List<ChallengeView>),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn list(
    Ids(app): Ids<String>,
    call: Managed<ChallengesRead, Filters>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, by| async move { manage.challenges(&app, &by.0).await }).await?)
}

/// Show a challenge and all that happened to it
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/challenges/{id}", tag = "Manage: challenges",
    security(("org_key" = ["challenges:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("id" = String, Path, description = "The challenge's id"),
        ("mode" = String, Query, description = "`test` or `live`"),
    ),
    responses(
        (status = 200, description = "The challenge with its deliveries and checks", body = TraceView),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<ChallengesRead, InMode>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, mode| async move { manage.challenge(&app, mode.0, &id).await }).await?)
}
