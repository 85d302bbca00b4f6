//! More nodes over one database, and nodes that send live mail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use rift_mfa::app::Node;
use rift_mfa::keyring::{DataKeys, Vault};
use rift_mfa::providers::Provider;
use rift_mfa::service::Service;
use rift_mfa::store::{SqlStore, Store};

use super::{Answer, TestApp, post};

/// A further node over the same database, with its own connections and its own courier.
pub struct OtherNode {
    pub service: Arc<Service>,
    pub router: Router,
    node: Node,
}

impl OtherNode {
    /// Delivers what this node's courier was handed, and then what is due.
    pub async fn deliver(&mut self) -> usize {
        let handed = self.node.deliver_queued().await;
        handed + self.node.courier.deliver_due().await.expect("the outbox is read")
    }
}

impl TestApp {
    /// The same database behind a node that has these providers for live mail.
    pub fn with_mail(mut self, email: Vec<Arc<dyn Provider>>) -> Self {
        self.node = Self::build_node(&self.store, &self.ring, &self.clock, email);
        self.service = Arc::clone(&self.node.service);
        self.router = rift_mfa::http::router(Arc::clone(&self.service));
        self
    }

    pub async fn other_node(&self, email: Vec<Arc<dyn Provider>>) -> OtherNode {
        let store: Arc<dyn Store> =
            Arc::new(SqlStore::open(&self.database.url, 16).await.expect("the database opens"));
        let node = Self::build_node(&store, &self.ring, &self.clock, email);
        let service = Arc::clone(&node.service);
        let router = rift_mfa::http::router(Arc::clone(&service));
        OtherNode { service, router, node }
    }

    /// The routers that a burst of requests is spread over: two nodes on Postgres, one on `SQLite`.
    pub async fn routers(&self) -> Vec<Router> {
        let mut routers = vec![self.router()];
        if self.folder().is_none() {
            routers.push(self.second_node().await);
        }
        routers
    }

    /// Sends a request as a careful back-end does: what a busy node answers with 503 is asked again, under one
    /// Idempotency-Key. Ten slow hashes take their time on a machine that does other things too.
    pub async fn send_until_served(&self, request: impl Fn() -> Request<Body>) -> Answer {
        let begun = Instant::now();
        let key = HeaderValue::from_str(&format!("{begun:?}")).expect("a header value");
        loop {
            let mut request = request();
            request.headers_mut().entry("idempotency-key").or_insert(key.clone());
            let answer = self.send(request).await;
            let busy = answer.status == 503 || answer.code() == "idempotency_in_progress";
            if !busy {
                return answer;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "the node stayed busy");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends a set of backup codes to an address.
    pub async fn issue_backup(&self, user: &str) -> serde_json::Value {
        let body = format!("User={user}, Type=EMAIL");
        let form = "application/x-www-form-urlencoded";
        self.send_until_served(|| post("/v1/mfa/backup", &self.key, form, &body)).await.ok()
    }

    /// The keys that this node uses.
    pub fn vault(&self) -> Vault {
        let data = DataKeys { user_index: [1; 32].into(), backup_pepper: [2; 32].into() };
        Vault::new(&self.ring, data)
    }

    pub fn database_url(&self) -> &str {
        &self.database.url
    }
}
