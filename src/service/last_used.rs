//! When keys were last used: remembered by the node, and written once a minute, so that no request waits for it.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Service;
use crate::domain::time::Moment;
use crate::store::StoreError;

/// The minutes in which keys of one kind were last used, since they were last written.
pub(super) struct LastUsed<I>(Mutex<HashMap<I, Moment>>);

impl<I> Default for LastUsed<I> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<I: Copy + Eq + Hash> LastUsed<I> {
    /// A key is used now.
    pub(super) fn note(&self, key: I, now: Moment) {
        put(&mut self.uses(), key, now.minute());
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<I, Moment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be written, by the minute.
    fn take(&self) -> BTreeMap<Moment, Vec<I>> {
        let mut minutes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (key, at) in std::mem::take(&mut *self.uses()) {
            minutes.entry(at).or_default().push(key);
        }
        minutes
    }

    /// What became of a minute's keys: those that could not be written wait for the next time.
    fn settle(&self, at: Moment, keys: Vec<I>, written: Result<(), StoreError>) {
        let Err(error) = written else { return };
        tracing::warn!(%error, "when keys were used was not written; it is tried again in a minute");
        let mut uses = self.uses();
        for key in keys {
            put(&mut uses, key, at);
        }
    }
}

fn put<I: Copy + Eq + Hash>(uses: &mut HashMap<I, Moment>, key: I, at: Moment) {
    let last = uses.entry(key).or_insert(at);
    *last = at.max(*last);
}

impl Service {
    /// Writes when keys were last used. Called once a minute, and when the node stops.
    pub async fn write_last_used(&self) {
        let (api, org) = (&self.keys.gate.last_used, &self.org_keys.gate.last_used);
        for (at, keys) in api.take() {
            let written = self.store().api_keys_used(at, &keys).await;
            api.settle(at, keys, written);
        }
        for (at, keys) in org.take() {
            let written = self.store().org_keys_used(at, &keys).await;
            org.settle(at, keys, written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::KeyId;

    #[test]
    fn what_could_not_be_written_waits_and_never_goes_backwards() {
        let at = |minute: i64, second: i64| Moment::from_millis(minute * 60_000 + second * 1000);
        let (one, two) = (KeyId::first_of(at(1, 0)), KeyId::first_of(at(2, 0)));
        let uses = LastUsed::default();
        for (key, now) in [(one, at(1, 5)), (one, at(3, 59)), (one, at(2, 0)), (two, at(2, 30))] {
            uses.note(key, now);
        }
        for (minute, keys) in uses.take() {
            uses.settle(minute, keys, Err(StoreError::ClaimLost));
        }
        uses.note(two, at(4, 1));
        uses.note(two, at(1, 0));
        assert_eq!(uses.take(), [(at(3, 0), vec![one]), (at(4, 0), vec![two])].into());
        assert!(uses.take().is_empty());
    }
}
