//! A user is locked by hand, or erased.

use async_trait::async_trait;

use super::{Session, SqlStore, args, audit, events, usage, users};
use crate::domain::audit::Change;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::OrgId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::UserKey;
use crate::store::{AuditNote, Erased, Result, UserRef, UserStore};

/// The user's challenges.
macro_rules! own {
    () => {
        "(SELECT app_id, mode, id FROM challenges WHERE app_id = $1 AND mode = $2 AND user_key = $3)"
    };
}

/// The messages of the user's challenges, and those that went to the user for somebody else's: a pair's codes, a set that
/// was issued for another one.
macro_rules! messages {
    () => {
        "(SELECT app_id, mode, id FROM messages WHERE app_id = $1 AND mode = $2 AND user_key = $3
          UNION
          SELECT m.app_id, m.mode, m.id FROM challenges c
          JOIN messages m ON m.app_id = c.app_id AND m.mode = c.mode AND m.challenge_id = c.id
          WHERE c.app_id = $1 AND c.mode = $2 AND c.user_key = $3)"
    };
}

/// What webhooks are told of the user.
macro_rules! told {
    () => {
        "(SELECT d.app_id, d.mode, d.id FROM events e
          JOIN webhook_endpoints w ON w.app_id = e.app_id AND w.mode = e.mode
          JOIN webhook_deliveries d ON d.endpoint_id = w.id AND d.event_id = e.id
          WHERE e.app_id = $1 AND e.mode = $2 AND e.user_key = $3)"
    };
}

/// Takes the rows of the challenges and then of their messages, in the order in which everybody else does: who records a
/// try is through with it, or finds nothing any more.
const LOCKS: [&str; 2] = [
    "UPDATE challenges SET attempts = attempts WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM challenges WHERE app_id = $1 AND mode = $2 AND user_key = $3
          UNION SELECT app_id, mode, challenge_id FROM messages WHERE app_id = $1 AND mode = $2 AND user_key = $3)",
    concat!("UPDATE messages SET tries = tries WHERE (app_id, mode, id) IN ", messages!()),
];

/// What is erased beside the user's row and the messages, each before the rows that it is found by.
const BEFORE: [(&str, &str); 7] = [
    ("checks", concat!("DELETE FROM checks WHERE (app_id, mode, challenge_id) IN ", own!())),
    ("idempotency", concat!("DELETE FROM idempotency WHERE (app_id, mode, enrolment) IN ", own!())),
    (
        "delivery_attempts",
        concat!("DELETE FROM delivery_attempts WHERE (app_id, mode, message_id) IN ", messages!()),
    ),
    ("inbox", concat!("DELETE FROM inbox WHERE (app_id, mode, id) IN ", messages!())),
    (
        "webhook_attempts",
        concat!("DELETE FROM webhook_attempts WHERE (app_id, mode, delivery_id) IN ", told!()),
    ),
    ("webhook_deliveries", concat!("DELETE FROM webhook_deliveries WHERE (app_id, mode, id) IN ", told!())),
    ("events", "DELETE FROM events WHERE app_id = $1 AND mode = $2 AND user_key = $3"),
];

const MESSAGES: &str = concat!(
    "DELETE FROM messages WHERE (app_id, mode, id) IN ",
    messages!(),
    " RETURNING channel, country, status, step, lease, created_at, ended_at"
);

const AFTER: [(&str, &str); 7] = [
    (
        "backup_codes",
        "DELETE FROM backup_codes WHERE (app_id, mode, set_id) IN
         (SELECT app_id, mode, id FROM backup_sets WHERE app_id = $1 AND mode = $2 AND user_key = $3)",
    ),
    ("backup_sets", "DELETE FROM backup_sets WHERE app_id = $1 AND mode = $2 AND user_key = $3"),
    (
        "webauthn_credentials",
        "DELETE FROM webauthn_credentials WHERE app_id = $1 AND mode = $2 AND user_key = $3",
    ),
    ("webauthn_states", "DELETE FROM webauthn_states WHERE app_id = $1 AND mode = $2 AND user_key = $3"),
    ("webauthn_users", "DELETE FROM webauthn_users WHERE app_id = $1 AND mode = $2 AND user_key = $3"),
    ("factors", "DELETE FROM factors WHERE app_id = $1 AND mode = $2 AND user_key = $3"),
    ("challenges", "DELETE FROM challenges WHERE app_id = $1 AND mode = $2 AND user_key = $3"),
];

/// Erases all that is kept of a user. Takes the user's row, and then the organization's head.
pub async fn erase(
    tx: &mut dyn Session,
    org: OrgId,
    scope: Scope,
    user: &UserKey,
) -> Result<Option<Vec<(&'static str, u64)>>> {
    let whose = || args![scope.app, scope.mode, user];
    // Whoever decides something about this user waits here, and then begins with a fresh row.
    let users =
        tx.run("DELETE FROM users WHERE app_id = $1 AND mode = $2 AND user_key = $3", whose()).await?;
    if users == 0 {
        return Ok(None);
    }
    for lock in LOCKS {
        tx.run(lock, whose()).await?;
    }
    // A replay has the head and then takes what webhooks are told; so does this. It has the user's rows by now.
    audit::hold(tx, org).await?;
    let mut kept = usage::Kept::of_checks(tx, scope, user).await?;
    let mut rows = vec![("users", users)];
    for (what, statement) in BEFORE {
        rows.push((what, tx.run(statement, whose()).await?));
    }
    let messages = tx.rows(MESSAGES, whose()).await?;
    kept.add_messages(&messages)?;
    rows.push(("messages", u64::try_from(messages.len()).unwrap_or(u64::MAX)));
    for (what, statement) in AFTER {
        rows.push((what, tx.run(statement, whose()).await?));
    }
    rows.sort_unstable();
    kept.keep(tx).await?;
    Ok(Some(rows))
}

/// The changes that a lock or an unlock makes.
pub fn lock_changes(
    was: &users::LockedUser,
    until: Option<Moment>,
    unlocks: bool,
    now: Moment,
) -> Vec<Change> {
    let old = was.locked_until(now).map(|until| until.to_string());
    let new = until.map(|until| until.to_string());
    let mut changes = Vec::new();
    if old != new {
        changes.push(Change { field: "locked_until".to_owned(), old, new });
    }
    if unlocks && was.failures() > 0 {
        changes.push(Change::from_to("failures", was.failures().to_string(), "0"));
    }
    changes
}

#[async_trait]
impl UserStore for SqlStore {
    async fn lock_user(
        &self,
        scope: Scope,
        user: &UserRef,
        until: Moment,
        now: Moment,
        note: &AuditNote,
    ) -> Result<Moment> {
        let mut tx = self.writing().await?;
        let mut locked = users::lock(&mut *tx, scope, user, now).await?;
        // A pair is locked as long as the longest lock of its rows.
        let longest = locked.locked_until(now).max(Some(until));
        let note = note.with(lock_changes(&locked, longest, false, now));
        if !locked.lock(until) {
            return Ok(locked.locked_until(now).unwrap_or(until));
        }
        users::save(&mut *tx, scope, &locked).await?;
        events::log(&mut *tx, scope, user, &Event::of(EventKind::UserLocked).because("by_hand"), now).await?;
        audit::append(&mut *tx, &note, now).await?;
        tx.commit().await?;
        Ok(locked.locked_until(now).unwrap_or(until))
    }

    async fn erase_user(
        &self,
        scope: Scope,
        user: &UserRef,
        now: Moment,
        note: &AuditNote,
    ) -> Result<Option<Erased>> {
        let mut tx = self.writing().await?;
        let Some(rows) = erase(&mut *tx, note.line.org, scope, &user.key).await? else { return Ok(None) };
        let taken = rows.iter().filter(|(_, many)| *many > 0);
        let changes = taken.map(|(what, many)| Change::from_to(what, many.to_string(), "0")).collect();
        let audit = audit::append(&mut *tx, &note.with(changes), now).await?;
        tx.commit().await?;
        Ok(Some(Erased { rows, audit }))
    }
}
