use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::providers::Outcome;
use crate::providers::wire::Wire;

/// A resolver that gives one prepared answer after the other.
struct Prepared(Mutex<Vec<Vec<IpAddr>>>);

impl Prepared {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().rev().map(parse).collect())))
    }
}

#[async_trait]
impl Lookup for Prepared {
    async fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.lock().unwrap().pop().unwrap_or_default())
    }
}

fn networks(list: &[&str]) -> Vec<Network> {
    list.iter().map(|network| network.parse().unwrap()).collect()
}

/// A server on a loopback address that answers 204 and counts its connections.
async fn server(address: &str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, counting(listener))
}

fn counting(listener: TcpListener) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    count
}

async fn ask(guard: &Guard, url: &str) -> Result<u16, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let wire = Wire::guarded(Duration::from_secs(5), guard).unwrap();
    match wire.send(wire.post(url)).await {
        Ok(answer) => Ok(answer.status),
        Err(Outcome::Retry { reason, .. }) => Err(reason.code),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_exceptions_nothing_connects_to_this_machine() {
    let (port, connections) = server("127.0.0.1").await;
    let guard = Guard::new(&[]);
    for (url, code) in [
        (format!("https://127.0.0.1:{port}/"), "address_not_allowed"),
        (format!("https://localhost:{port}/"), "address_not_allowed"),
        (format!("https://0.0.0.0:{port}/"), "address_not_allowed"),
        (format!("https://127.1:{port}/"), "address_not_allowed"),
        (format!("https://0x7f000001:{port}/"), "address_not_allowed"),
        (format!("https://2130706433:{port}/"), "address_not_allowed"),
        (format!("https://[::1]:{port}/"), "address_not_allowed"),
        (format!("https://[::ffff:127.0.0.1]:{port}/"), "address_not_allowed"),
        (format!("http://127.0.0.1:{port}/"), "address_not_allowed"),
        (format!("http://localhost:{port}/"), "https_required"),
        ("http://8.8.8.8/".to_owned(), "https_required"),
    ] {
        assert_eq!(ask(&guard, &url).await, Err(code.to_owned()), "{url}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_operators_exceptions_are_connected_to_in_the_clear_too() {
    let (port, connections) = server("127.0.0.1").await;
    let guard = Guard::with_lookup(
        &networks(&["127.0.0.1/32"]),
        Prepared::new(&[&["127.0.0.1"], &["127.0.0.3"], &["8.8.8.8"], &[]]),
    );
    assert_eq!(ask(&guard, &format!("http://127.0.0.1:{port}/")).await, Ok(204));
    assert_eq!(ask(&guard, &format!("http://hooks.example.com:{port}/")).await, Ok(204));
    for code in ["address_not_allowed", "https_required", "unknown_host"] {
        let answer = ask(&guard, &format!("http://hooks.example.com:{port}/")).await;
        assert_eq!(answer, Err(code.to_owned()));
    }
    let answer = ask(&guard, &format!("http://127.0.0.2:{port}/")).await;
    assert_eq!(answer, Err("address_not_allowed".to_owned()));
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_name_that_moves_to_this_machine_is_not_followed() {
    // 127.0.0.2 stands for the public address that the name had when it was looked at.
    let public = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = public.local_addr().unwrap().port();
    let inner = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let (public, inner) = (counting(public), counting(inner));
    let lookup = Prepared::new(&[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.1", "127.0.0.2"]]);
    let guard = Guard::with_lookup(&networks(&["127.0.0.2"]), lookup);
    let url = format!("http://rebind.example.com:{port}/");
    assert_eq!(ask(&guard, &url).await, Ok(204));
    assert_eq!(ask(&guard, &url).await, Err("address_not_allowed".to_owned()));
    // Of several addresses only the one that passes is tried.
    assert_eq!(ask(&guard, &url).await, Ok(204));
    assert_eq!(public.load(Ordering::SeqCst), 2);
    assert_eq!(inner.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_host_gives_the_addresses_that_pass() {
    let lookup = Prepared::new(&[&["8.8.8.8", "10.0.0.1", "2606:4700:4700::1111"], &["127.0.0.1"]]);
    let guard = Guard::with_lookup(&networks(&["192.168.7.0/24"]), lookup);
    let found = guard.addresses("mail.example.com", Transport::Encrypted).await;
    let public: Vec<IpAddr> = vec!["8.8.8.8".parse().unwrap(), "2606:4700:4700::1111".parse().unwrap()];
    assert_eq!(found, Ok(public));
    for (host, transport, wanted) in [
        ("mail.example.com", Transport::Encrypted, Err(Blocked::Address)),
        ("mail.example.com", Transport::Encrypted, Err(Blocked::Unknown)),
        ("10.0.0.1", Transport::Encrypted, Err(Blocked::Address)),
        ("[::1]", Transport::Encrypted, Err(Blocked::Address)),
        ("8.8.8.8", Transport::Plain, Err(Blocked::Plain)),
        ("192.168.7.9", Transport::Plain, Ok(vec!["192.168.7.9".parse().unwrap()])),
        ("::ffff:192.168.7.9", Transport::Plain, Ok(vec!["::ffff:192.168.7.9".parse().unwrap()])),
    ] {
        assert_eq!(guard.addresses(host, transport).await, wanted, "{host}");
    }
}
