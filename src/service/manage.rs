//! The use cases of the management API and of the dashboard: what an organization's own key, or a member, may look at and
//! change.
//!
//! Each of them finds the thing that it is about through the caller's organization first: an id of another one reads as absent.
//! The changes themselves are those of [`Tenants`], [`Access`] and [`Templates`], which the command line makes, too.

pub mod answers;
mod apps;
mod audit;
mod auth;
mod history;
mod inbox;
mod keys;
mod members;
mod overview;
mod providers;
mod telling;
mod templates;
mod trying;
mod usage;
mod users;
mod webhooks;

pub use audit::{AuditExport, AuditFields};
pub use auth::{Manager, OrgKeys};
pub use history::{ChallengeFields, DeliveryFields, Page};
pub use inbox::InboxEntry;
pub use members::MemberFields;
pub use overview::{FirstSteps, Overview, Range};
pub use telling::{FactorGone, Told};
pub use templates::TemplateFields;
pub use usage::UsageFields;
pub use users::NamedUser;
pub use webhooks::{
    HookDeliveryFields, HookDeliveryView, NewWebhook, ReplayFields, ReplayView, WebhookFields, WebhookView,
};

use std::sync::Arc;

use super::desk::Desk;
use super::error::{Result, ServiceError};
use super::sign_in::SignedIn;
use super::{Access, Service, Templates, Tenants};
use crate::domain::access::{Permission, Permissions};
use crate::domain::id::{MemberId, OrgId};
use crate::domain::tenant::{Application, Mode};
use crate::providers::guard::Guard;
use crate::providers::own::OwnFactory;

/// A page of a list that is cut.
pub const PAGE: i64 = 20;

/// The organization of one caller.
pub struct Manage {
    desk: Desk,
    org: OrgId,
    scopes: Permissions,
    guard: Guard,
    factory: Arc<dyn OwnFactory>,
    /// Live keys of applications are somebody else's to make, roll and revoke.
    only_test_keys: bool,
    /// The member, where it is one who asks.
    member: Option<MemberId>,
    /// Whether a second factor was shown within the last minutes. A key has none.
    is_confirmed: bool,
}

impl Service {
    /// The organization of an authenticated key.
    #[must_use]
    pub fn manage(&self, manager: &Manager) -> Manage {
        Manage {
            desk: self.desk(manager.by()),
            org: manager.org(),
            scopes: manager.scopes().clone(),
            guard: self.guard().clone(),
            factory: self.own_providers.factory(),
            only_test_keys: false,
            member: None,
            is_confirmed: true,
        }
    }

    /// The organization of a member who is signed in, as far as the member's role goes.
    #[must_use]
    pub fn manage_as(&self, who: &SignedIn) -> Manage {
        Manage {
            desk: self.desk(who.by()),
            org: who.org(),
            scopes: who.scopes().clone(),
            guard: self.guard().clone(),
            factory: self.own_providers.factory(),
            only_test_keys: who.member().role.only_test_keys(),
            member: Some(who.member().id),
            is_confirmed: who.is_confirmed(),
        }
    }
}

impl Manage {
    fn tenants(&self) -> Tenants {
        Tenants::new(self.desk.clone())
    }

    fn access(&self) -> Access {
        Access::new(self.desk.clone())
    }

    fn templates(&self) -> Templates {
        Templates::new(self.desk.clone())
    }

    /// The desk at which changes are made.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The organization.
    pub(super) const fn org_id(&self) -> OrgId {
        self.org
    }

    /// The organization's application with this id, deleted or not.
    pub async fn own_app(&self, id: &str) -> Result<Application> {
        let id = id.parse().map_err(|_| ServiceError::NotFound)?;
        let app = self.desk.store.app(id).await?.ok_or(ServiceError::NotFound)?;
        if app.org == self.org { Ok(app) } else { Err(ServiceError::NotFound) }
    }

    /// The same, where it is not deleted: what is deleted is not changed.
    pub async fn live_app(&self, id: &str) -> Result<Application> {
        let app = self.own_app(id).await?;
        if app.deletion.is_some() {
            return Err(ServiceError::Conflict {
                code: "app_deleted",
                message: "The application is deleted.".into(),
                fix: format!("Restore it first: POST /v1/manage/apps/{}/restore.", app.id),
            });
        }
        Ok(app)
    }

    /// What is dangerous is done by a member who showed a second factor just now. Pages ask for it first; this is for the one that
    /// forgets to.
    fn must_be_confirmed(&self) -> Result<()> {
        if self.is_confirmed { Ok(()) } else { Err(ServiceError::ProofRequired) }
    }

    /// A member of some roles touches test keys only; live ones are dangerous.
    fn may_touch_keys(&self, mode: Mode) -> Result<()> {
        if self.only_test_keys && mode == Mode::Live {
            return Err(ServiceError::LiveKeys);
        }
        if mode == Mode::Live { self.must_be_confirmed() } else { Ok(()) }
    }

    /// A key hands on only what it has itself.
    fn may_grant(&self, scopes: &Permissions) -> Result<()> {
        self.scopes
            .lacks(scopes)
            .map_or(Ok(()), |missing: Permission| Err(ServiceError::ScopeRequired(missing)))
    }
}
