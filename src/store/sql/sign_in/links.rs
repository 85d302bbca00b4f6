//! Links as rows. One is used up by the statement that marks it, in the transaction of what it does.

use super::{passwords, sessions};
use crate::domain::access::{Member, Role};
use crate::domain::id::LinkId;
use crate::domain::link::LinkKind;
use crate::domain::time::Moment;
use crate::store::sql::access::{insert_member, read_member};
use crate::store::sql::{Row, Session, args, audit};
use crate::store::{AuditNote, Ending, FirstOwner, LinkRow, NewLink, NewSession, Result, Told};

fn read(row: &Row, member: Option<&Row>) -> Result<LinkRow> {
    Ok(LinkRow {
        id: row.parse("id")?,
        kind: row.parse("kind")?,
        org: row.parse("org_id")?,
        org_name: row.get("org_name")?,
        member: member.map(read_member).transpose()?,
    })
}

/// Whether anybody of an organization has ever signed in: from then on nobody becomes its first owner.
async fn is_in_use(db: &mut dyn Session, org: crate::domain::id::OrgId) -> Result<bool> {
    let row =
        db.row("SELECT id FROM members WHERE org_id = $1 AND status = 'active' LIMIT 1", args![org]).await?;
    Ok(row.is_some())
}

pub async fn make(
    tx: &mut dyn Session,
    new: &NewLink,
    roles: &[Role],
    now: Moment,
    told: &Told,
) -> Result<bool> {
    audit::hold(tx, new.org).await?;
    let sensible = match new.member {
        None => new.kind == LinkKind::FirstStart && !is_in_use(tx, new.org).await?,
        Some(id) => {
            let row =
                tx.row("SELECT * FROM members WHERE org_id = $1 AND id = $2", args![new.org, id]).await?;
            let wants_active = new.kind == LinkKind::Reset;
            row.as_ref().map(read_member).transpose()?.is_some_and(|member| {
                new.kind != LinkKind::FirstStart
                    && member.active == wants_active
                    && roles.contains(&member.role)
            })
        }
    };
    if !sensible {
        return Ok(false);
    }
    insert(tx, new, now).await?;
    super::tell(tx, told, vec![], now).await?;
    Ok(true)
}

/// Keeps a link; the older ones of its kind and its member die.
pub async fn insert(tx: &mut dyn Session, new: &NewLink, now: Moment) -> Result<()> {
    tx.run(
        "UPDATE member_links SET used_at = $1
         WHERE org_id = $2 AND kind = $3 AND used_at IS NULL AND (member_id = $4 OR (member_id IS NULL AND $4 IS NULL))",
        args![now, new.org, new.kind.as_str(), new.member],
    )
    .await?;
    tx.one(
        "a new link",
        "INSERT INTO member_links (id, org_id, member_id, kind, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![new.id, new.org, new.member, new.kind.as_str(), now, now.plus(new.kind.life())],
    )
    .await
}

pub async fn find(db: &mut dyn Session, id: LinkId, now: Moment) -> Result<Option<LinkRow>> {
    let row = db
        .row(
            "SELECT l.*, o.name AS org_name FROM member_links l JOIN organizations o ON o.id = l.org_id
             WHERE l.id = $1 AND l.used_at IS NULL AND l.expires_at > $2",
            args![id, now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let org = row.parse("org_id")?;
    let kind: LinkKind = row.parse("kind")?;
    if kind == LinkKind::FirstStart {
        return if is_in_use(db, org).await? { Ok(None) } else { read(&row, None).map(Some) };
    }
    let id: Option<String> = row.get("member_id")?;
    let member = db.row("SELECT * FROM members WHERE org_id = $1 AND id = $2", args![org, id]).await?;
    let Some(member) = member else { return Ok(None) };
    let link = read(&row, Some(&member))?;
    let fits = link.member.as_ref().is_some_and(|member| member.active == (kind == LinkKind::Reset));
    Ok(fits.then_some(link))
}

/// Uses a link up: of two that try at once, one does.
async fn consume(tx: &mut dyn Session, link: &LinkRow, now: Moment) -> Result<bool> {
    let used = tx
        .run(
            "UPDATE member_links SET used_at = $1
             WHERE id = $2 AND org_id = $3 AND kind = $4 AND used_at IS NULL AND expires_at > $1",
            args![now, link.id, link.org, link.kind.as_str()],
        )
        .await?;
    Ok(used == 1)
}

pub async fn accept_invitation(
    tx: &mut dyn Session,
    link: &LinkRow,
    (name, hash): (&str, &[u8]),
    new: &NewSession,
    now: Moment,
    note: &AuditNote,
) -> Result<bool> {
    let Some(member) = link.member.as_ref().filter(|_| link.kind == LinkKind::Invitation) else {
        return Ok(false);
    };
    audit::hold(tx, link.org).await?;
    if !consume(tx, link, now).await? {
        return Ok(false);
    }
    let activated = tx
        .run(
            "UPDATE members SET status = 'active', name = $1 WHERE org_id = $2 AND id = $3 AND status = 'invited'",
            args![name, link.org, member.id],
        )
        .await?;
    if activated != 1 {
        return Ok(false);
    }
    passwords::put(tx, link.org, member.id, hash, now).await?;
    passwords::drop_links(tx, link.org, member.id, now).await?;
    // Whatever becomes of this member, nobody is the first any more.
    tx.run(
        "UPDATE member_links SET used_at = $1 WHERE org_id = $2 AND kind = $3 AND used_at IS NULL",
        args![now, link.org, LinkKind::FirstStart.as_str()],
    )
    .await?;
    sessions::insert(tx, link.org, member.id, new, now).await?;
    audit::append(tx, note, now).await?;
    Ok(true)
}

pub async fn accept_first_start(
    tx: &mut dyn Session,
    link: &LinkRow,
    owner: &Member,
    hash: &[u8],
    (new, now): (&NewSession, Moment),
    note: &AuditNote,
) -> Result<FirstOwner> {
    if link.kind != LinkKind::FirstStart || owner.org != link.org {
        return Ok(FirstOwner::Gone);
    }
    audit::hold(tx, link.org).await?;
    if is_in_use(tx, link.org).await? || !consume(tx, link, now).await? {
        return Ok(FirstOwner::Gone);
    }
    let known = tx
        .row("SELECT id FROM members WHERE org_id = $1 AND email = $2", args![owner.org, &owner.email])
        .await?;
    if known.is_some() {
        return Ok(FirstOwner::Exists);
    }
    insert_member(tx, owner).await?;
    passwords::put(tx, link.org, owner.id, hash, now).await?;
    sessions::insert(tx, link.org, owner.id, new, now).await?;
    audit::append(tx, note, now).await?;
    Ok(FirstOwner::Made)
}

pub async fn reset_password(
    tx: &mut dyn Session,
    link: &LinkRow,
    hash: &[u8],
    now: Moment,
    told: &Told,
) -> Result<bool> {
    let Some(member) = link.member.as_ref().filter(|_| link.kind == LinkKind::Reset) else {
        return Ok(false);
    };
    audit::hold(tx, link.org).await?;
    if !consume(tx, link, now).await? {
        return Ok(false);
    }
    let active = tx
        .row(
            "SELECT id FROM members WHERE org_id = $1 AND id = $2 AND status = 'active'",
            args![link.org, member.id],
        )
        .await?;
    if active.is_none() {
        return Ok(false);
    }
    passwords::put(tx, link.org, member.id, hash, now).await?;
    passwords::drop_links(tx, link.org, member.id, now).await?;
    sessions::delete(tx, link.org, member.id, Ending::All).await?;
    super::tell(tx, told, vec![], now).await?;
    Ok(true)
}
