//! What a tenant does with an application's own providers: puts a list whole, sees what may be shown, tries it with a sample,
//! removes it. The caller has checked whose application it is.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use subtle::ConstantTimeEq;

use super::{open, row};
use crate::domain::audit::{Change, SECRET_SET};
use crate::domain::contact::{Email, Phone};
use crate::domain::id::{AppId, MessageId};
use crate::domain::message::{Channel, Envelope};
use crate::domain::own_provider::{ProviderFault, ProviderList};
use crate::domain::template::TemplateBook;
use crate::domain::tenant::Application;
use crate::providers::own::OwnFactory;
use crate::providers::{Outcome, Provider, Reason};
use crate::service::compose::{CodeMessage, code_message};
use crate::service::desk::Desk;
use crate::service::fields::contact_error;
use crate::service::{FieldError, ServiceError};
use crate::store::{AuditNote, NewOwnProviders, ShownProviders, StoreError};

/// The longest that a test of one provider takes: five of them end within the time of the call.
const TEST: Duration = Duration::from_secs(8);

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum OwnProvidersError {
    /// 400 `invalid_provider`.
    #[error(transparent)]
    Fault(#[from] ProviderFault),
    /// 400: the contact of a test.
    #[error("{}", .0.message)]
    Contact(FieldError),
    /// 412: the list is not the one that was looked at.
    #[error("the list was changed meanwhile")]
    Changed,
    /// 404: no such application, or no list for this channel.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// What was kept cannot be read any more: it is to be put anew.
    #[error("the list cannot be read; put it anew")]
    Unreadable,
    /// The database, or a broken invariant.
    #[error(transparent)]
    Other(#[from] ServiceError),
}

impl From<StoreError> for OwnProvidersError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<OwnProvidersError> for ServiceError {
    fn from(error: OwnProvidersError) -> Self {
        let field = |param: String, message, fix| {
            Self::Field(FieldError { code: "invalid_provider", param: param.into(), message, fix })
        };
        match error {
            OwnProvidersError::Fault(ProviderFault { field: name, problem }) => {
                field(name.clone(), format!("`{name}` {problem}."), None)
            }
            OwnProvidersError::Contact(error) => Self::Field(error),
            OwnProvidersError::Changed => Self::PreconditionFailed,
            OwnProvidersError::NotFound(_) => Self::NotFound,
            OwnProvidersError::Unreadable => field(
                "providers".to_owned(),
                "The list that is kept cannot be read any more.".to_owned(),
                Some("Put the list anew.".to_owned()),
            ),
            OwnProvidersError::Other(error) => error,
        }
    }
}

/// What one provider made of a sample message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its kind's name.
    pub provider: &'static str,
    /// `sent`, `retry`, `refused`, or `not_tried` where one before it took the message.
    pub result: &'static str,
    /// The reason's code.
    pub reason: Option<String>,
    /// The reason in a sentence of ours.
    pub detail: Option<String>,
}

/// Applications' own providers, at the desk of one who acts.
pub struct OwnLists {
    desk: Desk,
    factory: Arc<dyn OwnFactory>,
}

pub(super) type Result<T> = std::result::Result<T, OwnProvidersError>;

impl OwnLists {
    /// At a desk.
    #[must_use]
    pub fn new(desk: Desk, factory: Arc<dyn OwnFactory>) -> Self {
        Self { desk, factory }
    }

    /// What may be shown of an application's lists, by channel.
    pub async fn list(&self, app: AppId) -> Result<Vec<ShownProviders>> {
        Ok(self.desk.store.own_providers(app).await?)
    }

    /// What may be shown of one list.
    pub async fn one(&self, app: AppId, channel: Channel) -> Result<ShownProviders> {
        let lists = self.list(app).await?;
        lists.into_iter().find(|list| list.channel == channel).ok_or(OwnProvidersError::NotFound("list"))
    }

    /// Checks a list and keeps it in the place of the channel's older one. The same list again changes nothing.
    pub async fn put(&self, app: AppId, channel: Channel, list: &ProviderList) -> Result<ShownProviders> {
        let shown = self.factory.check(channel, list)?;
        let owner = self.app(app).await?;
        let content = list.to_bytes();
        if let Some(known) = self.desk.store.sealed_providers(app, channel).await?
            && let Ok(before) = open(&self.desk.vault, app, channel, &known)
            && bool::from(before.to_bytes().ct_eq(&content))
        {
            return self.one(app, channel).await;
        }
        let (new, note) = self.set(&owner, channel, &content, shown).await?;
        self.desk.store.put_own_providers(app, &new, &note).await?;
        let NewOwnProviders { channel, shown, version, updated_at, .. } = new;
        Ok(ShownProviders { channel, shown, version, updated_at })
    }

    /// Puts a list in the place of the one of this version, or of none; an empty one removes it. `false`: another one stands
    /// there by now.
    pub(super) async fn change(
        &self,
        app: AppId,
        channel: Channel,
        over: Option<i64>,
        list: &ProviderList,
    ) -> Result<bool> {
        let store = &self.desk.store;
        if list.is_empty() {
            let (owner, now) = (self.app(app).await?, self.desk.now());
            let note = self.note(&owner, "providers.removed", channel, self.gone(app, channel).await?);
            return Ok(store.change_own_providers(app, channel, over, None, now, &note).await?);
        }
        let shown = self.factory.check(channel, list)?;
        let owner = self.app(app).await?;
        let (new, note) = self.set(&owner, channel, &list.to_bytes(), shown).await?;
        Ok(store.change_own_providers(app, channel, over, Some(&new), new.updated_at, &note).await?)
    }

    /// A list to be kept, and its line.
    async fn set(
        &self,
        owner: &Application,
        channel: Channel,
        content: &[u8],
        shown: String,
    ) -> Result<(NewOwnProviders, AuditNote)> {
        let old = self.list(owner.id).await?.into_iter().find(|list| list.channel == channel);
        let changes = vec![
            Change {
                field: "providers".to_owned(),
                old: old.map(|list| list.shown),
                new: Some(shown.clone()),
            },
            Change::to("credentials", SECRET_SET),
        ];
        let new = {
            let mut rng = self.desk.chance.rng();
            NewOwnProviders {
                channel,
                list: self.desk.vault.seal(row(owner.id, channel), content, &mut *rng),
                shown,
                version: i64::try_from(rng.next_u64() >> 1).unwrap_or(i64::MAX),
                updated_at: self.desk.now(),
            }
        };
        Ok((new, self.note(owner, "providers.set", channel, changes)))
    }

    /// What the line says of a list that goes.
    async fn gone(&self, app: AppId, channel: Channel) -> Result<Vec<Change>> {
        let old = self.list(app).await?.into_iter().find(|list| list.channel == channel);
        let gone =
            |list: ShownProviders| Change { field: "providers".to_owned(), old: Some(list.shown), new: None };
        Ok(old.map(gone).into_iter().collect())
    }

    /// Removes a channel's list: its messages go through the operator's providers again. `false`: there was none.
    pub async fn remove(&self, app: AppId, channel: Channel) -> Result<bool> {
        let owner = self.app(app).await?;
        let changes = self.gone(app, channel).await?;
        if changes.is_empty() {
            return Ok(false);
        }
        let note = self.note(&owner, "providers.removed", channel, changes);
        Ok(self.desk.store.remove_own_providers(app, channel, self.desk.now(), &note).await?)
    }

    /// Sends a sample message through the list, by the first provider that takes it, and says what each answered; with `only`
    /// by the provider at that place. The code in it verifies nothing.
    pub async fn test(
        &self,
        app: AppId,
        channel: Channel,
        only: Option<usize>,
        to: &str,
    ) -> Result<Vec<Tried>> {
        let to = contact(channel, to)?;
        let owner = self.app(app).await?;
        let (list, _) = self.opened(app, channel).await?;
        let mut providers = self.factory.build(app, channel, &list)?;
        if let Some(at) = only {
            let one = providers.get(at).cloned().ok_or(OwnProvidersError::NotFound("provider"))?;
            providers = vec![one];
        }
        let sample = sample(&owner, channel, &to);
        let id: MessageId = self.desk.new_id();
        let id = id.to_string();
        let mut tried = Vec::with_capacity(providers.len());
        let mut taken = false;
        for provider in providers {
            let one = if taken {
                Tried { provider: provider.name(), result: "not_tried", reason: None, detail: None }
            } else {
                attempt(&*provider, &id, &sample).await
            };
            taken |= one.result == "sent";
            tried.push(one);
        }
        Ok(tried)
    }

    /// The list as it is kept, with its version.
    pub(super) async fn opened(&self, app: AppId, channel: Channel) -> Result<(ProviderList, i64)> {
        let sealed = self.desk.store.sealed_providers(app, channel).await?;
        let sealed = sealed.ok_or(OwnProvidersError::NotFound("list"))?;
        Ok((open(&self.desk.vault, app, channel, &sealed)?, sealed.version))
    }

    fn note(
        &self,
        app: &Application,
        action: &'static str,
        channel: Channel,
        changes: Vec<Change>,
    ) -> AuditNote {
        let target = ("providers", channel.as_str().to_owned());
        self.desk.note(app.org, action, Some(app.id), target, changes)
    }

    async fn app(&self, id: AppId) -> Result<Application> {
        self.desk.store.app(id).await?.ok_or(OwnProvidersError::NotFound("application"))
    }
}

/// A message as the application's users get it, with digits that are nobody's code.
fn sample(app: &Application, channel: Channel, to: &str) -> Envelope {
    let settings = &app.settings;
    let code: String = "1234567890".chars().take(settings.code_length().into()).collect();
    let composed = code_message(CodeMessage {
        channel,
        app_name: &app.name,
        to,
        locale: settings.locale(),
        default_locale: settings.locale(),
        own: &TemplateBook::default(),
        domain: settings.sms_domain(),
        code: &code,
        valid_minutes: 1,
        action: None,
    });
    composed.envelope
}

fn contact(channel: Channel, to: &str) -> Result<String> {
    let fault = |error| OwnProvidersError::Contact(contact_error(error, "to"));
    match channel {
        Channel::Email => Ok(Email::parse(to).map_err(fault)?.as_str().to_owned()),
        Channel::Sms | Channel::Whatsapp | Channel::Voice => {
            let phone = Phone::parse(to).map_err(fault)?;
            if phone.is_premium_rate() {
                return Err(ServiceError::PremiumRate.into());
            }
            Ok(phone.as_str().to_owned())
        }
    }
}

async fn attempt(provider: &dyn Provider, id: &str, envelope: &Envelope) -> Tried {
    let outcome = tokio::time::timeout(TEST, provider.send(id, envelope)).await.unwrap_or_else(|_| {
        Outcome::retry("timeout", "The provider gave no answer in the time that it has.")
    });
    let (result, reason) = match outcome {
        Outcome::Sent { .. } => ("sent", None),
        Outcome::Retry { reason, .. } => ("retry", Some(reason)),
        Outcome::Declined { reason } | Outcome::Refused { reason } => ("refused", Some(reason)),
    };
    let (reason, detail) = reason.map(|Reason { code, detail }| (code, detail)).unzip();
    Tried { provider: provider.name(), result, reason, detail }
}
