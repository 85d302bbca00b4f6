//! The contract's table of errors, a row each: what a use case says, as status, code and words.

use axum::http::StatusCode;

use super::{API, ApiError, FAILED, IDEMPOTENCY, INVALID, PERMISSION, RATE};
use crate::domain::challenge::Failure;
use crate::service::{ServiceError, VerificationFailed};

fn failure_words(failure: Failure) -> (&'static str, &'static str) {
    match failure {
        Failure::InvalidCode => {
            ("The code is wrong.", "Ask the user for the newest code, exactly as it is shown.")
        }
        Failure::CodeExpired => ("The code's life has ended.", "Start a new challenge with POST /v1/mfa."),
        Failure::CodeAlreadyUsed => (
            "The code was accepted before; a code works once.",
            "Start a new challenge, or wait for the app's next code.",
        ),
        Failure::NoPendingCode => (
            "No code of this Type waits for this user.",
            "Start a challenge with POST /v1/mfa, with the same User and Type.",
        ),
        Failure::NotEnrolled => (
            "The user has no such factor.",
            "Enrol the user first: POST /v1/mfa with Type=APP or Type=HSM, or POST /v1/mfa/backup.",
        ),
    }
}

fn failed(failed: &VerificationFailed, replayed: bool) -> ApiError {
    let (message, fix) = failure_words(failed.failure);
    let mut error =
        ApiError::new(StatusCode::UNAUTHORIZED, FAILED, failed.failure.as_str(), message).fix(fix);
    error.attempts_remaining = failed.attempts_remaining;
    error.request_id = Some(failed.request_id);
    error.replayed = replayed;
    error
}

fn destination_blocked(country: Option<&str>, app: crate::domain::id::AppId) -> ApiError {
    let (what, add) = country.map_or(("numbers of no country".to_owned(), "*".to_owned()), |country| {
        (format!("numbers in {country}"), country.to_owned())
    });
    ApiError::new(
        StatusCode::FORBIDDEN,
        PERMISSION,
        "destination_blocked",
        format!("This application sends nothing to {what}."),
    )
    .param(Some("User"))
    .fix(format!(
        "Add {add} to the setting `countries`: rift-mfa app set {app} countries={add} replaces the list."
    ))
}

fn method_disabled(kind: &str, settings_url: &str, command: &str) -> ApiError {
    let message = format!("Type={kind} is not switched on for this application.");
    ApiError::new(StatusCode::FORBIDDEN, PERMISSION, "method_disabled", message)
        .fix(format!("Switch it on at {settings_url}, or with `{command}`."))
}

fn method_not_configured(kind: &str, settings: &[&str], app: crate::domain::id::AppId) -> ApiError {
    let names = settings.join(" and ");
    let message = format!("Type={kind} is on, but this application has not set {names}.");
    ApiError::new(StatusCode::FORBIDDEN, PERMISSION, "method_not_configured", message).fix(format!(
        "Name your domain and the pages that users sign in on: `rift-mfa app set {app} webauthn.rp_id=example.com \
         webauthn.origins=https://login.example.com`."
    ))
}

impl From<ServiceError> for ApiError {
    #[expect(clippy::too_many_lines, reason = "one table: a row per error of the contract")]
    fn from(error: ServiceError) -> Self {
        use StatusCode as S;
        match error {
            ServiceError::InvalidApiKey => Self::new(
                S::UNAUTHORIZED,
                "authentication_error",
                "invalid_api_key",
                "The API key is missing, malformed, unknown, revoked or expired.",
            )
            .fix("Send one header `Authorization: Bearer sk_test_…` with a key of this service."),
            ServiceError::InvalidOrgKey => Self::new(
                S::UNAUTHORIZED,
                "authentication_error",
                "invalid_api_key",
                "The organization key is missing, malformed, unknown, revoked or expired.",
            )
            .fix("Send one header `Authorization: Bearer rk_…`; `rift-mfa key create --org …` makes the first key."),
            ServiceError::ScopeRequired(scope) => Self::new(
                S::FORBIDDEN,
                PERMISSION,
                "scope_required",
                format!("This key has not the scope {scope}."),
            )
            .fix(format!("Use a key with the scope {scope}, or one with `all`.")),
            ServiceError::LiveKeys => Self::new(
                S::FORBIDDEN,
                PERMISSION,
                "live_keys",
                "Developers make, roll and revoke test keys only.",
            )
            .fix("Ask an owner or an admin of the organization for the live key."),
            ServiceError::Conflict { code, message, fix } => {
                Self::new(S::CONFLICT, INVALID, code, message).fix(fix)
            }
            ServiceError::PreconditionFailed => Self::new(
                S::PRECONDITION_FAILED,
                INVALID,
                "precondition_failed",
                "The settings were changed by somebody else meanwhile; nothing was changed now.",
            )
            .param(Some("If-Match"))
            .fix("Read them again, and send the new ETag in If-Match."),
            ServiceError::Field(field) => {
                let error = Self::new(S::BAD_REQUEST, INVALID, field.code, field.message)
                    .param(Some(field.param).filter(|param| !param.is_empty()));
                match field.fix {
                    Some(fix) => error.fix(fix),
                    None => error,
                }
            }
            ServiceError::Failed(which, replayed) => failed(&which, replayed),
            ServiceError::MethodDisabled { kind, settings_url, command } => {
                method_disabled(kind.as_str(), &settings_url, &command)
            }
            ServiceError::MethodNotConfigured { kind, settings, app } => {
                method_not_configured(kind.as_str(), settings, app)
            }
            ServiceError::PlanRequired { kind, plan } => Self::new(
                S::FORBIDDEN,
                PERMISSION,
                "plan_required",
                format!("Type={kind} needs the plan {plan}."),
            )
            .fix(format!("Ask your operator for the plan {plan}, or use another Type.")),
            ServiceError::DestinationBlocked { country, app } => destination_blocked(country.as_deref(), app),
            ServiceError::PremiumRate => Self::new(
                S::FORBIDDEN,
                PERMISSION,
                "destination_blocked",
                "Nothing is sent to premium-rate and shared-cost numbers: a code to one earns its owner money.",
            )
            .param(Some("User"))
            .fix("Ask the user for an ordinary number."),
            ServiceError::ProofRequired => Self::new(
                S::FORBIDDEN,
                PERMISSION,
                "proof_required",
                "The user has a factor already; a further one is enrolled only for a user who was verified just now.",
            )
            .fix("Verify the user, then send Enroll=true and Proof=<the id of that verification> within 10 minutes; each proof works once."),
            ServiceError::TestKeysOnly => Self::new(
                S::FORBIDDEN,
                PERMISSION,
                "test_mode_only",
                "Only a test key can read the test inbox; live messages go to their users alone.",
            )
            .fix("Use the application's sk_test_ key."),
            ServiceError::NotSigned => Self::new(
                S::FORBIDDEN,
                PERMISSION,
                "invalid_signature",
                "The report is not signed by its provider; nothing was changed.",
            )
            .fix("Check the provider's auth_token or signature_secret, and that `http.public_url` is the address that the provider calls."),
            ServiceError::NotFound => Self::not_found(),
            ServiceError::IdempotencyInProgress => Self::new(
                S::CONFLICT,
                IDEMPOTENCY,
                "idempotency_in_progress",
                "A request with this Idempotency-Key is still running.",
            )
            .fix("Wait a moment and send the same request again.")
            .later(1)
            .retryable(),
            ServiceError::IdempotencyExpired => Self::new(
                S::CONFLICT,
                IDEMPOTENCY,
                "idempotency_expired",
                "The answer stored under this Idempotency-Key held an enrolment's secret and was erased.",
            )
            .fix("Start a new enrolment with a new Idempotency-Key."),
            ServiceError::IdempotencyMismatch => Self::new(
                S::UNPROCESSABLE_ENTITY,
                IDEMPOTENCY,
                "idempotency_mismatch",
                "This Idempotency-Key came with another request before.",
            )
            .fix("Use a new key for each request; repeat a key only with the same path and body."),
            ServiceError::Spent { retry_after } => Self::new(
                S::TOO_MANY_REQUESTS,
                RATE,
                "too_many_attempts",
                "This code's attempts are spent; it is not evaluated any more.",
            )
            .fix("Start a new challenge once Retry-After has passed.")
            .later(retry_after),
            ServiceError::Locked { retry_after } => Self::new(
                S::TOO_MANY_REQUESTS,
                RATE,
                "user_locked",
                "The user is locked after too many failures.",
            )
            .fix("Wait for Retry-After, or lift the lock with POST /v1/mfa/unlock. A backup code and a security key work meanwhile.")
            .later(retry_after),
            ServiceError::Cooldown { retry_after } => Self::new(
                S::TOO_MANY_REQUESTS,
                RATE,
                "resend_cooldown",
                "The last message to this user is too young for another one.",
            )
            .fix("Let the user ask again once Retry-After has passed.")
            .later(retry_after)
            .retryable(),
            ServiceError::TooManySends { retry_after } => Self::new(
                S::TOO_MANY_REQUESTS,
                RATE,
                "too_many_sends",
                "There were too many messages or starts for this user of late.",
            )
            .fix("Wait for Retry-After. An approved verification lifts the short limits.")
            .later(retry_after)
            .retryable(),
            ServiceError::CountryFull { retry_after } => Self::new(
                S::TOO_MANY_REQUESTS,
                RATE,
                "too_many_sends",
                "This application has sent as many messages to this country as it may in an hour.",
            )
            .fix("Wait for Retry-After. If these are your own users, raise the setting phone.sends_per_hour.")
            .later(retry_after)
            .retryable(),
            ServiceError::RateLimited => {
                Self::new(S::TOO_MANY_REQUESTS, RATE, "rate_limited", "This key makes too many requests a second.")
                    .fix("Slow down; the limit is `limits.requests_per_key`.")
                    .later(1)
                    .retryable()
            }
            ServiceError::ProviderNotConfigured { setting } => Self::new(
                S::SERVICE_UNAVAILABLE,
                API,
                "provider_not_configured",
                "No provider carries this channel in live mode.",
            )
            .fix(format!("The operator adds {setting} to the configuration; or use a test key."))
            .later(60),
            ServiceError::Unavailable(what) => {
                Self::new(S::SERVICE_UNAVAILABLE, API, "unavailable", format!("{} cannot serve this request now.", capital(what)))
                    .fix("Send the same request again after Retry-After, with the same Idempotency-Key.")
                    .later(1)
                    .retryable()
            }
            ServiceError::Internal(cause) => {
                tracing::error!(%cause, "a request failed");
                Self::internal()
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Every code that an answer can have; the guide explains each.
pub const DOC_CODES: &[&str] = &[
    "missing_parameter",
    "unknown_parameter",
    "duplicate_parameter",
    "parameter_not_supported",
    "code_not_allowed",
    "action_not_supported",
    "invalid_type",
    "invalid_email",
    "invalid_phone_number",
    "invalid_user",
    "invalid_code_format",
    "invalid_action",
    "invalid_reference",
    "invalid_name",
    "invalid_locale",
    "invalid_enroll",
    "invalid_status",
    "invalid_limit",
    "invalid_starting_after",
    "invalid_idempotency_key",
    "invalid_body",
    "body_too_large",
    "unsupported_media_type",
    "request_timeout",
    "invalid_value",
    "invalid_setting",
    "invalid_template",
    "invalid_url",
    "invalid_provider",
    "invalid_api_key",
    "scope_required",
    "already_exists",
    "too_many",
    "not_active",
    "last_owner",
    "app_deleted",
    "precondition_failed",
    "invalid_code",
    "code_expired",
    "code_already_used",
    "no_pending_code",
    "not_enrolled",
    "method_disabled",
    "method_not_configured",
    "method_not_allowed",
    "plan_required",
    "destination_blocked",
    "invalid_signature",
    "proof_required",
    "test_mode_only",
    "not_found",
    "idempotency_in_progress",
    "idempotency_expired",
    "idempotency_mismatch",
    "too_many_attempts",
    "user_locked",
    "resend_cooldown",
    "too_many_sends",
    "rate_limited",
    "provider_not_configured",
    "unavailable",
    "internal_error",
];
