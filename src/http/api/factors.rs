//! GET /v1/mfa/factors

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Queried, UserField, json};
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
    Queried { caller, fields }: Queried<UserField>,
) -> Result<Response, ApiError> {
    json(&service.factors(&caller, fields.0.as_deref()).await?)
}
