//! Places for the calls of webhooks on this node, and who is given one.
//!
//! A place is bound for up to 12 s by an endpoint that hangs, and a tenant may have many endpoints. So each tenant has a share
//! that it cannot leave, endpoints that fail have another within it, and whoever has the fewest calls under way is next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::id::WebhookId;
use crate::store::DueWebhook;

/// Calls of one endpoint at once, on this node.
const PER_ENDPOINT: usize = 8;

/// Calls of all endpoints at once, on this node.
const ALL: usize = 256;

/// Of these, calls of one tenant.
const PER_TENANT: usize = 64;

/// Of these, calls of endpoints that fail: of all tenants, and of one.
const FAILING: usize = 128;
const FAILING_PER_TENANT: usize = 32;

/// Endpoints in one claim.
const ENDPOINTS: usize = 32;

/// Calls under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(Arc<Mutex<HashMap<WebhookId, Busy>>>);

/// An endpoint with calls under way.
#[derive(Debug)]
struct Busy {
    tenant: String,
    calls: usize,
    failing: bool,
}

/// What is under way of one tenant.
#[derive(Clone, Copy, Default)]
struct Share {
    calls: usize,
    failing: usize,
}

/// A call's place, given back when it is dropped.
pub(super) struct Place {
    calls: Calls,
    endpoint: WebhookId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut calls = self.calls.lock();
        if let Some(busy) = calls.get_mut(&self.endpoint) {
            busy.calls = busy.calls.saturating_sub(1);
            if busy.calls == 0 {
                calls.remove(&self.endpoint);
            }
        }
    }
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, HashMap<WebhookId, Busy>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is any place.
    pub(super) fn is_full(&self) -> bool {
        self.lock().values().map(|busy| busy.calls).sum::<usize>() >= ALL
    }

    /// How many places each endpoint is given now. Among tenants with as many calls under way, the order is the one given.
    pub(super) fn shares(&self, mut due: Vec<DueWebhook>) -> Vec<(DueWebhook, usize)> {
        let calls = self.lock();
        let mut of: HashMap<String, Share> = HashMap::new();
        let mut all = Share::default();
        for busy in calls.values() {
            let share = of.entry(busy.tenant.clone()).or_default();
            let failing = if busy.failing { busy.calls } else { 0 };
            for share in [share, &mut all] {
                share.calls += busy.calls;
                share.failing += failing;
            }
        }
        due.sort_by_key(|endpoint| of.get(&endpoint.tenant).map_or(0, |share| share.calls));
        let mut given = Vec::new();
        for endpoint in due {
            let share = of.entry(endpoint.tenant.clone()).or_default();
            let under_way = calls.get(&endpoint.id).map_or(0, |busy| busy.calls);
            let most = if endpoint.failing { 1 } else { PER_ENDPOINT };
            let mut places = most
                .saturating_sub(under_way)
                .min(ALL.saturating_sub(all.calls))
                .min(PER_TENANT.saturating_sub(share.calls));
            if endpoint.failing {
                places = places
                    .min(FAILING.saturating_sub(all.failing))
                    .min(FAILING_PER_TENANT.saturating_sub(share.failing));
            }
            if places == 0 {
                continue;
            }
            for share in [share, &mut all] {
                share.calls += places;
                share.failing += if endpoint.failing { places } else { 0 };
            }
            given.push((endpoint, places));
            if given.len() == ENDPOINTS {
                break;
            }
        }
        given
    }

    /// Takes a place of an endpoint.
    pub(super) fn take(&self, endpoint: &DueWebhook) -> Place {
        let mut calls = self.lock();
        let busy = calls.entry(endpoint.id).or_insert_with(|| Busy {
            tenant: endpoint.tenant.clone(),
            calls: 0,
            failing: false,
        });
        busy.calls += 1;
        busy.failing = endpoint.failing;
        drop(calls);
        Place { calls: self.clone(), endpoint: endpoint.id }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::domain::time::Moment;

    fn endpoints(tenant: &str, n: usize, failing: bool, seed: u64) -> Vec<DueWebhook> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut one = || WebhookId::new(Moment::from_millis(0), &mut rng);
        (0..n).map(|_| DueWebhook { id: one(), failing, tenant: tenant.to_owned() }).collect()
    }

    /// Claims until nobody is given a place any more: what is under way hangs.
    fn hang(calls: &Calls, due: &[DueWebhook]) -> Vec<Place> {
        let mut places = Vec::new();
        loop {
            let given = calls.shares(due.to_vec());
            if given.is_empty() {
                return places;
            }
            for (endpoint, n) in given {
                places.extend((0..n).map(|_| calls.take(&endpoint)));
            }
        }
    }

    #[test]
    fn a_tenant_whose_endpoints_hang_leaves_room_for_the_others() {
        let calls = Calls::default();
        let hanging = hang(&calls, &endpoints("evil", 400, false, 1));
        assert_eq!(hanging.len(), PER_TENANT);
        let quick = endpoints("good", 1, false, 2);
        let given = calls.shares(quick);
        assert_eq!(given.first().map(|(_, places)| *places), Some(PER_ENDPOINT));
        drop(hanging);
        assert!(calls.lock().is_empty());
    }

    #[test]
    fn endpoints_that_fail_leave_room_for_those_that_work() {
        let calls = Calls::default();
        let failing: Vec<_> = (0..20).flat_map(|n| endpoints(&format!("t{n}"), 40, true, n)).collect();
        let hanging = hang(&calls, &failing);
        assert_eq!(hanging.len(), FAILING);
        // Also for one of a tenant with many that fail.
        let calls = Calls::default();
        let hanging = hang(&calls, &endpoints("mixed", 100, true, 50));
        assert_eq!(hanging.len(), FAILING_PER_TENANT);
        assert_eq!(calls.shares(endpoints("mixed", 1, false, 51)).len(), 1);
    }

    #[test]
    fn whoever_has_the_fewest_calls_is_next() {
        let calls = Calls::default();
        let mut held: Vec<_> =
            (0..4).flat_map(|n| hang(&calls, &endpoints(&format!("t{n}"), 20, false, n))).collect();
        assert!(calls.is_full());
        held.truncate(ALL - 1);
        let due: Vec<_> =
            [endpoints("t3", 9, false, 60), endpoints("good", 1, false, 61)].into_iter().flatten().collect();
        let given = calls.shares(due);
        assert_eq!(given.len(), 1);
        assert_eq!(
            given.first().map(|(endpoint, places)| (endpoint.tenant.as_str(), *places)),
            Some(("good", 1))
        );
    }
}
