//! All that the public port serves, joined: the API and the dashboard.

use std::sync::Arc;

use axum::Router;

use crate::http::TrustedProxies;
use crate::service::Service;
use crate::{dashboard, http};

/// The site where no proxy is trusted.
pub fn site(service: Arc<Service>) -> Router {
    site_behind(service, TrustedProxies::default())
}

/// The site behind these proxies.
pub fn site_behind(service: Arc<Service>, proxies: TrustedProxies) -> Router {
    let pages = dashboard::routes(service.public_url());
    http::router_with(service, proxies, pages)
}
