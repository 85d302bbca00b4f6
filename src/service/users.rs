//! Users as an organization sees them: looked up, locked, unlocked, erased, and factors removed. Whose the application is was
//! looked at by the caller.

use std::time::Duration;

use super::answers::{FactorRemoved, FactorView, Time, UserErasure, UserView};
use super::desk::Desk;
use super::error::{Result, ServiceError};
use super::fields::{field, user_ref};
use super::{factor_id_text, factor_name_row};
use crate::domain::contact::{ContactError, User};
use crate::domain::id::OrgId;
use crate::domain::tenant::Scope;
use crate::keyring::{UserKey, Vault};
use crate::store::{AuditNote, FactorRecord, UserRef, UserSummary};

/// Users of applications.
pub struct Users {
    desk: Desk,
}

impl Users {
    /// At a desk.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    /// What is known of a user; `known` is false for one that is not.
    pub async fn find(&self, scope: Scope, user: &str) -> Result<UserView> {
        self.view(scope, &self.named(scope, user)?).await
    }

    /// Locks a user, as failures would. A lock that lasts longer stays.
    pub async fn lock(&self, org: OrgId, scope: Scope, user: &str, span: Duration) -> Result<UserView> {
        let user = self.named(scope, user)?;
        let now = self.desk.now();
        let note = self.note(org, scope, "user.locked", &user);
        self.desk.store.lock_user(scope, &user, now.plus(span), now, &note).await?;
        self.view(scope, &user).await
    }

    /// Ends any lock and clears the failures.
    pub async fn unlock(&self, org: OrgId, scope: Scope, user: &str) -> Result<UserView> {
        let user = self.named(scope, user)?;
        self.unlock_known(org, scope, &user).await?;
        self.view(scope, &user).await
    }

    pub(super) async fn unlock_known(&self, org: OrgId, scope: Scope, user: &UserRef) -> Result<()> {
        let note = self.note(org, scope, "user.unlocked", user);
        Ok(self.desk.store.unlock(scope, user, self.desk.now(), &note).await?)
    }

    /// Removes a factor.
    pub async fn remove_factor(&self, org: OrgId, scope: Scope, id: &str) -> Result<FactorRemoved> {
        let factor = id.parse().map_err(|_| ServiceError::NotFound)?;
        let target = ("factor", factor_id_text(factor));
        let note = self.desk.note(org, "factor.removed", Some(scope.app), target, vec![]);
        if !self.desk.store.remove_factor(scope, factor, self.desk.now(), &note).await? {
            return Err(ServiceError::NotFound);
        }
        Ok(FactorRemoved { object: "mfa.factor", id: factor.to_string(), deleted: true })
    }

    /// Erases all that is kept of a user.
    pub async fn erase(&self, org: OrgId, scope: Scope, user: &str) -> Result<UserErasure> {
        let user = self.named(scope, user)?;
        let now = self.desk.now();
        let note = self.note(org, scope, "user.erased", &user);
        let erased = self.desk.store.erase_user(scope, &user, now, &note).await?;
        let (rows, audit) = match erased {
            Some(erased) => (erased.rows, Some(erased.audit.to_string())),
            None => (Vec::new(), None),
        };
        Ok(UserErasure {
            object: "user.erasure",
            app: scope.app.to_string(),
            mode: scope.mode,
            user: user.masked,
            erased: rows.into_iter().collect(),
            erased_at: Time(now),
            audit,
        })
    }

    fn named(&self, scope: Scope, text: &str) -> Result<UserRef> {
        let user = User::parse_any(text).map_err(not_a_user)?;
        Ok(user_ref(&self.desk.vault, scope, &user))
    }

    fn note(&self, org: OrgId, scope: Scope, action: &'static str, user: &UserRef) -> AuditNote {
        self.desk.note(org, action, Some(scope.app), ("user", user.masked.clone()), vec![])
    }

    async fn view(&self, scope: Scope, user: &UserRef) -> Result<UserView> {
        let summary = self.desk.store.summary(scope, user, self.desk.now()).await?;
        Ok(UserView {
            object: "user",
            app: scope.app.to_string(),
            mode: scope.mode,
            user: user.masked.clone(),
            known: summary.first_seen_at.is_some(),
            backup_codes_remaining: summary.backup_codes_remaining,
            failures: summary.failures,
            locked_until: summary.locked_until.map(Time),
            first_seen_at: summary.first_seen_at.map(Time),
            last_seen_at: summary.last_seen_at.map(Time),
            factors: factor_views(&self.desk.vault, scope, &user.key, summary)?,
        })
    }
}

/// A text that names no user.
pub(super) fn not_a_user(error: ContactError) -> ServiceError {
    let fix = error.suggestion.map_or_else(
        || "Send an e-mail address, an E.164 number, EMAIL:PHONE, or an id of your own.".to_owned(),
        |guess| format!("Did you mean {guess}?"),
    );
    field("invalid_value", "user", error.message, fix).into()
}

/// Factors with their names opened.
pub(super) fn factor_views(
    vault: &Vault,
    scope: Scope,
    user: &UserKey,
    summary: UserSummary,
) -> Result<Vec<FactorView>> {
    let view = |factor: FactorRecord| {
        let name = factor_name(vault, scope, user, &factor)?;
        Ok(FactorView {
            id: factor.id.to_string(),
            kind: factor.kind,
            name,
            created_at: Time(factor.created_at),
            last_used_at: factor.last_used_at.map(Time),
        })
    };
    summary.factors.into_iter().map(view).collect()
}

fn factor_name(vault: &Vault, scope: Scope, user: &UserKey, factor: &FactorRecord) -> Result<Option<String>> {
    let Some(sealed) = &factor.name else { return Ok(None) };
    let id = factor_id_text(factor.id);
    let internal = |error: String| ServiceError::Internal(format!("the name of {id}: {error}"));
    let opened =
        vault.open(factor_name_row(scope, user, &id), sealed).map_err(|error| internal(error.to_string()))?;
    String::from_utf8(opened.to_vec()).map(Some).map_err(|_| internal("it is not text".into()))
}
