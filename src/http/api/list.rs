//! GET /v1/mfa

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Fields, Queried, json, text, to_the_end};
use crate::http::form::{Field, Form};
use crate::service::answers::ChallengeList;
use crate::service::{ListFields, Service, ServiceError};

impl Fields for ListFields {
    const ALLOWED: &'static [Field] =
        &[Field::User, Field::Type, Field::Status, Field::Reference, Field::Limit, Field::StartingAfter];

    fn read(form: &mut Form) -> Result<Self, ServiceError> {
        Ok(Self {
            user: text(form, Field::User),
            kind: text(form, Field::Type),
            status: text(form, Field::Status),
            reference: text(form, Field::Reference),
            limit: text(form, Field::Limit),
            starting_after: text(form, Field::StartingAfter),
        })
    }
}

/// List challenges, newest first
#[utoipa::path(
    get, path = "/v1/mfa", tag = "MFA",
    params(
        ("User" = Option<String>, Query, description = "Of this user"),
        ("Type" = Option<String>, Query, description = "Of this Type"),
        ("status" = Option<String>, Query, description = "With this status"),
        ("Reference" = Option<String>, Query, description = "With this Reference"),
        ("limit" = Option<u8>, Query, description = "1 to 100; 10 where it is absent"),
        ("starting_after" = Option<String>, Query, description = "The id of the last one of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = ChallengeList),
        (status = 400, description = "A filter has the wrong form", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
    )
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    Queried { caller, fields, deadline, .. }: Queried<ListFields>,
) -> Result<Response, ApiError> {
    json(&to_the_end(service.tasks(), deadline, async move { service.list(&caller, fields).await }).await?)
}
