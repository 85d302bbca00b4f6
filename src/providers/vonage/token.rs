//! JSON Web Tokens (RFC 7519) in the two forms that Vonage uses: ours is signed with the application's private key
//! (RS256), its own with the account's signature secret (HS256). Each form is taken in its place only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::domain::time::Moment;

/// How long a token of ours is valid, in seconds: from our clock to Vonage's and no longer.
const LIFE: u64 = 300;

/// The token of one call. `None` when the key cannot sign, which a key that was read does not do.
pub(super) fn sign(key: &RsaKeyPair, application: &str, message_id: &str, now: Moment) -> Option<String> {
    let issued = now.seconds();
    // Unlike any other token's, as `jti` must be: a message is not tried twice in one millisecond.
    let once = Sha256::digest(format!("{message_id}.{}", now.millis()));
    let head = json!({ "alg": "RS256", "typ": "JWT" });
    let claims = json!({
        "application_id": application,
        "iat": issued,
        "exp": issued.saturating_add(LIFE),
        "jti": URL_SAFE_NO_PAD.encode(once),
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(&claims));
    let mut signature = vec![0; key.public().modulus_len()];
    // The randomness blinds the computation against those who measure it; the signature does not depend on it.
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// What a token of Vonage's says, as far as it is looked at.
#[derive(Deserialize)]
pub(super) struct Claims {
    /// When it was made, in seconds.
    pub(super) iat: u64,
    /// From when on it is void, in seconds.
    pub(super) exp: Option<u64>,
    /// The SHA-256 of the body, in hexadecimal.
    pub(super) payload_hash: String,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

/// The claims of a token that `secret` has signed. The token does not choose how it is checked: HS256 or nothing.
pub(super) fn open(token: &str, secret: &SecretString) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let head: Head = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
    if head.alg != "HS256" {
        return None;
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    // Compares in constant time.
    mac.chain_update(signed.as_bytes()).verify_slice(&signature).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}
