//! What happens in an application: its figures, the log of its challenges, its users, its test inbox; and the organization's
//! audit log.
//!
//! A contact that one looks for goes by POST and is shown masked; it enters no address and no log.

mod audit;
pub mod chart;
mod inbox;
mod log;
mod overview;
mod times;
mod trace;
mod users;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::service::Service;

/// The pages of this room.
pub fn routes() -> Router<Arc<Service>> {
    let app = "/dashboard/applications/{app}";
    let below = |path: &str| format!("{app}{path}");
    Router::new()
        .route(app, get(overview::get))
        .route(&below("/log"), get(log::get).post(log::of_user))
        .route(&below("/log/{mfa}"), get(trace::get))
        .route(&below("/users"), get(users::get).post(users::find))
        .route(&below("/users/lock"), axum::routing::post(users::lock))
        .route(&below("/users/unlock"), axum::routing::post(users::unlock))
        .route(&below("/users/erase"), get(users::erase::get).post(users::erase::post))
        .route(&below("/users/factors/{fac}"), get(users::factor::get).post(users::factor::post))
        .route(&below("/inbox"), get(inbox::get).post(inbox::of_user))
        .route(&below("/inbox/start"), axum::routing::post(inbox::trying::start))
        .route(&below("/inbox/verify"), axum::routing::post(inbox::trying::verify))
        .route(&below("/inbox/{msg}/html"), get(inbox::html))
        .route("/dashboard/audit", get(audit::get))
        .route("/dashboard/audit/export", get(audit::export))
}
