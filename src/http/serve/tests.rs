use std::sync::Mutex;

use axum::routing::get;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    started: Arc<Notify>,
    release: Arc<Notify>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(connections: usize, header_timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (started, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (stop, stopped) = oneshot::channel();
        let (begun, go) = (Arc::clone(&started), Arc::clone(&release));
        let router = Router::new()
            .route(
                "/",
                get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { format!("peer={peer}") }),
            )
            .route(
                "/wait",
                get(move || async move {
                    begun.notify_one();
                    go.notified().await;
                    "done"
                }),
            );
        let limits = ServeLimits { connections, header_timeout };
        let refusal =
            || Refusal { request_id: "req_1".into(), body: r#"{"error":{"code":"unavailable"}}"#.into() };
        let task = tokio::spawn(serve(listener, router, limits, refusal, async {
            let _ = stopped.await;
        }));
        Self { address, started, release, stop: Some(stop), task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        stream.writable().await.unwrap();
        match stream.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Everything up to the end of the stream, or up to `until`.
async fn receive(stream: &TcpStream, until: Option<&[u8]>) -> Vec<u8> {
    let mut all = Vec::new();
    let reading = async {
        loop {
            let mut buffer = [0; 4096];
            stream.readable().await.unwrap();
            match stream.try_read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => all.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
            if until.is_some_and(|until| all.windows(until.len()).any(|seen| seen == until)) {
                break;
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("the server neither answered nor closed");
    all
}

async fn text(stream: &TcpStream) -> String {
    String::from_utf8(receive(stream, None).await).unwrap()
}

fn request(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n").into_bytes()
}

#[tokio::test]
async fn a_request_is_answered_and_knows_its_peer() {
    let server = Server::start(4, LONG).await;
    let stream = server.connect().await;
    send(&stream, &request("/", "Connection: close\r\n")).await;
    let answer = text(&stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(&format!("peer={}", stream.local_addr().unwrap())), "{answer}");
}

#[tokio::test]
async fn http2_is_spoken_with_prior_knowledge_and_ends_when_idle() {
    let server = Server::start(4, SHORT).await;
    let stream = server.connect().await;
    send(&stream, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await;
    // SETTINGS_MAX_CONCURRENT_STREAMS (3) = 256 among the settings; then GOAWAY (7) for want of requests.
    let settings = receive(&stream, Some(&[0, 3, 0, 0, 1, 0])).await;
    assert_eq!(settings[3], 4);
    receive(&stream, Some(&[7, 0, 0, 0, 0, 0])).await;
}

#[tokio::test]
async fn slow_heads_and_silent_connections_are_cut() {
    let server = Server::start(4, SHORT).await;
    for part in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let stream = server.connect().await;
        send(&stream, part).await;
        let answer = receive(&stream, None).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_running_request_outlasts_the_header_timeout() {
    let server = Server::start(4, SHORT).await;
    let (busy, idle) = (server.connect().await, server.connect().await);
    send(&busy, &request("/wait", "")).await;
    server.started.notified().await;
    // The cut of a connection that came later shows that the time is over.
    receive(&idle, None).await;
    server.release.notify_one();
    assert!(text(&busy).await.ends_with("done"));
}

#[tokio::test]
async fn over_the_limit_a_connection_is_told_to_come_back() {
    let server = Server::start(1, LONG).await;
    let first = server.connect().await;
    send(&first, &request("/wait", "Connection: close\r\n")).await;
    server.started.notified().await;
    for _ in 0..3 {
        let over = server.connect().await;
        send(&over, &request("/", "")).await;
        let answer = text(&over).await;
        assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
        assert!(answer.contains("\r\nRetry-After: 1\r\n"), "{answer}");
        assert!(answer.contains("\r\nRequest-Id: req_1\r\n"), "{answer}");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["error"]["code"], "unavailable");
    }
    server.release.notify_one();
    assert!(text(&first).await.ends_with("done"));
    // The slot is free as soon as the connection's task has ended; until then the answer may be the refusal.
    let again = async {
        loop {
            let stream = server.connect().await;
            send(&stream, &request("/", "Connection: close\r\n")).await;
            if text(&stream).await.starts_with("HTTP/1.1 200") {
                break;
            }
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn a_shutdown_lets_a_running_request_finish() {
    let mut server = Server::start(4, LONG).await;
    let (busy, idle) = (server.connect().await, server.connect().await);
    send(&idle, &request("/", "")).await;
    receive(&idle, Some(b"peer=")).await;
    send(&busy, &request("/wait", "")).await;
    server.started.notified().await;
    server.stop.take().unwrap().send(()).unwrap();
    // The idle connection is closed, and no further one is accepted.
    receive(&idle, None).await;
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.task.is_finished());
    server.release.notify_one();
    assert!(text(&busy).await.ends_with("done"));
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_failed_accept_does_not_end_the_loop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let emfile = io::Error::from_raw_os_error(24);
    let errors = Mutex::new(vec![emfile, io::ErrorKind::ConnectionAborted.into()]);
    let (_stream, peer) = accept(|| async {
        let error = errors.lock().unwrap().pop();
        match error {
            Some(error) => Err(error),
            None => listener.accept().await,
        }
    })
    .await;
    assert_eq!(peer, client.local_addr().unwrap());
    assert!(errors.lock().unwrap().is_empty());
}
