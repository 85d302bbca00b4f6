//! Who calls: an API key becomes a [`Caller`], and so does a member who tries an application by hand; nothing else does.

use std::net::IpAddr;
use std::sync::Arc;

use super::Parts;
use super::error::{Result, ServiceError};
use super::gate::Gate;
use super::manage::Manage;
use crate::domain::audit::{Actor, By};
use crate::domain::id::{KeyId, OrgId, RequestId};
use crate::domain::policy::Settings;
use crate::domain::secret::ApiKey;
use crate::domain::tenant::{Application, Mode, Plan, Scope};
use crate::domain::time::Moment;
use crate::store::{KeyOwner, Store};

/// Somebody who may start and check for an application: an authenticated back-end of a tenant, a member who tries it by hand,
/// or the service itself. Its fields are private; only [`Keys::authenticate`], and within the service `Caller::by_hand` and
/// `Caller::house`, make one.
#[derive(Clone, Debug)]
pub struct Caller {
    scope: Scope,
    who: Who,
}

#[derive(Clone, Debug)]
enum Who {
    Key(Arc<KeyOwner>),
    Keyless(Arc<Keyless>),
}

/// One who has no key: a member at the dashboard, or the service itself.
#[derive(Debug)]
struct Keyless {
    asker: &'static str,
    actor: Actor,
    app: Application,
    plan: Plan,
}

impl Caller {
    /// A member who tries an application of the own organization by hand. For [`Manage::try_start`] and
    /// [`Manage::try_verify`] alone, which their callers enter with the scope `apps:write`: nobody else makes a caller without a key. It is test mode, so
    /// that nothing leaves the machine.
    ///
    /// # Errors
    /// 404 where the application is another organization's.
    pub(super) fn by_hand(manage: &Manage, app: Application, plan: Plan) -> Result<Self> {
        if app.org != manage.org_id() {
            return Err(ServiceError::NotFound);
        }
        let scope = Scope { app: app.id, mode: Mode::Test };
        let actor = manage.desk().by().actor.clone();
        let keyless = Keyless { asker: "dashboard", actor, app, plan };
        Ok(Self { scope, who: Who::Keyless(Arc::new(keyless)) })
    }

    /// The service itself, about the second factors of its own members. Made only for a member whose session is known.
    pub(super) fn house(settings: Settings) -> Self {
        let app = Application {
            id: Scope::HOUSE.app,
            org: OrgId::reserved(1),
            name: "Rift MFA".to_owned(),
            settings,
            created_at: Moment::from_millis(0),
            deletion: None,
        };
        let keyless = Keyless { asker: "house", actor: Actor::system(), app, plan: Plan::Free };
        Self { scope: Scope::HOUSE, who: Who::Keyless(Arc::new(keyless)) }
    }

    /// Who asks, for the trace: the id of the key that was used, `dashboard`, or `house`.
    #[must_use]
    pub fn asker(&self) -> String {
        match &self.who {
            Who::Key(owner) => owner.key.id.to_string(),
            Who::Keyless(keyless) => keyless.asker.to_owned(),
        }
    }

    /// The application and mode that it opens.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The application's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.app().settings
    }

    /// The application's name, as users read it.
    #[must_use]
    pub fn app_name(&self) -> &str {
        &self.app().name
    }

    /// The organization's plan.
    #[must_use]
    pub fn plan(&self) -> Plan {
        match &self.who {
            Who::Key(owner) => owner.plan,
            Who::Keyless(keyless) => keyless.plan,
        }
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.app().org
    }

    /// Who acts when this caller changes something, for the audit log.
    #[must_use]
    pub fn by(&self, address: Option<IpAddr>, request: RequestId) -> By {
        let actor = match &self.who {
            Who::Key(owner) => Actor::api_key(owner.key.id, &owner.key.name),
            Who::Keyless(keyless) => keyless.actor.clone(),
        };
        By { actor, address, request: Some(request) }
    }

    fn app(&self) -> &Application {
        match &self.who {
            Who::Key(owner) => &owner.app,
            Who::Keyless(keyless) => &keyless.app,
        }
    }
}

/// Looks keys up, remembers their owners for a moment, and limits their rate.
pub struct Keys {
    store: Arc<dyn Store>,
    pub(super) gate: Gate<KeyId, KeyOwner>,
}

impl Keys {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: Arc::clone(&parts.store), gate: Gate::new(parts, 100_000) }
    }

    /// The caller behind a key. A text that never was a key is refused without asking the database.
    pub async fn authenticate(&self, text: &str) -> Result<Caller> {
        let key = ApiKey::parse(text).ok_or(ServiceError::InvalidApiKey)?;
        let hash = key.hash();
        let owner = self.gate.record(&hash, self.store.find_key(&hash)).await?;
        let owner = owner.ok_or(ServiceError::InvalidApiKey)?;
        let now = self.gate.now();
        if owner.key.state(now) != "active" || owner.key.scope.mode != key.mode() {
            return Err(ServiceError::InvalidApiKey);
        }
        self.gate.admit(owner.key.id, now)?;
        Ok(Caller { scope: owner.key.scope, who: Who::Key(owner) })
    }

    /// Forgets all that is remembered, so that a change made by this process holds at once.
    pub fn forget(&self) {
        self.gate.forget();
    }
}
