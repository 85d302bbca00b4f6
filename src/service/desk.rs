//! What every change of a tenant's set-up is made with: the store, the time, and who makes it, for the audit log.

use std::sync::Arc;

use crate::clock::{Chance, Clock};
use crate::domain::audit::{By, Change, Line};
use crate::domain::id::{AppId, Id, Kind, OrgId};
use crate::domain::time::Moment;
use crate::keyring::Vault;
use crate::store::{AuditNote, Store};

/// The desk of one who acts.
#[derive(Clone)]
pub struct Desk {
    pub(super) store: Arc<dyn Store>,
    pub(super) vault: Arc<Vault>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<dyn Chance>,
    by: By,
}

impl Desk {
    /// The desk of `by`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        by: By,
    ) -> Self {
        Self { store, vault, clock, chance, by }
    }

    /// Who acts.
    #[must_use]
    pub const fn by(&self) -> &By {
        &self.by
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(super) fn new_id<K: Kind>(&self) -> Id<K> {
        Id::new(self.now(), &mut *self.chance.rng())
    }

    /// The line about a change of the thing `target` of this kind.
    pub(super) fn note(
        &self,
        org: OrgId,
        action: &'static str,
        app: Option<AppId>,
        target: (&'static str, String),
        changes: Vec<Change>,
    ) -> AuditNote {
        let (target_kind, target) = target;
        let by = self.by.clone();
        let line = Line { org, by, action, app, target_kind, target, changes };
        AuditNote { line, vault: Arc::clone(&self.vault) }
    }
}
