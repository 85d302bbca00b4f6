//! The audit log: lines are written in the transaction of what they tell, and only read afterwards.

use std::sync::Arc;

use async_trait::async_trait;

use super::Result;
use crate::domain::audit::{Change, Entry, Head, Line};
use crate::domain::id::{AppId, AuditId, OrgId};
use crate::domain::time::Moment;
use crate::keyring::Vault;

/// The line that a change leaves, and what signs the log's head.
#[derive(Clone, Debug)]
pub struct AuditNote {
    /// The line.
    pub line: Line,
    /// Makes the head's MAC.
    pub vault: Arc<Vault>,
}

impl AuditNote {
    /// The same line with what the transaction found to change.
    #[must_use]
    pub(super) fn with(&self, changes: Vec<Change>) -> Self {
        Self { line: Line { changes, ..self.line.clone() }, vault: Arc::clone(&self.vault) }
    }
}

/// What of a log is wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// What was done.
    pub action: Option<String>,
    /// Who: an id, or `cli` or `system`.
    pub actor: Option<String>,
    /// What it was done to.
    pub target: Option<String>,
    /// About this application.
    pub app: Option<AppId>,
    /// From this moment on.
    pub from: Option<Moment>,
    /// Before this moment.
    pub to: Option<Moment>,
}

/// Reading the audit log of an organization.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Lines, newest first, those before `before` where it is given.
    async fn audit_newest(
        &self,
        org: OrgId,
        filter: &AuditFilter,
        before: Option<AuditId>,
        limit: i64,
    ) -> Result<Vec<Entry>>;
    /// Lines from number `from` on, oldest first.
    async fn audit_oldest(
        &self,
        org: OrgId,
        filter: &AuditFilter,
        from: i64,
        limit: i64,
    ) -> Result<Vec<Entry>>;
    /// The head of a log; none where there is no line.
    async fn audit_head(&self, org: OrgId) -> Result<Option<Head>>;
    /// Every organization, and whatever else has lines or a head.
    async fn audited_orgs(&self) -> Result<Vec<OrgId>>;
}
