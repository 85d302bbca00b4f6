//! Setting up: the pages on which an organization makes its applications, and says how they work and who may do what.
//!
//! One file a page. What a page changes it changes by the use cases of the management API; rules about who may do what belong
//! there, and a page only leaves out what would be refused.

mod apps;
mod countries;
mod delete;
mod keys;
mod members;
mod methods;
mod org_keys;
mod organization;
mod providers;
mod security_keys;
mod settings;
mod templates;
mod webhooks;
mod words;

use std::sync::Arc;

use axum::Router;

use crate::domain::tenant::Application;
use crate::service::Service;

/// Their routes.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .merge(apps::routes())
        .merge(countries::routes())
        .merge(delete::routes())
        .merge(keys::routes())
        .merge(members::routes())
        .merge(methods::routes())
        .merge(org_keys::routes())
        .merge(organization::routes())
        .merge(providers::routes())
        .merge(security_keys::routes())
        .merge(settings::routes())
        .merge(templates::routes())
        .merge(webhooks::routes())
}

/// The address of an application's page.
fn place(app: &Application, page: &str) -> String {
    format!("/dashboard/applications/{}/{page}", app.id)
}
