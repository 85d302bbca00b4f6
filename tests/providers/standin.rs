//! A stand-in for a provider: a server on loopback that holds each request to the provider's own OpenAPI text, and
//! answers as it is told to.
//!
//! HTTP/1.1 by hand, so that it can also fail as a network does: never answer, hang up, stop half-way, trickle. When it
//! is dropped it fails the test if a request was wrong, unless the test has looked at [`StandIn::violations`].

#[path = "standin/spec.rs"]
mod spec;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use spec::Spec;

/// What the stand-in does with a request.
pub enum Answer {
    /// What the provider answers when all is well. So it does without being told, too.
    Success,
    /// This status, these further headers, this body.
    With(u16, &'static [(&'static str, &'static str)], String),
    /// What the provider answers when all is well, once this is true.
    Hold(watch::Receiver<bool>),
    /// Nothing, until the client goes.
    Hang,
    /// Hangs up.
    Drop,
    /// The head and some of the body of a success, then hangs up.
    Half,
    /// The head of a success, then a byte of a body now and then, without an end.
    Trickle,
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub raw: Vec<u8>,
    /// The body as the operation reads it; a form's fields as its schema types them. Null if it cannot be read.
    pub body: Value,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A field of the body; empty if it is not there or no text.
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }
}

/// The answer when all is well to the `n`th request.
type Success = fn(&Request, usize) -> (u16, Value);

/// Says what to do with the request at this place of [`StandIn::requests`].
type Otherwise = Box<dyn FnMut(usize) -> Answer + Send>;

struct State {
    spec: Option<Spec>,
    success: Success,
    answers: Mutex<VecDeque<Answer>>,
    otherwise: Mutex<Otherwise>,
    count: watch::Sender<usize>,
    requests: Mutex<Vec<Request>>,
    violations: Mutex<Vec<String>>,
}

impl State {
    /// Keeps the request with what is wrong with it. Gives its place, and the answer when all is well, which is judged like
    /// the request.
    fn judge(&self, mut request: Request) -> (usize, u16, String) {
        let mut requests = self.requests.lock().unwrap();
        let wrong = self.spec.as_ref().map(|spec| spec.judge(&request));
        let (body, mut wrong) =
            wrong.unwrap_or_else(|| (serde_json::from_slice(&request.raw).unwrap_or_default(), Vec::new()));
        request.body = body;
        let (status, success) = (self.success)(&request, requests.len() + 1);
        let success = success.to_string();
        if let Some(spec) = self.spec.as_ref().filter(|_| wrong.is_empty()) {
            wrong = spec.judge_answer(&request, status, &success);
        }
        self.violations.lock().unwrap().extend(wrong);
        requests.push(request);
        self.count.send_replace(requests.len());
        (requests.len() - 1, status, success)
    }
}

/// The server. It ends with the value.
pub struct StandIn {
    /// What a provider's `base_url` is set to.
    pub base_url: String,
    state: Arc<State>,
    server: JoinHandle<()>,
}

impl StandIn {
    pub async fn twilio() -> Self {
        Self::start(Some(include_str!("../specs/twilio.json")), |request, n| {
            let call = request.target.ends_with("/Calls.json");
            (201, json!({"sid": format!("{}{n:032x}", if call { "CA" } else { "SM" }), "status": "queued"}))
        })
        .await
    }

    pub async fn meta() -> Self {
        Self::start(Some(include_str!("../specs/whatsapp-cloud.json")), |request, n| {
            // As Meta's ids are: the user's number in them, under base64.
            let id = format!("\x1c\x18\x0b{}\x15\x02\0\x12\x18\x14{n:020X}\0", request.text("to"));
            let id = format!("wamid.{}", STANDARD.encode(id));
            let contacts = json!([{"input": request.text("to"), "wa_id": request.text("to")}]);
            let messages = json!([{"id": id, "message_status": "accepted"}]);
            (200, json!({"messaging_product": "whatsapp", "contacts": contacts, "messages": messages}))
        })
        .await
    }

    pub async fn vonage_sms() -> Self {
        Self::start(Some(include_str!("../specs/vonage-sms.json")), |request, n| {
            let message =
                json!({"to": request.text("to"), "message-id": format!("0A00{n:012X}"), "status": "0"});
            (200, json!({"message-count": "1", "messages": [message]}))
        })
        .await
    }

    pub async fn vonage_voice() -> Self {
        Self::start(Some(include_str!("../specs/vonage-voice.json")), |_, n| {
            let uuid = format!("63f61863-4a51-4f6b-86e1-{n:012x}");
            (201, json!({"uuid": uuid, "status": "started", "direction": "outbound"}))
        })
        .await
    }

    /// A server that judges nothing: some gateway that publishes no description.
    pub async fn bare() -> Self {
        Self::start(None, |_, n| (200, json!({"id": format!("gw-{n}")}))).await
    }

    async fn start(spec: Option<&str>, success: Success) -> Self {
        // As `main` does for the program; only the first of a process's attempts can succeed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            spec: spec.map(Spec::new),
            success,
            answers: Mutex::default(),
            otherwise: Mutex::new(Box::new(|_| Answer::Success)),
            count: watch::channel(0).0,
            requests: Mutex::default(),
            violations: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Self { base_url, state, server }
    }

    /// Says what to do with the next request that has not been spoken for.
    pub fn next(&self, answer: Answer) {
        self.state.answers.lock().unwrap().push_back(answer);
    }

    /// The same, for an answer with this status and JSON body.
    pub fn next_json(&self, status: u16, body: &Value) {
        self.next(Answer::With(status, &[], body.to_string()));
    }

    /// Says what to do with each request that is not spoken for, by its place in [`StandIn::requests`].
    pub fn otherwise(&self, answer: impl FnMut(usize) -> Answer + Send + 'static) {
        *self.state.otherwise.lock().unwrap() = Box::new(answer);
    }

    /// How many requests have come, as it changes; a request counts before it is answered.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.state.count.subscribe()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// The last request.
    pub fn last(&self) -> Request {
        self.requests().pop().expect("a request has come")
    }

    /// What was wrong with the requests since this was asked for.
    pub fn violations(&self) -> Vec<String> {
        std::mem::take(&mut *self.state.violations.lock().unwrap())
    }

    /// What is wrong with a part of a body by the schema of this name, for parts that a discriminator chooses.
    pub fn violations_of(&self, schema: &str, part: &Value) -> Vec<String> {
        let spec = self.state.spec.as_ref().expect("this stand-in has a description");
        spec.violations(&format!("/components/schemas/{schema}"), part)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
        if !std::thread::panicking() {
            assert_eq!(
                self.violations(),
                Vec::<String>::new(),
                "requests against the provider's description"
            );
        }
    }
}

async fn serve(mut socket: TcpStream, state: Arc<State>) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut socket, &mut buffer).await {
        let (nth, status, success) = state.judge(request);
        let told = state.answers.lock().unwrap().pop_front();
        let answer = told.unwrap_or_else(|| (state.otherwise.lock().unwrap())(nth));
        let written = match answer {
            Answer::Success => write(&mut socket, status, &[], success.len(), &success).await,
            Answer::With(status, headers, body) => {
                write(&mut socket, status, headers, body.len(), &body).await
            }
            Answer::Hold(mut until) => {
                let told = async { until.wait_for(|now| *now).await.is_ok() };
                let go_on = tokio::select! {
                    () = gone(&mut socket) => false,
                    told = told => told,
                };
                if !go_on {
                    return;
                }
                write(&mut socket, status, &[], success.len(), &success).await
            }
            Answer::Hang => {
                gone(&mut socket).await;
                return;
            }
            Answer::Drop => return,
            Answer::Half => {
                let half = &success[..success.len() / 2];
                let _ = write(&mut socket, status, &[], success.len(), half).await;
                return;
            }
            Answer::Trickle => {
                let mut written = write(&mut socket, status, &[], 1 << 20, "").await;
                let mut pace = tokio::time::interval(Duration::from_millis(10));
                while written.is_ok() {
                    pace.tick().await;
                    written = socket.write_all(b" ").await;
                }
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

/// One request; none when the client is gone or speaks something else.
async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = Request { method, target, headers, raw: Vec::new(), body: Value::Null };
    let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    while buffer.len() < end + 4 + length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    request.raw = buffer[end + 4..end + 4 + length].to_vec();
    buffer.drain(..end + 4 + length);
    Some(request)
}

async fn write(
    socket: &mut TcpStream,
    status: u16,
    headers: &[(&str, &str)],
    length: usize,
    body: &str,
) -> std::io::Result<()> {
    let further = headers.iter().fold(String::new(), |all, (name, value)| all + name + ": " + value + "\r\n");
    let head = format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{further}\r\n"
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body.as_bytes()).await?;
    socket.flush().await
}

/// Waits until the client hangs up.
async fn gone(socket: &mut TcpStream) {
    let mut rest = [0; 64];
    while socket.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}
