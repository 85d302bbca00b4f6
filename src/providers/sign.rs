//! The signature of a request, as github.com/standard-webhooks/standard-webhooks has it (symmetric, version 1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Signs requests with one secret.
pub(super) struct Signer {
    mac: Hmac<Sha256>,
}

impl Signer {
    /// Takes `whsec_` and base64, or a text whose bytes are the key.
    pub(super) fn new(secret: &SecretString) -> Result<Self, &'static str> {
        Self::of(secret.expose_secret())
    }

    /// The same, of a text that its owner wipes.
    pub(super) fn of(text: &str) -> Result<Self, &'static str> {
        let key = match text.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(
                |_| "begins with whsec_, but base64 does not follow; copy it again, or choose a secret without that beginning",
            )?,
            None => text.as_bytes().to_vec(),
        };
        if key.is_empty() {
            return Err("is empty; give the secret that signs each request, 24 random bytes or more");
        }
        // HMAC takes keys of every length.
        Hmac::new_from_slice(&key).map(|mac| Self { mac }).map_err(|_| "cannot be used as a key")
    }

    /// The value of `webhook-signature`.
    pub(super) fn sign(&self, id: &str, stamp: u64, body: &str) -> String {
        let signed = format!("{id}.{stamp}.{body}");
        let mac = self.mac.clone().chain_update(signed).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(mac))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_published_libraries() {
        // libraries/rust/src/lib.rs, `test_sign`.
        let signer = Signer::new(&"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".into()).unwrap();
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        assert_eq!(
            signer.sign("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
    }

    #[test]
    fn a_secret_is_base64_or_any_text() {
        let sign = |secret: &str| Signer::new(&secret.into()).map(|signer| signer.sign("a", 1, "b"));
        assert_eq!(sign("whsec_c2VjcmV0"), sign("secret"));
        for bad in ["", "whsec_", "whsec_not base64"] {
            assert!(sign(bad).is_err(), "{bad}");
        }
    }
}
