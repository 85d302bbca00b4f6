//! How many messages this node holds, by channel: one channel's backlog takes no room from another's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::domain::message::Channel;
use crate::store::ClaimedMessage;

/// Messages of a channel that this node holds at once, those that wait for a place at a provider included. What is over it
/// stays in the outbox.
const MOST: usize = 4_096;

/// What is due is fetched up to here, so that there is room for what this node's own starts queue.
const FETCHED: usize = 2_048;

/// The counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Load([Arc<AtomicUsize>; Channel::ALL.len()]);

/// A message that this node holds; counted until it is dropped.
pub(super) struct Held {
    pub(super) message: ClaimedMessage,
    count: Arc<AtomicUsize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Load {
    fn count(&self, channel: Channel) -> &Arc<AtomicUsize> {
        let [email, sms, whatsapp, voice] = &self.0;
        match channel {
            Channel::Email => email,
            Channel::Sms => sms,
            Channel::Whatsapp => whatsapp,
            Channel::Voice => voice,
        }
    }

    /// Channels with room for what is due.
    pub(super) fn with_room(&self) -> Vec<Channel> {
        let has_room = |channel: &Channel| self.count(*channel).load(Ordering::Relaxed) < FETCHED;
        Channel::ALL.into_iter().filter(has_room).collect()
    }

    /// Holds a message; `None` where there is no room.
    pub(super) fn hold(&self, message: ClaimedMessage) -> Option<Held> {
        let count = Arc::clone(self.count(message.channel));
        if count.fetch_add(1, Ordering::Relaxed) >= MOST {
            count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Held { message, count })
    }
}
