//! Nodes whose applications may have providers of their own, with stand-ins in place of the real ones.

use std::sync::Arc;
use std::time::Duration;

use rift_mfa::app::{BaseUrls, Workshop};
use rift_mfa::clock::FakeClock;
use rift_mfa::courier::Providers;
use rift_mfa::domain::id::AppId;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::own_provider::ProviderList;
use rift_mfa::providers::Reporter;
use rift_mfa::providers::guard::Guard;
use rift_mfa::providers::own::OwnFactory;
use rift_mfa::service::OwnLists;
use rift_mfa::store::{Lease, ShownProviders};
use serde_json::Value;

use super::{PUBLIC_URL, TestApp};

/// What makes tenants' providers, with these networks allowed.
pub fn workshop(clock: &Arc<FakeClock>, allowed: &[&str], base_urls: BaseUrls) -> Arc<dyn OwnFactory> {
    let allowed: Vec<_> = allowed.iter().map(|network| network.parse().expect("a network")).collect();
    let url = PUBLIC_URL.parse().expect("a URL");
    Arc::new(Workshop::new(url, Duration::from_secs(5), Guard::new(&allowed), clock.clone(), base_urls))
}

impl TestApp {
    /// The same database behind a node with these providers of the operator's, which reaches its tenants' on loopback, too.
    /// Requests without a key of their own use the live one.
    pub fn with_own(
        self,
        providers: Providers,
        reporters: Vec<Arc<dyn Reporter>>,
        base_urls: BaseUrls,
    ) -> Self {
        let own = workshop(&self.clock, &["127.0.0.0/8"], base_urls);
        self.with_factory(providers, reporters, own)
    }

    /// The same with another guard or other stand-ins.
    pub fn with_factory(
        mut self,
        providers: Providers,
        reporters: Vec<Arc<dyn Reporter>>,
        own: Arc<dyn OwnFactory>,
    ) -> Self {
        // As `main` does for the program; only the first of a process's attempts can succeed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        self.node = Self::build_node_with(&self.store, &self.ring, &self.clock, providers, reporters, own);
        self.service = Arc::clone(&self.node.service);
        self.router = rift_mfa::app::site(Arc::clone(&self.service));
        self.key = self.one.live_key.clone();
        self
    }

    /// What a tenant does with its own providers.
    pub fn own_lists(&self) -> OwnLists {
        OwnLists::new(self.desk.clone(), self.service.own_providers().factory())
    }

    /// Puts a list of an application's own; it holds at once on this node.
    pub async fn put_own(&self, app: AppId, channel: Channel, list: Value) -> ShownProviders {
        let shown = self.own_lists().put(app, channel, &ProviderList::new(list)).await;
        self.forget_own();
        shown.expect("a list that is taken")
    }

    /// Removes a list; that holds at once on this node.
    pub async fn remove_own(&self, app: AppId, channel: Channel) -> bool {
        let removed = self.own_lists().remove(app, channel).await;
        self.forget_own();
        removed.expect("the database")
    }

    /// Claims up to `limit` messages whose time has come and delivers them all at the same time.
    pub async fn deliver_at_once(&self, limit: i64) -> tokio::task::JoinSet<()> {
        use rift_mfa::clock::Clock;

        let now = self.clock.now();
        let lease = Lease { token: "at-once".into(), until: now.plus(Duration::from_secs(30)) };
        let messages =
            self.store.claim_messages(now, &lease, &Channel::ALL, limit).await.expect("the outbox");
        let mut tasks = tokio::task::JoinSet::new();
        for message in messages {
            let courier = Arc::clone(&self.node.courier);
            tasks.spawn(async move { courier.deliver(&message).await });
        }
        tasks
    }

    /// This node looks up again which lists there are.
    pub fn forget_own(&self) {
        self.service.own_providers().forget();
        self.node.courier.forget_own();
    }
}
