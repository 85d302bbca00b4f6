//! Links: the first start, invitations, a forgotten password. To look at one uses nothing up.

use super::{From, SignIn};
use crate::domain::access::Role;
use crate::domain::link::LinkKind;
use crate::domain::password::Password;
use crate::domain::session::SessionToken;
use crate::service::error::{Result, ServiceError};

/// What a link that can be used is about.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// What it does.
    pub kind: LinkKind,
    /// The organization's name.
    pub org_name: String,
    /// The member's address; the first owner gives one.
    pub email: Option<String>,
    /// The member's name, where there is one.
    pub name: String,
    /// The member's role.
    pub role: Role,
}

/// What is given where a link is accepted.
#[derive(Debug)]
pub struct AcceptFields {
    /// The first owner's address; not looked at for an invitation, which has one.
    pub email: Option<String>,
    /// The member's name, 0 to 100 characters.
    pub name: String,
    /// The password.
    pub password: Password,
}

impl SignIn<'_> {
    /// What a link is about; `None` for one that is unknown, used or past its life.
    ///
    /// # Errors
    /// 503.
    pub async fn link(&self, token: &str) -> Result<Option<LinkView>> {
        let _ = (self.service, token);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// First start and invitation: the member is made or becomes active, with a password. A half session: the second factor
    /// is set up next.
    ///
    /// # Errors
    /// 404 for a link that cannot be used; 400 on `email`, `name` or `password`.
    pub async fn accept(&self, token: &str, fields: AcceptFields, from: &From) -> Result<SessionToken> {
        let _ = (token, fields, from);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Mails a link to each active member with this address. The answer is the same for every address, and comes before
    /// anything is looked up.
    ///
    /// # Errors
    /// 503.
    pub async fn forgot(&self, email: &str, from: &From) -> Result<()> {
        let _ = (email, from);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Another password by a link. All of the member's sessions end; then the member signs in as ever.
    ///
    /// # Errors
    /// 404 for a link that cannot be used; 400 on `password`.
    pub async fn reset(&self, token: &str, password: &Password, from: &From) -> Result<()> {
        let _ = (token, password, from);
        Err(ServiceError::Unavailable("sign-in"))
    }
}
