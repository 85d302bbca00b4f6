//! DELETE /v1/mfa/factors/{id}

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{NoFields, PathId, Queried, json, to_the_end};
use crate::service::Service;
use crate::service::answers::FactorRemoved;

/// Remove a factor
#[utoipa::path(
    delete, path = "/v1/mfa/factors/{id}", tag = "Factors",
    params(("id" = String, Path, description = "The factor's id")),
    responses(
        (status = 200, description = "Removed", body = FactorRemoved),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn remove_factor(
    State(service): State<Arc<Service>>,
    id: PathId,
    Queried { caller, by, deadline, .. }: Queried<NoFields>,
) -> Result<Response, ApiError> {
    json(
        &to_the_end(
            service.tasks(),
            deadline,
            async move { service.remove_factor(&caller, by, &id.0).await },
        )
        .await?,
    )
}
