//! Mails to members as rows: one for each owner and admin that there is when it is queued.

use std::time::Duration;

use async_trait::async_trait;

use super::session::{Claiming, claiming, event_chance};
use super::{Row, Session, SqlStore, args};
use crate::domain::id::{NoticeId, OrgId};
use crate::domain::notice::{LIFE, NewNotice, Notice};
use crate::domain::time::Moment;
use crate::store::{ClaimedNotice, Lease, MemberMail, NoticeNext, NoticeStore, Result};

/// Mails of a day to one member of an organization. Who may set up webhooks can switch one on again and again, and have it
/// switched off at once; and the members' addresses are what the tenant says they are.
const MOST_A_DAY: i64 = 10;

const DAY: Duration = Duration::from_hours(24);

/// Queues a mail to each owner and admin who has not had the day's mails yet. Their ids differ in the last two characters.
pub async fn queue(tx: &mut dyn Session, org: OrgId, notice: &NewNotice, now: Moment) -> Result<()> {
    let id = NoticeId::new(now, &mut *event_chance()).to_string();
    let stem = id.get(..id.len().saturating_sub(2)).unwrap_or_default();
    tx.run(
        "INSERT INTO notices (org_id, id, email, kind, data, status, lease, due_at, expires_at, tries, created_at)
         SELECT m.org_id,
                $1 || SUBSTR('0123456789abcdefghjkmnpqrstvwxyz', m.n / 32 + 1, 1)
                   || SUBSTR('0123456789abcdefghjkmnpqrstvwxyz', m.n % 32 + 1, 1),
                m.email, $2, $3, 'queued', '', $4, $5, 0, $4
         FROM (SELECT org_id, email, CAST(ROW_NUMBER() OVER (ORDER BY id) AS INTEGER) AS n FROM members
               WHERE org_id = $6 AND role IN ('owner', 'admin')
                 AND email NOT IN (SELECT email FROM notices WHERE org_id = $6 AND id >= $7 AND kind NOT LIKE 'member.%'
                                   GROUP BY email HAVING COUNT(*) >= $8)) AS m
         WHERE m.n < 1000",
        args![
            stem,
            notice.kind(),
            notice.data(),
            now,
            now.plus(LIFE),
            org,
            NoticeId::first_of(now.minus(DAY)),
            MOST_A_DAY
        ],
    )
    .await?;
    Ok(())
}

/// Queues a mail to one member, whatever mails there were: it tells of what was done to the member's own sign-in, and how many
/// there can be is counted where they are caused.
pub async fn queue_to(tx: &mut dyn Session, org: OrgId, mail: &MemberMail, now: Moment) -> Result<()> {
    let id = NoticeId::new(now, &mut *event_chance());
    tx.one(
        "a mail to a member",
        "INSERT INTO notices (org_id, id, email, kind, data, status, lease, due_at, expires_at, tries, created_at)
         VALUES ($1, $2, $3, $4, $5, 'queued', '', $6, $7, 0, $6)",
        args![
            org,
            id,
            &mail.email,
            mail.notice.kind(),
            mail.notice.data(),
            now,
            now.plus(LIFE)
        ],
    )
    .await
}

const CLAIM: Claiming = claiming!(
    "WITH due AS MATERIALIZED (SELECT org_id AS d_org, id AS d_id FROM notices
           WHERE status = 'queued' AND due_at <= $3 ORDER BY due_at LIMIT $4",
    ")
     UPDATE notices SET lease = $1, due_at = $2
     FROM due WHERE org_id = d_org AND id = d_id AND status = 'queued'
     RETURNING org_id, id, email, kind, data, tries, expires_at"
);

fn read(row: &Row, lease: &Lease) -> Result<ClaimedNotice> {
    Ok(ClaimedNotice {
        id: row.parse("id")?,
        org: row.parse("org_id")?,
        email: row.get("email")?,
        notice: Notice::read(&row.get::<String>("kind")?, &row.get::<String>("data")?),
        lease: lease.clone(),
        tries: u32::try_from(row.get::<i64>("tries")?).unwrap_or(u32::MAX),
        expires_at: row.moment("expires_at")?,
    })
}

#[async_trait]
impl NoticeStore for SqlStore {
    async fn claim_notices(&self, now: Moment, lease: &Lease, limit: i64) -> Result<Vec<ClaimedNotice>> {
        let due = self
            .reading()
            .await?
            .row("SELECT 1 AS due FROM notices WHERE status = 'queued' AND due_at <= $1 LIMIT 1", args![now])
            .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.writing().await?;
        let claim = args![&lease.token, lease.until, now, limit];
        let rows = tx.rows(CLAIM.of(&*self.database), claim).await?;
        let claimed = rows.iter().map(|row| read(row, lease)).collect::<Result<_>>()?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn record_notice(&self, notice: &ClaimedNotice, next: &NoticeNext, now: Moment) -> Result<bool> {
        let (status, reason, due_at, ended_at) = match next {
            NoticeNext::Sent => ("sent", None, now, Some(now)),
            NoticeNext::Again(at) => ("queued", None, *at, None),
            NoticeNext::Failed(reason) => ("failed", Some(reason.as_str()), now, Some(now)),
        };
        let mut tx = self.writing().await?;
        let touched = tx
            .run(
                "UPDATE notices SET status = $1, reason = $2, due_at = $3, ended_at = $4, lease = '', tries = tries + 1
                 WHERE org_id = $5 AND id = $6 AND status = 'queued' AND lease = $7",
                args![status, reason, due_at, ended_at, notice.org, notice.id, &notice.lease.token],
            )
            .await?;
        tx.commit().await?;
        Ok(touched == 1)
    }
}
