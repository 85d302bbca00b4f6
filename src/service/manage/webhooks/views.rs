//! Webhooks and their deliveries as they are answered.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::webhook::{Disabled, HookAttempt, HookDelivery, HookSecret, Webhook};

/// A webhook.
#[derive(Serialize, ToSchema)]
pub struct WebhookView {
    /// `webhook`.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// Its application.
    pub app: String,
    /// `test` or `live`.
    pub mode: &'static str,
    /// Where events are posted.
    pub url: String,
    /// Which; `*` is every kind.
    pub events: Vec<&'static str>,
    /// The tenant's own words.
    pub description: String,
    /// `enabled` or `disabled`.
    pub status: &'static str,
    /// `by_hand`, `gone` (it answered 410) or `failing` (for days).
    pub disabled_reason: Option<&'static str>,
    /// The first failure since its last success.
    pub failing_since: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// What its events are signed with, in the answers that show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl WebhookView {
    pub(super) fn of(webhook: &Webhook, secret: Option<&HookSecret>) -> Self {
        Self {
            object: "webhook",
            id: webhook.id.to_string(),
            app: webhook.scope.app.to_string(),
            mode: webhook.scope.mode.as_str(),
            url: webhook.url.clone(),
            events: webhook.wanted.names(),
            description: webhook.description.clone(),
            status: if webhook.disabled.is_some() { "disabled" } else { "enabled" },
            disabled_reason: webhook.disabled.map(Disabled::as_str),
            failing_since: webhook.failing_since.map(|at| at.to_string()),
            created_at: webhook.created_at.to_string(),
            secret: secret.map(|secret| secret.reveal().to_owned()),
        }
    }
}

/// One event on its way to one webhook.
#[derive(Serialize, ToSchema)]
pub struct HookDeliveryView {
    /// `webhook.delivery`.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// The event's id: the receiver gets it as `webhook-id`.
    pub event: String,
    /// The event's kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// Why it is not delivered.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was delivered or given up.
    pub ended_at: Option<String>,
    /// When it is tried next.
    pub next_attempt_at: Option<String>,
    /// Each try, oldest first.
    pub attempts: Vec<HookAttemptView>,
}

/// A try of a delivery. An answer's body is never kept.
#[derive(Serialize, ToSchema)]
pub struct HookAttemptView {
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub ended_at: String,
    /// `delivered`, `retry` or `failed`.
    pub result: String,
    /// The answer's status, where there was an answer.
    pub http_status: Option<u16>,
    /// Why it was no success.
    pub reason: Option<String>,
}

impl From<HookDelivery> for HookDeliveryView {
    fn from(delivery: HookDelivery) -> Self {
        Self {
            object: "webhook.delivery",
            id: delivery.id.to_string(),
            event: delivery.event.to_string(),
            kind: delivery.kind,
            status: delivery.status,
            reason: delivery.reason,
            created_at: delivery.created_at.to_string(),
            ended_at: delivery.ended_at.map(|at| at.to_string()),
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
            attempts: delivery.attempts.into_iter().map(HookAttemptView::from).collect(),
        }
    }
}

impl From<HookAttempt> for HookAttemptView {
    fn from(attempt: HookAttempt) -> Self {
        Self {
            started_at: attempt.started_at.to_string(),
            ended_at: attempt.ended_at.to_string(),
            result: attempt.result,
            http_status: attempt.http_status,
            reason: attempt.reason,
        }
    }
}

/// What a replay queued.
#[derive(Serialize, ToSchema)]
pub struct ReplayView {
    /// `webhook.replay`.
    pub object: &'static str,
    /// Deliveries that are queued by it.
    pub queued: u64,
}

impl ReplayView {
    pub(super) const fn of(queued: u64) -> Self {
        Self { object: "webhook.replay", queued }
    }
}
