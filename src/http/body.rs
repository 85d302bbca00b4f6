//! Reading a request's body within bounds of size and time. What the bytes mean is no matter here.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;

/// The largest body that is taken, in bytes.
pub const LARGEST: usize = 64 * 1024;

/// How much of a larger body is read and thrown away, in bytes from its start: a client that is still writing when
/// the connection closes never reads the answer.
const DRAINED: usize = 1024 * 1024;

/// How long the whole body may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More than [`LARGEST`] bytes.
    #[error("The body is larger than 64 KiB.")]
    TooLarge,
    /// The body did not arrive in time.
    #[error("The body did not arrive within 10 seconds.")]
    Timeout,
    /// The connection failed, or the framing was wrong.
    #[error("The body could not be read to its end.")]
    Broken,
}

impl BodyError {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Timeout => 408,
            Self::Broken => 400,
        }
    }

    /// The error's code in the API.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "body_too_large",
            Self::Timeout => "request_timeout",
            Self::Broken => "invalid_body",
        }
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn fix(self) -> &'static str {
        match self {
            Self::TooLarge => "Send only the documented fields; together they need far less than 64 KiB.",
            Self::Timeout => "Send the whole body at once, and try again.",
            Self::Broken => "Check that Content-Length or the chunks match the body, and try again.",
        }
    }
}

/// Reads the whole body: at most [`LARGEST`] bytes, within 10 s. A larger one is drained up to 1 MiB first, in the
/// same 10 s, and is too large whatever happens while it is drained.
pub async fn read(body: Body) -> Result<Bytes, BodyError> {
    read_within(body, WITHIN).await
}

async fn read_within(mut body: Body, limit: Duration) -> Result<Bytes, BodyError> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut too_large = declared > LARGEST;
    let mut taken = Vec::with_capacity(if too_large { 0 } else { declared });
    let mut total = 0_usize;
    let reading = async {
        while let Some(frame) = body.frame().await {
            // Trailers are no part of the body.
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            total = total.saturating_add(data.len());
            too_large |= total > LARGEST;
            if !too_large {
                taken.extend_from_slice(&data);
            } else if total >= DRAINED {
                break;
            }
        }
        Ok(())
    };
    let outcome = tokio::time::timeout(limit, reading).await.unwrap_or(Err(BodyError::Timeout));
    if too_large { Err(BodyError::TooLarge) } else { outcome.map(|()| Bytes::from(taken)) }
}

#[cfg(test)]
mod tests;
