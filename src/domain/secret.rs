//! Keys of back-ends: `sk_<mode>_` of an application, `rk_` of an organization; then 43 base62 characters from 256 random
//! bits, and the CRC-32 of all before it in 6 more, so that a leak scanner recognises a key without asking anyone.
//!
//! Only a key's SHA-256 is ever stored. No type of this module prints what it holds.

use std::fmt;

use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::tenant::Mode;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARS: usize = 43;
const CHECK_CHARS: usize = 6;

/// An API key in plain text: made once, shown once, and afterwards seen only while a request is authenticated.
pub struct ApiKey {
    mode: Mode,
    text: Zeroizing<String>,
}

/// SHA-256 of an [`ApiKey`] or an [`OrgKey`]: a plain hash is enough, since 256 random bits cannot be guessed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash([u8; 32]);

impl ApiKeyHash {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The hash as stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ApiKey {
    /// A new key from 256 bits of `rng`.
    pub fn generate(mode: Mode, rng: &mut dyn CryptoRng) -> Self {
        Self { mode, text: generate(&format!("sk_{mode}_"), rng) }
    }

    /// Reads a key as it came over the wire. `None` when the form or the checksum is wrong: such a text was never
    /// a key of this service, and no database need be asked.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |mode: &Mode| is_whole(text, &format!("sk_{mode}_"));
        let mode = [Mode::Test, Mode::Live].into_iter().find(fits)?;
        Some(Self { mode, text: Zeroizing::new(text.to_owned()) })
    }

    /// The mode that the key's prefix names.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What is stored of the key.
    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash::of(&self.text)
    }

    /// The first random characters, by which a person tells keys apart: `sk_test_4fQ2…`.
    #[must_use]
    pub fn hint(&self) -> String {
        hint(&self.text, "sk_test_".len())
    }

    /// The key itself, for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey(sk_{}_…)", self.mode)
    }
}

const ORG_PREFIX: &str = "rk_";

/// An organization key in plain text; it opens the management API. Made once, shown once.
pub struct OrgKey(Zeroizing<String>);

impl OrgKey {
    /// A new key from 256 bits of `rng`.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(generate(ORG_PREFIX, rng))
    }

    /// Reads a key as it came over the wire; `None` for what was never a key of this service.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_whole(text, ORG_PREFIX).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// What is stored of the key.
    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash::of(&self.0)
    }

    /// The first random characters: `rk_4fQ2…`.
    #[must_use]
    pub fn hint(&self) -> String {
        hint(&self.0, ORG_PREFIX.len())
    }

    /// The key itself, for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OrgKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrgKey(rk_…)")
    }
}

/// Whether `text` holds something that begins like a key of this service; such a text must not be logged or echoed.
#[must_use]
pub fn looks_like_a_key(text: &str) -> bool {
    // Three characters stand in many words: an organization key is told by what comes after them.
    let org_key = |(at, _): (usize, &str)| {
        let rest = text.get(at + ORG_PREFIX.len()..).unwrap_or_default();
        rest.bytes().take_while(u8::is_ascii_alphanumeric).count() >= RANDOM_CHARS
    };
    text.contains("sk_test_") || text.contains("sk_live_") || text.match_indices(ORG_PREFIX).any(org_key)
}

fn generate(prefix: &str, rng: &mut dyn CryptoRng) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    rng.fill_bytes(bytes.as_mut());
    let mut text = Zeroizing::new(prefix.to_owned());
    text.push_str(&base62(bytes.as_mut(), RANDOM_CHARS));
    let check = checksum(&text);
    text.push_str(&check);
    text
}

/// Whether the text is a key with this prefix: length, alphabet and checksum.
fn is_whole(text: &str, prefix: &str) -> bool {
    let Some(random) = text.strip_prefix(prefix) else { return false };
    let right_form =
        random.len() == RANDOM_CHARS + CHECK_CHARS && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    right_form
        && text
            .split_at_checked(text.len().saturating_sub(CHECK_CHARS))
            .is_some_and(|(body, check)| check == checksum(body))
}

fn hint(text: &str, prefix: usize) -> String {
    text.chars().take(prefix + 4).chain(['…']).collect()
}

/// Big-endian base62 of `number` in exactly `width` characters; eats `number` on the way.
fn base62(number: &mut [u8], width: usize) -> Zeroizing<String> {
    let mut digits = Zeroizing::new(vec![b'0'; width]);
    for digit in digits.iter_mut().rev() {
        let mut remainder: u32 = 0;
        for byte in number.iter_mut() {
            let value = remainder * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(0);
            remainder = value % 62;
        }
        *digit = usize::try_from(remainder).ok().and_then(|i| BASE62.get(i)).copied().unwrap_or(b'0');
    }
    number.zeroize();
    Zeroizing::new(digits.iter().map(|&digit| char::from(digit)).collect())
}

fn checksum(text: &str) -> String {
    let mut crc = crc32fast::hash(text.as_bytes()).to_be_bytes();
    base62(&mut crc, CHECK_CHARS).to_string()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_key_is_recognised_and_any_change_of_it_is_not() {
        let mut rng = StdRng::seed_from_u64(1);
        for mode in [Mode::Test, Mode::Live] {
            let key = ApiKey::generate(mode, &mut rng);
            let text = key.reveal().to_owned();
            assert_eq!(text.len(), 8 + 43 + 6);
            assert_eq!(ApiKey::parse(&text).map(|k| k.mode()), Some(mode));
            for at in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
                let changed = String::from_utf8(changed).unwrap();
                assert!(ApiKey::parse(&changed).is_none(), "{at}");
            }
            assert!(ApiKey::parse(&text[..text.len() - 1]).is_none());
            assert!(ApiKey::parse(&format!("{text}0")).is_none());
        }
    }

    #[test]
    fn base62_counts_as_base62_does() {
        assert_eq!(*base62(&mut [0, 0], 3), "000");
        assert_eq!(*base62(&mut [0, 61], 3), "00z");
        assert_eq!(*base62(&mut [0, 62], 3), "010");
        assert_eq!(*base62(&mut [255, 255, 255, 255], 6), "4gfFC3");
    }

    #[test]
    fn a_key_never_prints_itself() {
        let key = ApiKey::generate(Mode::Live, &mut StdRng::seed_from_u64(1));
        assert_eq!(format!("{key:?}"), "ApiKey(sk_live_…)");
        assert!(key.hint().starts_with("sk_live_") && key.hint().chars().count() == 13);
    }
}
