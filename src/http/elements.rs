//! GET /elements.js: the front-end elements, one module, built into the binary (`elements/` holds its source).

use std::sync::LazyLock;

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha384};

const MODULE: &str = include_str!("../../elements/dist/rift-elements.js");

/// The hash for the attribute `integrity` (Subresource Integrity §3.1): `sha384-` and base64.
static INTEGRITY: LazyLock<String> =
    LazyLock::new(|| format!("sha384-{}", STANDARD.encode(Sha384::digest(MODULE.as_bytes()))));

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// GET /elements.js. Its `ETag` is the hash for `integrity`.
pub(super) async fn module(headers: HeaderMap) -> Response {
    let etag = format!("\"{}\"", INTEGRITY.as_str());
    let shared = [
        (ETAG, etag.as_str()),
        // A page on another host may use it, also with `integrity`, which needs CORS.
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (RESOURCE_POLICY, "cross-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    let known = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    if known {
        return (StatusCode::NOT_MODIFIED, shared).into_response();
    }
    (shared, [(CONTENT_TYPE, "text/javascript; charset=utf-8")], MODULE).into_response()
}
