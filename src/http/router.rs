//! The table of contents of the API.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::client::TrustedProxies;
use super::{api, docs, elements, layers, manage};
use crate::service::Service;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rift MFA",
        description = "Sends and verifies one-time codes, enrols authenticator apps, and issues backup codes.\n\n\
            Authenticate with `Authorization: Bearer sk_test_…` or `sk_live_…`. Bodies are JSON, form-encoded, or the \
            comma list of the guide, with the same fields and the same answers.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("api_key" = [])),
    tags(
        (name = "MFA", description = "Codes and enrolments"),
        (name = "Factors", description = "What a user has"),
        (name = "Test mode", description = "Only with test keys"),
        (name = "Providers", description = "Only for providers: their signed delivery reports"),
        (name = "Manage: organization", description = "The organization, its keys and members"),
        (name = "Manage: applications", description = "Applications, settings and templates"),
        (name = "Manage: providers", description = "Accounts of an application's own, in place of the operator's"),
        (name = "Manage: keys", description = "API keys of applications"),
        (name = "Manage: users", description = "Users of applications: found, locked, unlocked, erased"),
        (name = "Manage: challenges", description = "Challenges and deliveries"),
        (name = "Manage: usage", description = "Figures"),
        (name = "Manage: audit", description = "Who changed what")
    )
)]
struct Document;

fn described() -> OpenApiRouter<Arc<Service>> {
    let api = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(api::start::start, api::list::list))
        .routes(routes!(api::verify::verify))
        .routes(routes!(api::backup::backup))
        .routes(routes!(api::factors::factors))
        .routes(routes!(api::remove_factor::remove_factor))
        .routes(routes!(api::unlock::unlock))
        .routes(routes!(api::trace::trace))
        .routes(routes!(api::cancel::cancel))
        .routes(routes!(api::inbox::inbox))
        .routes(routes!(api::status::status))
        .routes(routes!(api::status::own_status));
    manage::routes(api)
}

/// The OpenAPI 3.1 document, made from the handlers.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = described().split_for_parts().1;
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key of an application: `sk_test_…` or `sk_live_…`."))
        .build();
    let own = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A key of an organization: `rk_…`. Each call names the scope that the key must have.",
        ))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    components.add_security_scheme("org_key", SecurityScheme::Http(own));
    for (path, item) in &mut document.paths.paths {
        let words: Vec<_> =
            path.trim_start_matches("/v1/").split('/').filter(|word| !word.starts_with('{')).collect();
        // Handlers of the management API are named alike in each of its rooms: the path tells their operations apart.
        if words.first() != Some(&"manage") {
            continue;
        }
        let verbs = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in verbs.into_iter().flatten() {
            let own = operation.operation_id.take().unwrap_or_default();
            let mut words = words.clone();
            if words.last() != Some(&own.as_str()) {
                words.push(&own);
            }
            operation.operation_id = Some(words.join("_"));
        }
    }
    document
}

/// Everything that is served on the public port, behind these proxies: the API, its guides, and the pages `more`.
pub fn router_with(service: Arc<Service>, proxies: TrustedProxies, more: Router<Arc<Service>>) -> Router {
    let (api, _) = described().split_for_parts();
    let pages = Router::new()
        .route("/", get(docs::welcome))
        .route("/openapi.json", get(docs::openapi_json))
        .route("/elements.js", get(elements::module))
        .merge(docs::guides())
        .merge(docs::reference());
    layers::wrap(api.merge(pages).merge(more), Arc::clone(&service), proxies).with_state(service)
}
