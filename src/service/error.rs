//! What a use case can answer beside a result: one variant per row of the contract's table of errors.
//!
//! `http/error.rs` turns them into status, code and sentence. A variant never holds a code, a secret or a contact;
//! [`ServiceError::Internal`]'s text is logged and not shown.

use std::borrow::Cow;

use super::tenants::TenantError;
use crate::domain::access::Permission;
use crate::domain::challenge::{Failure, MfaType};
use crate::domain::id::{AppId, RequestId};
use crate::domain::policy::SettingError;
use crate::domain::tenant::Plan;
use crate::store::StoreError;

/// A field that is missing or has the wrong form: 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The error's code, for example `invalid_email`.
    pub code: &'static str,
    /// The field.
    pub param: Cow<'static, str>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do, as a sentence.
    pub fix: Option<String>,
}

/// A check that failed: 401, `type: verification_failed`. Stored for idempotent repeats.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct VerificationFailed {
    /// Why.
    pub failure: Failure,
    /// Guesses left, where the code itself was wrong.
    pub attempts_remaining: Option<u64>,
    /// The request that was answered so first.
    pub request_id: RequestId,
}

/// Why a use case gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// 401 `invalid_api_key`.
    #[error("the API key is missing, malformed, unknown, revoked or expired")]
    InvalidApiKey,
    /// 401 `invalid_api_key`, of the management API.
    #[error("the organization key is missing, malformed, unknown, revoked or expired")]
    InvalidOrgKey,
    /// 403 `scope_required`.
    #[error("the key lacks a scope")]
    ScopeRequired(Permission),
    /// 403 `live_keys`: a member whose role makes, rolls and revokes test keys only.
    #[error("the role reaches test keys only")]
    LiveKeys,
    /// 409: what is there does not allow it.
    #[error("{message}")]
    Conflict {
        /// The error's code.
        code: &'static str,
        /// What stands against it, as a sentence.
        message: String,
        /// What to do, as a sentence.
        fix: String,
    },
    /// 412: somebody changed it meanwhile.
    #[error("it was changed meanwhile")]
    PreconditionFailed,
    /// 400.
    #[error("{}", .0.message)]
    Field(FieldError),
    /// 401, `verification_failed`; the flag says whether it was stored before.
    #[error("the code was not accepted")]
    Failed(VerificationFailed, bool),
    /// 403: the tenant has not switched the Type on.
    #[error("the method is disabled")]
    MethodDisabled {
        /// Which.
        kind: MfaType,
        /// Where it is switched on.
        settings_url: String,
        /// The command that switches it on.
        command: String,
    },
    /// 403 `method_not_configured`: the Type is on, but cannot work yet.
    #[error("the method lacks settings")]
    MethodNotConfigured {
        /// Which.
        kind: MfaType,
        /// The settings that are missing.
        settings: &'static [&'static str],
        /// Whose settings they are.
        app: AppId,
    },
    /// 403.
    #[error("the organization's plan does not include this")]
    PlanRequired {
        /// Which Type.
        kind: MfaType,
        /// The plan that does.
        plan: Plan,
    },
    /// 403 `destination_blocked`.
    #[error("the application sends nothing to this country")]
    DestinationBlocked {
        /// ISO 3166-1; `None` for a number of no country.
        country: Option<String>,
        /// Whose setting it is.
        app: AppId,
    },
    /// 403 `destination_blocked`, for every application.
    #[error("nothing is sent to premium-rate numbers")]
    PremiumRate,
    /// 403.
    #[error("enrolling a further factor needs Enroll and a fresh Proof")]
    ProofRequired,
    /// 403: the call is for the other mode.
    #[error("only test keys can do this")]
    TestKeysOnly,
    /// 403 `invalid_signature`: a delivery report that its provider did not sign.
    #[error("the report is not signed by its provider")]
    NotSigned,
    /// 404.
    #[error("there is no such thing")]
    NotFound,
    /// 409.
    #[error("a request with this Idempotency-Key is still running")]
    IdempotencyInProgress,
    /// 409.
    #[error("the answer stored under this Idempotency-Key held an enrolment's secret and is gone")]
    IdempotencyExpired,
    /// 422.
    #[error("this Idempotency-Key came with another body before")]
    IdempotencyMismatch,
    /// 429 `too_many_attempts`.
    #[error("this code's attempts are spent")]
    Spent {
        /// Seconds until a resend is allowed.
        retry_after: u64,
    },
    /// 429 `user_locked`.
    #[error("the user is locked")]
    Locked {
        /// Seconds until the lock ends.
        retry_after: u64,
    },
    /// 429 `resend_cooldown`.
    #[error("the last message is too young")]
    Cooldown {
        /// Seconds until the next one is allowed.
        retry_after: u64,
    },
    /// 429 `too_many_sends`.
    #[error("there were too many messages or starts for this user")]
    TooManySends {
        /// Seconds until the next one is allowed.
        retry_after: u64,
    },
    /// 429 `too_many_sends`, for all users in a country.
    #[error("there were too many messages of this application to this country")]
    CountryFull {
        /// Seconds until the next one is allowed.
        retry_after: u64,
    },
    /// 429 `rate_limited`.
    #[error("the key makes too many requests")]
    RateLimited,
    /// 503 `provider_not_configured`.
    #[error("no provider is configured for this channel")]
    ProviderNotConfigured {
        /// The section of the configuration.
        setting: String,
    },
    /// 503 `unavailable`: the database or the hashing pool.
    #[error("{0} is not available")]
    Unavailable(&'static str),
    /// 500: a broken invariant.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the database is not available");
                Self::Unavailable("the database")
            }
            StoreError::ClaimLost => Self::IdempotencyInProgress,
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<FieldError> for ServiceError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<TenantError> for ServiceError {
    fn from(error: TenantError) -> Self {
        let field = |code, param: &'static str, message: String| {
            Self::Field(FieldError { code, param: param.into(), message, fix: None })
        };
        let conflict = |code, message: String, fix: String| Self::Conflict { code, message, fix };
        match error {
            TenantError::Name => field(
                "invalid_value",
                "name",
                "`name` must be 1 to 100 characters, without control characters.".into(),
            ),
            TenantError::NotFound(_) => Self::NotFound,
            TenantError::Setting(error) => {
                let message = format!("{error}.");
                match error {
                    SettingError::Unknown { .. } => field("unknown_parameter", "settings", message),
                    SettingError::OutOfBounds { key, .. } | SettingError::Disagree { one: key, .. } => {
                        field("invalid_setting", key, message)
                    }
                }
            }
            TenantError::Template(error) => field("invalid_template", error.field, error.to_string()),
            TenantError::TooManyTemplates(_) | TenantError::TooMany(..) => {
                conflict("too_many", sentence(&error), "Remove one that is not used any more.".into())
            }
            TenantError::Changed => Self::PreconditionFailed,
            TenantError::NotActive => conflict(
                "not_active",
                "The key is revoked or expired.".into(),
                "Make a new key; only an active one is rolled.".into(),
            ),
            TenantError::NameTaken(id) => conflict(
                "already_exists",
                "The organization has an application of this name.".into(),
                format!("It is {id}; change that one, or take another name."),
            ),
            TenantError::MemberExists(id) => conflict(
                "already_exists",
                "The organization has a member with this address.".into(),
                format!("It is {id}; change that one."),
            ),
            // Its first scope is the one that makes the difference: an owner's is `all`.
            TenantError::Beyond(role) => {
                let missing = role.permissions().iter().next();
                Self::ScopeRequired(missing.unwrap_or(Permission::Everything))
            }
            TenantError::NoLink(why) => conflict(
                "no_link",
                format!("{why}."),
                "An invitation is for a member who never signed in, a reset for one who did.".into(),
            ),
            TenantError::TooManyMails(retry_after) => Self::TooManySends { retry_after },
            TenantError::LastOwner => conflict(
                "last_owner",
                "The organization would have no owner any more.".into(),
                "Make another member owner first.".into(),
            ),
            TenantError::Store(error) => error.into(),
        }
    }
}

/// An error's own words as a sentence.
fn sentence(error: &TenantError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The result of a use case.
pub type Result<T> = std::result::Result<T, ServiceError>;
