//! What is read to be shown. Nothing here decides.

use super::{Row, Session, args, users};
use crate::domain::id::{Challenge, ChallengeId, Id, Kind, Message};
use crate::domain::message::Channel;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::Sealed;
use crate::store::{
    AttemptRow, ChallengeRecord, CheckRow, Delivery, DeliveryFilter, FactorRecord, ListFilter,
    ListedDelivery, Result, StoreError, Trace, UserRef, UserSummary,
};

fn read(row: &Row) -> Result<ChallengeRecord> {
    Ok(ChallengeRecord {
        id: row.parse("id")?,
        masked: row.get("masked")?,
        kind: row.parse("type")?,
        family: row.parse("family")?,
        status: row.parse("status")?,
        reference: row.get("reference")?,
        attempts: row.get("attempts")?,
        max_attempts: row.get("max_attempts")?,
        factor: row.parse_opt("factor_id")?,
        backup_count: row.get("backup_count")?,
        created_at: row.moment("created_at")?,
        expires_at: row.moment_opt("expires_at")?,
        resend_after: row.moment_opt("resend_after")?,
        decided_at: row.moment_opt("decided_at")?,
        verified_by: row.parse_opt("verified_by")?,
    })
}

/// A challenge with its messages, their tries, and its checks.
pub async fn trace(db: &mut dyn Session, scope: Scope, id: ChallengeId) -> Result<Option<Trace>> {
    let row = db
        .row(
            "SELECT id, masked, type, family, status, reference, attempts, max_attempts, factor_id, backup_count,
                    created_at, expires_at, resend_after, decided_at, verified_by, asked, limits
             FROM challenges WHERE app_id = $1 AND mode = $2 AND id = $3",
            args![scope.app, scope.mode, id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let checks = db
        .rows(
            "SELECT at, result FROM checks WHERE app_id = $1 AND mode = $2 AND challenge_id = $3 ORDER BY seq",
            args![scope.app, scope.mode, id],
        )
        .await?;
    let checks = checks
        .iter()
        .map(|row| Ok(CheckRow { at: row.moment("at")?, result: row.get("result")? }))
        .collect::<Result<_>>()?;
    Ok(Some(Trace {
        challenge: read(&row)?,
        asked: json(&row, "asked")?,
        limits: json(&row, "limits")?.unwrap_or_default(),
        deliveries: deliveries(db, scope, id).await?,
        checks,
    }))
}

/// A column of JSON that may be empty.
fn json<T: serde::de::DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    let read = |text: &String| serde_json::from_str(text);
    let value = text.as_ref().map(read).transpose();
    value.map_err(|error| StoreError::Corrupt(format!("challenges.{column}: {error}")))
}

async fn deliveries(db: &mut dyn Session, scope: Scope, id: ChallengeId) -> Result<Vec<Delivery>> {
    let messages = db
        .rows(
            "SELECT id, channel, masked, reason, segments, created_at, ended_at, reported_at,
                    CASE WHEN status = 'queued' AND step > 0 AND lease = '' THEN 'held' ELSE status END AS status
             FROM messages WHERE app_id = $1 AND mode = $2 AND challenge_id = $3
             ORDER BY created_at, step, channel, id",
            args![scope.app, scope.mode, id],
        )
        .await?;
    let mut deliveries = Vec::with_capacity(messages.len());
    for message in &messages {
        deliveries.push(delivery(db, scope, message).await?);
    }
    Ok(deliveries)
}

/// A message with its tries.
async fn delivery(db: &mut dyn Session, scope: Scope, message: &Row) -> Result<Delivery> {
    let attempts = db
        .rows(
            "SELECT provider, result, reason, detail, provider_id, started_at, ended_at FROM delivery_attempts
             WHERE app_id = $1 AND mode = $2 AND message_id = $3 ORDER BY seq",
            args![scope.app, scope.mode, message.get::<String>("id")?],
        )
        .await?;
    Ok(Delivery {
        channel: message.get("channel")?,
        masked: message.get("masked")?,
        status: message.get("status")?,
        reason: message.get("reason")?,
        segments: message.get("segments")?,
        created_at: message.moment("created_at")?,
        reported_at: message.moment_opt("reported_at")?,
        ended_at: message.moment_opt("ended_at")?,
        attempts: attempts.iter().map(read_attempt).collect::<Result<_>>()?,
    })
}

/// How far a row's id may tell another time than the row: both are made in one request.
const SLACK: std::time::Duration = std::time::Duration::from_mins(5);

/// The ids between which everything lies that was created in a span.
fn ids<K: Kind>(after: Option<Moment>, before: Option<Moment>) -> [Option<Id<K>>; 2] {
    [
        after.map(|after| Id::first_of(after.minus(SLACK))),
        before.map(|before| Id::first_of(before.plus(SLACK))),
    ]
}

/// Messages, newest first, one more than the limit.
pub async fn list_deliveries(
    db: &mut dyn Session,
    scope: Scope,
    filter: &DeliveryFilter,
) -> Result<Vec<ListedDelivery>> {
    let [first, last] = ids::<Message>(filter.created_after, filter.created_before);
    let messages = db
        .rows(
            "SELECT id, challenge_id, channel, masked, reason, segments, created_at, ended_at, reported_at,
                    CASE WHEN status = 'queued' AND step > 0 AND lease = '' THEN 'held' ELSE status END AS status
             FROM messages
             WHERE app_id = $1 AND mode = $2
               AND ($3 IS NULL OR channel = $3)
               AND ($4 IS NULL
                    OR $4 = CASE WHEN status = 'queued' AND step > 0 AND lease = '' THEN 'held' ELSE status END)
               AND ($5 IS NULL
                    OR EXISTS (SELECT 1 FROM delivery_attempts a
                               WHERE a.app_id = $1 AND a.mode = $2 AND a.message_id = messages.id AND a.provider = $5))
               AND ($6 IS NULL OR created_at >= $6) AND ($7 IS NULL OR created_at < $7)
               AND ($8 IS NULL OR id >= $8) AND ($9 IS NULL OR id < $9)
               AND ($10 IS NULL OR id < $10)
             ORDER BY id DESC LIMIT $11",
            args![
                scope.app,
                scope.mode,
                filter.channel.map(Channel::as_str),
                &filter.status,
                &filter.provider,
                filter.created_after,
                filter.created_before,
                first,
                last,
                filter.starting_after,
                filter.limit.saturating_add(1)
            ],
        )
        .await?;
    let mut listed = Vec::with_capacity(messages.len());
    for message in &messages {
        listed.push(ListedDelivery {
            id: message.parse("id")?,
            challenge: message.parse("challenge_id")?,
            delivery: delivery(db, scope, message).await?,
        });
    }
    Ok(listed)
}

fn read_attempt(row: &Row) -> Result<AttemptRow> {
    Ok(AttemptRow {
        provider: row.get("provider")?,
        result: row.get("result")?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        provider_id: row.get("provider_id")?,
        started_at: row.moment("started_at")?,
        ended_at: row.moment("ended_at")?,
    })
}

/// Challenges, newest first, one more than the limit.
pub async fn list(
    db: &mut dyn Session,
    scope: Scope,
    filter: &ListFilter,
    now: Moment,
) -> Result<Vec<ChallengeRecord>> {
    let [first, last] = ids::<Challenge>(filter.created_after, filter.created_before);
    let rows = db
        .rows(
            "SELECT id, masked, type, family, status, reference, attempts, max_attempts, factor_id, backup_count,
                    created_at, expires_at, resend_after, decided_at, verified_by
             FROM challenges
             WHERE app_id = $1 AND mode = $2
               AND ($3 IS NULL OR user_key = $3)
               AND ($4 IS NULL OR type = $4)
               AND ($5 IS NULL OR reference = $5)
               AND ($6 IS NULL OR id < $6)
               AND ($7 IS NULL OR $7 = CASE
                    WHEN status IN ('pending', 'enrolling') AND expires_at <= $8 THEN 'expired' ELSE status END)
               AND ($9 IS NULL OR created_at >= $9) AND ($10 IS NULL OR created_at < $10)
               AND ($11 IS NULL OR id >= $11) AND ($12 IS NULL OR id < $12)
             ORDER BY id DESC LIMIT $13",
            args![
                scope.app,
                scope.mode,
                filter.user,
                filter.kind.map(crate::domain::challenge::MfaType::as_str),
                &filter.reference,
                filter.starting_after,
                filter.status.map(crate::domain::challenge::Status::as_str),
                now,
                filter.created_after,
                filter.created_before,
                first,
                last,
                filter.limit.saturating_add(1)
            ],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// What a user has.
pub async fn summary(db: &mut dyn Session, scope: Scope, user: &UserRef, now: Moment) -> Result<UserSummary> {
    let factors = db
        .rows(
            "SELECT id, type, name_key, name, created_at, last_used_at FROM factors
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND status = 'confirmed' ORDER BY id",
            args![scope.app, scope.mode, &user.key],
        )
        .await?;
    let read_factor = |row: &Row| {
        let name_key: Option<String> = row.get("name_key")?;
        let name: Option<Vec<u8>> = row.get("name")?;
        Ok(FactorRecord {
            id: row.parse("id")?,
            kind: row.parse("type")?,
            name: name_key.zip(name).map(|(key, bytes)| Sealed { key, bytes }),
            created_at: row.moment("created_at")?,
            last_used_at: row.moment_opt("last_used_at")?,
        })
    };
    let seen = users::peek(db, scope, user, now).await?;
    Ok(UserSummary {
        factors: factors.iter().map(read_factor).collect::<Result<_>>()?,
        backup_codes_remaining: super::sets::remaining(db, scope, &user.key).await?,
        locked_until: seen.locked_until,
        failures: i64::try_from(seen.failures).unwrap_or(i64::MAX),
        first_seen_at: seen.known.map(|(first, _)| first),
        last_seen_at: seen.known.map(|(_, last)| last),
    })
}
