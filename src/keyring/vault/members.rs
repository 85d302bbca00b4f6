//! What members sign in with: links, salts and the secret of passwords' hashes, and the keys of counted attempts. All of it
//! comes from data keys, which rotation of the root never changes.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Hmac256, Vault, mac};
use crate::domain::id::LinkId;
use crate::domain::link::LinkToken;

/// Bytes of a password's salt.
const SALT: usize = 16;

impl Vault {
    /// The link of a row.
    #[must_use]
    pub fn link(&self, id: LinkId) -> LinkToken {
        let text = id.to_string();
        LinkToken { id, mac: mac(&self.data.user_index, &[b"member link", text.as_bytes()]) }
    }

    /// Whether a link was made by this service.
    #[must_use]
    pub fn link_fits(&self, link: &LinkToken) -> bool {
        self.link(link.id).mac.ct_eq(&link.mac).into()
    }

    /// The salt of the passwords of all members with an address. It is the address's and not the member's, so that one hash
    /// decides for every organization and an address that nobody has costs as much as one that many have.
    #[must_use]
    pub fn password_salt(&self, email: &str) -> Vec<u8> {
        let salt = mac(&self.data.user_index, &[b"password salt", email.as_bytes()]);
        salt.into_iter().take(SALT).collect()
    }

    /// The secret that goes into the hash of every password.
    #[must_use]
    pub fn password_pepper(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&self.data.backup_pepper, &[b"member password"]))
    }

    /// The key under which attempts are counted; `parts` say whose.
    #[must_use]
    pub fn attempt_key(&self, what: &'static str, parts: &[&str]) -> Hmac256 {
        let mut all: Vec<&[u8]> = vec![b"attempts", what.as_bytes()];
        all.extend(parts.iter().map(|part| part.as_bytes()));
        mac(&self.data.user_index, &all)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::domain::time::Moment;
    use crate::keyring::{DataKeys, KeyRing};

    fn vault(seed: u8) -> Vault {
        let data = DataKeys { user_index: [seed; 32].into(), backup_pepper: [seed; 32].into() };
        Vault::new(&KeyRing::generate(&mut StdRng::seed_from_u64(seed.into())), data)
    }

    #[test]
    fn a_link_fits_its_own_vault_and_row_only() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut id = || LinkId::new(Moment::from_millis(1_795_521_600_000), &mut rng);
        let (one, other) = (id(), id());
        let (mine, foreign) = (vault(1), vault(2));
        let link = mine.link(one);
        assert!(mine.link_fits(&link));
        assert!(!mine.link_fits(&LinkToken { id: other, ..link.clone() }));
        assert!(!mine.link_fits(&foreign.link(one)));
        // Rotation leaves links as they are: those that were mailed still work.
        mine.replace_ring(&KeyRing::generate(&mut StdRng::seed_from_u64(9)));
        assert!(mine.link_fits(&link));
    }

    #[test]
    fn salts_and_keys_differ_by_address_and_purpose() {
        let vault = vault(1);
        assert_eq!(vault.password_salt("a@example.com").len(), SALT);
        assert_ne!(vault.password_salt("a@example.com"), vault.password_salt("b@example.com"));
        assert_ne!(*vault.password_pepper(), *vault.backup_pepper());
        let keys = [
            vault.attempt_key("account", &["a"]),
            vault.attempt_key("account", &["b"]),
            vault.attempt_key("address", &["a"]),
            vault.attempt_key("account", &["a", ""]),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key));
        }
    }
}
