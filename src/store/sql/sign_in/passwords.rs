//! Passwords as rows, and what ends with one.

use super::sessions;
use crate::domain::access::Role;
use crate::domain::id::{MemberId, OrgId};
use crate::domain::session::IDLE;
use crate::domain::time::Moment;
use crate::store::sql::access::read_member;
use crate::store::sql::{Session, args, audit, erase};
use crate::store::{Credential, Ending, HouseUser, Result, SessionRow, Told};

pub async fn credentials(db: &mut dyn Session, email: &str, most: i64) -> Result<Vec<Credential>> {
    let rows = db
        .rows(
            "SELECT m.*, o.name AS org_name, p.hash FROM members m
             JOIN member_passwords p ON p.org_id = m.org_id AND p.member_id = m.id
             JOIN organizations o ON o.id = m.org_id
             WHERE m.email = $1 AND m.status = 'active' ORDER BY m.created_at, m.id LIMIT $2",
            args![email, most],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Credential {
                member: read_member(row)?,
                org_name: row.get("org_name")?,
                hash: row.get("hash")?,
            })
        })
        .collect()
}

pub async fn hash(db: &mut dyn Session, org: OrgId, member: MemberId) -> Result<Option<Vec<u8>>> {
    let row = db
        .row(
            "SELECT p.hash FROM member_passwords p
             JOIN members m ON m.org_id = p.org_id AND m.id = p.member_id AND m.status = 'active'
             WHERE p.org_id = $1 AND p.member_id = $2",
            args![org, member],
        )
        .await?;
    row.map(|row| row.get("hash")).transpose()
}

/// Gives a member a password, whatever there was.
pub async fn put(tx: &mut dyn Session, org: OrgId, member: MemberId, hash: &[u8], now: Moment) -> Result<()> {
    tx.one(
        "a password",
        "INSERT INTO member_passwords (org_id, member_id, hash, changed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org_id, member_id) DO UPDATE SET hash = $3, changed_at = $4",
        args![org, member, hash, now],
    )
    .await
}

/// Whoever had a link to another password has none any more.
pub async fn drop_links(tx: &mut dyn Session, org: OrgId, member: MemberId, now: Moment) -> Result<()> {
    tx.run(
        "UPDATE member_links SET used_at = $1 WHERE org_id = $2 AND member_id = $3 AND used_at IS NULL",
        args![now, org, member],
    )
    .await?;
    Ok(())
}

pub async fn change(
    tx: &mut dyn Session,
    full: &SessionRow,
    old: &[u8],
    new: &[u8],
    now: Moment,
    told: &Told,
) -> Result<bool> {
    let (org, member) = (full.member.org, full.member.id);
    audit::hold(tx, org).await?;
    let changed = tx
        .run(
            "UPDATE member_passwords SET hash = $1, changed_at = $2
             WHERE org_id = $3 AND member_id = $4 AND hash = $5
               AND EXISTS (SELECT 1 FROM member_sessions s
                           WHERE s.org_id = $3 AND s.id = $6 AND s.token_hash = $7 AND s.stage = 'full'
                             AND s.expires_at > $2 AND s.seen_at > $8)",
            args![new, now, org, member, old, full.id, full.token.as_bytes(), now.minus(IDLE)],
        )
        .await?;
    if changed != 1 {
        return Ok(false);
    }
    sessions::delete(tx, org, member, Ending::AllBut(full.id)).await?;
    drop_links(tx, org, member, now).await?;
    super::tell(tx, told, vec![], now).await?;
    Ok(true)
}

/// All that a member signs in with, but the second factors.
pub async fn forget(tx: &mut dyn Session, org: OrgId, member: MemberId) -> Result<()> {
    for statement in [
        "DELETE FROM member_passwords WHERE org_id = $1 AND member_id = $2",
        "DELETE FROM member_sessions WHERE org_id = $1 AND member_id = $2",
        "DELETE FROM member_links WHERE org_id = $1 AND member_id = $2",
    ] {
        tx.run(statement, args![org, member]).await?;
    }
    Ok(())
}

pub async fn reset_factors(
    tx: &mut dyn Session,
    org: OrgId,
    member: MemberId,
    house: &HouseUser,
    roles: &[Role],
    now: Moment,
    told: &Told,
) -> Result<bool> {
    erase::erase(tx, org, house.scope, &house.user.key).await?;
    audit::hold(tx, org).await?;
    let row = tx.row("SELECT * FROM members WHERE org_id = $1 AND id = $2", args![org, member]).await?;
    let known = row.as_ref().map(read_member).transpose()?;
    if !known.is_some_and(|member| roles.contains(&member.role)) {
        return Ok(false);
    }
    sessions::delete(tx, org, member, Ending::All).await?;
    super::tell(tx, told, vec![], now).await?;
    Ok(true)
}
