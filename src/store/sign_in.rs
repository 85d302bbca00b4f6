//! Members' sign-in: attempts, passwords, sessions, links. Each decision is one conditional statement whose row count counts.
//!
//! The order in which rows are taken: the user of the house (a member's second factors), the head of the organization's
//! audit log, the password, the sessions.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::{AuditNote, Result, Scope, UserRef};
use crate::domain::access::{Member, Role};
use crate::domain::id::{LinkId, MemberId, OrgId, SessionId};
use crate::domain::link::LinkKind;
use crate::domain::notice::Notice;
use crate::domain::session::{Stage, TokenHash};
use crate::domain::time::Moment;

/// Something that may be tried so often in a span, which begins with the first try.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Whose it is, as a MAC.
    pub key: [u8; 32],
    /// How often.
    pub most: i64,
    /// In how long.
    pub span: Duration,
}

/// A mail to one member.
#[derive(Clone, Debug)]
pub struct MemberMail {
    /// The address.
    pub email: String,
    /// What it tells.
    pub notice: Notice,
}

/// What a change leaves: a line in the audit log, and often a mail to the member.
#[derive(Clone, Debug)]
pub struct Told {
    /// The line.
    pub note: AuditNote,
    /// The mail.
    pub mail: Option<MemberMail>,
}

/// An active member with the hash of the password, which does not print itself.
#[derive(Clone)]
pub struct Credential {
    /// The member.
    pub member: Member,
    /// The organization's name.
    pub org_name: String,
    /// Argon2id of the password.
    pub hash: Vec<u8>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.member.id)
    }
}

/// A session to be kept.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// What is kept of its token.
    pub token: TokenHash,
    /// The client's address.
    pub address: Option<String>,
    /// Its `User-Agent`.
    pub agent: String,
}

/// A session and its member as they are now.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// How far it has come.
    pub stage: Stage,
    /// What is kept of its token.
    pub token: TokenHash,
    /// The member, with the role of this moment.
    pub member: Member,
    /// The organization's name.
    pub org_name: String,
    /// The client's address when it began.
    pub address: Option<String>,
    /// The client's `User-Agent` when it began.
    pub agent: String,
    /// When it began.
    pub created_at: Moment,
    /// When it ends at the latest.
    pub expires_at: Moment,
    /// When it last made a request, to the minute.
    pub seen_at: Moment,
    /// When a second factor was last shown.
    pub confirmed_at: Option<Moment>,
}

/// Which of a member's sessions are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// All of them.
    All,
}

/// A link to be made. Older ones of its kind and its member die with it.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// Its id.
    pub id: LinkId,
    /// What it does.
    pub kind: LinkKind,
    /// The organization.
    pub org: OrgId,
    /// The member; none for the first start.
    pub member: Option<MemberId>,
}

/// A link that can be used now.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// Its id.
    pub id: LinkId,
    /// What it does.
    pub kind: LinkKind,
    /// The organization.
    pub org: OrgId,
    /// The organization's name.
    pub org_name: String,
    /// The member; none for the first start.
    pub member: Option<Member>,
}

/// What became of the first owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstOwner {
    /// The owner is made and the link used.
    Made,
    /// The link cannot be used.
    Gone,
    /// The organization has a member with this address, who was invited.
    Exists,
}

/// A member's house user: whose second factors they are.
#[derive(Clone, Debug)]
pub struct HouseUser {
    /// The house.
    pub scope: Scope,
    /// The user.
    pub user: UserRef,
}

/// Members' sign-in.
#[async_trait]
pub trait SignInStore: Send + Sync {
    /// Counts attempts, all of them or none; until when none is allowed, where one of them is full.
    async fn reserve(&self, attempts: &[Attempt], now: Moment) -> Result<Option<Moment>>;
    /// Takes attempts back that did no harm.
    async fn give_back(&self, attempts: &[Attempt], now: Moment) -> Result<()>;

    /// The active members with an address, oldest first, at most `most`.
    async fn credentials(&self, email: &str, most: i64) -> Result<Vec<Credential>>;
    /// The hash of an active member's password.
    async fn password_hash(&self, org: OrgId, member: MemberId) -> Result<Option<Vec<u8>>>;
    /// Begins a half session; `false` where the member is not active any more or has another password by now.
    async fn begin_session(&self, of: &Credential, new: &NewSession, now: Moment) -> Result<bool>;
    /// The session with this token, where it lives and its member is active.
    async fn find_session(&self, token: &TokenHash, now: Moment) -> Result<Option<SessionRow>>;
    /// Notes that a session made a request, where that was not noted since `before`.
    async fn see_session(&self, org: OrgId, id: SessionId, before: Moment, now: Moment) -> Result<()>;
    /// Makes a half session a full one with a new token, once; `false` where it has ended or was made full already.
    async fn finish_session(
        &self,
        half: &SessionRow,
        token: &TokenHash,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// A full session's second factor was shown again; `false` where it has ended.
    async fn confirm_session(&self, full: &SessionRow, now: Moment) -> Result<bool>;
    /// A member's full sessions that live, newest first.
    async fn sessions(&self, org: OrgId, member: MemberId, now: Moment) -> Result<Vec<SessionRow>>;
    /// Ends sessions of a member; how many. Without a note, or where none is ended, no line is written.
    async fn end_sessions(
        &self,
        org: OrgId,
        member: MemberId,
        which: Ending,
        now: Moment,
        told: Option<&Told>,
    ) -> Result<u64>;

    /// Puts another password in the place of `old`, and ends the member's other sessions and links; `false` where the password is
    /// another one by now, or the session has ended.
    async fn change_password(
        &self,
        full: &SessionRow,
        old: &[u8],
        new: &[u8],
        now: Moment,
        told: &Told,
    ) -> Result<bool>;
    /// Makes a link; `false` where it makes no sense: a reset for a member who is not active, an invitation for one who is, a
    /// first start where somebody is active. `roles`: those that the member may have.
    async fn make_link(&self, new: &NewLink, roles: &[Role], now: Moment, told: &Told) -> Result<bool>;
    /// A link that can be used now. Uses nothing up.
    async fn find_link(&self, id: LinkId, now: Moment) -> Result<Option<LinkRow>>;
    /// Uses an invitation up: the member is active, with a password and a half session. `false` where it cannot be used.
    async fn accept_invitation(
        &self,
        link: &LinkRow,
        name: &str,
        hash: &[u8],
        new: &NewSession,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// Uses a first start's link up: its owner is made, active, with a password and a half session.
    async fn accept_first_start(
        &self,
        link: &LinkRow,
        owner: &Member,
        hash: &[u8],
        new: &NewSession,
        now: Moment,
        note: &AuditNote,
    ) -> Result<FirstOwner>;
    /// Uses a reset's link up: the member has another password and no session. `false` where it cannot be used.
    async fn reset_password(&self, link: &LinkRow, hash: &[u8], now: Moment, told: &Told) -> Result<bool>;
    /// Erases a member's second factors and ends all sessions; `false` where there is no such member, or the role is not one of
    /// `roles`.
    async fn reset_factors(
        &self,
        org: OrgId,
        member: MemberId,
        house: &HouseUser,
        roles: &[Role],
        now: Moment,
        told: &Told,
    ) -> Result<bool>;
}
