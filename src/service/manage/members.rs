//! Members and their roles, their sessions and second factors. Nobody gives, changes or takes away a role that has scopes
//! that he lacks, whether he is a member or a key.

use super::Manage;
use super::answers::{Deleted, List, MemberView};
use crate::domain::access::{Permission, Role};
use crate::domain::contact::Email;
use crate::domain::id::MemberId;
use crate::service::error::{Result, ServiceError};
use crate::service::fields::contact_error;
use crate::service::sign_in::SessionView;

/// What a member gets; what is not given stays.
#[derive(Default)]
pub struct MemberFields {
    /// `role`.
    pub role: Option<Role>,
    /// `name`.
    pub name: Option<String>,
}

impl Manage {
    /// The roles that may be given, changed and taken away.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        Role::within(&self.scopes)
    }

    /// All members.
    pub async fn members(&self) -> Result<List<MemberView>> {
        Ok(List::whole(self.access().members(self.org).await?.into_iter().map(MemberView::from)))
    }

    /// Adds a member, who is mailed an invitation.
    pub async fn add_member(&self, email: &str, role: Role, name: &str) -> Result<MemberView> {
        let email = Email::parse(email).map_err(|error| contact_error(error, "email"))?;
        self.may_grant(&role.permissions())?;
        // Whoever comes in so may let in more.
        if role.permissions().allow(Permission::MembersWrite) {
            self.must_be_confirmed()?;
        }
        Ok(self.access().add_member(self.org, &email, role, name, true).await?.member.into())
    }

    /// Mails a fresh invitation to a member who has never signed in.
    pub async fn invite_again(&self, id: &str) -> Result<MemberView> {
        let id = member_id(id)?;
        Ok(self.access().invite_again(self.org, id, &self.roles(), true).await?.member.into())
    }

    /// One member.
    pub async fn member(&self, id: &str) -> Result<MemberView> {
        Ok(self.access().member(self.org, member_id(id)?).await?.into())
    }

    /// Changes a member.
    pub async fn change_member(&self, id: &str, fields: MemberFields) -> Result<MemberView> {
        let id = member_id(id)?;
        if let Some(role) = fields.role {
            self.may_grant(&role.permissions())?;
            if !self.is_confirmed && self.access().member(self.org, id).await?.role != role {
                return Err(ServiceError::ProofRequired);
            }
        }
        let name = fields.name.as_deref();
        Ok(self.access().change_member(self.org, id, fields.role, name, &self.roles()).await?.into())
    }

    /// Removes a member.
    pub async fn remove_member(&self, id: &str) -> Result<Deleted> {
        self.must_be_confirmed()?;
        let id = member_id(id)?;
        self.access().remove_member(self.org, id, &self.roles()).await?;
        Ok(Deleted { object: "member", id: id.to_string(), deleted: true })
    }

    /// A member's sessions that live, newest first.
    pub async fn member_sessions(&self, id: &str) -> Result<Vec<SessionView>> {
        let sessions = self.access().member_sessions(self.org, member_id(id)?).await?;
        Ok(sessions.into_iter().map(|session| SessionView::of(session, None)).collect())
    }

    /// Ends one of a member's sessions, or all of them; how many.
    pub async fn end_member_sessions(&self, id: &str, session: Option<&str>) -> Result<u64> {
        let id = member_id(id)?;
        let session = session.map(|text| text.parse().map_err(|_| ServiceError::NotFound)).transpose()?;
        Ok(self.access().end_member_sessions(self.org, id, session, &self.roles()).await?)
    }

    /// Erases a member's second factors and ends the sessions. Nobody's own: there is always one left to sign in with, and whoever
    /// sits at a session that is not his own would need the password alone from then on.
    pub async fn reset_member_factors(&self, id: &str) -> Result<()> {
        self.must_be_confirmed()?;
        let id = member_id(id)?;
        if self.member == Some(id) {
            return Err(ServiceError::Conflict {
                code: "own_factors",
                message: "These are your own second factors.".into(),
                fix: "Add and remove them at your account, where one always stays.".into(),
            });
        }
        Ok(self.access().reset_member_factors(self.org, id, &self.roles()).await?)
    }
}

fn member_id(text: &str) -> Result<MemberId> {
    text.parse().map_err(|_| ServiceError::NotFound)
}
