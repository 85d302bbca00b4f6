//! The event log, written in the transaction of what it tells.

use super::{Session, args};
use crate::domain::event::Event;
use crate::domain::id::EventId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::store::Result;

/// Writes an event.
pub async fn log(tx: &mut dyn Session, scope: Scope, masked: &str, event: &Event, now: Moment) -> Result<()> {
    let id = EventId::new(now, &mut *super::session::event_chance());
    tx.one(
        "an event",
        "INSERT INTO events (app_id, mode, id, kind, masked, data, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![scope.app, scope.mode, id, event.kind(), masked, event.data().to_string(), now],
    )
    .await
}
