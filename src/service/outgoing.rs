//! Messages on their way out of a use case: sealed for the outbox, and handed to this node's courier after the commit.

use std::time::Duration;

use zeroize::Zeroizing;

use super::Service;
use super::compose::Composed;
use crate::domain::contact::User;
use crate::domain::id::{ChallengeId, MessageId};
use crate::domain::message::{Channel, LEASE_PAST_EXPIRY};
use crate::domain::sandbox::{Magic, SLOW, magic};
use crate::domain::tenant::{Mode, Scope};
use crate::domain::time::Moment;
use crate::keyring::{Row, SealedTable};
use crate::store::{ClaimedMessage, Disposition, Lease, NewMessage};

/// A finished message and where it goes.
pub(super) struct Outgoing<'a> {
    pub(super) channel: Channel,
    pub(super) to: &'a User,
    pub(super) composed: &'a Composed,
    pub(super) expires_at: Moment,
    /// Its place among the channels of one code, where there is more than one.
    pub(super) stand_by: Option<StandBy>,
}

/// A message's place among the channels by which one code goes on.
#[derive(Clone, Copy)]
pub(super) struct StandBy {
    /// 0 is sent at once; the others wait for their turn.
    pub(super) step: u8,
    /// How long a delivery report is waited for before the next one's turn.
    pub(super) wait: Duration,
}

impl Service {
    /// Seals a message for the outbox and says what becomes of it: in test mode it is in the inbox with the commit, unless
    /// its contact is one of the magic ones that are late or fail.
    pub(super) fn message(&self, scope: Scope, leg: &Outgoing<'_>) -> NewMessage {
        let now = self.now();
        let id: MessageId = self.new_id();
        let to = self.vault().user_key(scope, leg.to);
        let text = id.to_string();
        let seal = |table| {
            let content = Zeroizing::new(serde_json::to_vec(&leg.composed.envelope).unwrap_or_default());
            let row = Row { scope, user: Some(&to), table, id: &text };
            self.vault().seal(row, &content, &mut *self.parts.chance.rng())
        };
        // Should this node die, the message is reported soon after its code's life all the same.
        let until = now.plus(self.parts.lease).min(leg.expires_at.plus(LEASE_PAST_EXPIRY));
        let leased = || Disposition::Leased(Lease { token: text.clone(), until });
        let step = leg.stand_by.map_or(0, |place| place.step);
        let disposition = match (scope.mode, magic(leg.to), leg.stand_by) {
            // Its turn comes when the one before it fails, or tells nothing for so long.
            (_, _, Some(place)) if step > 0 => {
                let wait = place.wait.saturating_mul(u32::from(step));
                Disposition::Later(now.plus(wait).min(leg.expires_at))
            }
            (Mode::Live, ..) | (Mode::Test, Some(Magic::Refused | Magic::Down), _) => leased(),
            (Mode::Test, Some(Magic::Slow), _) => Disposition::Later(now.plus(SLOW)),
            (Mode::Test, Some(Magic::Delivered) | None, _) => Disposition::Inbox(seal(SealedTable::Inbox)),
        };
        NewMessage {
            id,
            to,
            masked: leg.to.masked(),
            channel: leg.channel,
            country: leg.to.country(),
            payload: seal(SealedTable::Messages),
            disposition,
            expires_at: leg.expires_at,
            step,
            wait: leg.stand_by.map(|place| place.wait),
            segments: leg.composed.segments,
        }
    }

    /// Hands the messages that are leased to this node to its courier. Where the courier is full, the lease's end brings
    /// them back.
    pub(super) fn hand_over(&self, scope: Scope, challenge: ChallengeId, messages: Vec<NewMessage>) {
        let now = self.now();
        for message in messages {
            let lease = match message.disposition {
                Disposition::Leased(lease) => lease,
                Disposition::Later(_) => continue,
                Disposition::Inbox(_) => {
                    let channel = message.channel.as_str();
                    metrics::counter!("rift_deliveries_total", "channel" => channel, "provider" => "sandbox", "result" => "sent")
                        .increment(1);
                    continue;
                }
            };
            let claimed = ClaimedMessage {
                scope,
                id: message.id,
                challenge,
                to: message.to,
                channel: message.channel,
                payload: message.payload,
                lease,
                tries: 0,
                created_at: now,
                expires_at: message.expires_at,
                step: message.step,
                wait: message.wait,
            };
            if self.parts.courier.try_send(claimed).is_err() {
                tracing::warn!(message = %message.id, "the courier is full; the message goes at its lease's end");
            }
        }
    }
}
