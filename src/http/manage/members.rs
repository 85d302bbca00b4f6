//! /v1/manage/members

use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{Ids, Managed, MembersRead, MembersWrite, Nothing, Takes, created, ok};
use super::given::{Given, needed};
use crate::domain::access::Role;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::MemberFields;
use crate::service::manage::answers::{Deleted, List, MemberView};

const ROLES: &str = "owner, admin, developer or viewer";

/// A new member.
#[derive(ToSchema)]
pub struct NewMember {
    /// The address, unique in the organization.
    #[schema(example = "jane@example.com")]
    email: String,
    /// `owner`, `admin`, `developer` or `viewer`.
    #[schema(value_type = String, example = "developer")]
    role: Role,
    /// 0 to 100 characters.
    #[schema(max_length = 100)]
    name: Option<String>,
}

impl Takes for NewMember {
    fn names() -> Vec<&'static str> {
        vec!["email", "role", "name"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self {
            email: needed(given.text("email")?, "email")?,
            role: needed(given.parsed("role", ROLES)?, "role")?,
            name: given.line("name", 0, 100)?,
        })
    }
}

/// What of a member is changed.
#[derive(ToSchema)]
pub struct MemberChange {
    /// `owner`, `admin`, `developer` or `viewer`.
    #[schema(value_type = Option<String>, example = "viewer")]
    role: Option<Role>,
    /// 0 to 100 characters.
    #[schema(max_length = 100)]
    name: Option<String>,
}

impl Takes for MemberChange {
    fn names() -> Vec<&'static str> {
        vec!["role", "name"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self { role: given.parsed("role", ROLES)?, name: given.line("name", 0, 100)? })
    }
}

/// List members
#[utoipa::path(
    get, path = "/v1/manage/members", tag = "Manage: organization", security(("org_key" = ["members:read"])),
    responses(
        (status = 200, description = "All members, oldest first", body = List<MemberView>),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn list(call: Managed<MembersRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.members().await }).await?)
}

/// Add a member
///
/// The member is mailed an invitation to the dashboard. Only a role all of whose scopes the caller's key has can be given:
/// an owner's is `all`. One address is mailed at most 5 invitations a day.
#[utoipa::path(
    post, path = "/v1/manage/members", tag = "Manage: organization", security(("org_key" = ["members:write"])),
    request_body = NewMember,
    responses(
        (status = 201, description = "The member", body = MemberView),
        (status = 400, description = "invalid_email, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 409, description = "already_exists, too_many", body = ErrorBody),
        (status = 429, description = "too_many_sends", body = ErrorBody),
    )
)]
pub async fn add(call: Managed<MembersWrite, NewMember>) -> Result<Response, ApiError> {
    let made = call
        .run(|_, manage, new| async move {
            manage.add_member(&new.email, new.role, new.name.as_deref().unwrap_or_default()).await
        })
        .await?;
    created(&made)
}

/// Show a member
#[utoipa::path(
    get, path = "/v1/manage/members/{id}", tag = "Manage: organization", security(("org_key" = ["members:read"])),
    params(("id" = String, Path, description = "The member's id")),
    responses(
        (status = 200, description = "The member", body = MemberView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(Ids(id): Ids<String>, call: Managed<MembersRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.member(&id).await }).await?)
}

/// Change a member's role or name
///
/// Both the role that the member has and the one that is given must have no scope that the caller's key lacks. It holds at
/// once, in sessions that are there, too.
#[utoipa::path(
    patch, path = "/v1/manage/members/{id}", tag = "Manage: organization", security(("org_key" = ["members:write"])),
    params(("id" = String, Path, description = "The member's id")),
    request_body = MemberChange,
    responses(
        (status = 200, description = "The member", body = MemberView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "last_owner", body = ErrorBody),
    )
)]
pub async fn change(
    Ids(id): Ids<String>,
    call: Managed<MembersWrite, MemberChange>,
) -> Result<Response, ApiError> {
    let changed = call
        .run(|_, manage, change| async move {
            manage.change_member(&id, MemberFields { role: change.role, name: change.name }).await
        })
        .await?;
    ok(&changed)
}

/// Remove a member
///
/// The member's sessions end at once; password and second factors are erased. The member's role must have no scope that the
/// caller's key lacks.
#[utoipa::path(
    delete, path = "/v1/manage/members/{id}", tag = "Manage: organization", security(("org_key" = ["members:write"])),
    params(("id" = String, Path, description = "The member's id")),
    responses(
        (status = 200, description = "Removed", body = Deleted),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "last_owner", body = ErrorBody),
    )
)]
pub async fn remove(
    Ids(id): Ids<String>,
    call: Managed<MembersWrite, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.remove_member(&id).await }).await?)
}
