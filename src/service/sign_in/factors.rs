//! The second factors that a signed-in member looks after, and the mails that tell of what happens to them.

use super::who::Visitor;
use super::{Second, SignIn, SignedIn};
use crate::domain::audit::Change;
use crate::domain::challenge::MfaType;
use crate::domain::contact::User;
use crate::domain::notice::{MemberNotice, Notice, When};
use crate::service::answers::FactorView;
use crate::service::error::{Result, ServiceError};
use crate::service::users::factor_views;
use crate::store::{MemberMail, Removed, Told, UserSummary};

impl SignIn<'_> {
    /// The member's factors, and how many backup codes are left.
    ///
    /// # Errors
    /// 503.
    pub async fn factors(&self, who: &SignedIn) -> Result<(Vec<FactorView>, i64)> {
        let summary = self.summary(&who.visitor).await?;
        let left = summary.backup_codes_remaining;
        let house = self.user(&who.visitor);
        Ok((factor_views(self.vault(), house.scope, &house.user.key, summary)?, left))
    }

    /// Removes a factor, never the last one. The member is told by mail.
    ///
    /// # Errors
    /// 403 `proof_required` where the session is not confirmed; 404; 409 `last_factor`.
    pub async fn remove_factor(&self, who: &SignedIn, id: &str) -> Result<()> {
        who.needs_confirmed()?;
        let factor = id.parse().map_err(|_| ServiceError::NotFound)?;
        let visitor = &who.visitor;
        let removed =
            MemberNotice::FactorRemoved { org: visitor.row.org_name.clone(), when: self.when(visitor) };
        let changes = vec![Change { field: "factor".into(), old: Some(id.to_owned()), new: None }];
        let told = self.told(visitor, "member.factor_removed", changes, removed);
        let house = self.user(visitor);
        match self.store().remove_own_factor(house.scope, &house.user, factor, self.now(), &told).await? {
            Removed::Yes => Ok(()),
            Removed::Absent => Err(ServiceError::NotFound),
            Removed::Last => Err(ServiceError::Conflict {
                code: "last_factor",
                message: "This is your only second factor.".into(),
                fix: "Add another one first.".into(),
            }),
        }
    }

    /// A new set of backup codes in the place of the old one: valid at once, sent nowhere, shown this once.
    ///
    /// # Errors
    /// 403 `proof_required` where the session is not confirmed.
    pub async fn new_backup_codes(&self, who: &SignedIn) -> Result<Vec<String>> {
        who.needs_confirmed()?;
        let visitor = &who.visitor;
        let made =
            MemberNotice::BackupCodesMade { org: visitor.row.org_name.clone(), when: self.when(visitor) };
        let told = self.told(visitor, "member.backup_codes_made", vec![], made);
        let user = User::Opaque(visitor.member().id.to_string());
        self.service.show_backup(&self.service.house, &user, &told).await
    }

    async fn summary(&self, visitor: &Visitor) -> Result<UserSummary> {
        let house = self.user(visitor);
        Ok(self.store().summary(house.scope, &house.user, self.now()).await?)
    }

    /// What the member can show as a second factor.
    pub(super) async fn second_of(&self, visitor: &Visitor) -> Result<Second> {
        let summary = self.summary(visitor).await?;
        let has = |kind: MfaType| summary.factors.iter().any(|factor| factor.kind == kind);
        Ok(Second {
            app: has(MfaType::App),
            key: has(MfaType::Hsm),
            backup: summary.backup_codes_remaining > 0,
        })
    }

    pub(super) fn when(&self, visitor: &Visitor) -> When {
        let address = visitor.from.address.map(|address| address.to_canonical().to_string());
        When { at: self.now().to_string(), address }
    }

    /// A line about the visitor by the visitor, and the mail that goes with it.
    pub(super) fn told(
        &self,
        visitor: &Visitor,
        action: &'static str,
        changes: Vec<Change>,
        notice: MemberNotice,
    ) -> Told {
        let mail = MemberMail { email: visitor.member().email.clone(), notice: Notice::Member(notice) };
        Told { note: self.own_note(visitor, action, changes), mail: Some(mail) }
    }

    pub(super) fn password_told(&self, visitor: &Visitor) -> Told {
        let changed =
            MemberNotice::PasswordChanged { org: visitor.row.org_name.clone(), when: self.when(visitor) };
        let ended = vec![Change::to("other_sessions", "ended")];
        self.told(visitor, "member.password_changed", ended, changed)
    }
}
