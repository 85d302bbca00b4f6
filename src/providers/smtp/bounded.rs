//! A connection to a tenant's server that ends after so many bytes: lettre looks at the length of a line when it has the whole
//! line, so that a server which sends one without end would be given all memory that there is.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::io::{AsyncRead as _, AsyncWrite as _};
use lettre::transport::smtp::client::{AsyncTokioStream, TlsParameters};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[expect(deprecated, reason = "nothing else connects under TLS from the start without speaking at once")]
type Stream = lettre::transport::smtp::client::AsyncNetworkStream;

/// What a server may say on one connection: some hundred times what its dialogues take.
const MOST_BYTES: usize = 1024 * 1024;

/// The connection.
#[derive(Debug)]
pub(super) struct Bounded {
    inner: Stream,
    left: usize,
}

impl Bounded {
    /// Connects to the first of these addresses that answers; under TLS where it is given.
    pub(super) async fn connect(
        addresses: &[SocketAddr],
        limit: Option<Duration>,
        wrapper: Option<TlsParameters>,
    ) -> Result<Self, lettre::transport::smtp::Error> {
        let inner = Stream::connect_tokio1(addresses, limit, wrapper, None).await?;
        Ok(Self { inner, left: MOST_BYTES })
    }
}

impl AsyncRead for Bounded {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(Err(io::Error::other("the server says too much")));
        }
        let room = buf.initialize_unfilled();
        let most = room.len().min(this.left);
        let room = room.get_mut(..most).unwrap_or_default();
        let read = ready!(Pin::new(&mut this.inner).poll_read(cx, room))?;
        this.left = this.left.saturating_sub(read);
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_close(cx)
    }
}

impl AsyncTokioStream for Bounded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }
}
