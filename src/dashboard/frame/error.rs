//! Errors as pages, and as sentences beside a form that is shown again.

use askama::Template;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Bare, Next};
use crate::http::ApiError;
use crate::service::ServiceError;

/// Why a page is not shown.
pub enum PageError {
    /// Nobody is signed in: there, and then here again.
    SignIn(Next),
    /// There is a full session already: on to there.
    AlreadyIn(Next),
    /// The second factor is still to be shown, or to be set up.
    Second,
    /// The member is to be asked for a factor once more: there, and then here again.
    Confirm(Next),
    /// A page with a status and a sentence.
    Status {
        /// The status.
        status: StatusCode,
        /// What happened.
        message: String,
        /// What to do.
        fix: Option<String>,
        /// Seconds after which it is worth another try.
        retry_after: Option<u64>,
    },
}

#[derive(Template)]
#[template(path = "dashboard/error.html")]
struct ErrorPage {
    bare: Bare,
    code: u16,
    message: String,
    fix: Option<String>,
}

impl PageError {
    /// A page with a status and a sentence.
    pub fn status(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Status { status, message: message.into(), fix: None, retry_after: None }
    }

    /// The same with what to do.
    pub fn with_fix(status: StatusCode, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Status { status, message: message.into(), fix: Some(fix.into()), retry_after: None }
    }

    /// What is not there, is another organization's, or has a path that no page has: all alike.
    #[must_use]
    pub fn not_found() -> Self {
        Self::with_fix(
            StatusCode::NOT_FOUND,
            "There is no such page.",
            "It may have been removed, or its address was cut.",
        )
    }
}

impl From<ServiceError> for PageError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound => Self::not_found(),
            ServiceError::ScopeRequired(_) => Self::with_fix(
                StatusCode::FORBIDDEN,
                "Your role does not include this.",
                "Ask an owner of the organization.",
            ),
            // The page has asked for it, and the minutes went by meanwhile.
            ServiceError::ProofRequired => Self::with_fix(
                StatusCode::FORBIDDEN,
                "This wants your second factor once more.",
                "Go back and load the page again: it asks for it.",
            ),
            error => {
                let told = ApiError::from(error).told();
                Self::Status {
                    status: told.status,
                    message: told.message,
                    fix: told.fix,
                    retry_after: told.retry_after,
                }
            }
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(next) if next.as_str() == "/dashboard" => see_other("/dashboard/sign-in"),
            Self::SignIn(next) => see_other(&format!("/dashboard/sign-in?next={}", next.encoded())),
            Self::AlreadyIn(next) => see_other(next.as_str()),
            Self::Second => see_other("/dashboard/sign-in/second"),
            Self::Confirm(next) => see_other(&format!("/dashboard/confirm?next={}", next.encoded())),
            Self::Status { status, message, fix, retry_after } => {
                let shown = ErrorPage { bare: Bare::new(), code: status.as_u16(), message, fix };
                let mut response = match page_with(status, &shown) {
                    Ok(response) => response,
                    Err(_) => status.into_response(),
                };
                if let Some(seconds) = retry_after {
                    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                }
                response
            }
        }
    }
}

/// What is wrong with a form, shown above it and beside the field.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// The status of the page that shows it.
    pub status: StatusCode,
    /// The field.
    pub param: Option<String>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do, as a sentence.
    pub fix: Option<String>,
}

impl Trouble {
    /// What the member can mend; anything else is a page of its own.
    ///
    /// # Errors
    /// What no other input would mend: not found, not allowed, the service's own failures.
    pub fn of(error: ServiceError) -> Result<Self, PageError> {
        if matches!(
            error,
            ServiceError::NotFound
                | ServiceError::ScopeRequired(_)
                | ServiceError::ProofRequired
                | ServiceError::Internal(_)
                | ServiceError::Unavailable(_)
        ) {
            return Err(error.into());
        }
        let told = ApiError::from(error).told();
        Ok(Self { status: told.status, param: told.param, message: told.message, fix: told.fix })
    }

    /// One of the page's own.
    pub fn new(param: &str, message: impl Into<String>) -> Self {
        let param = Some(param.to_owned()).filter(|param| !param.is_empty());
        let status = StatusCode::BAD_REQUEST;
        Self { status, param, message: message.into(), fix: None }
    }

    /// The sentence, where it is about this field.
    #[must_use]
    pub fn about(&self, field: &str) -> Option<&str> {
        (self.param.as_deref() == Some(field)).then_some(self.message.as_str())
    }
}

/// 200 and a page.
pub fn page<T: Template>(template: &T) -> Result<Response, PageError> {
    page_with(StatusCode::OK, template)
}

/// A page with a status.
pub fn page_with<T: Template>(status: StatusCode, template: &T) -> Result<Response, PageError> {
    match template.render() {
        Ok(html) => Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()),
        Err(error) => Err(ServiceError::Internal(format!("a page could not be written: {error}")).into()),
    }
}

/// 303 to a page of ours.
#[must_use]
pub fn see_other(to: &str) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/dashboard"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}
