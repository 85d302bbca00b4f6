//! The test inbox of an application, as a member sees it. Its caller was let in with the scope `challenges:read`.

use super::Manage;
use crate::domain::contact::User;
use crate::domain::id::{ChallengeId, MessageId};
use crate::domain::message::{Channel, Envelope};
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;
use crate::service::error::{Result, ServiceError};
use crate::service::inbox::{legs, open};
use crate::service::users::not_a_user;
use crate::store::{InboxItem, InboxOf};

/// Messages that are shown at once.
const SHOWN: usize = 50;

/// A message of test mode. It holds its code and its contact, and so does not print itself.
pub struct InboxEntry {
    /// Its id.
    pub id: MessageId,
    /// The channel.
    pub channel: Channel,
    /// The contact.
    pub to: String,
    /// The contact as logs show it, as long as the message itself is kept.
    pub masked: Option<String>,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The HTML of a mail.
    pub html: Option<String>,
    /// The code; absent for a set of backup codes and for a message without one.
    pub code: Option<String>,
    /// A set of backup codes.
    pub backup_codes: Vec<String>,
    /// The language of its words.
    pub locale: String,
    /// Its challenge, as long as the message itself is kept.
    pub challenge: Option<ChallengeId>,
    /// When it arrived.
    pub at: Moment,
}

impl std::fmt::Debug for InboxEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxEntry").field("id", &self.id).finish_non_exhaustive()
    }
}

impl InboxEntry {
    fn of(item: InboxItem, envelope: &Envelope) -> Self {
        Self {
            id: item.id,
            channel: envelope.channel,
            to: envelope.to.clone(),
            masked: item.masked,
            subject: Some(envelope.subject.clone()).filter(|subject| !subject.is_empty()),
            text: envelope.text.clone(),
            html: envelope.html.clone(),
            code: envelope.code.clone(),
            backup_codes: envelope.backup_codes.clone(),
            locale: envelope.locale.clone(),
            challenge: item.challenge,
            at: item.created_at,
        }
    }
}

impl Manage {
    /// The latest messages of an application's test mode, newest first; those to one user where a contact is given.
    ///
    /// # Errors
    /// 404; 400 for a text that names no user.
    pub async fn inbox(&self, app: &str, user: Option<&str>) -> Result<Vec<InboxEntry>> {
        let scope = self.tried_scope(app).await?;
        let keys = match user.map(str::trim).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(legs(&self.desk.vault, scope, User::parse_any(text).map_err(not_a_user)?)),
        };
        let of = keys.as_deref().map_or(InboxOf::Everyone, InboxOf::Users);
        let mut items = self.desk.store.inbox(scope, of, self.desk.now()).await?;
        items.truncate(SHOWN);
        items.into_iter().map(|item| self.entry(scope, item)).collect()
    }

    /// One message of an application's test mode.
    ///
    /// # Errors
    /// 404.
    pub async fn inbox_message(&self, app: &str, id: &str) -> Result<InboxEntry> {
        let scope = self.tried_scope(app).await?;
        let of = InboxOf::Message(id.parse().map_err(|_| ServiceError::NotFound)?);
        let item = self.desk.store.inbox(scope, of, self.desk.now()).await?.into_iter().next();
        self.entry(scope, item.ok_or(ServiceError::NotFound)?)
    }

    async fn tried_scope(&self, app: &str) -> Result<Scope> {
        Ok(Scope { app: self.own_app(app).await?.id, mode: Mode::Test })
    }

    fn entry(&self, scope: Scope, item: InboxItem) -> Result<InboxEntry> {
        let envelope = open(&self.desk.vault, scope, &item)?;
        Ok(InboxEntry::of(item, &envelope))
    }
}
