//! The laboratory: nodes as processes over one database, a tenant in it, and requests to the nodes.
//!
//! What is waited for is an event: a line of the log, a message that arrives, a state in the trace. Nothing here knows what
//! a test is about.

#![allow(dead_code, reason = "the tests use one half, the benchmark the other")]

#[path = "lab/hooked.rs"]
mod hooked;
#[path = "lab/node.rs"]
mod node;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::place::{Place, Postgres};
#[allow(unused_imports, reason = "the bench, which has this laboratory too, calls no webhook")]
pub use hooked::Hooked;
pub use node::Node;

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The address that providers are told; nothing is ever sent there.
pub const PUBLIC_URL: &str = "https://mfa.example.com";

/// The account at every stand-in of Twilio.
pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "tok-314-secret";

/// Whether the long forms are asked for.
pub fn full() -> bool {
    std::env::var("RIFT_LAB").is_ok_and(|lab| lab == "full")
}

/// An entry of a channel's list.
pub fn twilio(channel: &str, base_url: &str) -> String {
    format!(
        "[[providers.{channel}]]\nkind = \"twilio\"\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\n\
         from = \"+15005550009\"\nbase_url = \"{base_url}\"\n"
    )
}

pub fn meta(base_url: &str) -> String {
    format!(
        "[[providers.whatsapp]]\nkind = \"meta\"\nphone_number_id = \"106540352242922\"\naccess_token = \"EAAB\"\n\
         template = \"sign_in_code\"\nbase_url = \"{base_url}\"\n"
    )
}

pub fn smtp(url: &str) -> String {
    format!(
        "[[providers.email]]\nkind = \"smtp\"\nurl = \"{url}\"\nfrom = \"Acme <no-reply@acme.example>\"\n"
    )
}

/// A database, its key ring and its settings; nodes are started in it.
pub struct Lab {
    place: Place,
    http: reqwest::Client,
    /// Last, after the folder: nodes are gone by then.
    _database: Option<Database>,
}

/// A database on the test's PostgreSQL. Making and dropping one needs a thread outside the runtime.
struct Database(Option<Postgres>);

impl Drop for Database {
    fn drop(&mut self) {
        let database = self.0.take();
        let _ = std::thread::spawn(move || drop(database)).join();
    }
}

/// An application in the database.
pub struct Tenant {
    pub app: String,
    /// A live key.
    pub key: String,
}

/// An answer of a node.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    /// The `Retry-After`.
    pub after: Option<Duration>,
    pub body: Value,
}

impl Told {
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    /// The same request is to be sent again.
    pub fn is_for_later(&self) -> bool {
        self.status == 503 || self.body["error"]["code"] == "idempotency_in_progress"
    }

    #[track_caller]
    pub fn fails(&self, status: u16, code: &str) {
        let got = (self.status, self.body["error"]["code"].as_str());
        assert_eq!(got, (status, Some(code)), "{:#}", self.body);
    }
}

impl Lab {
    /// For one node, over SQLite.
    pub fn sqlite(settings: &str) -> Arc<Self> {
        Self::make(settings, None)
    }

    /// For several nodes, over a PostgreSQL database of its own.
    pub fn postgres(settings: &str) -> Arc<Self> {
        Self::make(settings, Some(std::thread::spawn(Postgres::new).join().unwrap()))
    }

    /// Over the database of this URL, which must be empty.
    pub fn over(settings: &str, url: &str) -> Arc<Self> {
        let lab = Self::place(settings, Some(url));
        Arc::new(Self { place: lab, http: client(), _database: None })
    }

    fn make(settings: &str, database: Option<Postgres>) -> Arc<Self> {
        let place = Self::place(settings, database.as_ref().map(|database| database.url.as_str()));
        let database = database.map(|database| Database(Some(database)));
        Arc::new(Self { place, http: client(), _database: database })
    }

    fn place(settings: &str, database: Option<&str>) -> Place {
        let mut place = Place::new();
        let common = format!(
            "[http]\npublic_url = \"{PUBLIC_URL}\"\n[limits]\nrequests_per_key = 1000000\n{settings}"
        );
        let file = place.write("rift.toml", &common);
        place.set("RIFT_CONFIG", &file);
        if let Some(url) = database {
            place.set("DATABASE_URL", url);
            place.run(&["keyring", "new", "--out", "rift-data/keyring"]).ok();
            place.run(&["migrate"]).ok();
        }
        place
    }

    /// A tenant of its own, with every method on, every country allowed, and these settings.
    pub fn tenant(&self, settings: &[&str]) -> Tenant {
        let app = self.place.application();
        let always = ["countries=*", "phone.sends_per_hour=1000000"];
        self.place.json(&[&["app", "set", &app], &always[..], settings].concat());
        let key = self.place.json(&["key", "create", "--app", &app, "--mode", "live"]);
        Tenant { app, key: key["secret"].as_str().unwrap().to_owned() }
    }
}

fn client() -> reqwest::Client {
    // As `main` does for the program; only the first of a process's attempts can succeed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(Duration::from_secs(20)).tcp_nodelay(true).build().unwrap()
}

/// Between two looks at what nobody tells of.
pub fn ticks(millis: u64) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(Duration::from_millis(millis));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// What a client waits before it asks again: what it was told, or a moment where nobody answered.
pub async fn pause(told: Option<Duration>) {
    tokio::time::sleep(told.unwrap_or(Duration::from_millis(100))).await;
}

/// A trace's delivery by this channel.
pub fn by(trace: &Value, channel: &str) -> Value {
    let deliveries = trace["deliveries"].as_array().expect("deliveries");
    let found = deliveries.iter().find(|delivery| delivery["channel"] == channel);
    found.unwrap_or_else(|| panic!("no {channel}: {trace:#}")).clone()
}

/// Provider, status and reason of each try.
pub fn tries(delivery: &Value) -> Vec<(&str, &str, &str)> {
    let attempts = delivery["attempts"].as_array().expect("attempts");
    attempts
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default();
            (text("provider"), text("status"), text("reason"))
        })
        .collect()
}

/// Waits until a count is at least this.
#[track_caller]
pub fn reaches(mut count: watch::Receiver<usize>, least: usize) -> impl Future<Output = ()> + use<> {
    let place = std::panic::Location::caller();
    async move {
        let found = tokio::time::timeout(PATIENCE, count.wait_for(|count| *count >= least)).await;
        let found = found.is_ok_and(|found| found.is_ok());
        assert!(found, "{place}: {} of {least} came", *count.borrow());
    }
}

/// The `n`th number of a series.
pub fn number(n: usize) -> String {
    format!("+1415{:07}", 2_340_000 + n)
}

/// The code in a text: its one run of six digits.
pub fn code_in(text: &str) -> String {
    let mut codes = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 6);
    codes.next().unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

/// The code in a mail: its one line that is digits alone.
pub fn code_in_mail(data: &str) -> String {
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    data.lines().find(is_code).unwrap_or_else(|| panic!("no code in {data}")).to_owned()
}
