//! The test inbox as rows.

use super::{Session, args};
use crate::domain::id::MessageId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::{Sealed, UserKey};
use crate::store::{InboxItem, InboxOf, Result};

/// Messages of an application that its test inbox shows, and for how long.
const ROWS: i64 = 200;
const LIFE: std::time::Duration = std::time::Duration::from_hours(24);

/// Puts a message there. One that was sent twice stands there once.
pub async fn insert(
    tx: &mut dyn Session,
    scope: Scope,
    id: &str,
    to: &UserKey,
    content: &Sealed,
    now: Moment,
) -> Result<()> {
    tx.run(
        "INSERT INTO inbox (app_id, mode, id, user_key, content_key, content, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (app_id, mode, id) DO NOTHING",
        args![scope.app, scope.mode, id, to, &content.key, &content.bytes, now],
    )
    .await?;
    Ok(())
}

/// What is asked for of the last messages, newest first.
pub async fn read(
    db: &mut dyn Session,
    scope: Scope,
    of: InboxOf<'_>,
    now: Moment,
) -> Result<Vec<InboxItem>> {
    let (mut users, mut message): (&[UserKey], Option<MessageId>) = (&[], None);
    match of {
        InboxOf::Everyone => {}
        // Nobody was asked for, and nobody's messages are shown.
        InboxOf::Users([]) => return Ok(Vec::new()),
        InboxOf::Users(keys) => users = keys,
        InboxOf::Message(id) => message = Some(id),
    }
    let [first, second] = [0, 1].map(|at| users.get(at).or(users.first()).copied());
    let rows = db
        .rows(
            "SELECT i.id, i.user_key, i.content_key, i.content, i.created_at, m.challenge_id, m.masked FROM
                (SELECT id, user_key, content_key, content, created_at FROM inbox
                 WHERE app_id = $1 AND mode = $2 AND created_at > $3 ORDER BY id DESC LIMIT $4) AS i
             LEFT JOIN messages m ON m.app_id = $1 AND m.mode = $2 AND m.id = i.id
             WHERE ($5 IS NULL OR i.user_key IN ($5, $6)) AND ($7 IS NULL OR i.id = $7) ORDER BY i.id DESC",
            args![scope.app, scope.mode, now.minus(LIFE), ROWS, first, second, message],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(InboxItem {
                id: row.parse("id")?,
                to: row.user_key("user_key")?,
                masked: row.get("masked")?,
                challenge: row.parse_opt("challenge_id")?,
                content: Sealed { key: row.get("content_key")?, bytes: row.get("content")? },
                created_at: row.moment("created_at")?,
            })
        })
        .collect()
}
