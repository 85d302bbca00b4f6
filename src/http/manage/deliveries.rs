//! /v1/manage/apps/{app}/deliveries

use axum::response::Response;

use super::challenges::page;
use super::extract::{ChallengesRead, Ids, Managed, Takes, ok};
use super::given::{Given, wrong};
use crate::domain::message::Channel;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::DeliveryFields;
use crate::service::manage::answers::{List, ListedDeliveryView};

/// Every status of a delivery.
const STATUSES: [&str; 8] =
    ["queued", "held", "sent", "delivered", "undelivered", "failed", "expired", "skipped"];

/// The filters of deliveries.
pub struct Filters(DeliveryFields);

impl Takes for Filters {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec![
            "mode",
            "channel",
            "status",
            "provider",
            "created_after",
            "created_before",
            "limit",
            "starting_after",
        ]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let channel = match given.text("channel")? {
            None => None,
            Some(text) => {
                Some(Channel::parse(&text).ok_or_else(|| wrong("channel", "email, sms, whatsapp or voice"))?)
            }
        };
        let status = match given.text("status")? {
            None => None,
            Some(text) => Some(STATUSES.into_iter().find(|status| *status == text).ok_or_else(|| {
                wrong("status", "queued, held, sent, delivered, undelivered, failed, expired or skipped")
            })?),
        };
        Ok(Self(DeliveryFields {
            page: page(given)?,
            channel,
            status,
            provider: given.line("provider", 1, 100)?,
        }))
    }
}

/// List an application's deliveries
///
/// Messages with their attempts, newest first, kept for 30 days.
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/deliveries", tag = "Manage: challenges", security(("org_key" = ["challenges:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("mode" = String, Query, description = "`test` or `live`"),
        ("channel" = Option<String>, Query, description = "`email`, `sms`, `whatsapp` or `voice`"),
        ("status" = Option<String>, Query,
         description = "`queued`, `held`, `sent`, `delivered`, `undelivered`, `failed`, `expired` or `skipped`"),
        ("provider" = Option<String>, Query, description = "A provider that was given it"),
        ("created_after" = Option<String>, Query, description = "Queued at this time or later"),
        ("created_before" = Option<String>, Query, description = "Queued before this time"),
        ("limit" = Option<u8>, Query, description = "1 to 100; 20 where it is absent"),
        ("starting_after" = Option<String>, Query, description = "The id of the last one of the page before"),
    ),
    responses(
        (status = 200, description = "Deliveries", body = List<ListedDeliveryView>),
        (status = 400, description = "missing_parameter, invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn list(
    Ids(app): Ids<String>,
    call: Managed<ChallengesRead, Filters>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, by| async move { manage.deliveries(&app, &by.0).await }).await?)
}
