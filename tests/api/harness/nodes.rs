//! More nodes over one database, and nodes that send live mail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use rift_mfa::app::Node;
use rift_mfa::courier::{Courier, Providers};
use rift_mfa::domain::message::Channel;
use rift_mfa::keyring::{DataKeys, Vault};
use rift_mfa::providers::{Provider, Reporter};
use rift_mfa::service::Service;
use rift_mfa::store::{SqlStore, Store};

use super::scripted::Scripted;
use super::{Answer, TestApp, post};

/// A further node over the same database, with its own connections and its own courier.
pub struct OtherNode {
    pub service: Arc<Service>,
    pub router: Router,
    node: Node,
}

impl OtherNode {
    pub fn courier(&self) -> Arc<Courier> {
        Arc::clone(&self.node.courier)
    }

    /// Delivers what this node's courier was handed, and then what is due.
    pub async fn deliver(&mut self) -> usize {
        let handed = self.node.deliver_queued().await;
        handed + self.node.courier.deliver_due().await.expect("the outbox is read")
    }
}

fn scripted(channels: &[(Channel, &[&Arc<Scripted>])]) -> Providers {
    let provider = |one: &&Arc<Scripted>| -> Arc<dyn Provider> { Arc::<Scripted>::clone(one) };
    let list = |list: &[&Arc<Scripted>]| list.iter().map(provider).collect();
    channels.iter().map(|(channel, providers)| (*channel, list(providers))).collect()
}

impl TestApp {
    /// The same database behind a node that has these providers for live mail.
    pub fn with_mail(self, email: Vec<Arc<dyn Provider>>) -> Self {
        self.with_live(Providers::from([(Channel::Email, email)]), Vec::new())
    }

    /// The same database behind a node that has these providers. Requests without a key of their own use the live one.
    pub fn with_channels(
        self,
        channels: &[(Channel, &[&Arc<Scripted>])],
        reporters: Vec<Arc<dyn Reporter>>,
    ) -> Self {
        let mut app = self.with_live(scripted(channels), reporters);
        app.key = app.one.live_key.clone();
        app
    }

    /// The same database behind a node that has these providers.
    pub fn with_live(mut self, providers: Providers, reporters: Vec<Arc<dyn Reporter>>) -> Self {
        self.node = Self::build_node(&self.store, &self.ring, &self.clock, providers, reporters);
        self.service = Arc::clone(&self.node.service);
        self.router = rift_mfa::app::site(Arc::clone(&self.service));
        self
    }

    pub async fn other_node(&self, email: Vec<Arc<dyn Provider>>) -> OtherNode {
        let store: Arc<dyn Store> =
            Arc::new(SqlStore::open(&self.database.url, 16).await.expect("the database opens"));
        let providers = Providers::from([(Channel::Email, email)]);
        let node = Self::build_node(&store, &self.ring, &self.clock, providers, Vec::new());
        let service = Arc::clone(&node.service);
        let router = rift_mfa::app::site(Arc::clone(&service));
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
        self.send_by(&self.router, request).await
    }

    /// The same, to one of several nodes.
    pub async fn send_by(&self, router: &Router, request: impl Fn() -> Request<Body>) -> Answer {
        let begun = Instant::now();
        let key = super::random::<16>();
        let key =
            HeaderValue::from_str(&format!("{:032x}", u128::from_be_bytes(key))).expect("a header value");
        loop {
            let mut request = request();
            request.headers_mut().entry("idempotency-key").or_insert(key.clone());
            let answer = super::send(router.clone(), request).await;
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
        self.issue(&format!("User={user}, Type=EMAIL")).await
    }

    /// An issue of backup codes, which must succeed however slow the hashes are.
    pub async fn issue(&self, fields: &str) -> serde_json::Value {
        let form = "application/x-www-form-urlencoded";
        self.send_until_served(|| post("/v1/mfa/backup", &self.key, form, fields)).await.ok()
    }

    /// The keys that this node uses.
    pub fn vault(&self) -> Vault {
        let data = DataKeys { user_index: [1; 32].into(), backup_pepper: [2; 32].into() };
        Vault::new(&self.ring, data)
    }

    /// The id of the one message in the outbox, read past the service.
    pub async fn only_message(&self) -> String {
        use sqlx::{Connection, Row};

        const IDS: &str = "SELECT id FROM messages";
        if self.folder().is_some() {
            let mut db = sqlx::SqliteConnection::connect(self.database_url()).await.expect("the file opens");
            sqlx::query(IDS).fetch_one(&mut db).await.expect("a message").get(0)
        } else {
            let mut db = sqlx::PgConnection::connect(self.database_url()).await.expect("the server answers");
            sqlx::query(IDS).fetch_one(&mut db).await.expect("a message").get(0)
        }
    }

    pub fn database_url(&self) -> &str {
        &self.database.url
    }
}

impl TestApp {
    /// A line of the audit log, for a change that a test makes past the use cases.
    pub async fn note(&self) -> rift_mfa::store::AuditNote {
        let org = self.store.orgs().await.expect("organizations").first().expect("one").id;
        let line = rift_mfa::domain::audit::Line {
            org,
            by: rift_mfa::domain::audit::By::cli(),
            action: "test.changed",
            app: None,
            target_kind: "test",
            target: "thing".into(),
            changes: vec![],
        };
        rift_mfa::store::AuditNote { line, vault: super::vault(&self.ring) }
    }
}
