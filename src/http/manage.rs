//! The management API, by what it is about: the fields that each call takes, its entry in the OpenAPI document, the handler.

mod apps;
mod audit;
mod challenges;
mod deliveries;
pub mod extract;
mod given;
mod json;
mod keys;
mod members;
mod org;
mod org_keys;
mod providers;
mod settings;
mod templates;
mod usage;
mod users;
mod webhooks;

pub use audit::{Format as ExportFormat, streamed as export_stream};

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::service::Service;

/// The table of contents of `/v1/manage`.
pub(super) fn routes(router: OpenApiRouter<Arc<Service>>) -> OpenApiRouter<Arc<Service>> {
    router
        .routes(routes!(org::get, org::rename))
        .routes(routes!(org_keys::list, org_keys::create))
        .routes(routes!(org_keys::get, org_keys::revoke))
        .routes(routes!(org_keys::roll))
        .routes(routes!(apps::list, apps::create))
        .routes(routes!(apps::get, apps::rename, apps::delete))
        .routes(routes!(apps::restore))
        .routes(routes!(settings::table))
        .routes(routes!(settings::get, settings::put, settings::patch))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::get, keys::revoke))
        .routes(routes!(keys::roll))
        .routes(routes!(templates::list))
        .routes(routes!(templates::get, templates::put, templates::remove))
        .routes(routes!(templates::preview))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::roll))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::replay))
        .routes(routes!(providers::list))
        .routes(routes!(providers::get, providers::put, providers::remove))
        .routes(routes!(providers::test))
        .routes(routes!(members::list, members::add))
        .routes(routes!(members::get, members::change, members::remove))
        .routes(routes!(users::find, users::erase))
        .routes(routes!(users::lock))
        .routes(routes!(users::unlock))
        .routes(routes!(users::remove_factor))
        .routes(routes!(challenges::list))
        .routes(routes!(challenges::get))
        .routes(routes!(deliveries::list))
        .routes(routes!(usage::read))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
}
