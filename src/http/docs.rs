//! The pages for people: a word of welcome, the guide, and the reference. Nothing on them comes from another host.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use pulldown_cmark::{Options, Parser, html};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::service::Service;

const GUIDE: &str = include_str!("../../docs/api.md");
const PAGE: &str = include_str!("../../templates/page.html");
const WELCOME: &str = include_str!("../../templates/welcome.html");

static GUIDE_PAGE: LazyLock<String> = LazyLock::new(|| {
    let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut body = String::new();
    html::push_html(&mut body, Parser::new_ext(GUIDE, options));
    page("Rift MFA: the guide", &body)
});

static WELCOME_PAGE: LazyLock<String> = LazyLock::new(|| page("Rift MFA", WELCOME));

static DOCUMENT: LazyLock<String> = LazyLock::new(|| super::openapi().to_json().unwrap_or_default());

fn page(title: &str, body: &str) -> String {
    PAGE.replace("{{title}}", title).replace("{{body}}", body)
}

fn html_page(text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
        ),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, text).into_response()
}

/// GET /
pub(super) async fn welcome() -> Response {
    html_page(&WELCOME_PAGE)
}

/// GET /docs
pub(super) async fn guide() -> Response {
    html_page(&GUIDE_PAGE)
}

/// GET /openapi.json
pub(super) async fn openapi_json() -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, DOCUMENT.as_str()).into_response()
}

/// GET /docs/api: the OpenAPI document, shown.
pub(super) fn reference() -> Router<Arc<Service>> {
    let config = Config::new(["/openapi.json"])
        .use_base_layout()
        .try_it_out_enabled(true)
        .persist_authorization(false);
    SwaggerUi::new("/docs/api").config(config).into()
}
