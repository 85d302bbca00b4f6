//! Members and their roles.

use super::Manage;
use super::answers::{Deleted, List, MemberView};
use crate::domain::access::Role;
use crate::domain::contact::Email;
use crate::domain::id::MemberId;
use crate::service::error::{Result, ServiceError};
use crate::service::fields::contact_error;

/// What a member gets; what is not given stays.
#[derive(Default)]
pub struct MemberFields {
    /// `role`.
    pub role: Option<Role>,
    /// `name`.
    pub name: Option<String>,
}

impl Manage {
    /// All members.
    pub async fn members(&self) -> Result<List<MemberView>> {
        Ok(List::whole(self.access().members(self.org).await?.into_iter().map(MemberView::from)))
    }

    /// Adds a member.
    pub async fn add_member(&self, email: &str, role: Role, name: &str) -> Result<MemberView> {
        let email = Email::parse(email).map_err(|error| contact_error(error, "email"))?;
        Ok(self.access().add_member(self.org, &email, role, name).await?.into())
    }

    /// One member.
    pub async fn member(&self, id: &str) -> Result<MemberView> {
        Ok(self.access().member(self.org, member_id(id)?).await?.into())
    }

    /// Changes a member.
    pub async fn change_member(&self, id: &str, fields: MemberFields) -> Result<MemberView> {
        let id = member_id(id)?;
        Ok(self.access().change_member(self.org, id, fields.role, fields.name.as_deref()).await?.into())
    }

    /// Removes a member.
    pub async fn remove_member(&self, id: &str) -> Result<Deleted> {
        let id = member_id(id)?;
        self.access().remove_member(self.org, id).await?;
        Ok(Deleted { object: "member", id: id.to_string(), deleted: true })
    }
}

fn member_id(text: &str) -> Result<MemberId> {
    text.parse().map_err(|_| ServiceError::NotFound)
}
