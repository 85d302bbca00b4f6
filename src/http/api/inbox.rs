//! GET /v1/test/inbox

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Queried, UserField, json, to_the_end};
use crate::service::Service;
use crate::service::answers::Inbox;

/// Read the test inbox
///
/// The last messages to a contact, newest first; for `EMAIL:PHONE`, to either. Only with test keys.
#[utoipa::path(
    get, path = "/v1/test/inbox", tag = "Test mode",
    params(("User" = String, Query, description = "The contact", example = "jane@example.com")),
    responses(
        (status = 200, description = "The messages", body = Inbox),
        (status = 400, description = "User is missing or has the wrong form", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "test_mode_only", body = ErrorBody),
    )
)]
pub async fn inbox(
    State(service): State<Arc<Service>>,
    Queried { caller, fields, deadline, .. }: Queried<UserField>,
) -> Result<Response, ApiError> {
    json(
        &to_the_end(
            service.tasks(),
            deadline,
            async move { service.inbox(&caller, fields.0.as_deref()).await },
        )
        .await?,
    )
}
