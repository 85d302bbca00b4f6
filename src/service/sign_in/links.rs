//! Links: the first start, invitations, a forgotten password. To look at one uses nothing up.

use std::time::Duration;

use super::password::{MOST_MEMBERS, account, place};
use super::{From, SignIn};
use crate::domain::access::{Member, Role};
use crate::domain::audit::{Actor, By, Change};
use crate::domain::contact::Email;
use crate::domain::link::{LinkKind, LinkToken};
use crate::domain::notice::{MemberNotice, Notice, When};
use crate::domain::password::Password;
use crate::domain::session::SessionToken;
use crate::service::Desk;
use crate::service::error::{Result, ServiceError};
use crate::service::fields::contact_error;
use crate::service::tenants::optional_name;
use crate::store::{Attempt, Credential, FirstOwner, LinkRow, MemberMail, NewLink, StoreError, Told};

/// Links for another password that an account gets, and that are asked for from one address.
const RESETS_OF_ACCOUNT: (i64, Duration) = (3, Duration::from_hours(1));
const RESETS_FROM_ADDRESS: (i64, Duration) = (20, Duration::from_hours(1));

/// What a link that can be used is about.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// What it does.
    pub kind: LinkKind,
    /// The organization's name.
    pub org_name: String,
    /// The member's address; the first owner gives one.
    pub email: Option<String>,
    /// The member's name, where there is one.
    pub name: String,
    /// The member's role.
    pub role: Role,
}

/// What is given where a link is accepted.
#[derive(Debug)]
pub struct AcceptFields {
    /// The first owner's address; not looked at for an invitation, which has one.
    pub email: Option<String>,
    /// The member's name, 0 to 100 characters.
    pub name: String,
    /// The password.
    pub password: Password,
}

impl SignIn<'_> {
    /// What a link is about; `None` for one that is unknown, used or past its life.
    ///
    /// # Errors
    /// 503.
    pub async fn link(&self, token: &str) -> Result<Option<LinkView>> {
        let Some(link) = self.usable(token).await? else { return Ok(None) };
        Ok(Some(LinkView {
            kind: link.kind,
            org_name: link.org_name,
            email: link.member.as_ref().map(|member| member.email.clone()),
            role: link.member.as_ref().map_or(Role::Owner, |member| member.role),
            name: link.member.map(|member| member.name).unwrap_or_default(),
        }))
    }

    /// First start and invitation: the member is made or becomes active, with a password. A half session: the second factor
    /// is set up next.
    ///
    /// # Errors
    /// 404 for a link that cannot be used; 400 on `email`, `name` or `password`; 409 where the first owner's address is that of
    /// somebody who was invited.
    pub async fn accept(&self, token: &str, fields: AcceptFields, from: &From) -> Result<SessionToken> {
        self.in_step()?;
        let link = self.usable(token).await?.ok_or(ServiceError::NotFound)?;
        let member = self.accepting(&link, &fields)?;
        // A link that cannot be used costs no hash.
        let hash = self.new_hash(&member.email, &fields.password).await?;
        let token = self.new_token();
        let new = self.new_session(&token, from);
        let desk = self.desk(by(&member, from));
        let note =
            |action, changes| desk.note(member.org, action, None, ("member", member.id.to_string()), changes);
        let now = self.now();
        if link.kind == LinkKind::Invitation {
            let note = note("member.activated", vec![]);
            let store = self.store();
            let accepted = store.accept_invitation(&link, &member.name, &hash, &new, now, &note).await?;
            return if accepted { Ok(token) } else { Err(ServiceError::NotFound) };
        }
        let changes = vec![Change::to("email", &member.email), Change::to("role", member.role.as_str())];
        let note = note("member.added", changes);
        match self.store().accept_first_start(&link, &member, &hash, &new, now, &note).await? {
            FirstOwner::Made => Ok(token),
            FirstOwner::Gone => Err(ServiceError::NotFound),
            FirstOwner::Exists => Err(ServiceError::Conflict {
                code: "already_exists",
                message: "Somebody with this address is invited already.".into(),
                fix: format!(
                    "Use that invitation; `rift-mfa member invite EMAIL --org {}` makes a fresh one.",
                    link.org
                ),
            }),
        }
    }

    /// The member that a link makes or lets in.
    fn accepting(&self, link: &LinkRow, fields: &AcceptFields) -> Result<Member> {
        let name = optional_name(&fields.name)?;
        match (&link.member, link.kind) {
            (Some(member), LinkKind::Invitation) => Ok(Member { name, active: true, ..member.clone() }),
            (None, LinkKind::FirstStart) => {
                let email = fields.email.as_deref().unwrap_or_default();
                let email = Email::parse(email).map_err(|error| contact_error(error, "email"))?;
                Ok(Member {
                    id: self.service.new_id(),
                    org: link.org,
                    email: email.as_str().to_owned(),
                    name,
                    role: Role::Owner,
                    active: true,
                    created_at: self.now(),
                })
            }
            _ => Err(ServiceError::NotFound),
        }
    }

    /// Mails a link to each active member with this address. The answer is the same for every address, and comes before
    /// anything is looked up.
    ///
    /// # Errors
    /// 503.
    pub async fn forgot(&self, email: &str, from: &From) -> Result<()> {
        self.in_step()?;
        let account = account(email);
        let of = |what, part: &str, (most, span)| Attempt {
            key: self.vault().attempt_key(what, &[part]),
            most,
            span,
        };
        let mut attempts = vec![of("reset of an account", &account, RESETS_OF_ACCOUNT)];
        if let Some(place) = from.address.map(place) {
            attempts.push(of("resets from an address", &place, RESETS_FROM_ADDRESS));
        }
        if self.store().reserve(&attempts, self.now()).await?.is_some() {
            return Ok(());
        }
        // By itself, so that nobody reads from the time whether there is somebody to be mailed.
        let by = By { actor: Actor::system(), address: from.address, request: Some(from.request) };
        let desk = self.desk(by);
        self.service.tasks.spawn(async move {
            if let Err(error) = mail_resets(&desk, &account).await {
                tracing::error!(%error, "links for another password were not made");
            }
        });
        Ok(())
    }

    /// Another password by a link. All of the member's sessions end; then the member signs in as ever.
    ///
    /// # Errors
    /// 404 for a link that cannot be used; 400 on `password`.
    pub async fn reset(&self, token: &str, password: &Password, from: &From) -> Result<()> {
        self.in_step()?;
        let link = self.usable(token).await?.ok_or(ServiceError::NotFound)?;
        let member = link.member.as_ref().filter(|_| link.kind == LinkKind::Reset);
        let member = member.ok_or(ServiceError::NotFound)?;
        let hash = self.new_hash(&member.email, password).await?;
        let now = self.now();
        let desk = self.desk(by(member, from));
        let changes = vec![Change::to("by", "link"), Change::to("sessions", "ended")];
        let target = ("member", member.id.to_string());
        let note = desk.note(member.org, "member.password_changed", None, target, changes);
        let address = from.address.map(|address| address.to_canonical().to_string());
        let when = When { at: now.to_string(), address };
        let notice = Notice::Member(MemberNotice::PasswordChanged { org: link.org_name.clone(), when });
        let told = Told { note, mail: Some(MemberMail { email: member.email.clone(), notice }) };
        if self.store().reset_password(&link, &hash, now, &told).await? {
            Ok(())
        } else {
            Err(ServiceError::NotFound)
        }
    }

    /// The link behind a token that this service made and that can be used now.
    async fn usable(&self, token: &str) -> Result<Option<LinkRow>> {
        let Some(link) = LinkToken::parse(token).filter(|link| self.vault().link_fits(link)) else {
            return Ok(None);
        };
        Ok(self.store().find_link(link.id, self.now()).await?)
    }
}

fn by(member: &Member, from: &From) -> By {
    let actor = Actor::member(member.id, &member.email);
    By { actor, address: from.address, request: Some(from.request) }
}

async fn mail_resets(desk: &Desk, email: &str) -> std::result::Result<(), StoreError> {
    for Credential { member, org_name, .. } in desk.store.credentials(email, MOST_MEMBERS).await? {
        let new =
            NewLink { id: desk.new_id(), kind: LinkKind::Reset, org: member.org, member: Some(member.id) };
        let target = ("member", member.id.to_string());
        let note = desk.note(member.org, "member.reset_asked", None, target, vec![]);
        let notice = Notice::Member(MemberNotice::ResetAsked { org: org_name, link: new.id });
        let told = Told { note, mail: Some(MemberMail { email: member.email, notice }) };
        desk.store.make_link(&new, &Role::ALL, desk.now(), &told).await?;
    }
    Ok(())
}
