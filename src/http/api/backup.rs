//! POST /v1/mfa/backup

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Fields, Posted, reply, text, to_the_end};
use crate::http::form::{Field, Form};
use crate::service::answers::BackupIssued;
use crate::service::{BackupFields, Service, ServiceError};

/// The fields of an issue of backup codes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body is read field by field")]
pub struct BackupBody {
    /// The contact that the codes are sent to.
    #[schema(rename = "User", example = "jane@example.com")]
    user: String,
    /// `EMAIL`, `SMS`, `WHATSAPP` or `DUAL`, in any case.
    #[schema(rename = "Type", example = "EMAIL")]
    kind: String,
    /// The user that the set is for, where it differs from the contact.
    #[schema(rename = "For", example = "user-42")]
    owner: Option<String>,
    /// A word of your own, up to 128 characters.
    #[schema(rename = "Reference")]
    reference: Option<String>,
    /// The language of the message, BCP 47.
    #[schema(rename = "Locale")]
    locale: Option<String>,
}

/// What a set of up to 20 slow hashes may take beside the database.
const HASHING: Duration = Duration::from_secs(3);

impl Fields for BackupFields {
    const ALLOWED: &'static [Field] =
        &[Field::User, Field::Type, Field::For, Field::Reference, Field::Locale];
    const REPEATABLE: bool = true;

    fn read(form: &mut Form) -> Result<Self, ServiceError> {
        Ok(Self {
            user: text(form, Field::User),
            kind: text(form, Field::Type),
            owner: text(form, Field::For),
            reference: text(form, Field::Reference),
            locale: text(form, Field::Locale),
        })
    }
}

/// Issue backup codes
///
/// Makes a new set and sends it to the user. The codes are in the message and in no answer. The old set dies when the new
/// message is handed over.
#[utoipa::path(
    post, path = "/v1/mfa/backup", tag = "MFA",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; the same request may be sent again with it")),
    request_body(content((BackupBody = "application/json"), (BackupBody = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Queued", body = BackupIssued),
        (status = 400, description = "A field is missing or has the wrong form", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "method_disabled, plan_required", body = ErrorBody),
        (status = 409, description = "idempotency_in_progress", body = ErrorBody),
        (status = 422, description = "idempotency_mismatch", body = ErrorBody),
        (status = 429, description = "resend_cooldown, too_many_sends, user_locked, rate_limited", body = ErrorBody),
        (status = 503, description = "unavailable, provider_not_configured", body = ErrorBody),
    )
)]
pub async fn backup(
    State(service): State<Arc<Service>>,
    Posted { mut call, fields }: Posted<BackupFields>,
) -> Result<Response, ApiError> {
    call.deadline += HASHING;
    to_the_end(service.tasks(), call.deadline, async move { service.issue_backup(&call, fields).await })
        .await
        .map(reply)
}
