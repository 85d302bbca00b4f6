//! BACKUP: codes for the day when nothing else is at hand. Argon2id with a salt a code and the pepper as its secret.

use argon2::{Algorithm, Argon2, Params, Version};
use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{GivenCode, Method, StartPlan, WrongForm};
use crate::domain::challenge::MfaType;
use crate::domain::contact::{ContactError, User};
use crate::domain::policy::Settings;

/// 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet): about 22 ms.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// The hash could not be computed: out of memory, or parameters that the library refuses.
#[derive(Debug, thiserror::Error)]
#[error("Argon2 failed: {0}")]
pub struct HashError(String);

/// A fresh salt.
pub fn salt(rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut salt = vec![0; SALT_BYTES];
    rng.fill_bytes(&mut salt);
    salt
}

/// Argon2id of a backup code's random part, or of a member's password. Slow on purpose: call it on a thread that may block.
pub fn hash(secret: &str, salt: &[u8], pepper: &[u8; 32]) -> Result<Zeroizing<[u8; HASH_BYTES]>, HashError> {
    let failed = |error: argon2::Error| HashError(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(failed)?;
    let argon2 =
        Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(failed)?;
    let mut out = Zeroizing::new([0; HASH_BYTES]);
    argon2.hash_password_into(secret.as_bytes(), salt, out.as_mut()).map_err(failed)?;
    Ok(out)
}

/// Whether a hash is the stored one, in constant time.
#[must_use]
pub fn is_hash(computed: &[u8; HASH_BYTES], stored: &[u8]) -> bool {
    computed.ct_eq(stored).into()
}

pub(super) struct BackupCodes;

impl Method for BackupCodes {
    fn kind(&self) -> MfaType {
        MfaType::Backup
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        User::parse_any(text)
    }

    fn parse_code(&self, _: &str, _: &Settings, _: bool) -> Result<GivenCode, WrongForm> {
        Err(WrongForm { expected: "a backup code such as 3-7KQ2M-9XD4-TPBW".into() })
    }

    fn start(&self, _: &User, _: &Settings, _: bool, _: &mut dyn CryptoRng) -> Option<StartPlan> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_code_salt_and_pepper() {
        let base = hash("7KQ2M9XD4TPBW", &[1; 16], &[2; 32]).unwrap();
        assert!(is_hash(&base, hash("7KQ2M9XD4TPBW", &[1; 16], &[2; 32]).unwrap().as_ref()));
        for other in [
            hash("7KQ2M9XD4TPBX", &[1; 16], &[2; 32]).unwrap(),
            hash("7KQ2M9XD4TPBW", &[3; 16], &[2; 32]).unwrap(),
            hash("7KQ2M9XD4TPBW", &[1; 16], &[3; 32]).unwrap(),
        ] {
            assert!(!is_hash(&base, other.as_ref()));
        }
    }
}
