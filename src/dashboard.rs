//! Floor 3: the pages where tenants set their applications up and see what happens.
//!
//! Server-rendered; each handler runs one or more use cases of the service and shows a template. A page decides nothing: who may do
//! what is in the types of `frame` and in the service. No SQL, no store and no provider may enter here.

mod account;
mod frame;
mod seeing;
mod setup;
mod sign_in;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::service::Service;
use frame::{PageError, Passing, assets, origins, page_headers, see_other};

/// The table of contents.
fn pages() -> Router<Arc<Service>> {
    Router::new()
        .route("/dashboard", get(home))
        .route("/dashboard/sign-in", get(sign_in::password::get).post(sign_in::password::post))
        .route("/dashboard/sign-in/second", get(sign_in::second::get).post(sign_in::second::post))
        .route("/dashboard/sign-in/second/key-options", post(sign_in::second::key_options))
        .route("/dashboard/setup", get(sign_in::setup::get))
        .route("/dashboard/setup/app", post(sign_in::setup::app))
        .route("/dashboard/setup/app/confirm", post(sign_in::setup::confirm_app))
        .route("/dashboard/setup/key", post(sign_in::setup::key))
        .route("/dashboard/setup/key-options", post(sign_in::setup::key_options))
        .route("/dashboard/link/{token}", get(sign_in::link::get).post(sign_in::link::post))
        .route("/dashboard/forgot", get(sign_in::forgot::get).post(sign_in::forgot::post))
        .route("/dashboard/sign-out", post(sign_in::out::post))
        .route("/dashboard/confirm", get(sign_in::confirm::get).post(sign_in::confirm::post))
        .route("/dashboard/confirm/key-options", post(sign_in::confirm::key_options))
        .route("/dashboard/account", get(account::get))
        .route("/dashboard/account/password", get(account::password::get).post(account::password::post))
        .route("/dashboard/account/backup-codes", get(account::codes::get).post(account::codes::post))
        .route("/dashboard/account/app", get(account::app::get).post(account::app::post))
        .route("/dashboard/account/app/confirm", post(account::app::confirm))
        .route("/dashboard/account/key", get(account::key::get).post(account::key::post))
        .route("/dashboard/account/key-options", post(account::key::options))
        .route(
            "/dashboard/account/factors/{id}/remove",
            get(account::factor::get).post(account::factor::post),
        )
        .route("/dashboard/account/sessions/{id}/end", post(account::sessions::end))
        .route("/dashboard/account/sessions/end", post(account::sessions::end_others))
}

/// All that is served below `/dashboard`. `public_url` is where people see it.
pub fn routes(public_url: &str) -> Router<Arc<Service>> {
    pages()
        .merge(seeing::routes())
        .merge(setup::routes())
        .route("/dashboard/", get(|| async { see_other("/dashboard") }))
        .route("/dashboard/{*path}", axum::routing::any(|| async { PageError::not_found() }))
        .method_not_allowed_fallback(|| async {
            PageError::status(axum::http::StatusCode::METHOD_NOT_ALLOWED, "This address does not take that.")
        })
        .layer(origins(public_url))
        .layer(from_fn(page_headers))
        .merge(assets())
}

/// GET /dashboard
async fn home(_: Passing) -> axum::response::Response {
    see_other("/dashboard/applications")
}
