//! A whole node in the test's own process: a fresh database, a clock that stands still, an organization with two
//! applications, and a way to send requests.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use rift_mfa::app::{BaseUrls, Built, Node, NodeParts, Webhooks};
use rift_mfa::clock::{Chance, FakeClock, OsChance};
use rift_mfa::courier::Providers;
use rift_mfa::domain::audit::By;
use rift_mfa::domain::policy::Settings;
use rift_mfa::domain::tenant::{Mode, Plan};
use rift_mfa::domain::webhook::Pauses;
use rift_mfa::keyring::{DataKeys, KeyRing, Vault};
use rift_mfa::providers::Reporter;
use rift_mfa::providers::guard::Guard;
use rift_mfa::providers::own::OwnFactory;
use rift_mfa::providers::webhook::Hooks;
use rift_mfa::service::{Desk, Service, Tenants};
use rift_mfa::store::{SqlStore, Store, UpkeepStore};
use serde_json::Value;
use tower::ServiceExt;

#[path = "harness/authenticator.rs"]
pub mod authenticator;
#[path = "harness/certificate.rs"]
mod certificate;
#[path = "harness/database.rs"]
mod database;
#[path = "harness/nodes.rs"]
mod nodes;
#[path = "harness/own.rs"]
pub mod own;
#[path = "harness/scripted.rs"]
pub mod scripted;

use database::Database;
pub use database::On;

pub const PUBLIC_URL: &str = "https://mfa.example";

/// Makes one test of each function for each database.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {
        $(async fn $name(#[allow(unused_mut)] mut $app: $crate::harness::TestApp) $body)*
        mod sqlite { $(
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name($crate::harness::TestApp::new($crate::harness::On::Sqlite).await).await; }
        )* }
        mod postgres { $(
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name($crate::harness::TestApp::new($crate::harness::On::Postgres).await).await; }
        )* }
    };
}
pub(crate) use on_both;

/// Webhooks may go to this machine alone. The clients are made once: that takes a while.
fn webhooks() -> Webhooks {
    static HOOKS: std::sync::LazyLock<(Guard, Hooks)> = std::sync::LazyLock::new(|| {
        // As `main` does for the program; only the first of a process's attempts can succeed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(&["127.0.0.1".parse().expect("an address")]);
        let hooks = Hooks::new(&guard).expect("an HTTPS client");
        (guard, hooks)
    });
    let (guard, hooks) = &*HOOKS;
    Webhooks { guard: guard.clone(), hooks: hooks.clone(), pauses: Pauses::default() }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsChance.rng().fill_bytes(&mut bytes);
    bytes
}

/// An application with its keys.
pub struct TestTenant {
    pub app: rift_mfa::domain::id::AppId,
    pub test_key: String,
    pub live_key: String,
}

/// The node under test.
pub struct TestApp {
    pub clock: Arc<FakeClock>,
    pub store: Arc<dyn Store>,
    pub tenants: Tenants,
    /// The operator's desk.
    pub desk: Desk,
    pub service: Arc<Service>,
    pub one: TestTenant,
    pub other: TestTenant,
    /// The key of requests that name none: application `one`, test mode.
    pub key: String,
    node: Node,
    router: Router,
    ring: KeyRing,
    database: Database,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The error's code, or nothing for a success.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get("retry-after")?.to_str().ok()?.parse().ok()
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{:#}", self.body);
        self.body
    }

    #[track_caller]
    pub fn fails(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{:#}", self.body);
    }
}

impl TestApp {
    pub async fn new(on: On) -> Self {
        let database = Database::new(on).await;
        let store: Arc<dyn Store> =
            Arc::new(SqlStore::open(&database.url, 16).await.expect("the database opens"));
        UpkeepStore::migrate(&*store).await.expect("the schema is made");
        let ring = KeyRing::generate(&mut *OsChance.rng());
        let clock = Arc::new(FakeClock::new());
        let chance = Arc::new(OsChance);
        let desk = Desk::new(Arc::clone(&store), vault(&ring), clock.clone(), chance, By::cli());
        let tenants = Tenants::new(desk.clone());
        let node = Self::build_node(&store, &ring, &clock, Providers::new(), Vec::new());
        let service = Arc::clone(&node.service);
        let org = tenants.create_org("Acme", Plan::Enterprise).await.expect("an organization");
        let one = tenant(&tenants, org.id, "Acme Shop").await;
        let other = tenant(&tenants, org.id, "Acme Bank").await;
        let router = rift_mfa::app::site(Arc::clone(&service));
        let key = one.test_key.clone();
        Self { clock, store, tenants, desk, service, one, other, key, node, router, ring, database }
    }

    fn build_node(
        store: &Arc<dyn Store>,
        ring: &KeyRing,
        clock: &Arc<FakeClock>,
        providers: Providers,
        reporters: Vec<Arc<dyn Reporter>>,
    ) -> Node {
        let own = own::workshop(clock, &[], BaseUrls::default());
        Self::build_node_with(store, ring, clock, providers, reporters, own)
    }

    fn build_node_with(
        store: &Arc<dyn Store>,
        ring: &KeyRing,
        clock: &Arc<FakeClock>,
        providers: Providers,
        reporters: Vec<Arc<dyn Reporter>>,
        own: Arc<dyn OwnFactory>,
    ) -> Node {
        Node::build(NodeParts {
            store: Arc::clone(store),
            vault: vault(ring),
            clock: clock.clone(),
            chance: Arc::new(OsChance),
            providers: Built { providers, mail_servers: Vec::new(), untried: Vec::new(), reporters },
            webhooks: webhooks(),
            own,
            public_url: PUBLIC_URL.into(),
            lease: Duration::from_secs(30),
            concurrency: 64,
            requests_per_key: NonZeroU32::MAX,
            in_step: Arc::new(AtomicBool::new(true)),
        })
    }

    /// A second node over the same database, with its own connections.
    pub async fn second_node(&self) -> Router {
        let store: Arc<dyn Store> =
            Arc::new(SqlStore::open(&self.database.url, 16).await.expect("the database opens"));
        rift_mfa::app::site(
            Self::build_node(&store, &self.ring, &self.clock, Providers::new(), Vec::new()).service,
        )
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub fn courier(&self) -> &rift_mfa::courier::Courier {
        &self.node.courier
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The files of an embedded database, for a look at what is in them.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.database.folder.as_ref().map(tempfile::TempDir::path)
    }

    /// Delivers what this node's courier was handed, and then what is due.
    pub async fn deliver(&mut self) -> usize {
        let handed = self.node.deliver_queued().await;
        handed + self.node.courier.deliver_due().await.expect("the outbox is read")
    }

    /// Changes settings of application `one`, at once for this node.
    pub async fn set(&self, changes: &[(&str, &str)]) {
        let changes: Vec<_> =
            changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.tenants.set(self.one.app, &changes).await.expect("the setting is taken");
        self.service.keys().forget();
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(self.router.clone(), request).await
    }

    /// POST of the page's comma list, as `curl -d` sends it.
    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(post(path, &self.key, "application/x-www-form-urlencoded", body)).await
    }

    pub async fn post_as(&self, key: &str, path: &str, body: &str) -> Answer {
        self.send(post(path, key, "application/x-www-form-urlencoded", body)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(post(path, &self.key, "application/json", &body.to_string())).await
    }

    /// POST with an Idempotency-Key.
    pub async fn post_once(&self, idempotency_key: &str, path: &str, body: &str) -> Answer {
        let mut request = post(path, &self.key, "application/x-www-form-urlencoded", body);
        request.headers_mut().insert("idempotency-key", idempotency_key.parse().expect("a header value"));
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.key, path).await
    }

    pub async fn get_as(&self, key: &str, path: &str) -> Answer {
        self.send(bare("GET", path, key)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(bare("DELETE", path, &self.key)).await
    }

    /// Sends a code and reads it in the test inbox.
    pub async fn start_email(&self, user: &str) -> String {
        self.post("/v1/mfa", &format!("User={user}, Type=EMAIL")).await.ok();
        self.last_code(user).await
    }

    /// The code of the newest message to a contact.
    pub async fn last_code(&self, user: &str) -> String {
        let inbox = self.get(&format!("/v1/test/inbox?User={user}")).await.ok();
        inbox["data"][0]["code"].as_str().expect("a code in the inbox").to_owned()
    }

    pub async fn verify(&self, user: &str, kind: &str, code: &str) -> Answer {
        self.post("/v1/mfa/verify", &format!("User={user}, Type={kind}, Code={code}")).await
    }

    /// A user who is approved by e-mail: the id of that verification.
    pub async fn approve(&self, user: &str) -> String {
        let code = self.start_email(user).await;
        let approved = self.verify(user, "EMAIL", &code).await.ok();
        assert_eq!(approved["status"], "approved");
        approved["id"].as_str().expect("an id").to_owned()
    }

    /// Enrols an authenticator app for a user who has none, and moves on to the next step; its secret in base32.
    pub async fn enrol(&self, user: &str) -> String {
        let started = self.post("/v1/mfa", &format!("User={user}, Type=APP")).await.ok();
        let secret = started["secret"].as_str().expect("a secret").to_owned();
        let confirmed = self.verify(user, "APP", &self.totp(&secret, 0)).await.ok();
        assert_eq!(confirmed["status"], "enrolled");
        self.advance(30);
        secret
    }

    /// The code that an app shows `offset` steps from now.
    pub fn totp(&self, secret: &str, offset: i64) -> String {
        use rift_mfa::clock::Clock;

        let seconds = i64::try_from(self.clock.now().seconds()).expect("a time") + offset * 30;
        let secret = totp_rs::Secret::try_from_base32(secret).expect("base32");
        let totp = totp_rs::Builder::new().with_secret(secret).build().expect("a secret of 160 bits");
        totp.generate(u64::try_from(seconds).expect("a time")).to_string()
    }

    /// Backup codes that were sent to a contact, read from its newest message.
    pub async fn backup_codes(&self, user: &str) -> Vec<String> {
        let inbox = self.get(&format!("/v1/test/inbox?User={user}")).await.ok();
        let text = inbox["data"][0]["text"].as_str().expect("a message");
        let code = |word: &&str| word.contains('-') && word.chars().nth(1) == Some('-');
        text.split_whitespace().filter(code).map(str::to_owned).collect()
    }
}

fn vault(ring: &KeyRing) -> Arc<Vault> {
    let data = DataKeys { user_index: [1; 32].into(), backup_pepper: [2; 32].into() };
    Arc::new(Vault::new(ring, data))
}

async fn tenant(tenants: &Tenants, org: rift_mfa::domain::id::OrgId, name: &str) -> TestTenant {
    let app = tenants.create_app(org, name, Settings::everything_on()).await.expect("an application");
    let key =
        async |mode| tenants.create_key(app.id, mode, "", None).await.expect("a key").key.reveal().to_owned();
    TestTenant { app: app.id, test_key: key(Mode::Test).await, live_key: key(Mode::Live).await }
}

pub fn post(path: &str, key: &str, content_type: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", content_type)
        .body(Body::from(body.to_owned()))
        .expect("a request")
}

pub fn bare(method: &str, path: &str, key: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .body(Body::empty())
        .expect("a request")
}

pub async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A body as a snapshot: ids, pictures and secrets by their form, since they differ each time.
macro_rules! snapshot {
    ($name:literal, $body:expr) => {
        let settings = {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/snapshots"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_sort_maps(false);
            for (pattern, shown) in [
                (r"(mfa|req|fac|msg|app|key)_[0-9a-hjkmnp-tv-z]{26}", "${1}_…"),
                (r#""qr_code": "[A-Za-z0-9+/=]{200,}""#, r#""qr_code": "…""#),
                (r#""secret": "[A-Z2-7]{32}""#, r#""secret": "…""#),
                (r"secret=[A-Z2-7]{32}", "secret=…"),
            ] {
                settings.add_filter(pattern, shown);
            }
            settings
        };
        settings.bind(|| insta::assert_json_snapshot!($name, $body));
    };
}
pub(crate) use snapshot;
