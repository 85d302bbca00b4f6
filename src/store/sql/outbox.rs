//! The outbox: queueing in the transaction of the start, claiming, and recording what came of a try.

use std::time::Duration;

use async_trait::async_trait;

use super::turns::Turn;
use super::{Session, SqlStore, args, events, in_time, inbox, reports, rows, sets, turns};
use crate::domain::id::ChallengeId;
use crate::domain::message::Channel;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::Sealed;
use crate::store::{
    AttemptRecord, ClaimedMessage, DeliveryReport, Disposition, InboxItem, InboxOf, Lease, NewMessage, Next,
    OutboxStore, ReportTaken, Result, StoreError, Wakes,
};

/// Keeps a message of a challenge.
pub async fn queue(
    tx: &mut dyn Session,
    scope: Scope,
    challenge: ChallengeId,
    message: &NewMessage,
    now: Moment,
) -> Result<()> {
    let (status, payload, lease, due_at, ended_at) = match &message.disposition {
        Disposition::Leased(lease) => {
            ("queued", Some(&message.payload), lease.token.as_str(), lease.until, None)
        }
        Disposition::Later(at) => ("queued", Some(&message.payload), "", *at, None),
        Disposition::Inbox(_) => ("delivered", None, "", now, Some(now)),
    };
    tx.one(
        "a new message",
        "INSERT INTO messages (app_id, mode, id, challenge_id, user_key, channel, masked, status, payload_key, payload,
             lease, due_at, expires_at, tries, created_at, ended_at, step, wait_ms, segments, country)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16, $17, $18, $19)",
        args![
            scope.app,
            scope.mode,
            message.id,
            challenge,
            &message.to,
            message.channel.as_str(),
            &message.masked,
            status,
            payload.map(|sealed| sealed.key.as_str()),
            super::Arg::Bytes(payload.map(|sealed| sealed.bytes.clone())),
            lease,
            due_at,
            message.expires_at,
            now,
            ended_at,
            message.step,
            message.wait.map(|wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
            message.segments.map(i64::from),
            &message.country
        ],
    )
    .await?;
    let Disposition::Inbox(content) = &message.disposition else { return Ok(()) };
    let id = message.id.to_string();
    let delivered = AttemptRecord {
        provider: "sandbox".into(),
        own: false,
        result: "sent",
        reason: None,
        detail: None,
        provider_id: None,
        started_at: now,
        ended_at: now,
    };
    insert_attempt(tx, scope, &id, &delivered).await?;
    inbox::insert(tx, scope, &id, &message.to, content, now).await
}

async fn insert_attempt(
    tx: &mut dyn Session,
    scope: Scope,
    message: &str,
    attempt: &AttemptRecord,
) -> Result<()> {
    tx.one(
        "a delivery attempt",
        "INSERT INTO delivery_attempts (app_id, mode, message_id, seq, provider, result, reason, detail, provider_id,
             started_at, ended_at, own)
         SELECT $1, $2, $3, COALESCE(MAX(seq), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11 FROM delivery_attempts
         WHERE app_id = $1 AND mode = $2 AND message_id = $3",
        args![
            scope.app,
            scope.mode,
            message,
            &attempt.provider,
            attempt.result,
            &attempt.reason,
            &attempt.detail,
            &attempt.provider_id,
            attempt.started_at,
            attempt.ended_at,
            attempt.own
        ],
    )
    .await
}

/// Ends a message and erases its payload. A hand-over is told even when the lease was lost meanwhile: it did happen. What a
/// delivery report has told already says more.
async fn end(
    tx: &mut dyn Session,
    message: &ClaimedMessage,
    status: &'static str,
    reason: Option<&str>,
    at: Moment,
) -> Result<bool> {
    let sent = matches!(status, "sent" | "delivered");
    let touched = tx
        .run(
            "UPDATE messages SET status = $1, reason = $2, payload = NULL, payload_key = NULL, ended_at = $3
             WHERE app_id = $4 AND mode = $5 AND id = $6
               AND ((status = 'queued' AND lease = $7)
                    OR ($8 AND status <> $1 AND status NOT IN ('delivered', 'undelivered')))",
            args![
                status,
                reason,
                at,
                message.scope.app,
                message.scope.mode,
                message.id,
                &message.lease.token,
                sent
            ],
        )
        .await?;
    Ok(touched == 1)
}

async fn postpone(
    tx: &mut dyn Session,
    message: &ClaimedMessage,
    due_at: Moment,
    rounds: i64,
) -> Result<bool> {
    let touched = tx
        .run(
            "UPDATE messages SET due_at = $1, tries = tries + $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND status = 'queued' AND lease = $6",
            args![due_at, rounds, message.scope.app, message.scope.mode, message.id, &message.lease.token],
        )
        .await?;
    Ok(touched == 1)
}

/// Says whether the lease still held; nothing where the message is gone with its user: then nothing is to be kept.
async fn record(
    tx: &mut dyn Session,
    message: &ClaimedMessage,
    attempt: Option<&AttemptRecord>,
    next: &Next,
    now: Moment,
) -> Result<Option<bool>> {
    let scope = message.scope;
    let id = message.id.to_string();
    if matches!(next, Next::Sent { .. } | Next::Failed { .. } | Next::Expired) {
        // A backup set changes hands under its user's row, as everything that is decided about a user.
        sets::lock_owner(tx, scope, message.challenge, now).await?;
        turns::lock(tx, &Turn::of(message)).await?;
    }
    let held = match next {
        Next::Sent { inbox } => {
            let status = if inbox.is_some() { "delivered" } else { "sent" };
            let ended = end(tx, message, status, None, now).await?;
            // Told once: a second hand-over must not put off those whose turn the first one, or its report, has set.
            if ended && inbox.is_some() {
                turns::delivered(tx, &Turn::of(message), now).await?;
            } else if ended {
                turns::sent(tx, &Turn::of(message), now).await?;
            }
            if let Some(content) = inbox {
                inbox::insert(tx, scope, &id, &message.to, content, now).await?;
            }
            sets::handed_over(tx, scope, message.challenge, now).await?;
            ended
        }
        Next::Failed { reason } => {
            let ended = end(tx, message, "failed", Some(reason), now).await?;
            if ended {
                events::undelivered(tx, scope, &id, reason, now).await?;
                turns::failed(tx, &Turn::of(message), now).await?;
                sets::not_handed_over(tx, scope, message.challenge, now).await?;
            }
            ended
        }
        Next::Expired => {
            let ended = end(tx, message, "expired", Some("expired"), now).await?;
            if ended {
                events::undelivered(tx, scope, &id, "expired", now).await?;
                sets::not_handed_over(tx, scope, message.challenge, now).await?;
            }
            ended
        }
        Next::Renew { until } => postpone(tx, message, *until, 0).await?,
        Next::Again { at } => postpone(tx, message, *at, 1).await?,
    };
    // Under the row's lock: an erasure comes before all of this, or after it.
    let known = "UPDATE messages SET tries = tries WHERE app_id = $1 AND mode = $2 AND id = $3";
    if !held && tx.run(known, args![scope.app, scope.mode, message.id]).await? == 0 {
        return Ok(None);
    }
    if let Some(attempt) = attempt {
        insert_attempt(tx, scope, &id, attempt).await?;
    }
    Ok(Some(held))
}

#[async_trait]
impl OutboxStore for SqlStore {
    async fn listen(&self) -> Result<Box<dyn Wakes>> {
        self.database.listen().await
    }

    async fn claim_messages(
        &self,
        now: Moment,
        lease: &Lease,
        channels: &[Channel],
        limit: i64,
    ) -> Result<Vec<ClaimedMessage>> {
        // A channel that is not asked for leaves its place empty, which no row has.
        let [c1, c2, c3, c4] =
            [0, 1, 2, 3].map(|at| channels.get(at).map(|channel| channel.as_str()).unwrap_or_default());
        let mut reader = self.reading().await?;
        let due = reader
            .row(
                "SELECT 1 AS due FROM messages
                 WHERE status = 'queued' AND due_at <= $1 AND channel IN ($2, $3, $4, $5) LIMIT 1",
                args![now, c1, c2, c3, c4],
            )
            .await?;
        drop(reader);
        // An idle poll writes nothing and takes no lock.
        if due.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.writing().await?;
        let claim = args![&lease.token, lease.until, now, limit, c1, c2, c3, c4];
        let rows = tx.rows(self.database.claim_statement(), claim).await?;
        let claimed = |row: &super::Row| -> Result<ClaimedMessage> {
            let channel: String = row.get("channel")?;
            Ok(ClaimedMessage {
                scope: Scope { app: row.parse("app_id")?, mode: row.parse("mode")? },
                id: row.parse("id")?,
                challenge: row.parse("challenge_id")?,
                to: row.user_key("user_key")?,
                channel: Channel::parse(&channel)
                    .ok_or_else(|| StoreError::Corrupt("messages.channel holds an unknown value".into()))?,
                payload: Sealed {
                    key: rows::required(row.get("payload_key")?, "the payload of a queued message")?,
                    bytes: rows::required(row.get("payload")?, "the payload of a queued message")?,
                },
                lease: Lease { token: lease.token.clone(), until: row.moment("due_at")? },
                tries: u32::try_from(row.get::<i64>("tries")?).unwrap_or(u32::MAX),
                created_at: row.moment("created_at")?,
                expires_at: row.moment("expires_at")?,
                step: u8::try_from(row.get::<i64>("step")?).unwrap_or(u8::MAX),
                wait: row
                    .get::<Option<i64>>("wait_ms")?
                    .and_then(|wait| u64::try_from(wait).ok())
                    .map(Duration::from_millis),
            })
        };
        let mut messages = Vec::with_capacity(rows.len());
        for row in &rows {
            match claimed(row) {
                Ok(message) => messages.push(message),
                // One damaged row must not hold the others back, nor come again with each claim.
                Err(error) => {
                    let id: String = row.get("id")?;
                    tracing::error!(message = id, %error, "a message in the outbox cannot be read");
                    tx.run(
                        "UPDATE messages SET status = 'failed', reason = 'unreadable', payload = NULL,
                             payload_key = NULL, ended_at = $1
                         WHERE app_id = $2 AND mode = $3 AND id = $4 AND lease = $5",
                        args![
                            now,
                            row.get::<String>("app_id")?,
                            row.get::<String>("mode")?,
                            &id,
                            &lease.token
                        ],
                    )
                    .await?;
                    if let (Ok(app), Ok(mode)) = (row.parse("app_id"), row.parse("mode")) {
                        let told =
                            events::undelivered(&mut *tx, Scope { app, mode }, &id, "unreadable", now).await;
                        // What cannot be read cannot be told either.
                        if !matches!(told, Err(StoreError::Corrupt(_))) {
                            told?;
                        }
                    }
                }
            }
        }
        tx.commit().await?;
        Ok(messages)
    }

    async fn record_attempt(
        &self,
        message: &ClaimedMessage,
        attempt: Option<&AttemptRecord>,
        next: &Next,
        now: Moment,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        let Some(held) = record(&mut *tx, message, attempt, next, now).await? else { return Ok(false) };
        tx.commit().await?;
        Ok(held)
    }

    async fn record_report(&self, report: &DeliveryReport<'_>, now: Moment) -> Result<ReportTaken> {
        let mut tx = self.writing().await?;
        let taken = reports::record(&mut *tx, report, now).await?;
        if taken == ReportTaken::Taken {
            tx.commit().await?;
        }
        Ok(taken)
    }

    async fn inbox(&self, scope: Scope, of: InboxOf<'_>, now: Moment) -> Result<Vec<InboxItem>> {
        in_time(async { inbox::read(&mut *self.reading().await?, scope, of, now).await }).await
    }
}
