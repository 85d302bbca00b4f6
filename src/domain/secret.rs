//! The API key: `sk_<mode>_`, 43 base62 characters from 256 random bits, and the CRC-32 of all before it in 6 more,
//! so that a leak scanner recognises a key without asking anyone.
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

/// SHA-256 of an [`ApiKey`]: a plain hash is enough, since 256 random bits cannot be guessed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash([u8; 32]);

impl ApiKeyHash {
    /// The hash as stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl ApiKey {
    /// A new key from 256 bits of `rng`.
    pub fn generate(mode: Mode, rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rng.fill_bytes(bytes.as_mut());
        let mut text = Zeroizing::new(format!("sk_{mode}_"));
        text.push_str(&base62(bytes.as_mut(), RANDOM_CHARS));
        let check = checksum(&text);
        text.push_str(&check);
        Self { mode, text }
    }

    /// Reads a key as it came over the wire. `None` when the form or the checksum is wrong: such a text was never
    /// a key of this service, and no database need be asked.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mode =
            [Mode::Test, Mode::Live].into_iter().find(|mode| text.starts_with(&format!("sk_{mode}_")))?;
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECK_CHARS)?)?;
        let right_length = text.len() == "sk_test_".len() + RANDOM_CHARS + CHECK_CHARS;
        let base62_only = text.bytes().skip("sk_test_".len()).all(|byte| byte.is_ascii_alphanumeric());
        (right_length && base62_only && check == checksum(body))
            .then(|| Self { mode, text: Zeroizing::new(text.to_owned()) })
    }

    /// The mode that the key's prefix names.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What is stored of the key.
    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(self.text.as_bytes()).into())
    }

    /// The first random characters, by which a person tells keys apart: `sk_test_4fQ2…`.
    #[must_use]
    pub fn hint(&self) -> String {
        self.text.chars().take("sk_test_".len() + 4).chain(['…']).collect()
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

/// Whether `text` holds something that begins like a key of this service; such a text must not be logged or echoed.
#[must_use]
pub fn looks_like_a_key(text: &str) -> bool {
    text.contains("sk_test_") || text.contains("sk_live_")
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
