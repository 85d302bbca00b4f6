//! A node of the laboratory: a process that is started, asked, killed and started again.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Lab, PATIENCE, Told, by, pause, ticks};

/// A node. It is killed by its own id when the test ends, however it ends.
pub struct Node {
    lab: Arc<Lab>,
    child: Mutex<Option<Child>>,
    api: AtomicU16,
    ops: AtomicU16,
    said: watch::Sender<String>,
}

/// What stands in the log after a process's last line.
const ENDED: &str = "[the process has ended]";

impl Node {
    pub async fn start(lab: &Arc<Lab>) -> Arc<Self> {
        let (said, _) = watch::channel(String::new());
        let node = Self {
            lab: Arc::clone(lab),
            child: Mutex::default(),
            api: AtomicU16::new(0),
            ops: AtomicU16::new(0),
            said,
        };
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
            self.ended().await;
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
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                said.send_modify(|said| {
                    said.push_str(&line);
                    said.push('\n');
                });
            }
            said.send_modify(|said| said.push_str(ENDED));
        });
        let before = self.child.lock().unwrap().replace(child);
        assert!(before.is_none(), "the last process must have ended");
        self.api.store(api, Ordering::SeqCst);
        self.ops.store(ops, Ordering::SeqCst);
    }

    /// Waits until this holds of its log.
    async fn until(&self, holds: impl FnMut(&String) -> bool) -> String {
        let mut said = self.said.subscribe();
        let found = tokio::time::timeout(PATIENCE, said.wait_for(holds)).await;
        let Ok(found) = found else { panic!("it never said so: {}", *self.said.borrow()) };
        found.unwrap().clone()
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
        let after = answer.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
        let body = answer.text().await.ok()?;
        Some(Told {
            status,
            after: after.map(Duration::from_secs),
            body: serde_json::from_str(&body).unwrap_or_default(),
        })
    }

    /// Waits until its metrics have this.
    pub async fn counts(&self, figure: &str) {
        let url = format!("http://127.0.0.1:{}/metrics", self.ops.load(Ordering::SeqCst));
        let (begun, mut look) = (Instant::now(), ticks(20));
        loop {
            look.tick().await;
            let figures = self.lab.http.get(&url).send().await.expect("an answer").text().await.unwrap();
            if figures.contains(figure) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "no {figure} in {figures}");
        }
    }

    /// A form from a provider, with a header: the answer's status.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)], header: (&str, &str)) -> u16 {
        let url = format!("http://127.0.0.1:{}{path}", self.api.load(Ordering::SeqCst));
        let request = self.lab.http.post(url).header(header.0, header.1).form(fields);
        request.send().await.expect("an answer").status().as_u16()
    }

    /// One start.
    pub async fn start_mfa(&self, key: &str, user: &str, kind: &str) -> Told {
        let body = json!({"User": user, "Type": kind});
        self.ask("POST", "/v1/mfa", key, Some(&body), None).await.expect("an answer")
    }

    /// A start that is accepted: its id. What a busy node answers with 503 is asked again, under one Idempotency-Key.
    pub async fn sent(&self, key: &str, user: &str, kind: &str) -> String {
        let body = json!({"User": user, "Type": kind});
        let begun = Instant::now();
        let once = format!("{user} {begun:?}");
        loop {
            let told = self.ask("POST", "/v1/mfa", key, Some(&body), Some(&once)).await.expect("an answer");
            if !told.is_for_later() || begun.elapsed() > PATIENCE {
                return told.ok()["id"].as_str().unwrap().to_owned();
            }
            pause(told.after).await;
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
