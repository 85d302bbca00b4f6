//! Where messages may go: the tenant's countries, the providers, and how many go to a country in an hour.

use super::error::{Result, ServiceError};
use super::{Caller, Service};
use crate::domain::contact::User;
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::quota::PhoneQuota;
use crate::domain::tenant::{Mode, Scope};

/// Stands for numbers that belong to no country; a code that ISO 3166-1 will never give to one.
const NO_COUNTRY: &str = "001";

/// Who carries the messages of a channel in live mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// The application's own providers.
    Own,
    /// The operator's.
    Operator,
    /// Nobody: starts are refused.
    Nobody,
}

impl Service {
    /// Who carries an application's live messages by this channel. Whose application it is was looked at by the caller.
    pub async fn carrier(&self, app: AppId, channel: Channel) -> Result<Carrier> {
        if self.own_providers.channels(app).await?.contains(&channel) {
            return Ok(Carrier::Own);
        }
        let operators = self.parts.live_channels.contains(channel.as_str());
        Ok(if operators { Carrier::Operator } else { Carrier::Nobody })
    }

    /// Whether messages may go these ways: first the tenant's countries, then, in live mode, a provider for each channel.
    pub(super) async fn deliverable(&self, caller: &Caller, ways: &[(Channel, &User)]) -> Result<()> {
        for (_, user) in ways {
            let User::Phone(phone) = user else { continue };
            if caller.scope().mode == Mode::Live && phone.is_premium_rate() {
                return Err(ServiceError::PremiumRate);
            }
            let country = phone.country();
            if !caller.settings().allows_country(country.as_deref(), caller.scope().mode) {
                return Err(ServiceError::DestinationBlocked { country, app: caller.scope().app });
            }
        }
        for (channel, _) in ways {
            if !self.carries(caller, *channel).await? {
                let setting = format!("[[providers.{channel}]]");
                return Err(ServiceError::ProviderNotConfigured { setting });
            }
        }
        Ok(())
    }

    /// Whether a channel can carry this caller's messages: in test mode each does; in live mode one for which the operator or
    /// the application itself has a provider.
    pub(super) async fn carries(&self, caller: &Caller, channel: Channel) -> Result<bool> {
        self.carries_in(caller.scope(), channel).await
    }

    /// The same for an application and mode.
    pub(super) async fn carries_in(&self, scope: Scope, channel: Channel) -> Result<bool> {
        let Scope { app, mode } = scope;
        if mode == Mode::Test || self.parts.live_channels.contains(channel.as_str()) {
            return Ok(true);
        }
        Ok(self.own_providers.channels(app).await?.contains(&channel))
    }

    /// What the messages to these users count in: live messages to a number, and nothing else.
    /// What stands by to go to the number as well, should a message fail, counts from the start: it may be sent in this hour.
    pub(super) fn quota<'a>(
        caller: &Caller,
        users: impl Iterator<Item = &'a User>,
        standing_by: usize,
    ) -> Option<PhoneQuota> {
        if caller.scope().mode == Mode::Test {
            return None;
        }
        let phones = users.filter_map(|user| match user {
            User::Phone(phone) => Some(phone),
            _ => None,
        });
        let per_hour = caller.settings().phone_sends_per_hour();
        let messages = u32::try_from(standing_by).unwrap_or(u32::MAX).saturating_add(1);
        // No start sends to more than one number.
        phones.last().map(|phone| PhoneQuota {
            country: phone.country().unwrap_or_else(|| NO_COUNTRY.to_owned()),
            // A limit under the number of channels lets one code an hour through, not none.
            messages: messages.min(per_hour),
            per_hour,
        })
    }
}
