//! POST /v1/mfa/verify

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Fields, Posted, reply, text, to_the_end};
use crate::http::form::{Field, Form};
use crate::service::answers::Verification;
use crate::service::{Service, ServiceError, VerifyFields};

/// The fields of a check.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body is read field by field")]
pub struct VerifyBody {
    /// The same User as at the start.
    #[schema(rename = "User", example = "jane@example.com")]
    user: String,
    /// `EMAIL`, `SMS`, `WHATSAPP`, `PHONE`, `APP`, `DUAL`, `HSM` or `BACKUP`, in any case.
    #[schema(rename = "Type", example = "EMAIL")]
    kind: String,
    /// The code, exactly as it was typed. HSM: the browser's credential as `toJSON()` has it, an object in a JSON body or
    /// its text. A backup code is taken in place of any Type's code.
    #[schema(rename = "Code", example = "123456")]
    code: String,
    /// The challenge's id, to verify exactly that one.
    #[schema(rename = "Id")]
    id: Option<String>,
    /// The Action of the start, where it had one.
    #[schema(rename = "Action")]
    action: Option<String>,
    /// A word of your own, up to 128 characters.
    #[schema(rename = "Reference")]
    reference: Option<String>,
}

impl Fields for VerifyFields {
    const ALLOWED: &'static [Field] =
        &[Field::User, Field::Type, Field::Code, Field::Id, Field::Action, Field::Reference];
    const REPEATABLE: bool = true;

    fn read(form: &mut Form) -> Result<Self, ServiceError> {
        Ok(Self {
            user: text(form, Field::User),
            kind: text(form, Field::Type),
            code: text(form, Field::Code),
            id: text(form, Field::Id),
            action: text(form, Field::Action),
            reference: text(form, Field::Reference),
        })
    }
}

/// Verify a code
///
/// A right code is consumed. `status: approved` lets the user in; `status: enrolled` says that a new authenticator app or
/// security key is set up, and lets nobody in.
#[utoipa::path(
    post, path = "/v1/mfa/verify", tag = "MFA",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; a repeated check spends no attempt")),
    request_body(content((VerifyBody = "application/json"), (VerifyBody = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Right", body = Verification),
        (status = 400, description = "A field is missing or has the wrong form; that costs no attempt", body = ErrorBody),
        (status = 401, description = "invalid_code, code_expired, code_already_used, no_pending_code, not_enrolled, invalid_api_key", body = ErrorBody),
        (status = 403, description = "method_disabled, plan_required", body = ErrorBody),
        (status = 404, description = "not_found: no such challenge of this user", body = ErrorBody),
        (status = 409, description = "idempotency_in_progress", body = ErrorBody),
        (status = 422, description = "idempotency_mismatch", body = ErrorBody),
        (status = 429, description = "too_many_attempts, user_locked, rate_limited", body = ErrorBody),
        (status = 503, description = "unavailable", body = ErrorBody),
    )
)]
pub async fn verify(
    State(service): State<Arc<Service>>,
    Posted { call, fields }: Posted<VerifyFields>,
) -> Result<Response, ApiError> {
    to_the_end(service.tasks(), call.deadline, async move { service.verify(&call, fields).await })
        .await
        .map(reply)
}
