//! A tenant's receiver of webhooks: a real socket on the loopback address, which answers as it is told and keeps what came.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With this status and nothing else.
    Status(u16),
    /// With 302, to there.
    Redirect(String),
    /// Not at all, until the other side hangs up.
    Hang,
    /// With this status, and a body that does not end by itself before so many bytes.
    Flood(u16, usize),
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Call {
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Call {
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }
}

type Script = dyn Fn(usize, &Call) -> Reply + Send + Sync;

pub struct Receiver {
    pub url: String,
    pub port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
    count: watch::Receiver<usize>,
    connections: watch::Receiver<usize>,
    /// Of each flood, how many bytes went out.
    floods: Arc<Mutex<Vec<usize>>>,
}

impl Receiver {
    /// Answers the `n`th request, from 0, as the script says.
    pub async fn start(script: impl Fn(usize, &Call) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (counted, count) = watch::channel(0);
        let (connected, connections) = watch::channel(0);
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let floods = Arc::<Mutex<Vec<usize>>>::default();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            calls: Arc::clone(&calls),
            floods: Arc::clone(&floods),
            counted,
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connected.send_modify(|count| *count += 1);
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { serve(stream, &shared).await });
            }
        });
        Self { url: format!("http://127.0.0.1:{port}/hooks"), port, calls, count, connections, floods }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// How many requests came.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.count.clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    pub fn floods(&self) -> Vec<usize> {
        self.floods.lock().unwrap().clone()
    }
}

struct Shared {
    script: Box<Script>,
    calls: Arc<Mutex<Vec<Call>>>,
    floods: Arc<Mutex<Vec<usize>>>,
    counted: watch::Sender<usize>,
}

async fn serve(stream: TcpStream, shared: &Shared) {
    let mut stream = BufReader::new(stream);
    while let Some(call) = read(&mut stream).await {
        let n = {
            let mut calls = shared.calls.lock().unwrap();
            calls.push(call.clone());
            calls.len() - 1
        };
        let reply = (shared.script)(n, &call);
        shared.counted.send_modify(|count| *count += 1);
        let out = stream.get_mut();
        match reply {
            Reply::Status(status) => {
                let head = format!("HTTP/1.1 {status} As-Told\r\ncontent-length: 0\r\n\r\n");
                if out.write_all(head.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Redirect(to) => {
                let head = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
                let _ = out.write_all(head.as_bytes()).await;
            }
            Reply::Hang => {
                let _ = out.read(&mut [0; 1]).await;
                return;
            }
            Reply::Flood(status, bytes) => {
                let head = format!("HTTP/1.1 {status} As-Told\r\ncontent-length: {bytes}\r\n\r\n");
                let _ = out.write_all(head.as_bytes()).await;
                let chunk = vec![b'x'; 64 * 1024];
                let mut sent = 0;
                while sent < bytes && out.write_all(&chunk).await.is_ok() {
                    sent += chunk.len();
                }
                shared.floods.lock().unwrap().push(sent);
                return;
            }
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Call> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    assert!(line.starts_with("POST /"), "{line}");
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Call { headers, body: String::from_utf8(body).expect("UTF-8") })
}
