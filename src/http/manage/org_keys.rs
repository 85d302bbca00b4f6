//! /v1/manage/keys: the organization's own keys.

use std::time::Duration;

use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{Ids, Managed, Nothing, OrgKeysRead, OrgKeysWrite, Takes, created, ok};
use super::given::{Given, needed, wrong};
use super::keys::{Grace, life};
use crate::domain::access::{Permission, Permissions};
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::answers::{List, OrgKeyView};

/// A new organization key.
#[derive(ToSchema)]
pub struct NewOrgKey {
    /// 1 to 100 characters, for people.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Scopes that the caller's key has itself, or `["all"]`.
    #[schema(value_type = Vec<String>, example = json!(["apps:write", "keys:write"]))]
    scopes: Permissions,
    /// Seconds, or a text such as `90d`: 1 hour to 3650 days. Without it the key has no end.
    #[schema(value_type = Option<u64>, example = 7_776_000)]
    expires_in: Option<Duration>,
}

impl Takes for NewOrgKey {
    fn names() -> Vec<&'static str> {
        vec!["name", "scopes", "expires_in"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let bound = || {
            let known: Vec<_> = Permission::ALL.iter().map(|scope| scope.as_str()).collect();
            wrong("scopes", &format!("a list of at least one of {}", known.join(", ")))
        };
        let name = needed(given.line("name", 1, 100)?, "name")?;
        let scopes = needed(given.list("scopes")?, "scopes")?;
        let scopes = scopes.iter().map(|scope| scope.parse()).collect::<Result<Vec<_>, _>>();
        let scopes = scopes.ok().and_then(Permissions::new).ok_or_else(bound)?;
        Ok(Self { name, scopes, expires_in: life(given)? })
    }
}

/// List the organization's keys
#[utoipa::path(
    get, path = "/v1/manage/keys", tag = "Manage: organization", security(("org_key" = ["org_keys:read"])),
    responses(
        (status = 200, description = "All keys, oldest first", body = List<OrgKeyView>),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn list(call: Managed<OrgKeysRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.org_keys().await }).await?)
}

/// Make an organization key
///
/// It can have only scopes that the caller's key has. The answer is the only one that holds it.
#[utoipa::path(
    post, path = "/v1/manage/keys", tag = "Manage: organization", security(("org_key" = ["org_keys:write"])),
    request_body = NewOrgKey,
    responses(
        (status = 201, description = "The key, with `secret`", body = OrgKeyView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 409, description = "too_many", body = ErrorBody),
    )
)]
pub async fn create(call: Managed<OrgKeysWrite, NewOrgKey>) -> Result<Response, ApiError> {
    let made =
        call.run(|_, manage, new| async move {
            manage.create_org_key(&new.name, new.scopes, new.expires_in).await
        })
        .await?;
    created(&made)
}

/// Show an organization key
#[utoipa::path(
    get, path = "/v1/manage/keys/{id}", tag = "Manage: organization", security(("org_key" = ["org_keys:read"])),
    params(("id" = String, Path, description = "The key's id")),
    responses(
        (status = 200, description = "The key", body = OrgKeyView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(Ids(id): Ids<String>, call: Managed<OrgKeysRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.org_key(&id).await }).await?)
}

/// Make an organization key's successor
///
/// Only for a key whose scopes the caller's key has. The old key works until the end of `grace` at the longest.
#[utoipa::path(
    post, path = "/v1/manage/keys/{id}/roll", tag = "Manage: organization", security(("org_key" = ["org_keys:write"])),
    params(("id" = String, Path, description = "The key's id")),
    request_body = Grace,
    responses(
        (status = 201, description = "The new key, with `secret`", body = OrgKeyView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "not_active, too_many", body = ErrorBody),
    )
)]
pub async fn roll(Ids(id): Ids<String>, call: Managed<OrgKeysWrite, Grace>) -> Result<Response, ApiError> {
    created(&call.run(|_, manage, fields| async move { manage.roll_org_key(&id, fields.grace).await }).await?)
}

/// Revoke an organization key
#[utoipa::path(
    delete, path = "/v1/manage/keys/{id}", tag = "Manage: organization", security(("org_key" = ["org_keys:write"])),
    params(("id" = String, Path, description = "The key's id")),
    responses(
        (status = 200, description = "The key with its state", body = OrgKeyView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn revoke(
    Ids(id): Ids<String>,
    call: Managed<OrgKeysWrite, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.revoke_org_key(&id).await }).await?)
}
