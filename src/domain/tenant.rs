//! Tenants: organizations with a plan, their applications, and the API keys of those.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{AppId, KeyId, OrgId};
use super::policy::Settings;
use super::time::Moment;

/// Test and live are two worlds: nothing of one is visible in the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing leaves the machine; messages go to the test inbox.
    Test,
    /// Messages are handed to providers.
    Live,
}

impl Mode {
    /// `test` or `live`, as stored and as it stands in a key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// Where a row belongs. Every call of the store takes one, so that no statement can forget the tenant or the mode.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Scope {
    /// The application.
    pub app: AppId,
    /// The mode of the key that the call came with.
    pub mode: Mode,
}

impl Scope {
    /// The service's own members and their second factors: an application that no tenant has or can have.
    pub const HOUSE: Self = Self { app: AppId::reserved(1), mode: Mode::Live };
}

/// What an organization pays for. DUAL needs [`Plan::Enterprise`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Without a contract.
    Free,
    /// Paid.
    Pro,
    /// Paid, with DUAL.
    Enterprise,
}

impl Plan {
    /// `free`, `pro` or `enterprise`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }
}

/// The text names none of the values of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of: {expected}")]
pub struct NotOneOf {
    expected: &'static str,
}

impl NotOneOf {
    /// The error of a set whose values are `expected`.
    #[must_use]
    pub const fn new(expected: &'static str) -> Self {
        Self { expected }
    }
}

impl FromStr for Mode {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, NotOneOf> {
        [Self::Test, Self::Live]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or(NotOneOf { expected: "test, live" })
    }
}

impl FromStr for Plan {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, NotOneOf> {
        [Self::Free, Self::Pro, Self::Enterprise]
            .into_iter()
            .find(|plan| plan.as_str() == text)
            .ok_or(NotOneOf { expected: "free, pro, enterprise" })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tenant.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// What it pays for.
    pub plan: Plan,
    /// When it was made.
    pub created_at: Moment,
}

/// One product of a tenant: its own users, keys and settings.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its id.
    pub id: AppId,
    /// The tenant that it belongs to.
    pub org: OrgId,
    /// Its name, 1 to 100 characters; stands in messages and in authenticator apps.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Moment,
    /// Set while it is deleted and can still be restored: since when, and when it is erased.
    pub deletion: Option<Deletion>,
}

/// The grace of a deleted application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    /// Since then its keys do not work.
    pub deleted_at: Moment,
    /// From then on it is erased for good.
    pub erased_after: Moment,
}

/// What is kept of an API key.
#[derive(Clone, Debug)]
pub struct ApiKeyRecord {
    /// Its id.
    pub id: KeyId,
    /// The application and mode that it opens.
    pub scope: Scope,
    /// A name for people; may be empty.
    pub name: String,
    /// The first characters of the key.
    pub hint: String,
    /// When it was made.
    pub created_at: Moment,
    /// From then on it no longer works.
    pub expires_at: Option<Moment>,
    /// Since then it no longer works.
    pub revoked_at: Option<Moment>,
    /// The minute in which it was last used; a use shows about a minute later.
    pub last_used_at: Option<Moment>,
}

impl ApiKeyRecord {
    /// `active`, `expired` or `revoked`.
    #[must_use]
    pub fn state(&self, now: Moment) -> &'static str {
        key_state(self.revoked_at, self.expires_at, now)
    }
}

/// `active`, `expired` or `revoked`.
pub(super) fn key_state(revoked_at: Option<Moment>, expires_at: Option<Moment>, now: Moment) -> &'static str {
    if revoked_at.is_some() {
        "revoked"
    } else if expires_at.is_some_and(|end| end <= now) {
        "expired"
    } else {
        "active"
    }
}
