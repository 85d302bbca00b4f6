//! POST /v1/providers/{provider}/status, and …/status/{app} for providers of an application's own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use crate::domain::id::AppId;
use crate::http::body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::to_the_end;
use crate::service::{PostedReport, Service, ServiceError};

/// How long a provider waits for its answer.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// Tell what became of a message
///
/// For providers only: each report is signed by its provider (Twilio's `X-Twilio-Signature`, Vonage's signed webhooks). It
/// moves the delivery to `delivered`, or to `undelivered` with the provider's own reason. The address is sent along with each
/// message; nothing has to be set up at the provider.
#[utoipa::path(
    post, path = "/v1/providers/{provider}/status", tag = "Providers",
    params(("provider" = String, Path, description = "`twilio` or `vonage`")),
    security(()),
    responses(
        (status = 204, description = "Taken. A report that says nothing final, or that is repeated, changes nothing"),
        (status = 403, description = "invalid_signature: nothing was changed", body = ErrorBody),
        (status = 404, description = "not_found: no such provider is configured, or the message is not known", body = ErrorBody),
        (status = 503, description = "unavailable: the database, or a report that came before its message was recorded; send it again", body = ErrorBody),
        (status = 413, description = "body_too_large", body = ErrorBody),
    )
)]
pub async fn status(
    State(service): State<Arc<Service>>,
    provider: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    // A name that is no UTF-8 is nobody's.
    let Ok(Path(provider)) = provider else { return Err(ServiceError::NotFound.into()) };
    take(service, provider, None, request).await
}

/// Tell what became of a message that went through an application's own provider
///
/// As the call above, signed with the credentials that the application has put there. It changes messages of that application
/// alone, and of those only what went through its own providers.
#[utoipa::path(
    post, path = "/v1/providers/{provider}/status/{app}", tag = "Providers",
    params(
        ("provider" = String, Path, description = "`twilio` or `vonage`"),
        ("app" = String, Path, description = "The application, `app_…`"),
    ),
    security(()),
    responses(
        (status = 204, description = "Taken. A report that says nothing final, or that is repeated, changes nothing"),
        (status = 403, description = "invalid_signature: nothing was changed", body = ErrorBody),
        (status = 404, description = "not_found: the message is not known", body = ErrorBody),
        (status = 503, description = "unavailable: the database, or a report that came before its message was recorded; send it again", body = ErrorBody),
        (status = 413, description = "body_too_large", body = ErrorBody),
    )
)]
pub async fn own_status(
    State(service): State<Arc<Service>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    let Ok(Path((provider, app))) = path else { return Err(ServiceError::NotFound.into()) };
    let Ok(app) = app.parse() else { return Err(ServiceError::NotFound.into()) };
    take(service, provider, Some(app), request).await
}

async fn take(
    service: Arc<Service>,
    provider: String,
    app: Option<AppId>,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    let (parts, body) = request.into_parts();
    let body = body::read(body).await?;
    let deadline = Instant::now() + PATIENCE;
    let tasks = service.tasks();
    let work = async move {
        let header =
            |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let path_and_query = parts.uri.path_and_query().map_or("", axum::http::uri::PathAndQuery::as_str);
        let posted = PostedReport { provider: &provider, app, path_and_query, header: &header, body: &body };
        service.take_report(posted).await
    };
    to_the_end(tasks, deadline, work).await?;
    Ok(StatusCode::NO_CONTENT)
}
