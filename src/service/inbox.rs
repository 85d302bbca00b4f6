//! The test inbox: the one place that shows a code, and only to a test key.

use super::answers::{Inbox, InboxMessage, Time};
use super::error::{Result, ServiceError};
use super::fields::{contact_error, required};
use super::{Caller, Service};
use crate::domain::contact::User;
use crate::domain::message::Envelope;
use crate::domain::tenant::{Mode, Scope};
use crate::keyring::{Row, SealedTable, UserKey, Vault};
use crate::store::{InboxItem, InboxOf};

impl Service {
    /// The last messages to a contact; for DUAL, to either leg.
    pub async fn inbox(&self, caller: &Caller, user: Option<&str>) -> Result<Inbox> {
        let scope = caller.scope();
        if scope.mode != Mode::Test {
            return Err(ServiceError::TestKeysOnly);
        }
        let user = required(user, "User")?;
        let user = User::parse_any(user).map_err(|error| contact_error(error, "User"))?;
        let keys = legs(self.vault(), scope, user);
        let mut data = Vec::new();
        for item in self.store().inbox(scope, InboxOf::Users(&keys), self.now()).await? {
            let envelope = open(self.vault(), scope, &item)?;
            data.push(InboxMessage {
                id: item.id.to_string(),
                channel: envelope.channel.as_str().to_owned(),
                to: envelope.to.clone(),
                code: envelope.code.clone(),
                text: envelope.text.clone(),
                created_at: Time(item.created_at),
            });
        }
        Ok(Inbox { data })
    }
}

/// The contacts that messages of a user go to.
pub(super) fn legs(vault: &Vault, scope: Scope, user: User) -> Vec<UserKey> {
    let legs = match user {
        User::Dual(email, phone) => vec![User::Email(email), User::Phone(phone)],
        user => vec![user],
    };
    legs.iter().map(|leg| vault.user_key(scope, leg)).collect()
}

/// A message of the inbox.
pub(super) fn open(vault: &Vault, scope: Scope, item: &InboxItem) -> Result<Envelope> {
    let internal = |error: String| ServiceError::Internal(format!("the test inbox: {error}"));
    let id = item.id.to_string();
    let row = Row { scope, user: Some(&item.to), table: SealedTable::Inbox, id: &id };
    let opened = vault.open(row, &item.content).map_err(|error| internal(error.to_string()))?;
    serde_json::from_slice(&opened).map_err(|error| internal(error.to_string()))
}
