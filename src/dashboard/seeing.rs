//! What happens: figures, the log, users, the test inbox, the audit log.

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

/// The table of contents of this room.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
}
