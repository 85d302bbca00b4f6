//! POST /v1/mfa/{id}/cancel

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{NoFields, PathId, Posted, json, to_the_end};
use crate::service::Service;
use crate::service::answers::TraceView;

/// End a waiting challenge
///
/// Its code no longer verifies, and a message that is still queued is not sent. One that has ended stays as it is.
#[utoipa::path(
    post, path = "/v1/mfa/{id}/cancel", tag = "MFA",
    params(("id" = String, Path, description = "The challenge's id")),
    responses(
        (status = 200, description = "The challenge as it is now", body = TraceView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn cancel(
    State(service): State<Arc<Service>>,
    id: PathId,
    Posted { call, .. }: Posted<NoFields>,
) -> Result<Response, ApiError> {
    json(
        &to_the_end(service.tasks(), call.deadline, async move { service.cancel(&call.caller, &id.0).await })
            .await?,
    )
}
