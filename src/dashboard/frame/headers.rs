//! The headers of every page. Nothing inline runs or styles, and nothing comes from another host.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// `frame-src 'self'` is for messages shown by [`sandboxed_html`].
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A message's own styles are inline; it runs nothing, loads nothing and is nobody (`sandbox`).
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'; sandbox";

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Puts them on, except where a page has its own.
pub async fn page_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, PAGE);
    // With `no-referrer` a browser sends forms with `Origin: null`, which cannot be told from another site's.
    put(REFERRER_POLICY, "same-origin");
    put(X_FRAME_OPTIONS, "DENY");
    put(OPENER, "same-origin");
    put(RESOURCE, "same-origin");
    put(PERMISSIONS, "camera=(), microphone=(), geolocation=(), payment=()");
    put(CACHE_CONTROL, "no-store");
    response
}

/// The HTML half of a message, to be shown in a frame of one of our pages. It may hold anything.
#[must_use]
pub fn sandboxed_html(html: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, SANDBOX),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
        // A frame that is sandboxed shows no page that isolates itself.
        (OPENER, "unsafe-none"),
    ];
    (headers, html).into_response()
}
