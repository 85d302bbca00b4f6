//! Connections that wait for the next message.
//!
//! Only a connection whose last dialogue ended in step comes in here. A dialogue that is cut off drops its
//! connection, and with it the socket. Nothing is sent from here but RSET, to see whether a server still answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Rset;
use tokio::time::{Instant, timeout};

/// Most servers close after one to five minutes; we go first, so that we seldom meet a closed door.
const IDLE: Duration = Duration::from_secs(30);
/// Many providers allow a hundred messages per connection and answer 421 to the next.
const USES: u32 = 90;
const KEPT: usize = 16;
/// A kept connection that has not answered by now is dead; a new one is quicker.
const CHECK: Duration = Duration::from_secs(1);

/// An open connection that has been logged in.
pub(super) struct Connection {
    pub(super) inner: AsyncSmtpConnection,
    uses: u32,
}

impl Connection {
    pub(super) fn new(inner: AsyncSmtpConnection) -> Self {
        Self { inner, uses: 0 }
    }
}

struct Parked {
    connection: Connection,
    since: Instant,
}

#[derive(Default)]
struct Shelf {
    parked: Vec<Parked>,
    swept: bool,
}

/// The kept connections of one server.
#[derive(Default)]
pub(super) struct Pool {
    shelf: Arc<Mutex<Shelf>>,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A kept connection that answers, if there is one.
    pub(super) async fn take(&self) -> Option<Connection> {
        loop {
            let parked = lock(&self.shelf).parked.pop()?;
            if parked.since.elapsed() > IDLE {
                continue;
            }
            let mut connection = parked.connection;
            // RSET, not NOOP: it also ends a dialogue that stopped at a refused recipient.
            match timeout(CHECK, connection.inner.command(Rset)).await {
                Ok(Ok(answer)) if answer.has_code(250) => return Some(connection),
                Ok(_) => {}
                // Silence means that the network between is gone: the others would cost a second each.
                Err(_) => lock(&self.shelf).parked.clear(),
            }
        }
    }

    /// Keeps a connection for the next message, if it is worth it.
    pub(super) fn park(&self, mut connection: Connection) {
        connection.uses += 1;
        let mut waiting = lock(&self.shelf);
        if connection.uses >= USES || waiting.parked.len() >= KEPT || connection.inner.has_broken() {
            drop(waiting);
            goodbye(connection);
            return;
        }
        waiting.parked.push(Parked { connection, since: Instant::now() });
        if !std::mem::replace(&mut waiting.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(&self.shelf)));
        }
    }
}

/// Closes what has waited too long; ends with the last connection or with the pool.
async fn sweep(shelf: Weak<Mutex<Shelf>>) {
    loop {
        tokio::time::sleep(IDLE / 2).await;
        let Some(shelf) = shelf.upgrade() else { return };
        let mut shelf = lock(&shelf);
        let (old, fresh) = shelf.parked.drain(..).partition(|parked| parked.since.elapsed() > IDLE);
        shelf.parked = fresh;
        shelf.swept = !shelf.parked.is_empty();
        let ends = !shelf.swept;
        drop(shelf);
        let old: Vec<Parked> = old;
        for parked in old {
            goodbye(parked.connection);
        }
        if ends {
            return;
        }
    }
}

/// QUIT, politely and in the background.
fn goodbye(mut connection: Connection) {
    tokio::spawn(async move {
        let _ = timeout(CHECK, connection.inner.quit()).await;
    });
}

fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}
