//! /v1/manage/apps/{app}/providers

use std::time::Duration;

use axum::response::Response;
use utoipa::ToSchema;

use super::extract::{Ids, Managed, Nothing, ProvidersRead, ProvidersWrite, Takes, ok};
use super::given::{Given, needed};
use crate::domain::own_provider::ProviderList;
use crate::http::error::{ApiError, ErrorBody};
use crate::service::ServiceError;
use crate::service::manage::answers::{Deleted, List, ProviderTestView, ProvidersView};

/// How long a test of a whole list may take.
const TEST: Duration = Duration::from_secs(45);

/// A channel's list.
#[derive(ToSchema)]
pub struct Providers {
    /// 1 to 5 providers, tried in their order: each an object with its `kind` (`smtp`, `twilio`, `vonage`, `meta` or `http`) and
    /// the kind's settings.
    #[schema(min_items = 1, max_items = 5, value_type = Vec<Object>)]
    providers: ProviderList,
}

impl Takes for Providers {
    fn names() -> Vec<&'static str> {
        vec!["providers"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self { providers: ProviderList::new(needed(given.take("providers"), "providers")?) })
    }
}

/// Whom a sample goes to.
#[derive(ToSchema)]
pub struct Sample {
    /// An address, or a number in E.164, as the channel has it.
    to: String,
}

impl Takes for Sample {
    fn names() -> Vec<&'static str> {
        vec!["to"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self { to: needed(given.text("to")?, "to")? })
    }
}

/// The application and the channel.
type Key = (String, String);

/// List an application's own providers
///
/// Each channel with what may be shown: kinds, senders and hints, never a secret.
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/providers", tag = "Manage: providers", security(("org_key" = ["providers:read"])),
    params(("app" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "The channels that have providers of their own", body = List<ProvidersView>),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
    )
)]
pub async fn list(
    Ids(app): Ids<String>,
    call: Managed<ProvidersRead, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.list_providers(&app).await }).await?)
}

/// Show a channel's own providers
#[utoipa::path(
    get, path = "/v1/manage/apps/{app}/providers/{channel}", tag = "Manage: providers",
    security(("org_key" = ["providers:read"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
    ),
    responses(
        (status = 200, description = "What may be shown of them", body = ProvidersView),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found: the channel's messages go through the operator's", body = ErrorBody),
    )
)]
pub async fn get(
    Ids((app, channel)): Ids<Key>,
    call: Managed<ProvidersRead, Nothing>,
) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, _| async move { manage.providers(&app, &channel).await }).await?)
}

/// Put a channel's own providers
///
/// The list takes the place of the older one, and of the operator's providers for this channel; the same one again changes
/// nothing. It holds within a second. Its secrets are sealed and never readable again.
#[utoipa::path(
    put, path = "/v1/manage/apps/{app}/providers/{channel}", tag = "Manage: providers",
    security(("org_key" = ["providers:write"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
    ),
    request_body = Providers,
    responses(
        (status = 200, description = "What may be shown of them", body = ProvidersView),
        (status = 400, description = "invalid_provider: `param` is like `providers[1].auth_token`", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn put(
    Ids((app, channel)): Ids<Key>,
    call: Managed<ProvidersWrite, Providers>,
) -> Result<Response, ApiError> {
    let kept = call
        .run(|service, manage, Providers { providers }| async move {
            let kept = manage.put_providers(&app, &channel, &providers).await;
            service.own_providers().forget();
            kept
        })
        .await?;
    ok(&kept)
}

/// Remove a channel's own providers
///
/// Its messages go through the operator's providers again.
#[utoipa::path(
    delete, path = "/v1/manage/apps/{app}/providers/{channel}", tag = "Manage: providers",
    security(("org_key" = ["providers:write"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
    ),
    responses(
        (status = 200, description = "Removed", body = Deleted),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn remove(
    Ids((app, channel)): Ids<Key>,
    call: Managed<ProvidersWrite, Nothing>,
) -> Result<Response, ApiError> {
    let removed = call
        .run(|service, manage, _| async move {
            let removed = manage.remove_providers(&app, &channel).await;
            service.own_providers().forget();
            removed
        })
        .await?;
    ok(&removed)
}

/// Send a sample message through a channel's own providers
///
/// They are tried in their order until one takes it. The code in the message verifies nothing. The answer may take as long as
/// the providers do, 45 s at the most.
#[utoipa::path(
    post, path = "/v1/manage/apps/{app}/providers/{channel}/test", tag = "Manage: providers",
    security(("org_key" = ["providers:write"])),
    params(
        ("app" = String, Path, description = "The application's id"),
        ("channel" = String, Path, description = "`email`, `sms`, `whatsapp` or `voice`"),
    ),
    request_body = Sample,
    responses(
        (status = 200, description = "What each provider answered", body = ProviderTestView),
        (status = 400, description = "invalid_email, invalid_phone_number, missing_parameter, invalid_provider", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required; destination_blocked: a premium-rate number", body = ErrorBody),
        (status = 404, description = "not_found", body = ErrorBody),
        (status = 409, description = "app_deleted", body = ErrorBody),
    )
)]
pub async fn test(
    Ids((app, channel)): Ids<Key>,
    call: Managed<ProvidersWrite, Sample>,
) -> Result<Response, ApiError> {
    let call = call.within(TEST);
    let told = call
        .run(|_, manage, Sample { to }| async move { manage.test_providers(&app, &channel, None, &to).await })
        .await?;
    ok(&told)
}
