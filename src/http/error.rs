//! The one place that turns errors into HTTP: status, type, code, a sentence, and what to do.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

mod catalog;

pub use catalog::DOC_CODES;

use super::body::BodyError;
use super::form::FormError;
use super::serve::Refusal;
use crate::domain::id::RequestId;
use crate::service::{Service, ServiceError};

/// The body of every error.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// An error. Absent fields are left out.
#[derive(Serialize, ToSchema)]
pub struct ErrorDetail {
    /// The class: `authentication_error`, `invalid_request_error`, `verification_failed`, `permission_error`,
    /// `rate_limit_error`, `idempotency_error` or `api_error`.
    #[serde(rename = "type")]
    #[schema(example = "verification_failed")]
    pub kind: &'static str,
    /// The error's code.
    #[schema(example = "invalid_code")]
    pub code: &'static str,
    /// What happened, as a sentence for the developer.
    pub message: String,
    /// The field that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Guesses left, for `invalid_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_remaining: Option<u64>,
    /// Where the error is explained.
    pub doc_url: String,
    /// The request's id, for support.
    pub request_id: String,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
}

/// An error on its way out; `respond` gives it the request's id.
#[derive(Clone)]
pub struct ApiError {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    message: String,
    param: Option<String>,
    fix: Option<String>,
    attempts_remaining: Option<u64>,
    retry_after: Option<u64>,
    retryable: bool,
    replayed: bool,
    request_id: Option<RequestId>,
}

/// What an error says.
pub struct Told {
    /// The status.
    pub status: StatusCode,
    /// The error's code.
    pub code: &'static str,
    /// What happened, as a sentence.
    pub message: String,
    /// The field that it is about.
    pub param: Option<String>,
    /// What to do, as a sentence.
    pub fix: Option<String>,
    /// Seconds after which it is worth another try.
    pub retry_after: Option<u64>,
}

pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

pub(super) const INVALID: &str = "invalid_request_error";
pub(super) const PERMISSION: &str = "permission_error";
pub(super) const FAILED: &str = "verification_failed";
pub(super) const RATE: &str = "rate_limit_error";
pub(super) const IDEMPOTENCY: &str = "idempotency_error";
pub(super) const API: &str = "api_error";

impl ApiError {
    pub(super) fn new(
        status: StatusCode,
        kind: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            code,
            message: message.into(),
            param: None,
            fix: None,
            attempts_remaining: None,
            retry_after: None,
            retryable: false,
            replayed: false,
            request_id: None,
        }
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    pub(super) fn param(mut self, param: Option<impl Into<String>>) -> Self {
        self.param = param.map(Into::into);
        self
    }

    pub(super) fn later(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(super) fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, INVALID, "not_found", "There is no such thing.")
            .fix("Check the path and the id, and whether the key is of the same application and mode.")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            INVALID,
            "method_not_allowed",
            "This path does not take that verb.",
        )
        .fix("See the header Allow.")
    }

    fn body(&self, request_id: RequestId, public_url: &str) -> String {
        let body = ErrorBody {
            error: ErrorDetail {
                kind: self.kind,
                code: self.code,
                message: self.message.clone(),
                param: self.param.clone(),
                fix: self.fix.clone(),
                attempts_remaining: self.attempts_remaining,
                doc_url: format!("{public_url}/docs#{}", self.code),
                request_id: request_id.to_string(),
                retryable: self.retryable,
            },
        };
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// What it says, for a page that is no JSON.
    #[must_use]
    pub fn told(self) -> Told {
        let Self { status, code, message, param, fix, retry_after, .. } = self;
        Told { status, code, message, param, fix, retry_after }
    }

    /// The response, with the request's id and the address of the error's explanation.
    pub(super) fn respond(self, request_id: RequestId, public_url: &str) -> Response {
        // A replayed failure is the stored answer, with the id of the request that got it first.
        let json = self.body(self.request_id.unwrap_or(request_id), public_url);
        let mut response = (self.status, [(CONTENT_TYPE, "application/json")], json).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == "invalid_api_key" {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// What a connection is told for which none is free.
#[must_use]
pub fn refusal(service: &Service) -> Refusal {
    let request_id = service.request_id();
    let body =
        ApiError::from(ServiceError::Unavailable("the service")).body(request_id, service.public_url());
    Refusal { request_id: request_id.to_string(), body }
}

/// The error travels in the response's extensions to the outermost layer, which knows the request's id.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl ApiError {
    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            API,
            "internal_error",
            "The service failed on this request; it was logged.",
        )
        .fix("Tell the operator the request_id.")
    }
}

impl From<FormError> for ApiError {
    fn from(error: FormError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, INVALID, error.code(), error.message()).param(error.param()).fix(error.fix())
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, INVALID, error.code(), error.to_string()).fix(error.fix())
    }
}
