//! POST /v1/mfa

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Fields, Posted, reply, text, to_the_end};
use crate::http::form::{Field, Form};
use crate::service::answers::Started;
use crate::service::{Service, ServiceError, StartFields};

/// The fields of a start.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body is read field by field")]
pub struct StartBody {
    /// EMAIL: an address. SMS, WHATSAPP, PHONE: an E.164 number. DUAL: `EMAIL:PHONE`. APP, HSM: an address, a number, or
    /// an id of 1 to 128 of `[A-Za-z0-9._-]`.
    #[schema(rename = "User", example = "jane@example.com")]
    user: String,
    /// `EMAIL`, `SMS`, `WHATSAPP`, `PHONE`, `APP`, `DUAL` or `HSM`, in any case.
    #[schema(rename = "Type", example = "EMAIL")]
    kind: String,
    /// What the code is for, up to 140 characters; it then verifies only with the same Action. Not with APP.
    #[schema(rename = "Action", example = "Pay 12 EUR to Bob")]
    action: Option<String>,
    /// A word of your own, up to 128 characters, echoed in answers and traces. No personal data: it is stored as it is.
    #[schema(rename = "Reference", example = "session-42")]
    reference: Option<String>,
    /// The language of the message, BCP 47.
    #[schema(rename = "Locale", example = "en")]
    locale: Option<String>,
    /// APP, HSM: the label of the account in the app, or of the key.
    #[schema(rename = "Name", example = "Jane's phone")]
    name: Option<String>,
    /// APP, HSM: `true` enrols a further factor.
    #[schema(rename = "Enroll")]
    enroll: Option<bool>,
    /// APP, HSM: the id of the user's approved verification of the last 10 minutes, for a further factor.
    #[schema(rename = "Proof")]
    proof: Option<String>,
}

impl Fields for StartFields {
    const ALLOWED: &'static [Field] = &[
        Field::User,
        Field::Type,
        Field::Action,
        Field::Reference,
        Field::Proof,
        Field::Locale,
        Field::Name,
        Field::Enroll,
    ];
    const REPEATABLE: bool = true;

    fn read(form: &mut Form) -> Result<Self, ServiceError> {
        Ok(Self {
            user: text(form, Field::User),
            kind: text(form, Field::Type),
            action: text(form, Field::Action),
            reference: text(form, Field::Reference),
            proof: text(form, Field::Proof),
            locale: text(form, Field::Locale),
            name: text(form, Field::Name),
            enroll: text(form, Field::Enroll),
        })
    }
}

/// Start: send a code, or begin an enrolment
///
/// EMAIL sends a new code; an older unexpired one of the same user dies with it. APP begins an enrolment where the user
/// has no app yet, and otherwise a challenge that waits for the app's code. HSM does the same for security keys:
/// `public_key` is what the browser is asked.
#[utoipa::path(
    post, path = "/v1/mfa", tag = "MFA",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; the same request may be sent again with it")),
    request_body(content((StartBody = "application/json"), (StartBody = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Started", body = Started),
        (status = 400, description = "A field is missing or has the wrong form", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "method_disabled, method_not_configured, plan_required, proof_required", body = ErrorBody),
        (status = 409, description = "idempotency_in_progress, idempotency_expired", body = ErrorBody),
        (status = 413, description = "body_too_large", body = ErrorBody),
        (status = 415, description = "unsupported_media_type", body = ErrorBody),
        (status = 422, description = "idempotency_mismatch", body = ErrorBody),
        (status = 429, description = "resend_cooldown, too_many_sends, user_locked, rate_limited", body = ErrorBody),
        (status = 503, description = "unavailable, provider_not_configured", body = ErrorBody),
    )
)]
pub async fn start(
    State(service): State<Arc<Service>>,
    Posted { call, fields }: Posted<StartFields>,
) -> Result<Response, ApiError> {
    to_the_end(service.tasks(), call.deadline, async move { service.start(&call, fields).await })
        .await
        .map(reply)
}
