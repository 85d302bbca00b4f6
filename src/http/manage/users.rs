//! /v1/manage/users and /v1/manage/factors

use std::time::Duration;

use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{Ids, Managed, Takes, UsersRead, UsersWrite, ok};
use super::given::{Given, needed};
use crate::domain::tenant::Mode;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::answers::{UserErasure, UserView};
use crate::service::manage::NamedUser;
use crate::service::manage::answers::FactorDeleted;

/// How long a lock by hand may last.
const LONGEST_LOCK: Duration = Duration::from_hours(365 * 24);

fn named(given: &mut Given) -> Result<NamedUser, ServiceError> {
    Ok(NamedUser {
        app: needed(given.text("app")?, "app")?,
        mode: needed(given.parsed("mode", "test or live")?, "mode")?,
        user: needed(given.text("user")?.filter(|user| !user.is_empty()), "user")?,
    })
}

/// A user in the query.
pub struct Asked(NamedUser);

impl Takes for Asked {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["app", "mode", "user"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        named(given).map(Self)
    }
}

/// A user to be unlocked.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body is read field by field")]
pub struct Unlock {
    /// The application's id.
    app: String,
    /// `test` or `live`.
    #[schema(value_type = String, example = "live")]
    mode: Mode,
    /// An address, a number, `EMAIL:PHONE`, or an id of your own.
    #[schema(example = "jane@example.com")]
    user: String,
}

/// What [`Unlock`] describes.
pub struct Unlocked(NamedUser);

impl Takes for Unlocked {
    fn names() -> Vec<&'static str> {
        vec!["app", "mode", "user"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        named(given).map(Self)
    }
}

/// A user to be locked.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body is read field by field")]
pub struct Lock {
    /// The application's id.
    app: String,
    /// `test` or `live`.
    #[schema(value_type = String, example = "live")]
    mode: Mode,
    /// An address, a number, `EMAIL:PHONE`, or an id of your own.
    #[schema(example = "jane@example.com")]
    user: String,
    /// Seconds, or a text such as `24h`: 1 minute to 365 days; 24 hours where it is absent.
    #[schema(value_type = Option<u64>, example = 86_400)]
    r#for: Option<Duration>,
}

/// What [`Lock`] describes.
pub struct Locked {
    named: NamedUser,
    span: Duration,
}

impl Takes for Locked {
    fn names() -> Vec<&'static str> {
        vec!["app", "mode", "user", "for"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let span = given.span("for", Duration::from_mins(1), LONGEST_LOCK, "1m to 365d")?;
        Ok(Self { named: named(given)?, span: span.unwrap_or(Duration::from_hours(24)) })
    }
}

/// Where a factor is.
pub struct Place {
    app: String,
    mode: Mode,
}

impl Takes for Place {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["app", "mode"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self {
            app: needed(given.text("app")?, "app")?,
            mode: needed(given.parsed("mode", "test or live")?, "mode")?,
        })
    }
}

/// Find a user
///
/// Factors, backup codes, failures and lock. A user of whom nothing is known is told with `known: false`.
#[utoipa::path(
    get, path = "/v1/manage/users", tag = "Manage: users", security(("org_key" = ["users:read"])),
    params(
        ("app" = String, Query, description = "The application's id"),
        ("mode" = String, Query, description = "`test` or `live`"),
        ("user" = String, Query, description = "An address, a number, `EMAIL:PHONE`, or an id of your own"),
    ),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn find(call: Managed<UsersRead, Asked>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, of| async move { manage.user(&of.0).await }).await?)
}

/// Lock a user
///
/// As a lock after failures: security keys and backup codes still work. A lock that lasts longer stays.
#[utoipa::path(
    post, path = "/v1/manage/users/lock", tag = "Manage: users", security(("org_key" = ["users:write"])),
    request_body = Lock,
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn lock(call: Managed<UsersWrite, Locked>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, of| async move { manage.lock_user(&of.named, of.span).await }).await?)
}

/// Lift a user's lock
///
/// Ends any lock and clears the failures.
#[utoipa::path(
    post, path = "/v1/manage/users/unlock", tag = "Manage: users", security(("org_key" = ["users:write"])),
    request_body = Unlock,
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn unlock(call: Managed<UsersWrite, Unlocked>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, of| async move { manage.unlock_user(&of.0).await }).await?)
}

/// Erase a user
///
/// All that is kept of the user, in one transaction. What the user had a part in stays in the figures.
#[utoipa::path(
    delete, path = "/v1/manage/users", tag = "Manage: users", security(("org_key" = ["users:write"])),
    params(
        ("app" = String, Query, description = "The application's id"),
        ("mode" = String, Query, description = "`test` or `live`"),
        ("user" = String, Query, description = "An address, a number, `EMAIL:PHONE`, or an id of your own"),
    ),
    responses(
        (status = 200, description = "How many rows of each kind were erased", body = UserErasure),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn erase(call: Managed<UsersWrite, Asked>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, of| async move { manage.erase_user(&of.0).await }).await?)
}

/// Remove a user's factor
#[utoipa::path(
    delete, path = "/v1/manage/factors/{id}", tag = "Manage: users", security(("org_key" = ["users:write"])),
    params(
        ("id" = String, Path, description = "The factor's id"),
        ("app" = String, Query, description = "The application's id"),
        ("mode" = String, Query, description = "`test` or `live`"),
    ),
    responses(
        (status = 200, description = "Removed", body = FactorDeleted),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn remove_factor(
    Ids(id): Ids<String>,
    call: Managed<UsersWrite, Place>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, at| async move { manage.remove_factor(&at.app, at.mode, &id).await }).await?)
}
