//! Organization keys and members.

use async_trait::async_trait;

use super::{AuditNote, HouseUser, NewLink, Result, Told};
use crate::domain::access::{Member, OrgKeyRecord, Role};
use crate::domain::id::{MemberId, OrgId, OrgKeyId};
use crate::domain::secret::ApiKeyHash;
use crate::domain::time::Moment;

/// What became of something that may be there once, and of which there may be so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made<K> {
    /// It was made.
    Yes,
    /// There is one already.
    Exists(K),
    /// There are as many as there may be.
    TooMany,
}

/// What became of the roll of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rolled {
    /// It has a successor.
    Yes,
    /// It is absent, or not active.
    NotActive,
    /// With the successor there would be more active ones than there may be.
    TooMany,
}

/// A change of a member; what is not given stays.
#[derive(Clone, Copy, Debug)]
pub struct MemberChange<'a> {
    /// The role.
    pub role: Option<Role>,
    /// The name.
    pub name: Option<&'a str>,
    /// The roles that may be touched.
    pub among: &'a [Role],
}

/// What became of a change of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChanged {
    /// It was made, or nothing was to be changed.
    Yes,
    /// There is no such member.
    Absent,
    /// The organization would have no owner any more.
    LastOwner,
    /// The member has this role, which is not one that may be touched.
    Beyond(Role),
}

/// Organization keys and members. Each call names the organization; a change leaves its line in the audit log.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Keeps a new organization key; `false` where the organization has `most` active ones.
    async fn create_org_key(
        &self,
        key: &OrgKeyRecord,
        hash: &ApiKeyHash,
        most: i64,
        note: &AuditNote,
    ) -> Result<bool>;
    /// All keys of an organization, oldest first.
    async fn org_keys(&self, org: OrgId) -> Result<Vec<OrgKeyRecord>>;
    /// One key.
    async fn org_key(&self, id: OrgKeyId) -> Result<Option<OrgKeyRecord>>;
    /// Revokes a key; `false` when there is none or it is revoked already.
    async fn revoke_org_key(&self, org: OrgId, id: OrgKeyId, now: Moment, note: &AuditNote) -> Result<bool>;
    /// Keeps the successor of a key and lets the old one live until `until` at the longest, where there are not more than
    /// `most` active ones then.
    async fn roll_org_key(
        &self,
        old: OrgKeyId,
        until: Moment,
        new: &OrgKeyRecord,
        hash: &ApiKeyHash,
        most: i64,
        note: &AuditNote,
    ) -> Result<Rolled>;
    /// Keeps that these keys were used in the minute that began `at`. What is kept of a later use stays.
    async fn org_keys_used(&self, at: Moment, ids: &[OrgKeyId]) -> Result<()>;
    /// The key with this hash, whatever its state.
    async fn find_org_key(&self, hash: &ApiKeyHash) -> Result<Option<OrgKeyRecord>>;

    /// Adds a member.
    /// With the link of the invitation, where there is one.
    async fn add_member(
        &self,
        member: &Member,
        link: Option<&NewLink>,
        most: i64,
        told: &Told,
    ) -> Result<Made<MemberId>>;
    /// All members of an organization, oldest first.
    async fn members(&self, org: OrgId) -> Result<Vec<Member>>;
    /// One member.
    async fn member(&self, org: OrgId, id: MemberId) -> Result<Option<Member>>;
    /// Changes a member's role and name, where the role until then is one of those that may be touched; what is not given stays as it is by then.
    /// The line tells what was changed.
    async fn change_member(
        &self,
        org: OrgId,
        id: MemberId,
        change: &MemberChange<'_>,
        now: Moment,
        note: &AuditNote,
    ) -> Result<MemberChanged>;
    /// Removes a member whose role is one of `roles`, with all that the member signs in with.
    async fn remove_member(
        &self,
        org: OrgId,
        id: MemberId,
        house: &HouseUser,
        roles: &[Role],
        now: Moment,
        note: &AuditNote,
    ) -> Result<MemberChanged>;
}
