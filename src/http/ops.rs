//! The operator's port: alive, able to serve, figures.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use async_trait::async_trait;

/// Whether this node can serve. The composition root implements it over what it has built.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Each thing that is looked at, and what is wrong with it, if anything.
    async fn checks(&self) -> Vec<(&'static str, Result<(), String>)>;
    /// Refreshes the gauges that are read from the database.
    async fn gauges(&self);
}

struct Ops {
    readiness: Arc<dyn Readiness>,
    figures: PrometheusHandle,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn ops_router(readiness: Arc<dyn Readiness>, figures: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures_text))
        .with_state(Arc::new(Ops { readiness, figures }))
}

async fn ready(State(ops): State<Arc<Ops>>) -> Response {
    let checks = tokio::time::timeout(Duration::from_millis(1_800), ops.readiness.checks()).await;
    let checks = checks.unwrap_or_else(|_| vec![("database", Err("no answer within 1.8 s".into()))]);
    let ready = checks.iter().all(|(_, result)| result.is_ok());
    let told: serde_json::Map<_, _> = checks
        .into_iter()
        .map(|(name, result)| (name.to_owned(), json!(result.err().unwrap_or_else(|| "ok".into()))))
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "status": if ready { "ready" } else { "not ready" }, "checks": told })))
        .into_response()
}

async fn figures_text(State(ops): State<Arc<Ops>>) -> Response {
    ops.readiness.gauges().await;
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], ops.figures.render()).into_response()
}
