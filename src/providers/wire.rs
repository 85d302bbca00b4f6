//! One HTTP exchange with a provider: sent once, bounded in time and size, its ending named.
//!
//! What the answer means is the provider's own file's matter. Redirects are not followed: a message goes where the
//! operator said and nowhere else. Nothing in here may log: requests hold numbers, codes and credentials.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use serde::de::DeserializeOwned;

use super::Outcome;
use super::guard::{self, Blocked, Guard, Transport};

/// An answer is read up to here; of a longer one only the status counts.
const MOST_BYTES: usize = 64 * 1024;

/// Without a connection after this time there will be none.
const CONNECT: Duration = Duration::from_secs(3);

/// What of a tenant's answer may be under way before it is read, in bytes.
const WINDOW: u32 = 128 * 1024;

/// How long the rest of an answer is read that nobody wants.
const DRAIN: Duration = Duration::from_secs(1);

/// A pause that a provider asks for is believed up to here.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// A client for one provider, with its own connections.
#[derive(Clone, Debug)]
pub struct Wire {
    client: reqwest::Client,
    guarded: Option<Guarded>,
}

/// What a client has beside, where the addresses are a tenant's.
#[derive(Clone, Debug)]
struct Guarded {
    guard: Guard,
    /// For `http:`, which may reach less.
    plain: reqwest::Client,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long the provider asks to be left alone (RFC 9110 §10.2.3, in seconds).
    pub retry_after: Option<Duration>,
    /// The body; empty where it was longer than 64 KiB.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, if it is what is expected.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What holds for every provider, whatever its body says: 429 and 5xx pass, 401 and 403 are our credentials.
    /// `None` where the provider's own words decide.
    #[must_use]
    pub fn common_failure(&self) -> Option<Outcome> {
        let (code, detail) = match self.status {
            401 | 403 => ("authentication_failed".to_owned(), "The provider did not accept our credentials."),
            408 | 425 | 429 => (format!("http_{}", self.status), "The provider asks for a pause."),
            500.. => (format!("http_{}", self.status), "The provider has trouble of its own."),
            300..=399 => (
                format!("http_{}", self.status),
                "The provider's address has moved; set `base_url` or `url` anew.",
            ),
            _ => return None,
        };
        Some(self.put_off(code, detail))
    }

    /// A failure of the provider that may pass, with the pause that it asked for.
    #[must_use]
    pub fn put_off(&self, code: impl Into<String>, detail: impl Into<String>) -> Outcome {
        match Outcome::retry(code, detail) {
            Outcome::Retry { reason, about, .. } => Outcome::Retry { reason, about, after: self.retry_after },
            other => other,
        }
    }
}

impl Wire {
    /// A client whose requests take at most `timeout`, from connecting to the answer's last byte.
    pub fn new(timeout: Duration) -> Result<Self, String> {
        Ok(Self { client: client(timeout, None)?, guarded: None })
    }

    /// The same for addresses that a tenant gave: no request goes where `guard` lets none go.
    pub fn guarded(timeout: Duration, guard: &Guard) -> Result<Self, String> {
        let plain = client(timeout, Some((guard, Transport::Plain)))?;
        let guarded = Guarded { guard: guard.clone(), plain };
        Ok(Self { client: client(timeout, Some((guard, Transport::Encrypted)))?, guarded: Some(guarded) })
    }

    /// Begins a POST to `url`.
    pub fn post(&self, url: &str) -> reqwest::RequestBuilder {
        self.client.post(url)
    }

    /// Begins a request with any verb.
    pub fn request(&self, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends, and reads the whole answer.
    ///
    /// # Errors
    /// [`Outcome::Retry`] when there was no whole answer: the provider may have taken the message, or not.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Outcome> {
        let mut response = self.exchange(request).await?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len().saturating_add(chunk.len()) > MOST_BYTES {
                // The status is the answer; a yes with a long page below it must not be sent again and again.
                body.clear();
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, retry_after, body })
    }

    /// Sends, for one who wants the answer's status and nothing else: of the rest a little is read, so that the connection can be
    /// used again, and thrown away.
    ///
    /// # Errors
    /// [`Outcome::Retry`] when there was no answer.
    pub async fn status(&self, request: reqwest::RequestBuilder) -> Result<u16, Outcome> {
        let mut response = self.exchange(request).await?;
        let status = response.status().as_u16();
        let drained = async {
            let mut left = MOST_BYTES;
            while let Ok(Some(chunk)) = response.chunk().await {
                left = left.saturating_sub(chunk.len());
                if left == 0 {
                    break;
                }
            }
        };
        // What comes slowly is not worth the wait: the status is the answer.
        let _ = tokio::time::timeout(DRAIN, drained).await;
        Ok(status)
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Outcome> {
        let Some(Guarded { guard, plain }) = &self.guarded else {
            return request.send().await.map_err(|error| lost(&error));
        };
        let request = request.build().map_err(|error| lost(&error))?;
        // An address in the URL passes no resolver.
        let client = match guard.check(request.url()).map_err(kept_back)? {
            Transport::Encrypted => &self.client,
            Transport::Plain => plain,
        };
        client.execute(request).await.map_err(|error| lost(&error))
    }
}

fn client(timeout: Duration, guard: Option<(&Guard, Transport)>) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("rift-mfa/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(timeout)
        .connect_timeout(CONNECT.min(timeout))
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true);
    if let Some((guard, transport)) = guard {
        builder = builder
            .dns_resolver(guard.resolver(transport))
            // What a flood fills before it is broken off.
            .http2_initial_stream_window_size(WINDOW)
            .http2_initial_connection_window_size(WINDOW);
    }
    builder.build().map_err(|_| {
        "no HTTPS client could be made: are the system's CA certificates installed (ca-certificates)?"
            .to_owned()
    })
}

/// A request that the guard let not out.
pub(super) fn kept_back(blocked: Blocked) -> Outcome {
    match blocked {
        Blocked::Address => Outcome::retry(
            "address_not_allowed",
            "The address is private, local or reserved; only public addresses are connected to.",
        ),
        Blocked::Plain => Outcome::retry(
            "https_required",
            "The address starts with http://, which would send everything in the clear; use https://.",
        ),
        Blocked::Unknown => Outcome::retry("unknown_host", "The host's name has no address."),
    }
}

/// Why there was no whole answer. The error's own words hold the address, so they are not kept.
fn lost(error: &reqwest::Error) -> Outcome {
    if let Some(blocked) = guard::blocked(error) {
        return kept_back(blocked);
    }
    if error.is_timeout() {
        Outcome::retry("timeout", "The provider did not answer in time.")
    } else if error.is_connect() {
        Outcome::retry("connection_failed", "The provider could not be reached.")
    } else if error.is_builder() {
        Outcome::retry(
            "bad_request",
            "The request to the provider could not be made; check the provider's settings.",
        )
    } else {
        Outcome::retry("connection_failed", "The connection broke off before the whole answer was there.")
    }
}
