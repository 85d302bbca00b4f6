//! What an endpoint's events are signed with: a secret, and for a while the one before it.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::domain::time::Moment;

/// A secret in plain text: `whsec_` and base64 of 32 random bytes. Shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct HookSecret(String);

impl HookSecret {
    /// A new secret.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self(format!("whsec_{}", STANDARD.encode(bytes.as_slice())))
    }

    /// The secret itself: for the one answer that shows it, and for the signature.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret(…)")
    }
}

/// The secrets of an endpoint, as they are sealed.
#[derive(Debug, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct HookSecrets {
    current: HookSecret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<HookSecret>,
    /// In epoch milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_until: Option<i64>,
}

impl HookSecrets {
    /// The first secret.
    #[must_use]
    pub const fn new(first: HookSecret) -> Self {
        Self { current: first, previous: None, previous_until: None }
    }

    /// A new secret in front; the one so far signs on for `grace`. One before that no longer signs.
    #[must_use]
    pub fn rolled(&self, new: HookSecret, grace: Duration, now: Moment) -> Self {
        if grace.is_zero() {
            return Self::new(new);
        }
        let previous = Some(self.current.clone());
        Self { current: new, previous, previous_until: Some(now.plus(grace).millis()) }
    }

    /// Those that sign now, the current one first.
    pub fn signing(&self, now: Moment) -> impl Iterator<Item = &HookSecret> {
        let lives = self.previous_until.is_some_and(|until| now.millis() < until);
        std::iter::once(&self.current).chain(self.previous.iter().filter(move |_| lives))
    }

    /// What is sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).unwrap_or_default())
    }

    /// The reverse of [`HookSecrets::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_rolled_secret_signs_on_until_its_grace_ends() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut fresh = || HookSecret::generate(&mut rng);
        let (a, b, c) = (fresh(), fresh(), fresh());
        let now = Moment::from_millis(1_000_000);
        let hour = Duration::from_hours(1);
        let signing = |secrets: &HookSecrets, at: Moment| {
            let read = HookSecrets::from_bytes(&secrets.to_bytes()).unwrap();
            read.signing(at).cloned().collect::<Vec<_>>()
        };
        let first = HookSecrets::new(a.clone());
        assert_eq!(signing(&first, now), std::slice::from_ref(&a));
        let second = first.rolled(b.clone(), hour, now);
        assert_eq!(signing(&second, now), [b.clone(), a.clone()]);
        assert_eq!(signing(&second, now.plus(hour)), std::slice::from_ref(&b));
        assert_eq!(signing(&second.rolled(c.clone(), hour, now), now), [c.clone(), b.clone()]);
        assert_eq!(signing(&second.rolled(c.clone(), Duration::ZERO, now), now), std::slice::from_ref(&c));
        assert!(c.reveal().len() == "whsec_".len() + 44 && !format!("{c:?}{second:?}").contains("whsec_"));
    }
}
