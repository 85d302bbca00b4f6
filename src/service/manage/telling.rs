//! A factor that is removed by hand, and its user told of it by the application's own mail. Its caller was let in with the scope
//! `users:write`.

use super::{Manage, NamedUser};
use crate::domain::contact::User;
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::message::Channel;
use crate::domain::notice::LIFE;
use crate::domain::tenant::Scope;
use crate::service::compose::{RemovedMessage, removed_message};
use crate::service::error::{Result, ServiceError};
use crate::service::fields::user_ref;
use crate::service::outgoing::Outgoing;
use crate::service::users::not_a_user;
use crate::service::{Service, factor_id_text};
use crate::store::{NewChallenge, Telling};

/// A factor that is gone.
#[derive(Clone, Debug)]
pub struct FactorGone {
    /// Its id.
    pub id: FactorId,
    /// Whether its user is told.
    pub told: Told,
}

/// Whether a user is told of what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A mail is on its way.
    ByMail {
        /// To there, masked.
        to: String,
        /// The record that has its trace.
        record: ChallengeId,
    },
    /// The user is not known by an address.
    NoAddress,
    /// No provider sends the application's mail.
    NoProvider,
}

impl Manage {
    /// Removes a factor of a user, and tells the user by mail in the same transaction. The mail is in the application's language:
    /// none is known of the user.
    ///
    /// # Errors
    /// 404, also for a factor of another user; 400 for a text that names no user; 409 for a deleted application.
    pub async fn remove_factor_and_tell(
        &self,
        service: &Service,
        named: &NamedUser,
        id: &str,
    ) -> Result<FactorGone> {
        self.must_be_confirmed()?;
        let app = self.live_app(&named.app).await?;
        let scope = Scope { app: app.id, mode: named.mode };
        let user = User::parse_any(&named.user).map_err(not_a_user)?;
        let known = user_ref(&self.desk.vault, scope, &user);
        let id: FactorId = id.parse().map_err(|_| ServiceError::NotFound)?;
        let now = self.desk.now();
        let summary = self.desk.store.summary(scope, &known, now).await?;
        let factor = summary.factors.into_iter().find(|factor| factor.id == id);
        let kind = factor.ok_or(ServiceError::NotFound)?.kind;
        let note =
            self.desk.note(self.org, "factor.removed", Some(app.id), ("factor", factor_id_text(id)), vec![]);

        let address = match &user {
            User::Email(email) | User::Dual(email, _) => User::Email(email.clone()),
            _ => return self.remove_quietly(scope, id, Told::NoAddress, &note).await,
        };
        if !service.carries_in(scope, Channel::Email).await? {
            return self.remove_quietly(scope, id, Told::NoProvider, &note).await;
        }
        let composed = removed_message(RemovedMessage {
            app_name: &app.name,
            to: &address.canonical(),
            locale: app.settings.locale(),
            removed: kind,
        });
        let expires_at = now.plus(LIFE);
        let outgoing = Outgoing {
            channel: Channel::Email,
            to: &address,
            composed: &composed,
            expires_at,
            stand_by: None,
        };
        let telling = Telling {
            record: NewChallenge {
                id: self.desk.new_id(),
                user: known,
                kind,
                country: None,
                reference: None,
                max_attempts: 0,
                expires_at,
                asked: None,
            },
            message: service.message(scope, &outgoing),
        };
        if !self.desk.store.remove_factor_and_tell(scope, id, &telling, now, &note).await? {
            return Err(ServiceError::NotFound);
        }
        let Telling { record, message } = telling;
        let told = Told::ByMail { to: message.masked.clone(), record: record.id };
        service.hand_over(scope, record.id, vec![message]);
        Ok(FactorGone { id, told })
    }

    async fn remove_quietly(
        &self,
        scope: Scope,
        id: FactorId,
        told: Told,
        note: &crate::store::AuditNote,
    ) -> Result<FactorGone> {
        if self.desk.store.remove_factor(scope, id, self.desk.now(), note).await? {
            Ok(FactorGone { id, told })
        } else {
            Err(ServiceError::NotFound)
        }
    }
}
