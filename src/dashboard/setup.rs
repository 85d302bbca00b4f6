//! What is set up: applications with all that belongs to them, keys, the organization and its members.

use std::sync::Arc;

use axum::Router;

use crate::service::Service;

/// The table of contents of this room.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
}
