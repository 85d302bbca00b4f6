//! GET /v1/mfa/{id}

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{NoFields, PathId, Queried, json, to_the_end};
use crate::service::Service;
use crate::service::answers::TraceView;

/// Read a challenge and all that happened to it
///
/// Each delivery attempt with its provider, its result and its times; each check with its reason. Kept for 30 days.
#[utoipa::path(
    get, path = "/v1/mfa/{id}", tag = "MFA",
    params(("id" = String, Path, description = "The challenge's id")),
    responses(
        (status = 200, description = "The trace", body = TraceView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn trace(
    State(service): State<Arc<Service>>,
    id: PathId,
    Queried { caller, deadline, .. }: Queried<NoFields>,
) -> Result<Response, ApiError> {
    json(&to_the_end(service.tasks(), deadline, async move { service.trace(&caller, &id.0).await }).await?)
}
