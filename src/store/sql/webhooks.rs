//! Webhooks as rows: what both databases share.

mod claim;
mod endpoints;
mod reading;
mod replay;

use async_trait::async_trait;

use super::{SqlStore, audit, events, expiry, in_time, notices};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AppId, WebhookId};
use crate::domain::notice::NewNotice;
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;
use crate::domain::webhook::{Disabled, HookAttempt, HookDelivery, Webhook};
use crate::keyring::Sealed;
use crate::store::{
    AuditNote, ClaimedHook, DueWebhook, HookFilter, HookNext, HookRecorded, Lease, Replay, Replayed, Result,
    WebhookMade, WebhookStore,
};

#[async_trait]
impl WebhookStore for SqlStore {
    async fn create_webhook(
        &self,
        webhook: &Webhook,
        secrets: &Sealed,
        note: &AuditNote,
    ) -> Result<WebhookMade> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let made = endpoints::create(&mut *tx, webhook, secrets).await?;
        if made == WebhookMade::Yes {
            audit::append(&mut *tx, note, webhook.created_at).await?;
            tx.commit().await?;
        }
        Ok(made)
    }

    async fn webhooks(&self, app: AppId, mode: Option<Mode>) -> Result<Vec<Webhook>> {
        in_time(async { endpoints::all(&mut *self.reading().await?, app, mode).await }).await
    }

    async fn webhook(&self, app: AppId, id: WebhookId) -> Result<Option<Webhook>> {
        in_time(async { endpoints::one(&mut *self.reading().await?, app, id).await }).await
    }

    async fn change_webhook(
        &self,
        old: &Webhook,
        new: &Webhook,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let changed = endpoints::change(&mut *tx, old, new, now).await?;
        if changed {
            audit::append(&mut *tx, note, now).await?;
            tx.commit().await?;
        }
        Ok(changed)
    }

    async fn delete_webhook(
        &self,
        scope: Scope,
        id: WebhookId,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let deleted = endpoints::delete(&mut *tx, scope, id).await?;
        if deleted {
            audit::append(&mut *tx, note, now).await?;
            tx.commit().await?;
        }
        Ok(deleted)
    }

    async fn webhook_secrets(&self, scope: Scope, id: WebhookId) -> Result<Option<Sealed>> {
        in_time(async { endpoints::secrets(&mut *self.reading().await?, scope, id).await }).await
    }

    async fn roll_webhook(
        &self,
        scope: Scope,
        id: WebhookId,
        old: &Sealed,
        new: &Sealed,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let rolled = endpoints::roll(&mut *tx, scope, id, old, new, now).await?;
        if rolled {
            audit::append(&mut *tx, note, now).await?;
            tx.commit().await?;
        }
        Ok(rolled)
    }

    async fn hook_deliveries(&self, webhook: WebhookId, filter: &HookFilter) -> Result<Vec<HookDelivery>> {
        in_time(async { reading::deliveries(&mut *self.reading().await?, webhook, filter).await }).await
    }

    async fn test_webhook(&self, scope: Scope, id: WebhookId, now: Moment) -> Result<Option<HookDelivery>> {
        let mut tx = self.writing().await?;
        if !endpoints::is_enabled(&mut *tx, scope, id).await? {
            return Ok(None);
        }
        let event = events::write(&mut *tx, scope, None, &Event::of(EventKind::WebhookTest), now).await?;
        replay::queue(&mut *tx, scope, id, event, EventKind::WebhookTest.as_str(), true, now).await?;
        let made = reading::of_event(&mut *tx, id, event).await?;
        tx.commit().await?;
        Ok(made)
    }

    async fn replay(
        &self,
        scope: Scope,
        id: WebhookId,
        replay: Replay,
        now: Moment,
        note: &AuditNote,
    ) -> Result<Replayed> {
        let found = replay::find(&mut *self.reading().await?, scope, id, replay).await?;
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        if !endpoints::is_enabled(&mut *tx, scope, id).await? {
            return Ok(Replayed::Disabled);
        }
        let replayed = replay::queue_all(&mut *tx, scope, id, replay, &found, now).await?;
        if matches!(replayed, Replayed::Queued(_)) {
            audit::append(&mut *tx, note, now).await?;
            tx.commit().await?;
        }
        Ok(replayed)
    }

    async fn due_webhooks(&self, now: Moment) -> Result<Vec<DueWebhook>> {
        in_time(async { claim::due(&mut *self.reading().await?, now).await }).await
    }

    async fn claim_hooks(
        &self,
        now: Moment,
        lease: &Lease,
        of: &[(WebhookId, i64)],
    ) -> Result<Vec<ClaimedHook>> {
        let mut tx = self.writing().await?;
        let statement = claim::CLAIM.of(&*self.database);
        let claimed = claim::claim(&mut *tx, statement, now, lease, of).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn record_hook(
        &self,
        hook: &ClaimedHook,
        attempt: &HookAttempt,
        next: &HookNext,
        now: Moment,
    ) -> Result<HookRecorded> {
        let mut tx = self.writing().await?;
        let recorded = claim::record(&mut *tx, hook, attempt, next, now).await?;
        tx.commit().await?;
        Ok(recorded)
    }

    async fn disable_webhook(
        &self,
        scope: Scope,
        id: WebhookId,
        url: &str,
        reason: Disabled,
        notice: &NewNotice,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let disabled = endpoints::disable(&mut *tx, scope, id, url, reason, now).await?;
        if disabled {
            notices::queue(&mut *tx, note.line.org, notice, now).await?;
            audit::append(&mut *tx, note, now).await?;
            tx.commit().await?;
        }
        Ok(disabled)
    }

    async fn give_up_hooks(&self, now: Moment, limit: i64) -> Result<u64> {
        let hopeless = claim::hopeless(&mut *self.reading().await?, now).await?;
        if hopeless.is_nothing() {
            return Ok(0);
        }
        let mut tx = self.writing().await?;
        let given_up = claim::give_up(&mut *tx, &*self.database, &hopeless, now, limit).await?;
        tx.commit().await?;
        Ok(given_up)
    }

    async fn expire_challenges(&self, now: Moment, limit: i64) -> Result<u64> {
        if !expiry::any(&mut *self.reading().await?, now).await? {
            return Ok(0);
        }
        let mut tx = self.writing().await?;
        let expired = expiry::expire(&mut *tx, &*self.database, now, limit).await?;
        tx.commit().await?;
        Ok(expired)
    }
}
