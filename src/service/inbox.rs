//! The test inbox: the one place that shows a code, and only to a test key.

use super::answers::{Inbox, InboxMessage, Time};
use super::error::{Result, ServiceError};
use super::fields::{contact_error, required};
use super::{Caller, Service};
use crate::domain::contact::User;
use crate::domain::message::Envelope;
use crate::domain::tenant::Mode;
use crate::keyring::{Row, SealedTable};

impl Service {
    /// The last messages to a contact; for DUAL, to either leg.
    pub async fn inbox(&self, caller: &Caller, user: Option<&str>) -> Result<Inbox> {
        let scope = caller.scope();
        if scope.mode != Mode::Test {
            return Err(ServiceError::TestKeysOnly);
        }
        let user = required(user, "User")?;
        let user = User::parse_any(user).map_err(|error| contact_error(error, "User"))?;
        let legs = match user {
            User::Dual(email, phone) => vec![User::Email(email), User::Phone(phone)],
            user => vec![user],
        };
        let keys: Vec<_> = legs.iter().map(|leg| self.vault().user_key(scope, leg)).collect();
        let mut data = Vec::new();
        for item in self.store().inbox(scope, &keys, self.now()).await? {
            let id = item.id.to_string();
            let row = Row { scope, user: Some(&item.to), table: SealedTable::Inbox, id: &id };
            let opened = self
                .vault()
                .open(row, &item.content)
                .map_err(|error| ServiceError::Internal(format!("the test inbox: {error}")))?;
            let envelope: Envelope = serde_json::from_slice(&opened)
                .map_err(|error| ServiceError::Internal(format!("the test inbox: {error}")))?;
            data.push(InboxMessage {
                id,
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
