//! The audit log of the caller's organization.

use std::sync::Arc;

use super::answers::{AuditView, List};
use super::{Manage, PAGE};
use crate::domain::id::{AuditId, OrgId};
use crate::domain::time::Moment;
use crate::service::error::{Result, ServiceError};
use crate::service::fields::{field, looked_for};
use crate::store::{AuditFilter, Store};

/// The filters of the log, as they came.
#[derive(Default)]
pub struct AuditFields {
    /// `action`.
    pub action: Option<String>,
    /// `actor`.
    pub actor: Option<String>,
    /// `target`.
    pub target: Option<String>,
    /// `app`.
    pub app: Option<String>,
    /// `from`.
    pub from: Option<Moment>,
    /// `to`.
    pub to: Option<Moment>,
    /// `starting_after`.
    pub starting_after: Option<String>,
    /// `limit`.
    pub limit: Option<i64>,
}

impl AuditFields {
    fn filter(&self) -> Result<AuditFilter> {
        Ok(AuditFilter {
            action: looked_for(self.action.as_deref(), "action")?,
            actor: looked_for(self.actor.as_deref(), "actor")?,
            target: looked_for(self.target.as_deref(), "target")?,
            app: self.app.as_deref().map(Manage::app_id).transpose()?,
            from: self.from,
            to: self.to,
        })
    }
}

/// Reads a whole log, page by page, while it is sent.
pub struct AuditExport {
    store: Arc<dyn Store>,
    org: OrgId,
    filter: AuditFilter,
    /// The number of the next line; none behind the last one that there can be.
    from: Option<i64>,
}

impl AuditExport {
    /// The next lines; none at the end.
    pub async fn next(&mut self) -> Result<Vec<AuditView>> {
        let Some(from) = self.from else { return Ok(Vec::new()) };
        let page = self.store.audit_oldest(self.org, &self.filter, from, 500).await?;
        if let Some(last) = page.last() {
            self.from = last.seq.checked_add(1);
        }
        Ok(page.into_iter().map(AuditView::from).collect())
    }
}

impl Manage {
    /// Lines, newest first.
    pub async fn audit(&self, fields: &AuditFields) -> Result<List<AuditView>> {
        let before = fields.starting_after.as_deref().map(|text| {
            text.parse::<AuditId>().map_err(|_| {
                let fix = "Send the id of the last line of the page before.".to_owned();
                field("invalid_value", "starting_after", "`starting_after` is not a line's id.", fix)
            })
        });
        let limit = fields.limit.unwrap_or(PAGE);
        let mut found =
            self.desk.store.audit_newest(self.org, &fields.filter()?, before.transpose()?, limit + 1).await?;
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > page;
        found.truncate(page);
        Ok(List { data: found.into_iter().map(AuditView::from).collect(), has_more })
    }

    /// The whole log, oldest first.
    pub fn audit_export(&self, fields: &AuditFields) -> Result<AuditExport> {
        if fields.limit.is_some() || fields.starting_after.is_some() {
            return Err(ServiceError::Internal("an export has no pages".into()));
        }
        Ok(AuditExport {
            store: Arc::clone(&self.desk.store),
            org: self.org,
            filter: fields.filter()?,
            from: Some(i64::MIN),
        })
    }
}
