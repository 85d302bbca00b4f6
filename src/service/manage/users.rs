//! Users of the organization's applications.

use std::time::Duration;

use super::Manage;
use super::answers::FactorDeleted;
use crate::domain::tenant::{Mode, Scope};
use crate::service::Users;
use crate::service::answers::{UserErasure, UserView};
use crate::service::error::Result;

/// A user, as a call names it.
pub struct NamedUser {
    /// `app`.
    pub app: String,
    /// `mode`.
    pub mode: Mode,
    /// `user`.
    pub user: String,
}

impl Manage {
    fn users(&self) -> Users {
        Users::new(self.desk.clone())
    }

    /// What is known of a user.
    pub async fn user(&self, named: &NamedUser) -> Result<UserView> {
        let app = self.own_app(&named.app).await?.id;
        self.users().find(Scope { app, mode: named.mode }, &named.user).await
    }

    /// Locks a user.
    pub async fn lock_user(&self, named: &NamedUser, span: Duration) -> Result<UserView> {
        let scope = self.scope(&named.app, named.mode).await?;
        self.users().lock(self.org, scope, &named.user, span).await
    }

    /// Ends any lock of a user and clears the failures.
    pub async fn unlock_user(&self, named: &NamedUser) -> Result<UserView> {
        let scope = self.scope(&named.app, named.mode).await?;
        self.users().unlock(self.org, scope, &named.user).await
    }

    /// Erases a user.
    pub async fn erase_user(&self, named: &NamedUser) -> Result<UserErasure> {
        self.must_be_confirmed()?;
        let scope = self.scope(&named.app, named.mode).await?;
        self.users().erase(self.org, scope, &named.user).await
    }

    /// Removes a factor.
    pub async fn remove_factor(&self, app: &str, mode: Mode, id: &str) -> Result<FactorDeleted> {
        self.must_be_confirmed()?;
        let scope = self.scope(app, mode).await?;
        let removed = self.users().remove_factor(self.org, scope, id).await?;
        Ok(FactorDeleted::of(removed.id))
    }

    /// An application that is not deleted, in a mode.
    async fn scope(&self, app: &str, mode: Mode) -> Result<Scope> {
        Ok(Scope { app: self.live_app(app).await?.id, mode })
    }
}
