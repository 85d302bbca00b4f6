//! The second factors that a signed-in member looks after.

use super::{SignIn, SignedIn};
use crate::service::answers::FactorView;
use crate::service::error::{Result, ServiceError};

impl SignIn<'_> {
    /// The member's factors, and how many backup codes are left.
    ///
    /// # Errors
    /// 503.
    pub async fn factors(&self, who: &SignedIn) -> Result<(Vec<FactorView>, i64)> {
        let _ = (self.service, who);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Removes a factor, never the last one. The member is told by mail.
    ///
    /// # Errors
    /// 403 `proof_required` where the session is not confirmed; 404; 409 `last_factor`.
    pub async fn remove_factor(&self, who: &SignedIn, id: &str) -> Result<()> {
        let _ = (who, id);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// A new set of backup codes in the place of the old one: valid at once, sent nowhere, shown this once.
    ///
    /// # Errors
    /// 403 `proof_required` where the session is not confirmed.
    pub async fn new_backup_codes(&self, who: &SignedIn) -> Result<Vec<String>> {
        let _ = who;
        Err(ServiceError::Unavailable("sign-in"))
    }
}
