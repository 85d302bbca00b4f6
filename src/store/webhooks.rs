//! Webhooks: a tenant's endpoints, the deliveries that an event makes for them, and each try.

use async_trait::async_trait;

use super::{AuditNote, Lease, Result, Scope};
use crate::domain::event::EventKind;
use crate::domain::id::{AppId, EventId, HookDeliveryId, WebhookId};
use crate::domain::notice::NewNotice;
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::domain::webhook::{Disabled, HookAttempt, HookDelivery, Told, Webhook};
use crate::keyring::Sealed;

/// How the making of an endpoint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookMade {
    /// It stands.
    Yes,
    /// The application has as many in this mode as it may have.
    TooMany,
}

/// Which deliveries are listed.
#[derive(Clone, Debug, Default)]
pub struct HookFilter {
    /// With this status.
    pub status: Option<String>,
    /// Of this event.
    pub event: Option<EventId>,
    /// Of events of this kind.
    pub kind: Option<EventKind>,
    /// Older than this one.
    pub starting_after: Option<HookDeliveryId>,
    /// At most so many, 1 to 100.
    pub limit: i64,
}

/// What is sent again.
#[derive(Clone, Copy, Debug)]
pub enum Replay {
    /// One delivery.
    Delivery(HookDeliveryId),
    /// One event, whether the endpoint wants its kind or not.
    Event(EventId),
    /// Each event since then that the endpoint wants and that was not delivered to it, oldest first, up to a bound.
    Since(Moment),
}

/// How a replay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// So many deliveries are queued by it.
    Queued(u64),
    /// There is no such delivery or event.
    Unknown,
    /// The endpoint is disabled: nothing is sent to it.
    Disabled,
}

/// An endpoint for which something is due.
#[derive(Clone, Debug)]
pub struct DueWebhook {
    /// Its id.
    pub id: WebhookId,
    /// Whether its last try failed.
    pub failing: bool,
    /// Whose it is: those of one tenant share its places.
    pub tenant: String,
}

/// A delivery that this node may send.
#[derive(Clone, Debug)]
pub struct ClaimedHook {
    /// Its id.
    pub id: HookDeliveryId,
    /// Application and mode.
    pub scope: Scope,
    /// The endpoint.
    pub webhook: WebhookId,
    /// Where it goes.
    pub url: String,
    /// What signs it.
    pub secrets: Sealed,
    /// What is told; `None` where the event is gone, as with an erased user.
    pub event: Option<Told>,
    /// The lease.
    pub lease: Lease,
    /// Tries so far.
    pub tries: u32,
    /// After that it is not tried.
    pub expires_at: Moment,
}

/// What becomes of a delivery after a try.
#[derive(Clone, Debug)]
pub enum HookNext {
    /// It was taken.
    Delivered,
    /// Another try at that time.
    Again(Moment),
    /// It is given up.
    Failed,
}

/// How the record of a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookRecorded {
    /// Whether the lease still held.
    pub held: bool,
    /// Since when the endpoint fails, and how many tries failed in that time.
    pub failing: Option<(Moment, i64)>,
}

/// Webhooks. A change by the tenant leaves its line in the audit log.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Keeps a new endpoint with its sealed secrets.
    async fn create_webhook(
        &self,
        webhook: &Webhook,
        secrets: &Sealed,
        note: &AuditNote,
    ) -> Result<WebhookMade>;
    /// An application's endpoints, of one mode or both, oldest first.
    async fn webhooks(&self, app: AppId, mode: Option<Mode>) -> Result<Vec<Webhook>>;
    /// One of them.
    async fn webhook(&self, app: AppId, id: WebhookId) -> Result<Option<Webhook>>;
    /// Puts `new` in place of `old`; `false` when it has changed meanwhile or is gone. An endpoint that is enabled anew begins
    /// without failures.
    async fn change_webhook(
        &self,
        old: &Webhook,
        new: &Webhook,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// Removes an endpoint. What was on its way to it is not sent any more.
    async fn delete_webhook(
        &self,
        scope: Scope,
        id: WebhookId,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// Its sealed secrets.
    async fn webhook_secrets(&self, scope: Scope, id: WebhookId) -> Result<Option<Sealed>>;
    /// Puts new secrets in the old ones' place; `false` when those have changed meanwhile.
    async fn roll_webhook(
        &self,
        scope: Scope,
        id: WebhookId,
        old: &Sealed,
        new: &Sealed,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// Deliveries to an endpoint, those of the newest events first; one more than the limit when there are more.
    async fn hook_deliveries(&self, webhook: WebhookId, filter: &HookFilter) -> Result<Vec<HookDelivery>>;
    /// Makes an event that only tries the endpoint; `None` when it is disabled.
    async fn test_webhook(&self, scope: Scope, id: WebhookId, now: Moment) -> Result<Option<HookDelivery>>;
    /// Sends again.
    async fn replay(
        &self,
        scope: Scope,
        id: WebhookId,
        replay: Replay,
        now: Moment,
        note: &AuditNote,
    ) -> Result<Replayed>;

    /// Endpoints, of all tenants, for which something is due. Where there are very many, some of them: those that work before
    /// those that fail, others each time.
    async fn due_webhooks(&self, now: Moment) -> Result<Vec<DueWebhook>>;
    /// Takes up to so many due deliveries of each of these endpoints, oldest first, none that another node holds.
    async fn claim_hooks(
        &self,
        now: Moment,
        lease: &Lease,
        of: &[(WebhookId, i64)],
    ) -> Result<Vec<ClaimedHook>>;
    /// Records a try and what comes next. When the lease was lost only the try is kept, unless it was taken, which is always told.
    async fn record_hook(
        &self,
        hook: &ClaimedHook,
        attempt: &HookAttempt,
        next: &HookNext,
        now: Moment,
    ) -> Result<HookRecorded>;
    /// Disables an endpoint for what it did at this address, if it is enabled and still there, and tells the tenant's owners
    /// and admins by mail. One that is said to fail must still have failed for long.
    async fn disable_webhook(
        &self,
        scope: Scope,
        id: WebhookId,
        url: &str,
        reason: Disabled,
        notice: &NewNotice,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// Gives up deliveries that are too old, or whose endpoint is disabled or gone: at most `limit` of each.
    async fn give_up_hooks(&self, now: Moment, limit: i64) -> Result<u64>;
    /// Marks challenges as expired that nobody decided in time, with an event each: at most `limit`.
    async fn expire_challenges(&self, now: Moment, limit: i64) -> Result<u64>;
}
