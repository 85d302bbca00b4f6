//! The laboratory: nodes as processes over one database, a tenant in it, and requests to the nodes.
//!
//! What is waited for is an event: a line of the log, a message that arrives, a state in the trace. Nothing here knows what
//! a test is about.

#![allow(dead_code, reason = "the tests use one half, the benchmark the other")]

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use crate::place::{Place, Postgres};

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

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

/// A node. It is killed by its own id when the test ends, however it ends.
pub struct Node {
    lab: Arc<Lab>,
    child: Mutex<Option<Child>>,
    api: AtomicU16,
    said: watch::Sender<String>,
}

/// What stands in the log after a process's last line.
const ENDED: &str = "[the process has ended]";

impl Node {
    pub async fn start(lab: &Arc<Lab>) -> Arc<Self> {
        let (said, _) = watch::channel(String::new());
        let node = Self { lab: Arc::clone(lab), child: Mutex::default(), api: AtomicU16::new(0), said };
        node.restart().await;
        Arc::new(node)
    }

    /// Starts it anew, on other ports, and waits until it listens.
    pub async fn restart(&self) {
        // Between the draw and the start somebody else may take a port: draw again.
        for _ in 0..5 {
            self.begin();
            let up = |said: &String| said.contains(" listening listen=") || said.contains(ENDED);
            let said = self.until(up).await;
            if !said.contains(ENDED) {
                return;
            }
            assert!(said.contains("cannot listen on"), "it ended: {said}");
        }
        panic!("no port is free: {}", *self.said.borrow());
    }

    fn begin(&self) {
        // Both are held until both are known, so that they are not the same one.
        let held = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let [api, ops] = held.each_ref().map(|listener| listener.local_addr().unwrap().port());
        drop(held);
        let mut child = self
            .lab
            .place
            .command(&["serve"])
            .env("RIFT_HTTP__LISTEN", format!("127.0.0.1:{api}"))
            .env("RIFT_HTTP__OPS_LISTEN", format!("127.0.0.1:{ops}"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        self.said.send_replace(String::new());
        let (log, said) = (child.stderr.take().unwrap(), self.said.clone());
        let id = child.id();
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                said.send_modify(|said| {
                    said.push_str(&line);
                    said.push('\n');
                });
            }
            said.send_modify(|said| said.push_str(&format!("{ENDED} {id}\n")));
        });
        let before = self.child.lock().unwrap().replace(child);
        assert!(before.is_none(), "the last process must have ended");
        self.api.store(api, Ordering::SeqCst);
    }

    /// Waits until this holds of its log.
    async fn until(&self, holds: impl FnMut(&String) -> bool) -> String {
        let mut said = self.said.subscribe();
        let found = tokio::time::timeout(PATIENCE, said.wait_for(holds)).await;
        match found {
            Ok(found) => found.unwrap().clone(),
            Err(_) => panic!("it never said so: {}", *self.said.borrow()),
        }
    }

    pub async fn said_with(&self, text: &str) -> String {
        self.until(|said| said.contains(text)).await
    }

    /// Everything that its process wrote so far.
    pub fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// SIGKILL. Its log is closed when this returns.
    pub async fn kill(&self) {
        let mut child = self.child.lock().unwrap().take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
        self.until(|said| said.contains(ENDED)).await;
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let id = self.child.lock().unwrap().as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// How it ended, once it has.
    pub async fn ended(&self) -> ExitStatus {
        self.until(|said| said.contains(ENDED)).await;
        self.child.lock().unwrap().take().expect("it ran").wait().unwrap()
    }

    /// A request; none if there was no answer.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: Option<&Value>,
        once: Option<&str>,
    ) -> Option<Told> {
        let url = format!("http://127.0.0.1:{}{path}", self.api.load(Ordering::SeqCst));
        let mut request = self.lab.http.request(method.parse().unwrap(), url).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.text().await.ok()?;
        Some(Told { status, body: serde_json::from_str(&body).unwrap_or_default() })
    }

    /// A form from a provider, with a header: the answer's status.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)], header: (&str, &str)) -> u16 {
        let url = format!("http://127.0.0.1:{}{path}", self.api.load(Ordering::SeqCst));
        let request = self.lab.http.post(url).header(header.0, header.1).form(fields);
        request.send().await.expect("an answer").status().as_u16()
    }

    /// A start that is accepted: its id. What a busy node answers with 503 is asked again, under one Idempotency-Key.
    pub async fn sent(&self, key: &str, user: &str, kind: &str) -> String {
        let body = json!({"User": user, "Type": kind});
        let (begun, mut again) = (Instant::now(), ticks(50));
        let once = format!("{user} {begun:?}");
        loop {
            again.tick().await;
            let told = self.ask("POST", "/v1/mfa", key, Some(&body), Some(&once)).await.expect("an answer");
            if !told.is_for_later() || begun.elapsed() > PATIENCE {
                return told.ok()["id"].as_str().unwrap().to_owned();
            }
        }
    }

    pub async fn verify(&self, key: &str, user: &str, kind: &str, code: &str) -> Told {
        let body = json!({"User": user, "Type": kind, "Code": code});
        self.ask("POST", "/v1/mfa/verify", key, Some(&body), None).await.expect("an answer")
    }

    pub async fn trace(&self, key: &str, id: &str) -> Value {
        let told = self.ask("GET", &format!("/v1/mfa/{id}"), key, None, None).await;
        told.expect("an answer").ok()
    }

    /// The trace, once this holds of it.
    pub async fn trace_when(&self, key: &str, id: &str, holds: impl Fn(&Value) -> bool) -> Value {
        self.trace_when_within(key, id, PATIENCE, holds).await
    }

    /// The same, with another patience.
    pub async fn trace_when_within(
        &self,
        key: &str,
        id: &str,
        patience: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut look = ticks(20);
        let begun = Instant::now();
        loop {
            look.tick().await;
            let trace = self.trace(key, id).await;
            if holds(&trace) {
                return trace;
            }
            assert!(begun.elapsed() < patience, "{trace:#}\n{}", self.said());
        }
    }

    /// The delivery by this channel, once it has this status.
    pub async fn delivery(&self, key: &str, id: &str, channel: &str, status: &str) -> Value {
        let of = |trace: &Value| by(trace, channel);
        of(&self.trace_when(key, id, |trace| of(trace)["status"] == status).await)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Between two looks at what nobody tells of.
pub fn ticks(millis: u64) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(Duration::from_millis(millis));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
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
