//! Sessions as rows.

use crate::domain::id::{MemberId, OrgId, SessionId};
use crate::domain::session::{IDLE, Stage, TokenHash};
use crate::domain::time::Moment;
use crate::store::sql::access::read_member;
use crate::store::sql::{Row, Session, args, audit};
use crate::store::{AuditNote, Credential, Ending, NewSession, Result, SessionRow, Told};

/// A session with its member and the organization's name. `session_id` keeps the two ids apart.
macro_rules! sessions {
    ($rest:literal) => {
        concat!(
            "SELECT m.*, o.name AS org_name, s.id AS session_id, s.stage, s.token_hash, s.address, s.agent,
                    s.created_at AS began_at, s.expires_at, s.seen_at, s.confirmed_at
             FROM member_sessions s
             JOIN members m ON m.org_id = s.org_id AND m.id = s.member_id AND m.status = 'active'
             JOIN organizations o ON o.id = s.org_id
             WHERE ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<SessionRow> {
    Ok(SessionRow {
        id: row.parse("session_id")?,
        stage: row.parse("stage")?,
        token: TokenHash::from_bytes(row.bytes32("token_hash")?),
        member: read_member(row)?,
        org_name: row.get("org_name")?,
        address: row.get("address")?,
        agent: row.get("agent")?,
        created_at: row.moment("began_at")?,
        expires_at: row.moment("expires_at")?,
        seen_at: row.moment("seen_at")?,
        confirmed_at: row.moment_opt("confirmed_at")?,
    })
}

/// Keeps a half session; the member's that have ended make room.
pub async fn insert(
    tx: &mut dyn Session,
    org: OrgId,
    member: MemberId,
    new: &NewSession,
    now: Moment,
) -> Result<()> {
    tx.run(
        "DELETE FROM member_sessions WHERE org_id = $1 AND member_id = $2 AND expires_at <= $3",
        args![org, member, now],
    )
    .await?;
    tx.one(
        "a new session",
        "INSERT INTO member_sessions (org_id, id, member_id, token_hash, stage, address, agent, created_at, expires_at,
             seen_at)
         VALUES ($1, $2, $3, $4, 'half', $5, $6, $7, $8, $7)",
        args![
            org,
            new.id,
            member,
            new.token.as_bytes(),
            &new.address,
            &new.agent,
            now,
            Stage::Half.ends(now)
        ],
    )
    .await
}

/// Takes the password's row, so that a change of it comes before (then its hash is another one) or after (then it ends this
/// session), never in between.
pub async fn begin(tx: &mut dyn Session, of: &Credential, new: &NewSession, now: Moment) -> Result<bool> {
    let member = &of.member;
    let still = tx
        .run(
            "UPDATE member_passwords SET used_at = $1 WHERE org_id = $2 AND member_id = $3 AND hash = $4
               AND EXISTS (SELECT 1 FROM members m WHERE m.org_id = $2 AND m.id = $3 AND m.status = 'active')",
            args![now, member.org, member.id, &of.hash],
        )
        .await?;
    if still != 1 {
        return Ok(false);
    }
    insert(tx, member.org, member.id, new, now).await?;
    Ok(true)
}

pub async fn find(db: &mut dyn Session, token: &TokenHash, now: Moment) -> Result<Option<SessionRow>> {
    let row = db
        .row(
            sessions!("s.token_hash = $1 AND s.expires_at > $2 AND (s.stage = 'half' OR s.seen_at > $3)"),
            args![token.as_bytes(), now, now.minus(IDLE)],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

pub async fn of_member(
    db: &mut dyn Session,
    org: OrgId,
    member: MemberId,
    now: Moment,
) -> Result<Vec<SessionRow>> {
    let rows = db
        .rows(
            sessions!(
                "s.org_id = $1 AND s.member_id = $2 AND s.stage = 'full' AND s.expires_at > $3 AND s.seen_at > $4
                 ORDER BY s.id DESC"
            ),
            args![org, member, now, now.minus(IDLE)],
        )
        .await?;
    rows.iter().map(read).collect()
}

pub async fn see(tx: &mut dyn Session, org: OrgId, id: SessionId, before: Moment, now: Moment) -> Result<()> {
    tx.run(
        "UPDATE member_sessions SET seen_at = $1 WHERE org_id = $2 AND id = $3 AND seen_at <= $4",
        args![now, org, id, before],
    )
    .await?;
    Ok(())
}

/// The half session is used up by the statement that makes it a full one.
pub async fn finish(
    tx: &mut dyn Session,
    half: &SessionRow,
    token: &TokenHash,
    now: Moment,
    note: &AuditNote,
) -> Result<bool> {
    let member = &half.member;
    audit::hold(tx, member.org).await?;
    let finished = tx
        .run(
            "UPDATE member_sessions
             SET stage = 'full', token_hash = $1, expires_at = $2, seen_at = $3, confirmed_at = $3
             WHERE org_id = $4 AND id = $5 AND token_hash = $6 AND stage = 'half' AND expires_at > $3
               AND EXISTS (SELECT 1 FROM members m
                           WHERE m.org_id = $4 AND m.id = member_sessions.member_id AND m.status = 'active')",
            args![token.as_bytes(), Stage::Full.ends(now), now, member.org, half.id, half.token.as_bytes()],
        )
        .await?;
    if finished != 1 {
        return Ok(false);
    }
    audit::append(tx, note, now).await?;
    Ok(true)
}

pub async fn confirm(tx: &mut dyn Session, full: &SessionRow, now: Moment) -> Result<bool> {
    let confirmed = tx
        .run(
            "UPDATE member_sessions SET confirmed_at = $1
             WHERE org_id = $2 AND id = $3 AND token_hash = $4 AND stage = 'full' AND expires_at > $1 AND seen_at > $5",
            args![now, full.member.org, full.id, full.token.as_bytes(), now.minus(IDLE)],
        )
        .await?;
    Ok(confirmed == 1)
}

pub async fn delete(tx: &mut dyn Session, org: OrgId, member: MemberId, which: Ending) -> Result<u64> {
    match which {
        Ending::One(id) => {
            tx.run(
                "DELETE FROM member_sessions WHERE org_id = $1 AND member_id = $2 AND id = $3",
                args![org, member, id],
            )
            .await
        }
        Ending::AllBut(id) => {
            tx.run(
                "DELETE FROM member_sessions WHERE org_id = $1 AND member_id = $2 AND id <> $3",
                args![org, member, id],
            )
            .await
        }
        Ending::All => {
            tx.run("DELETE FROM member_sessions WHERE org_id = $1 AND member_id = $2", args![org, member])
                .await
        }
    }
}

pub async fn end(
    tx: &mut dyn Session,
    org: OrgId,
    member: MemberId,
    which: Ending,
    now: Moment,
    told: Option<&Told>,
) -> Result<u64> {
    if told.is_some() {
        audit::hold(tx, org).await?;
    }
    let ended = delete(tx, org, member, which).await?;
    if let Some(told) = told.filter(|_| ended > 0) {
        super::tell(tx, told, vec![], now).await?;
    }
    Ok(ended)
}
