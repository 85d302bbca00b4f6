//! Users as the management API shows them: masked, and with what their row tells.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{FactorView, Time};
use crate::domain::tenant::Mode;

/// A user of an application.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// `user`.
    #[schema(example = "user")]
    pub object: &'static str,
    /// The application.
    pub app: String,
    /// `test` or `live`.
    #[schema(value_type = String, example = "live")]
    pub mode: Mode,
    /// The user, masked.
    #[schema(example = "j•••@example.com")]
    pub user: String,
    /// Whether anything is known of the user.
    pub known: bool,
    /// Confirmed factors.
    pub factors: Vec<FactorView>,
    /// Unused codes of the valid backup set.
    pub backup_codes_remaining: i64,
    /// Failures of the last day that count towards a lock.
    pub failures: i64,
    /// Until when the user is locked; null where it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub locked_until: Option<Time>,
    /// Since when the user is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_seen_at: Option<Time>,
    /// When something was last decided about the user.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Time>,
}

/// The answer to an erasure.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserErasure {
    /// `user.erasure`.
    #[schema(example = "user.erasure")]
    pub object: &'static str,
    /// The application.
    pub app: String,
    /// `test` or `live`.
    #[schema(value_type = String, example = "live")]
    pub mode: Mode,
    /// The user, masked.
    #[schema(example = "j•••@example.com")]
    pub user: String,
    /// How many rows of each kind were erased; empty for a user of whom nothing was known.
    #[schema(value_type = Object)]
    pub erased: BTreeMap<&'static str, u64>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub erased_at: Time,
    /// The line of the audit log; null where nothing was erased.
    #[schema(example = "aud_01jd8zq5e8f0v9y7x6w5t4s3r2")]
    pub audit: Option<String>,
}
