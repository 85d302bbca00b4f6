//! The answer for a connection that came when every slot was taken: a 503 by hand, in at most two seconds.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::Refusal;

/// How long is waited for the request, and then again for the client to read the answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much of a request is read before it is answered, in bytes.
const ENOUGH: usize = 16 * 1024;

/// Answers 503 and closes. The request's head is read first, where it comes in time: many clients drop an answer
/// that is there before they have asked.
pub(super) async fn refuse(mut stream: TcpStream, told: Refusal, _permit: OwnedSemaphorePermit) {
    // Whatever fails here, the connection is closed, which is all that was left to do.
    let _ = timeout(PATIENCE, read_head(&stream)).await;
    let _ = timeout(PATIENCE, answer(&mut stream, &told)).await;
}

async fn read_head(stream: &TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while head.len() < ENOUGH {
        let seen = head.len().saturating_sub(3);
        let ended = read_some(stream, &mut head).await? == 0;
        if ended || head.get(seen..).is_some_and(|new| new.windows(4).any(|end| end == b"\r\n\r\n")) {
            break;
        }
    }
    Ok(())
}

async fn answer(stream: &mut TcpStream, told: &Refusal) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Retry-After: 1\r\nRequest-Id: {}\r\nConnection: close\r\n\r\n{}",
        told.body.len(),
        told.request_id,
        told.body,
    );
    let mut left = answer.as_bytes();
    while !left.is_empty() {
        stream.writable().await?;
        match stream.try_write(left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    poll_fn(|context| Pin::new(&mut *stream).poll_shutdown(context)).await?;
    // Closing over unread bytes would reset the connection, and the answer with it.
    let mut rest = Vec::new();
    while read_some(stream, &mut rest).await? > 0 {
        rest.clear();
    }
    Ok(())
}

/// Appends what is there, and waits for something to be there; 0 at the end of the stream.
async fn read_some(stream: &TcpStream, into: &mut Vec<u8>) -> io::Result<usize> {
    let mut buffer = [0; 1024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(read) => {
                into.extend_from_slice(buffer.get(..read).unwrap_or_default());
                return Ok(read);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
