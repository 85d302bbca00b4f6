//! Members: invited, changed, removed; their links, sessions and second factors as others see to them.
//!
//! `roles` are those that whoever asks may touch: nobody gives, changes or takes away a role that can more than he can.

use std::time::Duration;

use super::{Access, Result};
use crate::domain::access::{Member, Role};
use crate::domain::audit::Change;
use crate::domain::contact::{Email, User};
use crate::domain::id::{LinkId, MemberId, OrgId, SessionId};
use crate::domain::link::{LinkKind, LinkToken};
use crate::domain::notice::{MemberNotice, Notice, When};
use crate::domain::tenant::Scope;
use crate::keyring::Vault;
use crate::service::fields::user_ref;
use crate::service::tenants::{TenantError, optional_name};
use crate::store::{
    Attempt, Ending, HouseUser, Made, MemberChange, MemberChanged, MemberMail, NewLink, SessionRow, Told,
};

const MOST_MEMBERS: i64 = 500;

/// Invitations that one address is mailed in a day, by all organizations together.
const MOST_INVITATIONS: i64 = 5;
const DAY: Duration = Duration::from_hours(24);

/// A member who can sign in by a link.
#[derive(Debug)]
pub struct Invited {
    /// The member.
    pub member: Member,
    /// The link, which is mailed, too.
    pub link: LinkToken,
}

/// The user of the house whose second factors are a member's.
pub(in crate::service) fn house_user(vault: &Vault, member: MemberId) -> HouseUser {
    let user = User::Opaque(member.to_string());
    HouseUser { scope: Scope::HOUSE, user: user_ref(vault, Scope::HOUSE, &user) }
}

impl Access {
    /// Adds a member, who is invited until the first sign-in: by a mail, where `mailed`.
    pub async fn add_member(
        &self,
        org: OrgId,
        email: &Email,
        role: Role,
        name: &str,
        mailed: bool,
    ) -> Result<Invited> {
        let known = self.desk.store.org(org).await?.ok_or(TenantError::NotFound("organization"))?;
        let member = Member {
            id: self.desk.new_id(),
            org,
            email: email.as_str().to_owned(),
            name: optional_name(name)?,
            role,
            active: false,
            created_at: self.desk.now(),
        };
        let new = self.new_link(LinkKind::Invitation, &member);
        let changes = vec![Change::to("email", &member.email), Change::to("role", role.as_str())];
        let note = self.desk.note(org, "member.added", None, ("member", member.id.to_string()), changes);
        let counted = self.count_mail(&member.email, mailed).await?;
        let mail = counted.as_ref().map(|_| invitation(&member, &known.name, new.id));
        let told = Told { note, mail };
        let made = self.desk.store.add_member(&member, Some(&new), MOST_MEMBERS, &told).await;
        if !matches!(made, Ok(Made::Yes)) {
            self.uncount(counted).await;
        }
        match made? {
            Made::Yes => Ok(Invited { member, link: self.desk.vault.link(new.id) }),
            Made::Exists(other) => Err(TenantError::MemberExists(other)),
            Made::TooMany => Err(TenantError::TooMany("members", MOST_MEMBERS)),
        }
    }

    /// A fresh link for a member who was invited and has never signed in; the older one dies.
    pub async fn invite_again(
        &self,
        org: OrgId,
        id: MemberId,
        roles: &[Role],
        mailed: bool,
    ) -> Result<Invited> {
        let known = self.desk.store.org(org).await?.ok_or(TenantError::NotFound("organization"))?;
        let member = self.touchable(org, id, roles).await?;
        if member.active {
            return Err(TenantError::NoLink("The member has signed in before"));
        }
        let new = self.new_link(LinkKind::Invitation, &member);
        let note = self.desk.note(org, "member.invited", None, ("member", id.to_string()), vec![]);
        let counted = self.count_mail(&member.email, mailed).await?;
        let mail = counted.as_ref().map(|_| invitation(&member, &known.name, new.id));
        let made = self.desk.store.make_link(&new, roles, self.desk.now(), &Told { note, mail }).await;
        if !matches!(made, Ok(true)) {
            self.uncount(counted).await;
        }
        self.made(made?, new.id, member, "The member has signed in before")
    }

    /// A link by which an active member chooses another password, for the operator to hand over.
    pub async fn reset_link(&self, org: OrgId, id: MemberId) -> Result<Invited> {
        let member = self.member(org, id).await?;
        let new = self.new_link(LinkKind::Reset, &member);
        let note = self.desk.note(org, "member.reset_link_made", None, ("member", id.to_string()), vec![]);
        let told = Told { note, mail: None };
        let made = self.desk.store.make_link(&new, &Role::ALL, self.desk.now(), &told).await?;
        self.made(made, new.id, member, "The member has never signed in")
    }

    /// A link by which the first owner of an organization comes in; `None` where somebody has signed in before.
    pub async fn first_link(&self, org: OrgId) -> Result<Option<LinkToken>> {
        let new = NewLink { id: self.desk.new_id(), kind: LinkKind::FirstStart, org, member: None };
        let target = ("organization", org.to_string());
        let told =
            Told { note: self.desk.note(org, "org.first_link_made", None, target, vec![]), mail: None };
        let made = self.desk.store.make_link(&new, &Role::ALL, self.desk.now(), &told).await?;
        Ok(made.then(|| self.desk.vault.link(new.id)))
    }

    /// All members of an organization.
    pub async fn members(&self, org: OrgId) -> Result<Vec<Member>> {
        Ok(self.desk.store.members(org).await?)
    }

    /// One member.
    pub async fn member(&self, org: OrgId, id: MemberId) -> Result<Member> {
        self.desk.store.member(org, id).await?.ok_or(TenantError::NotFound("member"))
    }

    /// The member with this address.
    pub async fn member_at(&self, org: OrgId, email: &Email) -> Result<Member> {
        let members = self.members(org).await?;
        let found = members.into_iter().find(|member| member.email == email.as_str());
        found.ok_or(TenantError::NotFound("member"))
    }

    /// Changes a member's role and name; what is not given stays.
    pub async fn change_member(
        &self,
        org: OrgId,
        id: MemberId,
        role: Option<Role>,
        name: Option<&str>,
        roles: &[Role],
    ) -> Result<Member> {
        let name = name.map(optional_name).transpose()?;
        let note = self.desk.note(org, "member.changed", None, ("member", id.to_string()), vec![]);
        let now = self.desk.now();
        let change = MemberChange { role, name: name.as_deref(), among: roles };
        let changed = self.desk.store.change_member(org, id, &change, now, &note).await?;
        settled(changed)?;
        self.member(org, id).await
    }

    /// Removes a member: the sessions end at once, password and second factors are erased.
    pub async fn remove_member(&self, org: OrgId, id: MemberId, roles: &[Role]) -> Result<()> {
        let member = self.touchable(org, id, roles).await?;
        let changes = vec![Change { field: "email".into(), old: Some(member.email), new: None }];
        let note = self.desk.note(org, "member.removed", None, ("member", id.to_string()), changes);
        let house = house_user(&self.desk.vault, id);
        let now = self.desk.now();
        settled(self.desk.store.remove_member(org, id, &house, roles, now, &note).await?)
    }

    /// A member's sessions that live.
    pub async fn member_sessions(&self, org: OrgId, id: MemberId) -> Result<Vec<SessionRow>> {
        self.member(org, id).await?;
        Ok(self.desk.store.sessions(org, id, self.desk.now()).await?)
    }

    /// Ends a member's sessions, one or all of them; how many.
    pub async fn end_member_sessions(
        &self,
        org: OrgId,
        id: MemberId,
        which: Option<SessionId>,
        roles: &[Role],
    ) -> Result<u64> {
        self.touchable(org, id, roles).await?;
        let changes = which.map(|session| Change::to("session", session.to_string()));
        let target = ("member", id.to_string());
        let note = self.desk.note(org, "member.sessions_ended", None, target, changes.into_iter().collect());
        let which = which.map_or(Ending::All, Ending::One);
        let told = Told { note, mail: None };
        Ok(self.desk.store.end_sessions(org, id, which, self.desk.now(), Some(&told)).await?)
    }

    /// Erases a member's second factors and ends the sessions: with the password new ones are set up. The member is told by
    /// mail.
    pub async fn reset_member_factors(&self, org: OrgId, id: MemberId, roles: &[Role]) -> Result<()> {
        let known = self.desk.store.org(org).await?.ok_or(TenantError::NotFound("organization"))?;
        let member = self.touchable(org, id, roles).await?;
        let note = self.desk.note(org, "member.factors_reset", None, ("member", id.to_string()), vec![]);
        let now = self.desk.now();
        let when = When { at: now.to_string(), address: None };
        let notice = Notice::Member(MemberNotice::FactorsReset { org: known.name, when });
        let told = Told { note, mail: Some(MemberMail { email: member.email, notice }) };
        let house = house_user(&self.desk.vault, id);
        if !self.desk.store.reset_factors(org, id, &house, roles, now, &told).await? {
            return Err(TenantError::NotFound("member"));
        }
        Ok(())
    }

    /// The member, where the role is one that may be touched. The statement that follows looks again.
    async fn touchable(&self, org: OrgId, id: MemberId, roles: &[Role]) -> Result<Member> {
        let member = self.member(org, id).await?;
        if roles.contains(&member.role) { Ok(member) } else { Err(TenantError::Beyond(member.role)) }
    }

    fn new_link(&self, kind: LinkKind, member: &Member) -> NewLink {
        NewLink { id: self.desk.new_id(), kind, org: member.org, member: Some(member.id) }
    }

    fn made(&self, made: bool, id: LinkId, member: Member, why: &'static str) -> Result<Invited> {
        if !made {
            return Err(TenantError::NoLink(why));
        }
        Ok(Invited { member, link: self.desk.vault.link(id) })
    }

    /// Counts an invitation to an address, which may be anybody's. `None`: nothing is mailed.
    async fn count_mail(&self, email: &str, mailed: bool) -> Result<Option<Vec<Attempt>>> {
        if !mailed {
            return Ok(None);
        }
        let key = self.desk.vault.attempt_key("invitation", &[email]);
        let attempts = vec![Attempt { key, most: MOST_INVITATIONS, span: DAY }];
        let now = self.desk.now();
        match self.desk.store.reserve(&attempts, now).await? {
            None => Ok(Some(attempts)),
            Some(until) => Err(TenantError::TooManyMails(now.retry_after(until))),
        }
    }

    /// What was not mailed does not count.
    async fn uncount(&self, counted: Option<Vec<Attempt>>) {
        let Some(attempts) = counted else { return };
        if let Err(error) = self.desk.store.give_back(&attempts, self.desk.now()).await {
            tracing::warn!(%error, "an invitation that was not mailed still counts");
        }
    }
}

fn invitation(member: &Member, org: &str, link: LinkId) -> MemberMail {
    let role = member.role.to_string();
    let notice = Notice::Member(MemberNotice::Invited { org: org.to_owned(), role, link });
    MemberMail { email: member.email.clone(), notice }
}

fn settled(changed: MemberChanged) -> Result<()> {
    match changed {
        MemberChanged::Yes => Ok(()),
        MemberChanged::Absent => Err(TenantError::NotFound("member")),
        MemberChanged::LastOwner => Err(TenantError::LastOwner),
        MemberChanged::Beyond(role) => Err(TenantError::Beyond(role)),
    }
}
