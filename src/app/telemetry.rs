//! Logs and figures.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use super::AppError;
use crate::config::{Config, Format};

/// One event a line on standard error; no contact and no code is ever given to a log.
pub(super) fn start_logs(config: &Config) -> Result<(), AppError> {
    // Below warnings the libraries talk of SQL and of dialogues; what our own code says is chosen with care.
    let base = format!("warn,rift_mfa={0},{0}", config.log.level);
    let filter = if config.log.level.contains(['=', ',']) {
        EnvFilter::try_new(&config.log.level)
    } else {
        // webauthn_rs_core prints the bytes that it cannot read.
        EnvFilter::try_new(format!(
            "{base},webauthn_rs_core=off,sqlx=warn,lettre=warn,rustls=warn,hyper=warn,h2=warn"
        ))
    };
    let filter = filter.map_err(|error| AppError::Configuration(format!("log.level: {error}")))?;
    let logs =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = match config.log.format {
        Format::Text => logs.with_ansi(false).try_init(),
        Format::Json => logs.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| AppError::Failed(format!("the log cannot be started: {error}")))
}

/// Prometheus figures with histograms from 1 ms to 10 s.
pub(super) fn start_figures() -> Result<PrometheusHandle, AppError> {
    const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let failed =
        |error: &dyn std::fmt::Display| AppError::Failed(format!("figures cannot be started: {error}"));
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)
        .map_err(|error| failed(&error))?
        .install_recorder()
        .map_err(|error| failed(&error))
}
