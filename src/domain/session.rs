//! A member's session: the token in the cookie, the two stages, and how long each lives.
//!
//! Only a token's SHA-256 is ever stored; the token does not print itself.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::time::Moment;

const TOKEN_BYTES: usize = 32;
/// Characters of 32 bytes in base64url without padding.
const TOKEN_CHARS: usize = 43;

/// The password was right; the second factor must follow within this time.
pub const HALF_LIFE: Duration = Duration::from_mins(10);
/// A session ends after this time whatever happens (NIST SP 800-63B-4 §2.2.3, AAL2).
pub const FULL_LIFE: Duration = Duration::from_hours(24);
/// A session that makes no request for so long ends.
pub const IDLE: Duration = Duration::from_hours(1);
/// How long a second factor counts as shown just now, for acts that want that.
pub const CONFIRMED: Duration = Duration::from_mins(10);
/// How often the time of the last request is written, at the most.
pub const SEEN_EVERY: Duration = Duration::from_mins(1);

/// How far a sign-in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The password was right. Opens nothing but the second factor.
    Half,
    /// The second factor was right, too.
    Full,
}

impl Stage {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Half => "half",
            Self::Full => "full",
        }
    }

    /// When a session that comes to this stage now ends at the latest.
    #[must_use]
    pub fn ends(self, now: Moment) -> Moment {
        now.plus(match self {
            Self::Half => HALF_LIFE,
            Self::Full => FULL_LIFE,
        })
    }
}

impl std::str::FromStr for Stage {
    type Err = super::tenant::NotOneOf;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "half" => Ok(Self::Half),
            "full" => Ok(Self::Full),
            _ => Err(super::tenant::NotOneOf::new("half, full")),
        }
    }
}

/// 256 random bits that stand for a session. Made by the service alone: what a browser brings along is looked up and never
/// taken over.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// A new token.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0_u8; TOKEN_BYTES]);
        rng.fill_bytes(bytes.as_mut());
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
    }

    /// A token as a cookie holds it; `None` for what was never one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == TOKEN_CHARS
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The token, for the cookie.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it: a plain hash is enough, since 256 random bits cannot be guessed.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// SHA-256 of a [`SessionToken`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// As stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From a stored row.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_token_reads_back_and_nothing_else_does() {
        let token = SessionToken::generate(&mut StdRng::seed_from_u64(1));
        let text = token.reveal().to_owned();
        assert_eq!(text.len(), TOKEN_CHARS);
        let read = SessionToken::parse(&text).map(|token| token.hash());
        assert_eq!(read, Some(token.hash()));
        assert_eq!(format!("{token:?} {:?}", token.hash()), "SessionToken(…) TokenHash(…)");
        for wrong in ["", &text[1..], &format!("{text}A"), &format!("{} ", &text[1..]), &"é".repeat(21)] {
            assert!(SessionToken::parse(wrong).is_none(), "{wrong}");
        }
        let other = SessionToken::generate(&mut StdRng::seed_from_u64(2));
        assert_ne!(token.hash(), other.hash());
    }

    #[test]
    fn stages_read_back() {
        for stage in [Stage::Half, Stage::Full] {
            assert_eq!(stage.as_str().parse::<Stage>().ok(), Some(stage));
        }
        assert!("whole".parse::<Stage>().is_err());
        let now = Moment::from_millis(0);
        assert_eq!(Stage::Half.ends(now).seconds(), 600);
        assert_eq!(Stage::Full.ends(now).seconds(), 86_400);
    }
}
