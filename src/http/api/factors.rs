//! GET /v1/mfa/factors

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Queried, UserField, json, to_the_end};
use crate::service::Service;
use crate::service::answers::FactorList;

/// List a user's factors
///
/// A user that is not known has none: 200 and empty.
#[utoipa::path(
    get, path = "/v1/mfa/factors", tag = "Factors",
    params(("User" = String, Query, description = "The user", example = "jane@example.com")),
    responses(
        (status = 200, description = "The factors", body = FactorList),
        (status = 400, description = "User is missing or has the wrong form", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
    )
)]
pub async fn factors(
    State(service): State<Arc<Service>>,
    Queried { caller, fields, deadline, .. }: Queried<UserField>,
) -> Result<Response, ApiError> {
    json(
        &to_the_end(
            service.tasks(),
            deadline,
            async move { service.factors(&caller, fields.0.as_deref()).await },
        )
        .await?,
    )
}
