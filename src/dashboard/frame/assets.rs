//! Style and script, built into the binary; each under the hash of its content, so that browsers keep it for good.

use std::sync::LazyLock;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use tower_http::compression::CompressionLayer;

const CSS: &str = concat!(
    include_str!("../../../assets/dashboard/app.css"),
    include_str!("../../../assets/dashboard/charts.css"),
    include_str!("../../../assets/dashboard/setup.css"),
);
const SCRIPT: &str = include_str!("../../../assets/dashboard/app.js");
const HTMX: &str = include_str!("../../../assets/dashboard/htmx.min.js");

/// A file and its address.
struct Asset {
    path: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, content: &'static str) -> Self {
        let hash = crate::domain::hex::hex(&Sha256::digest(content.as_bytes()));
        let short: String = hash.chars().take(12).collect();
        Self { path: format!("/dashboard/assets/{name}.{short}.{ending}"), kind, content }
    }
}

static CSS_FILE: LazyLock<Asset> = LazyLock::new(|| Asset::new("app", "css", "text/css; charset=utf-8", CSS));
static SCRIPT_FILE: LazyLock<Asset> = LazyLock::new(|| Asset::new("app", "js", JAVASCRIPT, SCRIPT));
static HTMX_FILE: LazyLock<Asset> = LazyLock::new(|| Asset::new("htmx", "js", JAVASCRIPT, HTMX));

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The style sheet's address.
pub fn css() -> &'static str {
    &CSS_FILE.path
}

/// The script's address.
pub fn script() -> &'static str {
    &SCRIPT_FILE.path
}

/// The address of htmx.
pub fn htmx() -> &'static str {
    &HTMX_FILE.path
}

/// Their routes. Only these are compressed: a page holds tokens, and a compressed one would tell of them by its length (BREACH).
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let files: [&'static Asset; 3] = [&CSS_FILE, &SCRIPT_FILE, &HTMX_FILE];
    files
        .into_iter()
        .fold(Router::new(), |router, asset| {
            router.route(&asset.path, get(move || async move { sent(asset) }))
        })
        .layer(CompressionLayer::new())
}

fn sent(asset: &'static Asset) -> Response {
    let headers = [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (StatusCode::OK, headers, asset.content).into_response()
}
