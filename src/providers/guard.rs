//! Where a request may go whose address a tenant gave: never into the operator's own network.
//!
//! A name is looked up once, and only the addresses that pass are handed to the connection, so that a name that changes
//! its answer between the check and the connection gains nothing. [`super::wire::Wire::guarded`] is the HTTP client over
//! this; whoever connects by itself takes [`Guard::addresses`] and connects to those. Nothing in here may log.

mod policy;

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};
use url::{Host, Url};

use crate::domain::network::Network;
pub use policy::is_public;

/// Whether what is sent can be read on its way. In the clear goes nothing but to the networks that the operator named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Under TLS.
    Encrypted,
    /// As it is.
    Plain,
}

/// Looks names up. The machine's own resolver does, except in tests.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All addresses of a name.
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// Names that are looked up at once. A tenant's own name server may take as long as it likes.
const LOOKUPS: usize = 1_024;

/// Enough for the C library's resolver.
const STACK: usize = 512 * 1024;

/// The machine's resolver, on threads of its own: a look-up cannot be broken off, and those that hang must not take the threads
/// on which codes are hashed.
struct SystemLookup {
    places: Arc<Semaphore>,
}

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(std::io::Error::other)?;
        let (tell, told) = oneshot::channel();
        let host = host.to_owned();
        std::thread::Builder::new().name("lookup".to_owned()).stack_size(STACK).spawn(move || {
            let found = (host.as_str(), 0).to_socket_addrs();
            // Nobody may wait any more.
            let _ = tell.send(found.map(|all| all.map(|address| address.ip()).collect()));
            drop(place);
        })?;
        told.await.map_err(std::io::Error::other)?
    }
}

/// Why there is no address to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// Every address of the name, or the one that stands in the URL, lies where nothing may go.
    #[error("the address is not public")]
    Address,
    /// The address could be reached, but only in the clear.
    #[error("the address needs https")]
    Plain,
    /// The name has no address.
    #[error("the name has no address")]
    Unknown,
}

/// The policy of addresses, with the exceptions that the operator made.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[Network]>,
    lookup: Arc<dyn Lookup>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Guard {
    /// Public addresses, and those of `allowed`, which may be spoken to in the clear, too.
    #[must_use]
    pub fn new(allowed: &[Network]) -> Self {
        Self::with_lookup(allowed, Arc::new(SystemLookup { places: Arc::new(Semaphore::new(LOOKUPS)) }))
    }

    /// The same, with another way to look names up.
    #[must_use]
    pub fn with_lookup(allowed: &[Network], lookup: Arc<dyn Lookup>) -> Self {
        Self { allowed: allowed.into(), lookup }
    }

    /// Whether the operator named networks that may be spoken to in the clear.
    #[must_use]
    pub fn has_exceptions(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Whether a connection to the address may be made.
    ///
    /// # Errors
    /// [`Blocked`] says why not.
    pub fn permits(&self, address: IpAddr, transport: Transport) -> Result<(), Blocked> {
        if self.allowed.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        match (is_public(address), transport) {
            (false, _) => Err(Blocked::Address),
            (true, Transport::Plain) => Err(Blocked::Plain),
            (true, Transport::Encrypted) => Ok(()),
        }
    }

    /// The addresses of a host to which a connection may be made: one at least. Connect to these and look the name up no more.
    ///
    /// # Errors
    /// [`Blocked`] where there is none.
    pub async fn addresses(&self, host: &str, transport: Transport) -> Result<Vec<IpAddr>, Blocked> {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let all = match bare.parse() {
            Ok(address) => vec![address],
            Err(_) => self.lookup.addresses(host).await.map_err(|_| Blocked::Unknown)?,
        };
        let mut blocked = Blocked::Unknown;
        let mut permitted = Vec::with_capacity(all.len());
        for address in all {
            match self.permits(address, transport) {
                Ok(()) => permitted.push(address),
                Err(why) => blocked = why,
            }
        }
        if permitted.is_empty() { Err(blocked) } else { Ok(permitted) }
    }

    /// Whether a request may be made to the URL, as far as the URL alone tells: an address in it passes no resolver.
    ///
    /// # Errors
    /// [`Blocked`] says why not.
    pub fn check(&self, url: &Url) -> Result<Transport, Blocked> {
        let transport = match url.scheme() {
            "https" => Transport::Encrypted,
            "http" => Transport::Plain,
            _ => return Err(Blocked::Address),
        };
        match url.host() {
            Some(Host::Ipv4(address)) => self.permits(address.into(), transport)?,
            Some(Host::Ipv6(address)) => self.permits(address.into(), transport)?,
            Some(Host::Domain(_)) if transport == Transport::Plain && self.allowed.is_empty() => {
                return Err(Blocked::Plain);
            }
            Some(Host::Domain(_)) => {}
            None => return Err(Blocked::Address),
        }
        Ok(transport)
    }

    /// A resolver for an HTTP client, which hands on only what passes.
    pub(super) fn resolver(&self, transport: Transport) -> Arc<dyn Resolve> {
        Arc::new(Resolver { guard: self.clone(), transport })
    }
}

struct Resolver {
    guard: Guard,
    transport: Transport,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, transport) = (self.guard.clone(), self.transport);
        Box::pin(async move {
            let addresses = guard.addresses(name.as_str(), transport).await?;
            // Port 0: the client puts the URL's in.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// Why a request did not go out, where the guard kept it back: it stands at the bottom of the client's error.
pub(super) fn blocked(error: &(dyn std::error::Error + 'static)) -> Option<Blocked> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(blocked) = error.downcast_ref::<Blocked>() {
            return Some(*blocked);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests;
