//! /v1/manage/org

use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{Managed, Nothing, OrgRead, OrgWrite, Takes, ok};
use super::given::{Given, needed};
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::answers::OrganizationView;

/// A new name.
#[derive(ToSchema)]
pub struct Rename {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

impl Takes for Rename {
    fn names() -> Vec<&'static str> {
        vec!["name"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self { name: needed(given.line("name", 1, 100)?, "name")? })
    }
}

/// The organization
#[utoipa::path(
    get, path = "/v1/manage/org", tag = "Manage: organization", security(("org_key" = ["org:read"])),
    responses(
        (status = 200, description = "The organization", body = OrganizationView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn get(call: Managed<OrgRead, Nothing>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.org().await }).await?)
}

/// Rename the organization
#[utoipa::path(
    patch, path = "/v1/manage/org", tag = "Manage: organization", security(("org_key" = ["org:write"])),
    request_body = Rename,
    responses(
        (status = 200, description = "The organization", body = OrganizationView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn rename(call: Managed<OrgWrite, Rename>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, fields| async move { manage.rename_org(&fields.name).await }).await?)
}
