//! Deliveries, factors that were removed, and figures.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::tenant::Mode;
use crate::service::answers::{DeliveryView, Time};
use crate::store::ListedDelivery;

/// A message with its tries.
#[derive(Serialize, ToSchema)]
pub struct ListedDeliveryView {
    /// `delivery`.
    object: &'static str,
    /// Its id.
    id: String,
    /// Its challenge.
    challenge: String,
    /// Whether it belongs to live mode.
    livemode: bool,
    /// What happened to it.
    #[serde(flatten)]
    delivery: DeliveryView,
}

impl ListedDeliveryView {
    pub(in crate::service) fn of(listed: ListedDelivery, livemode: bool) -> Self {
        Self {
            object: "delivery",
            id: listed.id.to_string(),
            challenge: listed.challenge.to_string(),
            livemode,
            delivery: listed.delivery.into(),
        }
    }
}

/// A factor that was removed.
#[derive(Serialize, ToSchema)]
pub struct FactorDeleted {
    /// `factor`.
    object: &'static str,
    /// Its id.
    id: String,
    /// `true`.
    deleted: bool,
}

impl FactorDeleted {
    pub(in crate::service) fn of(id: String) -> Self {
        Self { object: "factor", id, deleted: true }
    }
}

/// Figures of an application.
#[derive(Serialize, ToSchema)]
pub struct UsageView {
    /// `usage`.
    pub object: &'static str,
    /// The application.
    pub app: String,
    /// `test` or `live`.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// From then on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// Before then.
    #[schema(value_type = String, format = DateTime)]
    pub to: Time,
    /// `hour`, `day` or `month`.
    pub by: &'static str,
    /// The figures of each span that has any.
    pub data: Vec<UsageRowView>,
}

/// Figures of a span.
#[derive(Serialize, ToSchema)]
pub struct UsageRowView {
    /// When the hour, day or month begins, in UTC.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// The channel, or a check's method; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Option<String>>,
    /// The country (ISO 3166-1), null for what has none; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub country: Option<Option<String>>,
    /// Messages that were started in it.
    pub sends: i64,
    /// Those of them that a provider took.
    pub handed_over: i64,
    /// Those of them that none took, or that a report called undelivered.
    pub failed: i64,
    /// Checks in it that approved.
    pub verifications: i64,
    /// Checks in it that failed.
    pub failures: i64,
    /// The time from the start to the hand-over in milliseconds; null where nothing was handed over.
    pub delivery_ms: Option<Delay>,
}

/// Times, interpolated in buckets of 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60 and 300 seconds.
#[derive(Serialize, ToSchema)]
pub struct Delay {
    /// Half of them took no longer.
    pub p50: i64,
    /// 95 of 100 took no longer.
    pub p95: i64,
}
