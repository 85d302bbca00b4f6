//! POST /v1/mfa/unlock

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Posted, UserField, json, to_the_end};
use crate::service::Service;
use crate::service::answers::Unlocked;

/// The field of an unlock.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body is read field by field")]
pub struct UnlockBody {
    /// The user.
    #[schema(rename = "User", example = "jane@example.com")]
    user: String,
}

/// Lift a user's lock
///
/// Ends the lock and clears the failures; the event log tells of it.
#[utoipa::path(
    post, path = "/v1/mfa/unlock", tag = "Factors",
    request_body(content((UnlockBody = "application/json"), (UnlockBody = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Unlocked", body = Unlocked),
        (status = 400, description = "User is missing or has the wrong form", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
    )
)]
pub async fn unlock(
    State(service): State<Arc<Service>>,
    Posted { call, fields }: Posted<UserField>,
) -> Result<Response, ApiError> {
    json(
        &to_the_end(service.tasks(), call.deadline, async move {
            let by = call.caller.by(call.address, call.request_id);
            service.unlock(&call.caller, by, fields.0.as_deref()).await
        })
        .await?,
    )
}
