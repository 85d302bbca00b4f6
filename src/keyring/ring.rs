//! The ring itself: its text form, a new one, and a rotated one.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hkdf::Hkdf;
use rand::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The name of a root key: 8 hexadecimal characters, stored beside all that was made under the key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RootKeyId(String);

impl RootKeyId {
    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a key ring. Never says what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RingError(&'static str);

#[derive(Clone)]
pub(super) struct RootKey {
    pub(super) id: RootKeyId,
    secret: Zeroizing<[u8; 32]>,
}

impl RootKey {
    fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut());
        let mut name = [0; 4];
        rng.fill_bytes(&mut name);
        Self { id: RootKeyId(format!("{:08x}", u32::from_be_bytes(name))), secret }
    }

    /// HKDF-SHA-256 (RFC 5869) of the root key, with the purpose as info.
    pub(super) fn subkey(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut subkey = Zeroizing::new([0; 32]);
        let info = format!("rift-mfa/1/{purpose}");
        let filled = Hkdf::<Sha256>::new(None, self.secret.as_ref()).expand(info.as_bytes(), subkey.as_mut());
        debug_assert!(filled.is_ok(), "HKDF gives up to 255 blocks; one is asked for");
        subkey
    }
}

/// Root keys, the first of them primary. Does not print itself.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<RootKey>,
}

const HEADER: &str =
    "# Rift MFA key ring. Whoever holds it can open the database: keep it secret, and keep a copy.\n";

impl KeyRing {
    /// A new ring of one key.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self { keys: vec![RootKey::generate(rng)] }
    }

    /// The same ring with a new primary key in front.
    #[must_use]
    pub fn rotated(&self, rng: &mut dyn CryptoRng) -> Self {
        let mut keys = vec![RootKey::generate(rng)];
        keys.extend(self.keys.iter().cloned());
        Self { keys }
    }

    /// The same ring with its primary key moved to the end: known to whoever loads it, and used by none for new rows.
    #[must_use]
    pub fn with_primary_last(&self) -> Self {
        let mut keys = self.keys.clone();
        if keys.len() > 1 {
            keys.rotate_left(1);
        }
        Self { keys }
    }

    /// Reads the text form: one key a line, `<id> <base64 of 32 bytes>`, primary first; `#` begins a comment.
    pub fn parse(text: &str) -> Result<Self, RingError> {
        let mut keys: Vec<RootKey> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (id, secret) = line.split_once(' ').ok_or(RingError("a line is not `<id> <key>`"))?;
            if id.len() != 8 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(RingError("a key's id is not 8 hexadecimal characters"));
            }
            if keys.iter().any(|key| key.id.as_str() == id) {
                return Err(RingError("two keys have the same id"));
            }
            let bytes = Zeroizing::new(
                STANDARD_NO_PAD.decode(secret.trim()).map_err(|_| RingError("a key is not base64"))?,
            );
            let secret = <[u8; 32]>::try_from(bytes.as_slice())
                .map_err(|_| RingError("a key is not 32 bytes long"))?;
            keys.push(RootKey { id: RootKeyId(id.to_owned()), secret: Zeroizing::new(secret) });
        }
        if keys.is_empty() {
            return Err(RingError("there is no key in it"));
        }
        Ok(Self { keys })
    }

    /// The text form, for the file.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from(HEADER));
        for key in &self.keys {
            text.push_str(key.id.as_str());
            text.push(' ');
            text.push_str(&Zeroizing::new(STANDARD_NO_PAD.encode(key.secret.as_ref())));
            text.push('\n');
        }
        text
    }

    pub(super) fn keys(&self) -> &[RootKey] {
        &self.keys
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_ring_reads_back_and_rotates() {
        let mut random = StdRng::seed_from_u64(2);
        let ring = KeyRing::generate(&mut random);
        let read = KeyRing::parse(&ring.to_text()).unwrap();
        assert_eq!(read.keys()[0].id, ring.keys()[0].id);
        assert_eq!(*read.keys()[0].subkey("x"), *ring.keys()[0].subkey("x"));
        assert_ne!(*ring.keys()[0].subkey("x"), *ring.keys()[0].subkey("y"));
        let rotated = ring.rotated(&mut random);
        assert_eq!(rotated.keys().len(), 2);
        assert_eq!(rotated.keys()[1].id, ring.keys()[0].id);
        assert!(
            !format!("{ring:?}").contains(ring.to_text().lines().last().unwrap().split(' ').nth(1).unwrap())
        );
    }

    #[test]
    fn a_damaged_ring_is_told_apart() {
        let good = KeyRing::generate(&mut StdRng::seed_from_u64(2)).to_text().to_string();
        let line = good.lines().last().unwrap();
        for wrong in [
            String::new(),
            "# only words".into(),
            "abc".into(),
            format!("{line}\n{line}"),
            line[..line.len() - 2].into(),
            format!("zz{}", &line[2..]),
        ] {
            assert!(KeyRing::parse(&wrong).is_err(), "{wrong:?}");
        }
    }
}
