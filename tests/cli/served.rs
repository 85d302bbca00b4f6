//! The service as a process, and requests to it over a plain socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::place::Place;

/// How long a process may take to come up or to end on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// A running service. It is killed by its own id when the test ends, however it ends.
pub struct Served {
    child: Child,
    pub api: u16,
    pub ops: u16,
    said: Arc<Mutex<String>>,
}

/// Ports that nobody listens on. Both are held until both are known, so that they are not the same one.
fn free_ports() -> (u16, u16) {
    let held = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let [first, second] = held.each_ref().map(|listener| listener.local_addr().unwrap().port());
    (first, second)
}

/// Keeps all lines that come from a pipe.
fn listen(pipe: impl Read + Send + 'static, said: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    });
}

impl Served {
    /// Starts it; it may not be up yet.
    pub fn begin(place: &Place) -> Self {
        let (api, ops) = free_ports();
        let mut child = place
            .command(&["serve"])
            .env("RIFT_HTTP__LISTEN", format!("127.0.0.1:{api}"))
            .env("RIFT_HTTP__OPS_LISTEN", format!("127.0.0.1:{ops}"))
            .env("RIFT_HTTP__PUBLIC_URL", format!("http://127.0.0.1:{api}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::default();
        listen(child.stdout.take().unwrap(), Arc::clone(&said));
        listen(child.stderr.take().unwrap(), Arc::clone(&said));
        Self { child, api, ops, said }
    }

    /// Waits until it answers.
    pub fn up(mut self) -> Self {
        let begun = Instant::now();
        loop {
            if let Ok((200, _)) = ask(self.ops, "GET", "/healthz", "", "") {
                return self;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended with {status}: {}", self.said());
            }
            assert!(begun.elapsed() < PATIENCE, "it is not up: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn start(place: &Place) -> Self {
        Self::begin(place).up()
    }

    /// Everything that it wrote so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has written a text.
    pub fn said_with(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let said = self.said();
            if said.contains(text) {
                return said;
            }
            assert!(begun.elapsed() < PATIENCE, "no `{text}` in {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn post(&self, key: &str, path: &str, body: &str) -> (u16, Value) {
        ask(self.api, "POST", path, key, body).unwrap()
    }

    pub fn get(&self, key: &str, path: &str) -> (u16, Value) {
        ask(self.api, "GET", path, key, "").unwrap()
    }

    /// The answer of a success. What a busy node answers with 503 is asked again, under one Idempotency-Key.
    #[track_caller]
    pub fn post_ok(&self, key: &str, path: &str, body: &str) -> Value {
        let begun = Instant::now();
        let once = format!("Idempotency-Key: {begun:?}\r\n");
        loop {
            let (status, answer) = request(self.api, "POST", path, key, body, &once).unwrap();
            let busy = status == 503 || answer["error"]["code"] == "idempotency_in_progress";
            if !busy || begun.elapsed() > PATIENCE {
                assert_eq!(status, 200, "{answer:#}");
                return answer;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    #[track_caller]
    pub fn get_ok(&self, key: &str, path: &str) -> Value {
        let (status, answer) = self.get(key, path);
        assert_eq!(status, 200, "{answer:#}");
        answer
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own: status and body, the body as JSON or as text.
pub fn ask(port: u16, method: &str, path: &str, key: &str, body: &str) -> std::io::Result<(u16, Value)> {
    request(port, method, path, key, body, "")
}

fn request(
    port: u16,
    method: &str,
    path: &str,
    key: &str,
    body: &str,
    header: &str,
) -> std::io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(15)))?;
    let sign = if key.is_empty() { String::new() } else { format!("Authorization: Bearer {key}\r\n") };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{sign}{header}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok((status, serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))))
}
