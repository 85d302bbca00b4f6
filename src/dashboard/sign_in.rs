//! The door: password, second factor, set-up of the first one, links by mail, and the way out.

pub mod confirm;
pub mod forgot;
pub mod link;
pub mod out;
pub mod password;
pub mod second;
pub mod setup;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::frame::{PageError, Trouble};
use crate::http::ApiError;
use crate::service::sign_in::KeyCeremony;
use crate::service::{Service, ServiceError, VerificationFailed};

/// Hashes of passwords take their time, and wait for a place first.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs a use case to its end, so that what was counted stays counted where the browser is gone.
pub(super) async fn to_its_end<T: Send + 'static>(
    service: &Service,
    work: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
) -> Result<T, ServiceError> {
    crate::http::to_its_end(service.tasks(), Instant::now() + PATIENCE, work).await
}

/// More attempts than there may be.
fn too_many(retry_after: u64) -> PageError {
    let minutes = retry_after.div_ceil(60).max(1);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    PageError::Status {
        status: StatusCode::TOO_MANY_REQUESTS,
        message: "There were too many attempts.".into(),
        fix: Some(format!("Try again in {minutes} {unit}.")),
        retry_after: Some(retry_after),
    }
}

/// What is told of a code that was not accepted.
pub(super) fn wrong_code(failed: &VerificationFailed) -> Trouble {
    let told = ApiError::from(ServiceError::Failed(failed.clone(), false)).told();
    let mut trouble = Trouble::new("code", told.message);
    trouble.status = StatusCode::UNAUTHORIZED;
    trouble.fix = told.fix;
    trouble
}

/// What the script of a page is told: the ceremony as the API has it, or a sentence.
pub(super) fn ceremony(begun: Result<KeyCeremony, ServiceError>) -> Response {
    let (status, text) = match begun {
        Ok(begun) => {
            (StatusCode::OK, format!(r#"{{"id":"{}","public_key":{}}}"#, begun.id, begun.public_key))
        }
        Err(error) => {
            let told = ApiError::from(error).told();
            (told.status, serde_json::json!({ "message": told.message }).to_string())
        }
    };
    (status, [(CONTENT_TYPE, "application/json")], text).into_response()
}
