//! Walking the audit logs: is each chain the one that was written?

use std::sync::Arc;

use super::tenants::TenantError;
use crate::domain::audit::{Broken, Entry, Walk};
use crate::domain::id::OrgId;
use crate::keyring::Vault;
use crate::store::{AuditFilter, Store};

/// Lines that are read at once.
const PAGE: i64 = 500;

/// What was found about one log.
pub struct AuditVerdict {
    /// Whose it is.
    pub org: OrgId,
    /// Lines that are right, from the first one on.
    pub lines: i64,
    /// The hash of the last of them.
    pub hash: String,
    /// What is wrong after them.
    pub broken: Option<Broken>,
}

/// Walks audit logs, for the command line.
pub struct AuditCheck {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
}

impl AuditCheck {
    /// Over a store and the keys that signed its heads.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, vault: Arc<Vault>) -> Self {
        Self { store, vault }
    }

    /// Walks the log of one organization, or of all.
    ///
    /// # Errors
    /// The organization is absent, or the database cannot be read. A broken chain is no error but a verdict.
    pub async fn verify(&self, org: Option<OrgId>) -> Result<Vec<AuditVerdict>, TenantError> {
        let orgs = match org {
            Some(org) => {
                self.store.org(org).await?.ok_or(TenantError::NotFound("organization"))?;
                vec![org]
            }
            None => self.store.audited_orgs().await?,
        };
        let mut verdicts = Vec::with_capacity(orgs.len());
        for org in orgs {
            verdicts.push(self.walk(org).await?);
        }
        Ok(verdicts)
    }

    async fn walk(&self, org: OrgId) -> Result<AuditVerdict, TenantError> {
        let mut walk = Walk::default();
        let mut broken = None;
        // The head first: lines that are appended meanwhile come after it, and are not judged.
        let head = self.store.audit_head(org).await?;
        let end = head.as_ref().map_or(i64::MAX, |head| head.seq.max(0));
        // Numbers below 1 were never given out.
        let mut from = Some(i64::MIN);
        'pages: while let Some(first) = from {
            let page = self.store.audit_oldest(org, &AuditFilter::default(), first, PAGE).await?;
            let Some(last) = page.last() else { break };
            from = last.seq.checked_add(1);
            for entry in &page {
                // Appended since the head was read, or added behind it: which of the two a second look tells.
                if entry.seq > end {
                    let now = self.store.audit_head(org).await?;
                    if now.as_ref().is_some_and(|now| now.seq >= entry.seq) {
                        break 'pages;
                    }
                }
                if entry.seq == 1 && !makes(entry, org) {
                    broken = Some(Broken::Beginning);
                    break 'pages;
                }
                if let Err(found) = walk.step(entry) {
                    broken = Some(found);
                    break 'pages;
                }
            }
        }
        let broken = broken
            .or_else(|| walk.finish(head.as_ref(), |head| self.vault.audit_head_fits(org, head)).err())
            // An organization is made together with its first line: where there is none, somebody took all of them.
            .or_else(|| (walk.lines() == 0).then_some(Broken::Beginning));
        Ok(AuditVerdict { org, lines: walk.lines(), hash: walk.hash().to_owned(), broken })
    }
}

/// Whether a line tells of the making of this organization. Without its log an organization would begin a new one with its
/// next change, and the service would sign that.
fn makes(entry: &Entry, org: OrgId) -> bool {
    entry.action == "org.created" && entry.target == org.to_string()
}
