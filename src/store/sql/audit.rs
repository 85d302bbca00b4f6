//! The audit log. The head's row serialises all that is changed in an organization.

use async_trait::async_trait;

use super::{Row, Session, SqlStore, args, in_time};
use crate::domain::audit::{Entry, GENESIS, Head};
use crate::domain::id::{AuditId, OrgId};
use crate::domain::time::Moment;
use crate::store::{AuditFilter, AuditNote, AuditStore, Result};

/// Holds the organization's head until the transaction ends: whoever changes something of it waits here.
pub async fn hold(tx: &mut dyn Session, org: OrgId) -> Result<Head> {
    tx.run(
        "INSERT INTO audit_heads (org_id, seq, hash, mac) VALUES ($1, 0, $2, $3) ON CONFLICT (org_id) DO NOTHING",
        args![org, GENESIS, Vec::<u8>::new()],
    )
    .await?;
    let row = tx
        .row("UPDATE audit_heads SET seq = seq WHERE org_id = $1 RETURNING seq, hash, mac", args![org])
        .await?;
    read_head(&super::rows::required(row, "the head of an audit log")?)
}

/// Appends a line. Called last in a transaction that holds users' rows: who holds a head waits for none of those.
pub async fn append(tx: &mut dyn Session, note: &AuditNote, now: Moment) -> Result<AuditId> {
    let org = note.line.org;
    let head = hold(tx, org).await?;
    let id = AuditId::new(now, &mut *super::session::event_chance());
    let entry = Entry::after(&head.hash, head.seq.saturating_add(1), &note.line, id, now);
    tx.one(
        "a line of the audit log",
        "INSERT INTO audit_log (org_id, seq, id, at, actor_kind, actor_id, actor_name, address, request, action, app_id,
             target_kind, target, changes, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        args![
            org,
            entry.seq,
            &entry.id,
            entry.at,
            &entry.actor_kind,
            &entry.actor_id,
            &entry.actor_name,
            &entry.address,
            &entry.request,
            &entry.action,
            &entry.app,
            &entry.target_kind,
            &entry.target,
            &entry.changes,
            &entry.previous_hash,
            &entry.hash
        ],
    )
    .await?;
    let mac = note.vault.audit_mac(org, entry.seq, &entry.hash);
    tx.one(
        "the head of an audit log",
        "UPDATE audit_heads SET seq = $1, hash = $2, mac = $3 WHERE org_id = $4 AND seq = $5",
        args![entry.seq, &entry.hash, &mac, org, head.seq],
    )
    .await?;
    Ok(id)
}

fn read_head(row: &Row) -> Result<Head> {
    Ok(Head { seq: row.get("seq")?, hash: row.get("hash")?, mac: row.get("mac")? })
}

fn read(row: &Row) -> Result<Entry> {
    Ok(Entry {
        seq: row.get("seq")?,
        id: row.get("id")?,
        at: row.moment("at")?,
        actor_kind: row.get("actor_kind")?,
        actor_id: row.get("actor_id")?,
        actor_name: row.get("actor_name")?,
        address: row.get("address")?,
        request: row.get("request")?,
        action: row.get("action")?,
        app: row.get("app_id")?,
        target_kind: row.get("target_kind")?,
        target: row.get("target")?,
        changes: row.get("changes")?,
        previous_hash: row.get("previous_hash")?,
        hash: row.get("hash")?,
    })
}

#[async_trait]
impl AuditStore for SqlStore {
    async fn audit_newest(
        &self,
        org: OrgId,
        filter: &AuditFilter,
        before: Option<AuditId>,
        limit: i64,
    ) -> Result<Vec<Entry>> {
        in_time(async {
            let rows = self
                .reading()
                .await?
                .rows(
                    "SELECT * FROM audit_log
                     WHERE org_id = $1 AND ($2 IS NULL OR action = $2)
                       AND ($3 IS NULL OR actor_id = $3 OR (actor_id IS NULL AND actor_kind = $3))
                       AND ($4 IS NULL OR target = $4) AND ($5 IS NULL OR app_id = $5)
                       AND ($6 IS NULL OR at >= $6) AND ($7 IS NULL OR at < $7)
                       AND ($8 IS NULL OR seq < (SELECT seq FROM audit_log WHERE org_id = $1 AND id = $8))
                     ORDER BY seq DESC LIMIT $9",
                    args![
                        org,
                        &filter.action,
                        &filter.actor,
                        &filter.target,
                        filter.app,
                        filter.from,
                        filter.to,
                        before,
                        limit
                    ],
                )
                .await?;
            rows.iter().map(read).collect()
        })
        .await
    }

    async fn audit_oldest(
        &self,
        org: OrgId,
        filter: &AuditFilter,
        from: i64,
        limit: i64,
    ) -> Result<Vec<Entry>> {
        let rows = self
            .reading()
            .await?
            .rows(
                "SELECT * FROM audit_log
                 WHERE org_id = $1 AND ($2 IS NULL OR action = $2)
                   AND ($3 IS NULL OR actor_id = $3 OR (actor_id IS NULL AND actor_kind = $3))
                   AND ($4 IS NULL OR target = $4) AND ($5 IS NULL OR app_id = $5)
                   AND ($6 IS NULL OR at >= $6) AND ($7 IS NULL OR at < $7) AND seq >= $8
                 ORDER BY seq LIMIT $9",
                args![
                    org,
                    &filter.action,
                    &filter.actor,
                    &filter.target,
                    filter.app,
                    filter.from,
                    filter.to,
                    from,
                    limit
                ],
            )
            .await?;
        rows.iter().map(read).collect()
    }

    async fn audit_head(&self, org: OrgId) -> Result<Option<Head>> {
        let row = self
            .reading()
            .await?
            .row("SELECT seq, hash, mac FROM audit_heads WHERE org_id = $1", args![org])
            .await?;
        row.as_ref().map(read_head).transpose()
    }

    async fn audited_orgs(&self) -> Result<Vec<OrgId>> {
        let rows = self
            .reading()
            .await?
            .rows(
                "SELECT id AS org_id FROM organizations UNION SELECT org_id FROM audit_heads
                 UNION SELECT org_id FROM audit_log ORDER BY org_id",
                args![],
            )
            .await?;
        rows.iter().map(|row| row.parse("org_id")).collect()
    }
}
