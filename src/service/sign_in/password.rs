//! The first step: address and password.

use super::{From, SignIn};
use crate::domain::id::OrgId;
use crate::domain::password::Password;
use crate::domain::session::SessionToken;
use crate::service::error::{Result, ServiceError};

/// How the first step ended.
#[derive(Debug)]
pub enum PasswordStep {
    /// No active member has this address and this password.
    Wrong,
    /// Too many attempts.
    TooMany {
        /// Seconds until the next one.
        retry_after: u64,
    },
    /// Several do: one of them is to be chosen, and the password given again.
    Choose(Vec<(OrgId, String)>),
    /// A half session.
    On(SessionToken),
}

impl SignIn<'_> {
    /// Address and password. `org` is what was chosen, where several members have both.
    ///
    /// # Errors
    /// 503 where the database or the hashing pool has no place.
    pub async fn with_password(
        &self,
        email: &str,
        password: &Password,
        org: Option<OrgId>,
        from: &From,
    ) -> Result<PasswordStep> {
        let _ = (self.service, email, password, org, from);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Puts another password in the place of the old one. The member's other sessions end; the member is told by mail.
    ///
    /// # Errors
    /// 400 on `old` or `password`; 429.
    pub async fn change_password(&self, who: &super::SignedIn, old: &Password, new: &Password) -> Result<()> {
        let _ = (who, old, new);
        Err(ServiceError::Unavailable("sign-in"))
    }
}
