//! What surrounds every request: its id, its line in the log, its figures, errors in their final form, and panics.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::client::{TrustedProxies, client_address};
use super::error::ApiError;
use crate::domain::id::{OrgId, RequestId};
use crate::domain::tenant::Scope;
use crate::service::Service;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// What is known of a request: its id, where it comes from, and later whose it is.
#[derive(Clone)]
pub struct RequestContext {
    /// The request's id.
    pub id: RequestId,
    /// The client's address; none where the request came over no connection.
    pub address: Option<IpAddr>,
    scope: Arc<OnceLock<Scope>>,
    org: Arc<OnceLock<OrgId>>,
}

impl RequestContext {
    /// The caller is known now.
    pub(super) fn seen(&self, scope: Scope) {
        let _ = self.scope.set(scope);
    }

    /// The organization that is managed is known now.
    pub fn managed(&self, org: OrgId) {
        let _ = self.org.set(org);
    }
}

/// Puts the layers around the routes. Unknown paths and wrong verbs are answered inside of them.
pub(super) fn wrap(
    router: Router<Arc<Service>>,
    service: Arc<Service>,
    proxies: TrustedProxies,
) -> Router<Arc<Service>> {
    router
        .fallback(|| async { ApiError::not_found() })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(CatchPanicLayer::custom(|_| ApiError::internal().into_response()))
        .layer(from_fn_with_state((service, proxies), around))
}

async fn around(
    State((service, proxies)): State<(Arc<Service>, TrustedProxies)>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let address = peer.map(|peer| client_address(peer, request.headers(), &proxies));
    let context =
        RequestContext { id: service.request_id(), address, scope: Arc::default(), org: Arc::default() };
    request.extensions_mut().insert(context.clone());
    let method = request.method().clone();
    // The route's template, never the path: ids and contacts stay out of logs and figures.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();

    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let allow = response.headers().get(ALLOW).cloned();
        response = error.respond(context.id, service.public_url());
        if let Some(allow) = allow {
            response.headers_mut().insert(ALLOW, allow);
        }
    }
    finish(&mut response, context.id);

    let status = response.status();
    let elapsed = began.elapsed();
    metrics::histogram!(
        "rift_http_request_seconds",
        "route" => route.clone(), "method" => known(&method), "status" => status.as_u16().to_string()
    )
    .record(elapsed.as_secs_f64());
    tracing::info!(
        id = %context.id,
        org = context.org.get().map(ToString::to_string),
        app = context.scope.get().map(|scope| scope.app.to_string()),
        mode = context.scope.get().map(|scope| scope.mode.as_str()),
        method = %method,
        route,
        status = status.as_u16(),
        ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

/// The verb as a label: a client's own inventions make no new series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn finish(response: &mut Response, id: RequestId) {
    let status = response.status();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Answers hold secrets of enrolments and states of users: no cache on the way keeps them.
    if status != StatusCode::NOT_MODIFIED {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}
