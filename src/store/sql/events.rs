//! The event log, written in the transaction of what it tells, and what of it goes to the tenant's webhooks.

use super::{Session, args};
use crate::domain::challenge::MfaType;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{ChallengeId, EventId, HookDeliveryId};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::domain::webhook::LIFE;
use crate::store::{NewChallenge, Result, UserRef};

/// Writes an event about a user, and with it a delivery for each endpoint that wants it: for kinds that no webhook can be had
/// for one statement, for the others two. Takes no lock.
pub async fn log(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserRef,
    event: &Event,
    now: Moment,
) -> Result<()> {
    let id = write(tx, scope, Some(user), event, now).await?;
    if event.kind.is_public() { fan_out(tx, scope, id, event.kind, now).await } else { Ok(()) }
}

/// Writes an event, for nobody yet.
pub async fn write(
    tx: &mut dyn Session,
    scope: Scope,
    user: Option<&UserRef>,
    event: &Event,
    now: Moment,
) -> Result<EventId> {
    let id = EventId::new(now, &mut *super::session::event_chance());
    tx.one(
        "an event",
        "INSERT INTO events (app_id, mode, id, kind, masked, data, created_at, user_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            scope.app,
            scope.mode,
            id,
            event.kind.as_str(),
            user.map(|user| user.masked.as_str()).unwrap_or_default(),
            event.data().to_string(),
            now,
            user.map(|user| user.key)
        ],
    )
    .await?;
    Ok(id)
}

/// One delivery for each endpoint that is enabled and wants the kind: 20 at most. Their ids differ in the last character.
async fn fan_out(
    tx: &mut dyn Session,
    scope: Scope,
    event: EventId,
    kind: EventKind,
    now: Moment,
) -> Result<()> {
    let id = HookDeliveryId::new(now, &mut *super::session::event_chance()).to_string();
    let stem = id.get(..id.len().saturating_sub(1)).unwrap_or_default();
    tx.run(
        "INSERT INTO webhook_deliveries (app_id, mode, id, endpoint_id, event_id, kind, status, lease, due_at, expires_at,
             tries, created_at)
         SELECT w.app_id, w.mode, $1 || SUBSTR('0123456789abcdefghjkmnpqrstvwxyz',
                    CAST(ROW_NUMBER() OVER (ORDER BY w.id) AS INTEGER), 1),
                w.id, $2, $3, 'pending', '', $4, $5, 0, $4
         FROM webhook_endpoints w
         WHERE w.app_id = $6 AND w.mode = $7 AND w.status = 'enabled'
           AND EXISTS (SELECT 1 FROM webhook_subscriptions s
                       WHERE s.app_id = $6 AND s.mode = $7 AND s.kind IN ($3, '*') AND s.endpoint_id = w.id)
         ORDER BY w.id LIMIT 32",
        args![stem, event, kind.as_str(), now, now.plus(LIFE), scope.app, scope.mode],
    )
    .await?;
    Ok(())
}

/// Something began: a challenge, or the issue of a backup set.
pub async fn started(
    tx: &mut dyn Session,
    scope: Scope,
    new: &NewChallenge,
    kind: EventKind,
    now: Moment,
) -> Result<()> {
    log(tx, scope, &new.user, &Event::of_challenge(kind, new.id, new.kind, new.reference.as_deref()), now)
        .await
}

/// A challenge's attempts are spent.
pub async fn exhausted(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserRef,
    id: ChallengeId,
    kind: MfaType,
    reference: Option<&str>,
    now: Moment,
) -> Result<()> {
    let event =
        Event::of_challenge(EventKind::ChallengeFailed, id, kind, reference).because("attempts_spent");
    log(tx, scope, user, &event, now).await
}

/// Failures locked the user.
pub async fn locked(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserRef,
    reference: Option<&str>,
    now: Moment,
) -> Result<()> {
    let event = Event::of(EventKind::UserLocked).referring(reference).because("failures");
    log(tx, scope, user, &event, now).await
}

/// A message ended without having arrived.
pub async fn undelivered(
    tx: &mut dyn Session,
    scope: Scope,
    message: &str,
    reason: &str,
    now: Moment,
) -> Result<()> {
    let row = tx
        .row(
            "SELECT m.id, m.channel, c.id AS challenge_id, c.user_key, c.masked, c.type, c.reference FROM messages m
             JOIN challenges c ON c.app_id = m.app_id AND c.mode = m.mode AND c.id = m.challenge_id
             WHERE m.app_id = $1 AND m.mode = $2 AND m.id = $3",
            args![scope.app, scope.mode, message],
        )
        .await?;
    // A challenge is swept no earlier than its messages.
    let Some(row) = row else { return Ok(()) };
    let user = UserRef::new(row.user_key("user_key")?, row.get("masked")?);
    let word: Option<String> = row.get("reference")?;
    let challenge = row.parse("challenge_id")?;
    let mut event =
        Event::of_challenge(EventKind::DeliveryFailed, challenge, row.parse("type")?, word.as_deref())
            .because(reason);
    event.about.delivery = Some(row.parse("id")?);
    event.about.channel = Some(row.get("channel")?);
    log(tx, scope, &user, &event, now).await
}
