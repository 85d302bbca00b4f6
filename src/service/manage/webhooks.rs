//! Webhooks of an application: where its events go, and what became of them.

mod views;

use std::time::Duration;

use super::answers::{Deleted, List};
use super::{Manage, PAGE};
use crate::domain::audit::{Change, SECRET_SET};
use crate::domain::event::EventKind;
use crate::domain::id::{HookDeliveryId, WebhookId};
use crate::domain::tenant::{Application, Mode, Scope};
use crate::domain::webhook::{
    Disabled, HookSecret, HookSecrets, HookUrl, MOST_ENDPOINTS, NotWanted, Wanted, Webhook,
};
use crate::keyring::{Row, Sealed, SealedTable};
use crate::service::error::{Result, ServiceError};
use crate::service::fields::field;
use crate::store::{AuditNote, HookFilter, Replay, Replayed, WebhookMade};
pub use views::{HookDeliveryView, ReplayView, WebhookView};

/// A new webhook.
pub struct NewWebhook {
    /// `mode`.
    pub mode: Mode,
    /// `url`.
    pub url: String,
    /// `events`.
    pub events: Vec<String>,
    /// `description`.
    pub description: String,
}

/// What of a webhook is changed; what is not given stays.
#[derive(Default)]
pub struct WebhookFields {
    /// `url`.
    pub url: Option<String>,
    /// `events`.
    pub events: Option<Vec<String>>,
    /// `description`.
    pub description: Option<String>,
    /// `enabled`.
    pub enabled: Option<bool>,
}

/// Which deliveries are listed.
#[derive(Default)]
pub struct HookDeliveryFields {
    /// `status`.
    pub status: Option<String>,
    /// `event`: an event's id, or a kind.
    pub event: Option<String>,
    /// `starting_after`.
    pub starting_after: Option<String>,
    /// `limit`.
    pub limit: Option<i64>,
}

/// What is sent again; one of them.
pub enum ReplayFields {
    /// `delivery`.
    Delivery(String),
    /// `event`.
    Event(String),
    /// `since`.
    Since(crate::domain::time::Moment),
}

/// Tries of a change that another one came before.
const TRIES: usize = 5;

impl Manage {
    /// An application's webhooks.
    pub async fn webhooks(&self, app: &str, mode: Option<Mode>) -> Result<List<WebhookView>> {
        let app = self.own_app(app).await?;
        let webhooks = self.desk.store.webhooks(app.id, mode).await?;
        Ok(List::whole(webhooks.iter().map(|webhook| WebhookView::of(webhook, None))))
    }

    /// Makes a webhook. The answer shows its secret.
    pub async fn create_webhook(&self, app: &str, new: &NewWebhook) -> Result<WebhookView> {
        let app = self.live_app(app).await?;
        let webhook = Webhook {
            id: self.desk.new_id(),
            scope: Scope { app: app.id, mode: new.mode },
            url: self.hook_url(&new.url)?,
            wanted: wanted(&new.events)?,
            description: new.description.clone(),
            disabled: None,
            failing_since: None,
            created_at: self.desk.now(),
        };
        let secret = HookSecret::generate(&mut *self.desk.chance.rng());
        let sealed = self.seal(&webhook, &HookSecrets::new(secret.clone()));
        let changes = vec![
            Change::to("mode", webhook.scope.mode.as_str()),
            Change::to("url", shown(&webhook.url)),
            Change::to("events", webhook.wanted.names().join(",")),
            Change::to("description", &webhook.description),
            Change::to("secret", SECRET_SET),
        ];
        let note = self.hook_note(&app, "webhook.created", webhook.id, changes);
        match self.desk.store.create_webhook(&webhook, &sealed, &note).await? {
            WebhookMade::Yes => Ok(WebhookView::of(&webhook, Some(&secret))),
            WebhookMade::TooMany => Err(ServiceError::Conflict {
                code: "too_many",
                message: format!(
                    "The application has {MOST_ENDPOINTS} webhooks in this mode, as many as there may be."
                ),
                fix: "Remove one that is not used any more.".into(),
            }),
        }
    }

    /// One webhook.
    pub async fn webhook(&self, app: &str, id: &str) -> Result<WebhookView> {
        let app = self.own_app(app).await?;
        Ok(WebhookView::of(&self.hook_of(&app, id).await?, None))
    }

    /// Changes a webhook.
    pub async fn change_webhook(&self, app: &str, id: &str, fields: &WebhookFields) -> Result<WebhookView> {
        let app = self.live_app(app).await?;
        for _ in 0..TRIES {
            let old = self.hook_of(&app, id).await?;
            let mut new = old.clone();
            if let Some(url) = &fields.url {
                new.url = self.hook_url(url)?;
                if new.url != old.url {
                    // What failed was another address.
                    new.failing_since = None;
                }
            }
            if let Some(events) = &fields.events {
                new.wanted = wanted(events)?;
            }
            if let Some(description) = &fields.description {
                new.description.clone_from(description);
            }
            match fields.enabled {
                Some(true) if old.disabled.is_some() => {
                    (new.disabled, new.failing_since) = (None, None);
                }
                Some(false) if old.disabled.is_none() => {
                    (new.disabled, new.failing_since) = (Some(Disabled::ByHand), None);
                }
                _ => {}
            }
            let changes = changes(&old, &new);
            if changes.is_empty() {
                return Ok(WebhookView::of(&old, None));
            }
            let note = self.hook_note(&app, "webhook.changed", old.id, changes);
            if self.desk.store.change_webhook(&old, &new, self.desk.now(), &note).await? {
                return Ok(WebhookView::of(&new, None));
            }
        }
        Err(ServiceError::Unavailable("the service"))
    }

    /// Removes a webhook, also of a deleted application.
    pub async fn remove_webhook(&self, app: &str, id: &str) -> Result<Deleted> {
        let app = self.own_app(app).await?;
        let webhook = self.hook_of(&app, id).await?;
        let note = self.hook_note(&app, "webhook.removed", webhook.id, Vec::new());
        let now = self.desk.now();
        if !self.desk.store.delete_webhook(webhook.scope, webhook.id, now, &note).await? {
            return Err(ServiceError::NotFound);
        }
        Ok(Deleted { object: "webhook", id: webhook.id.to_string(), deleted: true })
    }

    /// A new secret; the one so far signs on for `grace`.
    pub async fn roll_webhook(&self, app: &str, id: &str, grace: Duration) -> Result<WebhookView> {
        self.must_be_confirmed()?;
        let app = self.live_app(app).await?;
        let webhook = self.hook_of(&app, id).await?;
        let secret = HookSecret::generate(&mut *self.desk.chance.rng());
        let changes =
            vec![Change::to("secret", SECRET_SET), Change::to("grace", format!("{} s", grace.as_secs()))];
        let note = self.hook_note(&app, "webhook.rolled", webhook.id, changes);
        for _ in 0..TRIES {
            let now = self.desk.now();
            let old = self.desk.store.webhook_secrets(webhook.scope, webhook.id).await?;
            let old = old.ok_or(ServiceError::NotFound)?;
            let new = self.seal(&webhook, &self.open(&webhook, &old)?.rolled(secret.clone(), grace, now));
            // Somebody else rolled it, or the root key was: both secrets are read again.
            if self.desk.store.roll_webhook(webhook.scope, webhook.id, &old, &new, now, &note).await? {
                return Ok(WebhookView::of(&webhook, Some(&secret)));
            }
        }
        Err(ServiceError::Unavailable("the service"))
    }

    /// Sends an event that only tries the webhook.
    pub async fn test_webhook(&self, app: &str, id: &str) -> Result<HookDeliveryView> {
        let app = self.live_app(app).await?;
        let webhook = self.hook_of(&app, id).await?;
        let made = self.desk.store.test_webhook(webhook.scope, webhook.id, self.desk.now()).await?;
        made.map(HookDeliveryView::from).ok_or_else(|| disabled(&webhook))
    }

    /// What was sent to a webhook.
    pub async fn hook_deliveries(
        &self,
        app: &str,
        id: &str,
        fields: &HookDeliveryFields,
    ) -> Result<List<HookDeliveryView>> {
        let app = self.own_app(app).await?;
        let webhook = self.hook_of(&app, id).await?;
        let filter = filter(fields)?;
        let mut found = self.desk.store.hook_deliveries(webhook.id, &filter).await?;
        let page = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let has_more = found.len() > page;
        found.truncate(page);
        Ok(List { data: found.into_iter().map(HookDeliveryView::from).collect(), has_more })
    }

    /// Sends again.
    pub async fn replay_webhook(&self, app: &str, id: &str, fields: &ReplayFields) -> Result<ReplayView> {
        let app = self.live_app(app).await?;
        let webhook = self.hook_of(&app, id).await?;
        let absent = |_| ServiceError::NotFound;
        let (replay, what) = match fields {
            ReplayFields::Delivery(id) => {
                (Replay::Delivery(id.parse().map_err(absent)?), Change::to("delivery", id))
            }
            ReplayFields::Event(id) => (Replay::Event(id.parse().map_err(absent)?), Change::to("event", id)),
            ReplayFields::Since(since) => (Replay::Since(*since), Change::to("since", since.to_string())),
        };
        let note = self.hook_note(&app, "webhook.replayed", webhook.id, vec![what]);
        let now = self.desk.now();
        match self.desk.store.replay(webhook.scope, webhook.id, replay, now, &note).await? {
            Replayed::Queued(queued) => Ok(ReplayView::of(queued)),
            Replayed::Unknown => Err(ServiceError::NotFound),
            Replayed::Disabled => Err(disabled(&webhook)),
        }
    }

    async fn hook_of(&self, app: &Application, id: &str) -> Result<Webhook> {
        let id = id.parse().map_err(|_| ServiceError::NotFound)?;
        self.desk.store.webhook(app.id, id).await?.ok_or(ServiceError::NotFound)
    }

    fn hook_note(
        &self,
        app: &Application,
        action: &'static str,
        id: WebhookId,
        changes: Vec<Change>,
    ) -> AuditNote {
        self.desk.note(app.org, action, Some(app.id), ("webhook", id.to_string()), changes)
    }

    /// An address in its normal form. One that is not public as it stands is refused at once; a name is looked up when it is
    /// called.
    fn hook_url(&self, text: &str) -> Result<String> {
        let bad = |problem: &str| {
            let fix = "Give a public address, like https://hooks.example.com/mfa.".to_owned();
            field("invalid_url", "url", format!("`url` {problem}."), fix)
        };
        let url = HookUrl::parse(text, self.guard.has_exceptions()).map_err(bad)?;
        self.guard
            .check(url.url())
            .map_err(|_| bad("names an address that is not public; nothing would be sent to it"))?;
        Ok(url.url().to_string())
    }

    fn seal(&self, webhook: &Webhook, secrets: &HookSecrets) -> Sealed {
        let id = webhook.id.to_string();
        let row = Row { scope: webhook.scope, user: None, table: SealedTable::WebhookSecrets, id: &id };
        self.desk.vault.seal(row, &secrets.to_bytes(), &mut *self.desk.chance.rng())
    }

    fn open(&self, webhook: &Webhook, sealed: &Sealed) -> Result<HookSecrets> {
        let id = webhook.id.to_string();
        let row = Row { scope: webhook.scope, user: None, table: SealedTable::WebhookSecrets, id: &id };
        let opened = self.desk.vault.open(row, sealed);
        let opened =
            opened.map_err(|error| ServiceError::Internal(format!("the secrets of {id}: {error}")))?;
        HookSecrets::from_bytes(&opened)
            .ok_or_else(|| ServiceError::Internal(format!("the secrets of {id} cannot be read")))
    }
}

fn filter(fields: &HookDeliveryFields) -> Result<HookFilter> {
    let starting_after = fields.starting_after.as_deref().map(|text| {
        text.parse::<HookDeliveryId>().map_err(|_| {
            let fix = "Send the id of the last delivery of the page before.".to_owned();
            field("invalid_value", "starting_after", "`starting_after` is not a delivery's id.", fix)
        })
    });
    let (mut event, mut kind) = (None, None);
    if let Some(text) = fields.event.as_deref() {
        kind = EventKind::parse(text);
        if kind.is_none() {
            let id = text.parse().map_err(|_| {
                let fix = "Send an event's id, or a kind such as challenge.approved.".to_owned();
                field("invalid_value", "event", "`event` is neither an event's id nor a kind.", fix)
            })?;
            event = Some(id);
        }
    }
    Ok(HookFilter {
        status: fields.status.clone(),
        event,
        kind,
        starting_after: starting_after.transpose()?,
        limit: fields.limit.unwrap_or(PAGE),
    })
}

fn wanted(events: &[String]) -> Result<Wanted> {
    Wanted::parse(events.iter().map(String::as_str)).map_err(|NotWanted(bad)| {
        let kinds = EventKind::PUBLIC.map(EventKind::as_str).join(", ");
        let message = match bad {
            Some(_) => "`events` has a name in it that is no kind of event.",
            None => "`events` must be a list with one kind of event at least.",
        };
        field("invalid_value", "events", message, format!("The kinds are {kinds}; * is all of them.")).into()
    })
}

/// An address as the audit log shows it: a path or a query may hold a secret of the receiver's.
fn shown(url: &str) -> String {
    url::Url::parse(url).map(|url| format!("{}/…", url.origin().ascii_serialization())).unwrap_or_default()
}

fn changes(old: &Webhook, new: &Webhook) -> Vec<Change> {
    let status = |webhook: &Webhook| if webhook.disabled.is_some() { "disabled" } else { "enabled" };
    let mut changes = Vec::new();
    if old.url != new.url {
        changes.push(Change::from_to("url", shown(&old.url), shown(&new.url)));
    }
    if old.wanted != new.wanted {
        let names = |webhook: &Webhook| webhook.wanted.names().join(",");
        changes.push(Change::from_to("events", names(old), names(new)));
    }
    if old.description != new.description {
        changes.push(Change::from_to("description", &old.description, &new.description));
    }
    if status(old) != status(new) {
        changes.push(Change::from_to("status", status(old), status(new)));
    }
    changes
}

fn disabled(webhook: &Webhook) -> ServiceError {
    ServiceError::Conflict {
        code: "not_active",
        message: "The webhook is disabled; nothing is sent to it.".into(),
        fix: format!("Switch {} on first, with {{\"enabled\": true}}.", webhook.id),
    }
}
