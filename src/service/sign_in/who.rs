//! Who asks: the two stages of a session, as the look-up of a token finds them.

use super::From as Origin;
use crate::domain::access::{Member, Permission, Permissions};
use crate::domain::audit::{Actor, By};
use crate::domain::id::{OrgId, SessionId};
use crate::domain::session::CONFIRMED;
use crate::domain::time::Moment;
use crate::service::error::{Result, ServiceError};
use crate::store::SessionRow;

/// What both stages know: the session and its member as they are at this moment.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) row: SessionRow,
    pub(super) from: Origin,
}

impl Visitor {
    pub(super) const fn member(&self) -> &Member {
        &self.row.member
    }

    pub(super) fn by(&self) -> By {
        let member = self.member();
        By {
            actor: Actor::member(member.id, &member.email),
            address: self.from.address,
            request: Some(self.from.request),
        }
    }
}

/// A member whose password was right and whose second factor is still to come. It opens nothing else.
#[derive(Clone, Debug)]
pub struct HalfSession {
    pub(super) visitor: Visitor,
    pub(super) second: Second,
}

/// The second factors that a member has. None of them: one is to be set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// An authenticator app.
    pub app: bool,
    /// A security key.
    pub key: bool,
    /// A backup code that is left.
    pub backup: bool,
}

impl Second {
    /// Whether there is a factor. Backup codes are none: they only stand in for one.
    #[must_use]
    pub const fn is_set_up(self) -> bool {
        self.app || self.key
    }
}

impl HalfSession {
    /// The member.
    #[must_use]
    pub const fn member(&self) -> &Member {
        self.visitor.member()
    }

    /// The organization's name.
    #[must_use]
    pub fn org_name(&self) -> &str {
        &self.visitor.row.org_name
    }

    /// The second factors that can be shown.
    #[must_use]
    pub const fn second(&self) -> Second {
        self.second
    }
}

/// A member who is signed in. The role is the one of this moment: the look-up reads it anew with each request.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub(super) visitor: Visitor,
    pub(super) scopes: Permissions,
    pub(super) confirmed_at: Moment,
    pub(super) now: Moment,
}

impl SignedIn {
    /// The session.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.visitor.row.id
    }

    /// The member.
    #[must_use]
    pub const fn member(&self) -> &Member {
        self.visitor.member()
    }

    /// The organization.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.visitor.row.member.org
    }

    /// The organization's name.
    #[must_use]
    pub fn org_name(&self) -> &str {
        &self.visitor.row.org_name
    }

    /// What the member's role may do.
    #[must_use]
    pub const fn scopes(&self) -> &Permissions {
        &self.scopes
    }

    /// Whether the member's role has this scope.
    ///
    /// # Errors
    /// 403 `scope_required`.
    pub fn may(&self, permission: Permission) -> Result<()> {
        if self.scopes.allow(permission) { Ok(()) } else { Err(ServiceError::ScopeRequired(permission)) }
    }

    /// When a second factor was last shown.
    #[must_use]
    pub const fn confirmed_at(&self) -> Moment {
        self.confirmed_at
    }

    /// Whether that was less than 10 minutes ago; dangerous acts want it.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_at.plus(CONFIRMED) > self.now
    }

    /// Refuses what wants a second factor that was shown just now.
    ///
    /// # Errors
    /// 403 `proof_required`.
    pub fn needs_confirmed(&self) -> Result<()> {
        if self.is_confirmed() { Ok(()) } else { Err(ServiceError::ProofRequired) }
    }

    /// Who acts, for the audit log.
    #[must_use]
    pub fn by(&self) -> By {
        self.visitor.by()
    }
}

/// What a token stands for.
#[derive(Clone, Debug)]
pub enum Session {
    /// The second factor is still to come.
    Half(HalfSession),
    /// All is done.
    Full(SignedIn),
}

/// Somebody of either stage, for what both may do.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// Before the second factor.
    Half(&'a HalfSession),
    /// After it.
    Full(&'a SignedIn),
}

impl Who<'_> {
    pub(super) const fn visitor(&self) -> &Visitor {
        match self {
            Self::Half(half) => &half.visitor,
            Self::Full(full) => &full.visitor,
        }
    }
}

impl<'a> From<&'a HalfSession> for Who<'a> {
    fn from(half: &'a HalfSession) -> Self {
        Self::Half(half)
    }
}

impl<'a> From<&'a SignedIn> for Who<'a> {
    fn from(full: &'a SignedIn) -> Self {
        Self::Full(full)
    }
}

impl<'a> From<&'a Session> for Who<'a> {
    fn from(session: &'a Session) -> Self {
        match session {
            Session::Half(half) => Self::Half(half),
            Session::Full(full) => Self::Full(full),
        }
    }
}
