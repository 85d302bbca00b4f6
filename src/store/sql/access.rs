//! Organization keys and members.

use async_trait::async_trait;

use super::{Row, Session, SqlStore, args, audit, erase, in_time, keys, sign_in};
use crate::domain::access::{Member, OrgKeyRecord, Role};
use crate::domain::audit::Change;
use crate::domain::id::{MemberId, OrgId, OrgKeyId};
use crate::domain::secret::ApiKeyHash;
use crate::domain::time::Moment;
use crate::store::{
    AccessStore, AuditNote, HouseUser, Made, MemberChange, MemberChanged, NewLink, Result, Rolled, Told,
};

fn read_key(row: &Row) -> Result<OrgKeyRecord> {
    Ok(OrgKeyRecord {
        id: row.parse("id")?,
        org: row.parse("org_id")?,
        name: row.get("name")?,
        hint: row.get("hint")?,
        scopes: row.parse("scopes")?,
        created_at: row.moment("created_at")?,
        expires_at: row.moment_opt("expires_at")?,
        revoked_at: row.moment_opt("revoked_at")?,
        last_used_at: row.moment_opt("last_used_at")?,
    })
}

pub fn read_member(row: &Row) -> Result<Member> {
    Ok(Member {
        id: row.parse("id")?,
        org: row.parse("org_id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        role: row.parse("role")?,
        active: row.get::<String>("status")? == "active",
        created_at: row.moment("created_at")?,
    })
}

/// How many keys of an organization are active.
async fn active(tx: &mut dyn Session, org: OrgId, now: Moment) -> Result<i64> {
    let row = tx
        .row(
            "SELECT COUNT(*) AS n FROM org_keys
             WHERE org_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
            args![org, now],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

async fn insert_key(tx: &mut dyn Session, key: &OrgKeyRecord, hash: &ApiKeyHash) -> Result<()> {
    tx.one(
        "a new organization key",
        "INSERT INTO org_keys (id, org_id, hash, hint, name, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            key.id,
            key.org,
            hash.as_bytes(),
            &key.hint,
            &key.name,
            key.scopes.to_string(),
            key.created_at,
            key.expires_at
        ],
    )
    .await?;
    // As with the keys of applications: those that ended long ago are told of by the audit log only.
    tx.run(
        "DELETE FROM org_keys WHERE id IN
         (SELECT id FROM org_keys WHERE org_id = $1 AND (revoked_at IS NOT NULL OR expires_at <= $2)
          ORDER BY COALESCE(revoked_at, expires_at) DESC, id DESC LIMIT 1000000 OFFSET $3)",
        args![key.org, key.created_at, keys::ENDED],
    )
    .await?;
    Ok(())
}

/// Keeps a new member.
pub async fn insert_member(tx: &mut dyn Session, member: &Member) -> Result<()> {
    tx.one(
        "a new member",
        "INSERT INTO members (org_id, id, email, name, role, status, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            member.org,
            member.id,
            &member.email,
            &member.name,
            member.role.as_str(),
            if member.active { "active" } else { "invited" },
            member.created_at
        ],
    )
    .await
}

/// Whether somebody but this member is an owner: in the place of one who signs in, another one who does. Read under the
/// organization's head, so that two owners who leave at once leave one after the other.
async fn has_other_owner(tx: &mut dyn Session, member: &Member) -> Result<bool> {
    let owners = tx
        .rows(
            "SELECT * FROM members WHERE org_id = $1 AND role = 'owner' AND id <> $2",
            args![member.org, member.id],
        )
        .await?;
    let owners = owners.iter().map(read_member).collect::<Result<Vec<_>>>()?;
    Ok(owners.iter().any(|other| other.active || !member.active))
}

#[async_trait]
impl AccessStore for SqlStore {
    async fn create_org_key(
        &self,
        key: &OrgKeyRecord,
        hash: &ApiKeyHash,
        most: i64,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, key.org).await?;
        if active(&mut *tx, key.org, key.created_at).await? >= most {
            return Ok(false);
        }
        insert_key(&mut *tx, key, hash).await?;
        audit::append(&mut *tx, note, key.created_at).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn org_keys(&self, org: OrgId) -> Result<Vec<OrgKeyRecord>> {
        in_time(async {
            let rows = self
                .reading()
                .await?
                .rows("SELECT * FROM org_keys WHERE org_id = $1 ORDER BY id", args![org])
                .await?;
            rows.iter().map(read_key).collect()
        })
        .await
    }

    async fn org_key(&self, id: OrgKeyId) -> Result<Option<OrgKeyRecord>> {
        in_time(async {
            let row = self.reading().await?.row("SELECT * FROM org_keys WHERE id = $1", args![id]).await?;
            row.as_ref().map(read_key).transpose()
        })
        .await
    }

    async fn revoke_org_key(&self, org: OrgId, id: OrgKeyId, now: Moment, note: &AuditNote) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, org).await?;
        let touched = tx
            .run(
                "UPDATE org_keys SET revoked_at = $1 WHERE org_id = $2 AND id = $3 AND revoked_at IS NULL",
                args![now, org, id],
            )
            .await?;
        if touched != 1 {
            return Ok(false);
        }
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn roll_org_key(
        &self,
        old: OrgKeyId,
        until: Moment,
        new: &OrgKeyRecord,
        hash: &ApiKeyHash,
        most: i64,
        note: &AuditNote,
    ) -> Result<Rolled> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, new.org).await?;
        let touched = tx
            .run(
                "UPDATE org_keys SET expires_at = CASE WHEN expires_at < $1 THEN expires_at ELSE $1 END
                 WHERE org_id = $2 AND id = $3 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)",
                args![until, new.org, old, new.created_at],
            )
            .await?;
        if touched != 1 {
            return Ok(Rolled::NotActive);
        }
        // The old one is among them as long as it has a grace.
        if active(&mut *tx, new.org, new.created_at).await? >= most {
            return Ok(Rolled::TooMany);
        }
        insert_key(&mut *tx, new, hash).await?;
        audit::append(&mut *tx, note, new.created_at).await?;
        tx.commit().await?;
        Ok(Rolled::Yes)
    }

    async fn org_keys_used(&self, at: Moment, ids: &[OrgKeyId]) -> Result<()> {
        keys::used(self, keys::ORG_KEYS_USED, at, ids).await
    }

    async fn find_org_key(&self, hash: &ApiKeyHash) -> Result<Option<OrgKeyRecord>> {
        in_time(async {
            let row = self
                .reading()
                .await?
                .row("SELECT * FROM org_keys WHERE hash = $1", args![hash.as_bytes()])
                .await?;
            row.as_ref().map(read_key).transpose()
        })
        .await
    }

    async fn add_member(
        &self,
        member: &Member,
        link: Option<&NewLink>,
        most: i64,
        told: &Told,
    ) -> Result<Made<MemberId>> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, member.org).await?;
        let known = tx
            .row("SELECT id FROM members WHERE org_id = $1 AND email = $2", args![member.org, &member.email])
            .await?;
        if let Some(row) = known {
            return Ok(Made::Exists(row.parse("id")?));
        }
        let row = tx.row("SELECT COUNT(*) AS n FROM members WHERE org_id = $1", args![member.org]).await?;
        if row.map_or(Ok(0_i64), |row| row.get("n"))? >= most {
            return Ok(Made::TooMany);
        }
        insert_member(&mut *tx, member).await?;
        sign_in::tell(&mut *tx, told, vec![], member.created_at).await?;
        if let Some(link) = link {
            sign_in::insert_link(&mut *tx, link, member.created_at).await?;
        }
        tx.commit().await?;
        Ok(Made::Yes)
    }

    async fn members(&self, org: OrgId) -> Result<Vec<Member>> {
        in_time(async {
            let rows = self
                .reading()
                .await?
                .rows("SELECT * FROM members WHERE org_id = $1 ORDER BY id", args![org])
                .await?;
            rows.iter().map(read_member).collect()
        })
        .await
    }

    async fn member(&self, org: OrgId, id: MemberId) -> Result<Option<Member>> {
        in_time(async {
            let row = self
                .reading()
                .await?
                .row("SELECT * FROM members WHERE org_id = $1 AND id = $2", args![org, id])
                .await?;
            row.as_ref().map(read_member).transpose()
        })
        .await
    }

    async fn change_member(
        &self,
        org: OrgId,
        id: MemberId,
        change: &MemberChange<'_>,
        now: Moment,
        note: &AuditNote,
    ) -> Result<MemberChanged> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, org).await?;
        let row = tx.row("SELECT * FROM members WHERE org_id = $1 AND id = $2", args![org, id]).await?;
        let Some(member) = row.as_ref().map(read_member).transpose()? else {
            return Ok(MemberChanged::Absent);
        };
        if !change.among.contains(&member.role) {
            return Ok(MemberChanged::Beyond(member.role));
        }
        let (role, name) = (change.role.unwrap_or(member.role), change.name.unwrap_or(&member.name));
        let mut changes = Vec::new();
        if role != member.role {
            changes.push(Change::from_to("role", member.role.as_str(), role.as_str()));
        }
        if name != member.name {
            changes.push(Change::from_to("name", &member.name, name));
        }
        if changes.is_empty() {
            return Ok(MemberChanged::Yes);
        }
        if member.role == Role::Owner && role != Role::Owner && !has_other_owner(&mut *tx, &member).await? {
            return Ok(MemberChanged::LastOwner);
        }
        tx.one(
            "a member",
            "UPDATE members SET role = $1, name = $2 WHERE org_id = $3 AND id = $4",
            args![role.as_str(), name, org, id],
        )
        .await?;
        audit::append(&mut *tx, &note.with(changes), now).await?;
        tx.commit().await?;
        Ok(MemberChanged::Yes)
    }

    async fn remove_member(
        &self,
        org: OrgId,
        id: MemberId,
        house: &HouseUser,
        roles: &[Role],
        now: Moment,
        note: &AuditNote,
    ) -> Result<MemberChanged> {
        let mut tx = self.writing().await?;
        // The second factors first: who holds the head waits for no user.
        erase::erase(&mut *tx, org, house.scope, &house.user.key).await?;
        audit::hold(&mut *tx, org).await?;
        let row = tx.row("SELECT * FROM members WHERE org_id = $1 AND id = $2", args![org, id]).await?;
        let Some(member) = row.as_ref().map(read_member).transpose()? else {
            return Ok(MemberChanged::Absent);
        };
        if !roles.contains(&member.role) {
            return Ok(MemberChanged::Beyond(member.role));
        }
        if member.role == Role::Owner && !has_other_owner(&mut *tx, &member).await? {
            return Ok(MemberChanged::LastOwner);
        }
        sign_in::forget(&mut *tx, org, id).await?;
        tx.one("a member", "DELETE FROM members WHERE org_id = $1 AND id = $2", args![org, id]).await?;
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(MemberChanged::Yes)
    }
}
