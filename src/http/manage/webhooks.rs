//! /v1/manage/apps/{app}/webhooks

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{Ids, Managed, Nothing, Takes, WebhooksRead, WebhooksWrite, answer, created, ok};
use super::given::{Given, needed, wrong};
use crate::domain::tenant::Mode;
use crate::domain::webhook::{LONGEST_GRACE, MOST_DESCRIPTION};
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::answers::{Deleted, List};
use crate::service::manage::{
    HookDeliveryFields, HookDeliveryView, NewWebhook, ReplayFields, ReplayView, WebhookFields, WebhookView,
};

/// A new webhook.
#[derive(ToSchema)]
pub struct WebhookBody {
    /// `test` or `live`.
    #[schema(value_type = String, example = "live")]
    mode: Mode,
    /// An https address without user and fragment, at most 2000 characters.
    #[schema(max_length = 2000, example = "https://hooks.example.com/mfa")]
    url: String,
    /// Kinds of events, or `*` for all.
    #[schema(example = json!(["challenge.approved", "user.locked"]))]
    events: Vec<String>,
    /// 0 to 200 characters, for people.
    #[schema(max_length = 200)]
    description: Option<String>,
}

impl Takes for WebhookBody {
    fn names() -> Vec<&'static str> {
        vec!["mode", "url", "events", "description"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self {
            mode: needed(given.parsed("mode", "test or live")?, "mode")?,
            url: needed(given.text("url")?, "url")?,
            events: needed(given.list("events")?, "events")?,
            description: given.line("description", 0, MOST_DESCRIPTION)?,
        })
    }
}

/// What of a webhook is changed.
#[derive(ToSchema)]
pub struct WebhookChange {
    /// As for a new one.
    #[schema(max_length = 2000)]
    url: Option<String>,
    /// As for a new one.
    events: Option<Vec<String>>,
    /// 0 to 200 characters.
    #[schema(max_length = 200)]
    description: Option<String>,
    /// Whether events are sent to it.
    enabled: Option<bool>,
}

impl Takes for WebhookChange {
    fn names() -> Vec<&'static str> {
        vec!["url", "events", "description", "enabled"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self {
            url: given.text("url")?,
            events: given.list("events")?,
            description: given.line("description", 0, MOST_DESCRIPTION)?,
            enabled: given.flag("enabled")?,
        })
    }
}

/// How long the secret so far signs on.
#[derive(ToSchema)]
pub struct HookGrace {
    /// Seconds, or a text such as `24h`: 0 to 7 days; 24 hours where it is absent.
    #[schema(value_type = Option<u64>, example = 86_400)]
    grace: Duration,
}

impl Takes for HookGrace {
    fn names() -> Vec<&'static str> {
        vec!["grace"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let grace = given.span("grace", Duration::ZERO, LONGEST_GRACE, "0 to 7d")?;
        Ok(Self { grace: grace.unwrap_or(Duration::from_hours(24)) })
    }
}

/// Which webhooks are listed.
pub struct InMode(Option<Mode>);

impl Takes for InMode {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["mode"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        given.parsed("mode", "test or live").map(Self)
    }
}

/// Which deliveries are listed.
pub struct Deliveries(HookDeliveryFields);

impl Takes for Deliveries {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["status", "event", "limit", "starting_after"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let status = given.text("status")?;
        if status.as_deref().is_some_and(|status| !["pending", "delivered", "failed"].contains(&status)) {
            return Err(wrong("status", "pending, delivered or failed"));
        }
        Ok(Self(HookDeliveryFields {
            status,
            event: given.text("event")?,
            limit: given.integer("limit", 1, 100)?,
            starting_after: given.text("starting_after")?,
        }))
    }
}

/// What is sent again: exactly one of them.
#[derive(ToSchema)]
pub struct ReplayBody {
    /// A delivery's id.
    delivery: Option<String>,
    /// An event's id.
    event: Option<String>,
    /// Everything since then that this webhook wants and has not taken, at most 1000.
    #[schema(value_type = Option<String>, example = "2026-11-24T12:00:00Z")]
    since: Option<crate::domain::time::Moment>,
}

impl Takes for ReplayBody {
    fn names() -> Vec<&'static str> {
        vec!["delivery", "event", "since"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self {
            delivery: given.text("delivery")?,
            event: given.text("event")?,
            since: given.time("since")?,
        })
    }
}

impl ReplayBody {
    fn one(self) -> Result<ReplayFields, ServiceError> {
        match (self.delivery, self.event, self.since) {
            (Some(id), None, None) => Ok(ReplayFields::Delivery(id)),
            (None, Some(id), None) => Ok(ReplayFields::Event(id)),
            (None, None, Some(since)) => Ok(ReplayFields::Since(since)),
            (None, None, None) => needed(None, "delivery"),
            _ => Err(wrong("delivery", "the only one of delivery, event and since")),
        }
    }
}

/// List an application's webhooks
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/webhooks", tag = "Manage: webhooks", security(("org_key" = ["webhooks:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("mode" = Option<String>, Query, description = "`test` or `live`; both where it is absent"),
    ),
    responses(
        (status = 200, description = "All webhooks, oldest first", body = List<WebhookView>),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn list(Ids(app): Ids<String>, call: Managed<WebhooksRead, InMode>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, only| async move { manage.webhooks(&app, only.0).await }).await?)
}

/// Make a webhook
///
/// The answer shows the secret that its events are signed with.
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/webhooks", tag = "Manage: webhooks", security(("org_key" = ["webhooks:write"])),
    params(("app" = String, Path, description = "The application's id")),
    request_body = WebhookBody,
    responses(
        (status = 201, description = "The webhook, with `secret`", body = WebhookView),
        (status = 400, description = "invalid_url, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "too_many, app_deleted", body = ErrorBody),
    )
)]
pub async fn create(
    Ids(app): Ids<String>,
    call: Managed<WebhooksWrite, WebhookBody>,
) -> Result<Response, ApiError> {
    let made = call
        .run(|_, manage, given| async move {
            let WebhookBody { mode, url, events, description } = given;
            let new = NewWebhook { mode, url, events, description: description.unwrap_or_default() };
            manage.create_webhook(&app, &new).await
        })
        .await?;
    created(&made)
}

/// Show a webhook
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/webhooks/{id}", tag = "Manage: webhooks", security(("org_key" = ["webhooks:read"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The webhook's id")),
    responses(
        (status = 200, description = "The webhook", body = WebhookView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn get(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<WebhooksRead, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.webhook(&app, &id).await }).await?)
}

/// Change a webhook
#[utoipa::path(
    patch, path = "/v1/manage/apps/{app}/webhooks/{id}", tag = "Manage: webhooks", security(("org_key" = ["webhooks:write"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The webhook's id")),
    request_body = WebhookChange,
    responses(
        (status = 200, description = "The webhook", body = WebhookView),
        (status = 400, description = "invalid_url, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn change(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<WebhooksWrite, WebhookChange>,
) -> Result<Response, ApiError> {
    let changed = call
        .run(|_, manage, given| async move {
            let WebhookChange { url, events, description, enabled } = given;
            manage.change_webhook(&app, &id, &WebhookFields { url, events, description, enabled }).await
        })
        .await?;
    ok(&changed)
}

/// Remove a webhook
///
/// With its deliveries; what is on its way is not sent any more.
#[utoipa::path(
    delete, path = "/v1/manage/apps/{app}/webhooks/{id}", tag = "Manage: webhooks", security(("org_key" = ["webhooks:write"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The webhook's id")),
    responses(
        (status = 200, description = "It is gone", body = Deleted),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn remove(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<WebhooksWrite, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.remove_webhook(&app, &id).await }).await?)
}

/// Roll a webhook's secret
///
/// Until the end of `grace` each event has two signatures.
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/webhooks/{id}/roll", tag = "Manage: webhooks", security(("org_key" = ["webhooks:write"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The webhook's id")),
    request_body = HookGrace,
    responses(
        (status = 200, description = "The webhook, with its new `secret`", body = WebhookView),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn roll(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<WebhooksWrite, HookGrace>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, given| async move { manage.roll_webhook(&app, &id, given.grace).await }).await?)
}

/// Try a webhook
///
/// Sends an event of the kind `webhook.test`.
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/webhooks/{id}/test", tag = "Manage: webhooks", security(("org_key" = ["webhooks:write"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The webhook's id")),
    responses(
        (status = 202, description = "The delivery", body = HookDeliveryView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "not_active, app_deleted", body = ErrorBody),
    )
)]
pub async fn test(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<WebhooksWrite, Nothing>,
) -> Result<Response, ApiError> {
    let made = call.run(|_, manage, _| async move { manage.test_webhook(&app, &id).await }).await?;
    answer(StatusCode::ACCEPTED, &made)
}

/// List a webhook's deliveries
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/webhooks/{id}/deliveries", tag = "Manage: webhooks",
    security(("org_key" = ["webhooks:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("id" = String, Path, description = "The webhook's id"),
        ("status" = Option<String>, Query, description = "`pending`, `delivered` or `failed`"),
        ("event" = Option<String>, Query, description = "An event's id, or a kind"),
        ("limit" = Option<u8>, Query, description = "1 to 100; 20 where it is absent"),
        ("starting_after" = Option<String>, Query, description = "The id of the last delivery of the page before"),
    ),
    responses(
        (status = 200, description = "Deliveries, those of the newest events first", body = List<HookDeliveryView>),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn deliveries(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<WebhooksRead, Deliveries>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, page| async move { manage.hook_deliveries(&app, &id, &page.0).await }).await?)
}

/// Send again
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/webhooks/{id}/replay", tag = "Manage: webhooks",
    security(("org_key" = ["webhooks:write"])),
    params(("app" = String, Path, description = "The application's id"), ("id" = String, Path, description = "The webhook's id")),
    request_body = ReplayBody,
    responses(
        (status = 202, description = "How many are queued", body = ReplayView),
        (status = 400, description = "invalid_value, missing_parameter", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "not_active, app_deleted", body = ErrorBody),
    )
)]
pub async fn replay(
    Ids((app, id)): Ids<(String, String)>,
    call: Managed<WebhooksWrite, ReplayBody>,
) -> Result<Response, ApiError> {
    let queued = call
        .run(|_, manage, given| async move { manage.replay_webhook(&app, &id, &given.one()?).await })
        .await?;
    answer(StatusCode::ACCEPTED, &queued)
}
