//! A tiny scripted SMTP server on loopback, without TLS, which keeps what it receives.
//!
//! It speaks just enough for a client to deliver a mail, and misbehaves on request.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One mail that the server said 250 to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The recipient of RCPT TO, without its brackets.
    pub to: String,
    /// Headers and body, dots unstuffed, lines ended by CR LF.
    pub data: String,
    /// When the 250 was given.
    pub at: Instant,
}

/// What the server does to each dialogue from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes every mail.
    #[default]
    Accept,
    /// Answers 535 5.7.8 to AUTH.
    RefuseAuth,
    /// Answers 421 instead of a greeting.
    Busy,
    /// Accepts the connection and never says a word.
    Hang,
    /// Takes the mail's content and never answers.
    HangAfterData,
    /// Stops reading in the middle of a dialogue: answers nothing from DATA on.
    HangAtData,
    /// Closes the connection at once.
    Drop,
    /// Closes the connection when the content has come, before the answer. The mail is not kept.
    DropAfterData,
    /// Keeps the mail, then closes the connection before the answer: the client cannot know.
    KeepAndDrop,
    /// Puts each recipient off with 450 4.2.0.
    Greylist,
    /// Rejects each content with 554 5.7.1.
    RejectContent,
    /// Answers 250 where 354 is due.
    OutOfTurn,
}

#[derive(Default)]
struct State {
    behaviour: Behaviour,
    refused: HashMap<String, String>,
    received: Vec<Received>,
    connections: usize,
}

/// The server. It ends with this value.
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    count: watch::Receiver<usize>,
    accepting: JoinHandle<()>,
}

impl SmtpSink {
    /// Starts a server on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (told, count) = watch::channel(0);
        let kept = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            // The dialogues end with the listener: a JoinSet aborts its tasks when it is dropped.
            let mut dialogues = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().unwrap().connections += 1;
                let (state, told) = (Arc::clone(&kept), told.clone());
                dialogues.spawn(async move {
                    let _ = dialogue(stream, &state, &told).await;
                });
                while dialogues.try_join_next().is_some() {}
            }
        });
        Self { address, state, count, accepting }
    }

    /// The URL for a provider's settings; without user and password if the user is empty.
    pub fn url(&self, user: &str, pass: &str) -> String {
        let login = if user.is_empty() { String::new() } else { format!("{user}:{pass}@") };
        format!("smtp://{login}{}?tls=none", self.address)
    }

    /// Changes what the server does.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().behaviour = behaviour;
    }

    /// Answers RCPT for this address with 550 5.1.1, repeating the address as real servers do.
    pub fn refuse(&self, address: &str) {
        self.answer(address, &format!("550 5.1.1 <{address}>: user unknown"));
    }

    /// Answers RCPT for this address with this line.
    pub fn answer(&self, address: &str, line: &str) {
        self.state.lock().unwrap().refused.insert(address.to_owned(), line.to_owned());
    }

    /// Everything received so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// How many mails have come, as it changes; a mail counts before it is answered.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.count.clone()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// Waits until at least `n` mails have come; panics after ten seconds.
    pub async fn wait_for(&self, n: usize) -> Vec<Received> {
        let mut count = self.count.clone();
        tokio::time::timeout(Duration::from_secs(10), count.wait_for(|have| *have >= n))
            .await
            .unwrap_or_else(|_| panic!("waited for {n} mails, got {}", self.received().len()))
            .unwrap();
        self.received()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn dialogue(
    stream: TcpStream,
    state: &Mutex<State>,
    told: &watch::Sender<usize>,
) -> std::io::Result<()> {
    let behaviour = || state.lock().unwrap().behaviour;
    let mut stream = BufReader::new(stream);
    match behaviour() {
        Behaviour::Drop => return Ok(()),
        Behaviour::Hang => return std::future::pending().await,
        Behaviour::Busy => return say(&mut stream, "421 4.3.2 busy").await,
        _ => say(&mut stream, "220 sink ESMTP").await?,
    }
    let mut to = String::new();
    loop {
        let Some(line) = line(&mut stream).await? else { return Ok(()) };
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match (verb.as_str(), behaviour()) {
            ("EHLO", _) => {
                say(&mut stream, "250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN").await?;
            }
            ("AUTH", Behaviour::RefuseAuth) => say(&mut stream, "535 5.7.8 bad credentials").await?,
            ("AUTH", _) => say(&mut stream, "235 2.7.0 welcome").await?,
            ("RCPT", Behaviour::Greylist) => say(&mut stream, "450 4.2.0 try later").await?,
            ("RCPT", _) => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                let refusal = state.lock().unwrap().refused.get(&to).cloned();
                say(&mut stream, refusal.as_deref().unwrap_or("250 2.1.5 ok")).await?;
            }
            ("DATA", Behaviour::HangAtData) => return std::future::pending().await,
            ("DATA", Behaviour::OutOfTurn) => say(&mut stream, "250 2.0.0 not yet").await?,
            ("DATA", _) => {
                say(&mut stream, "354 go on").await?;
                let Some(data) = content(&mut stream).await? else { return Ok(()) };
                let now = behaviour();
                match now {
                    Behaviour::HangAfterData => return std::future::pending().await,
                    Behaviour::DropAfterData => return Ok(()),
                    Behaviour::RejectContent => {
                        say(&mut stream, "554 5.7.1 rejected").await?;
                        continue;
                    }
                    _ => {}
                }
                let count = {
                    let mut state = state.lock().unwrap();
                    state.received.push(Received { to: to.clone(), data, at: Instant::now() });
                    state.received.len()
                };
                told.send_replace(count);
                if now == Behaviour::KeepAndDrop {
                    return Ok(());
                }
                say(&mut stream, &format!("250 2.0.0 Ok: queued as SINK{count}")).await?;
            }
            ("QUIT", _) => return say(&mut stream, "221 2.0.0 bye").await,
            ("MAIL" | "RSET" | "NOOP", _) => say(&mut stream, "250 2.0.0 ok").await?,
            _ => say(&mut stream, "502 5.5.2 what?").await?,
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await
}

async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = stream.read_until(b'\n', &mut bytes).await?;
    Ok((read > 0).then(|| String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
}

async fn content(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut data = String::new();
    while let Some(line) = line(stream).await? {
        if line == "." {
            return Ok(Some(data));
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push_str("\r\n");
    }
    Ok(None)
}
