//! A browser's answer: `RegistrationResponseJSON` or `AuthenticationResponseJSON` (WebAuthn Level 3 §5.1). What cannot be
//! read has the wrong form; whether the rest is right, `judge` says.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use webauthn_rs_core::internals::{AttestationObject, AuthenticatorData};
use webauthn_rs_core::proto::{
    Authentication, CollectedClientData, PublicKeyCredential, RegisterPublicKeyCredential, Registration,
};

use super::base64url;

/// What a browser gave back. It does not print itself.
#[derive(Clone)]
pub struct KeyAnswer {
    pub(super) content: Content,
    pub(super) client: Client,
    digest: String,
}

#[derive(Clone)]
pub(super) enum Content {
    Registration(RegisterPublicKeyCredential),
    Assertion(PublicKeyCredential),
}

/// What the browser says of itself; the key has signed it.
#[derive(Clone, Deserialize)]
pub(super) struct Client {
    challenge: String,
    pub(super) origin: String,
    #[serde(rename = "crossOrigin", default)]
    pub(super) cross_origin: bool,
}

impl fmt::Debug for KeyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyAnswer(…)")
    }
}

impl KeyAnswer {
    /// Reads the JSON of an answer. `None` where any of it, down to the CBOR of the authenticator, has the wrong form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut given: Value = serde_json::from_str(text).ok()?;
        let outer = given.as_object_mut()?;
        // No extension was asked for, so none is looked at.
        outer.remove("clientExtensionResults");
        outer.remove("extensions");
        let response = outer.get_mut("response")?.as_object_mut()?;
        let makes_a_key = response.contains_key("attestationObject");
        response.entry("userHandle").or_insert(Value::Null);
        let content = if makes_a_key {
            Content::Registration(serde_json::from_value(given).ok()?)
        } else {
            Content::Assertion(serde_json::from_value(given).ok()?)
        };
        let (id, raw_id, kind) = match &content {
            Content::Registration(key) => (&key.id, &key.raw_id, &key.type_),
            Content::Assertion(key) => (&key.id, &key.raw_id, &key.type_),
        };
        let named = kind == "public-key" && !raw_id.is_empty() && *id == base64url(raw_id);
        let client_json = content.client_json();
        let client: Client = serde_json::from_slice(client_json).ok()?;
        serde_json::from_slice::<CollectedClientData>(client_json).ok()?;
        let readable = match &content {
            Content::Registration(key) => {
                AttestationObject::<Registration>::try_from(key.response.attestation_object.as_slice())
                    .is_ok()
            }
            Content::Assertion(key) => {
                AuthenticatorData::<Authentication>::try_from(key.response.authenticator_data.as_slice())
                    .is_ok()
            }
        };
        let digest = content.digest();
        (named && readable).then_some(Self { content, client, digest })
    }

    /// The challenge that it answers, as [`super::Ceremony::challenge`] has it.
    #[must_use]
    pub fn challenge(&self) -> &str {
        &self.client.challenge
    }

    /// A hash of all that the key has signed and how: the same for the same answer, and for no other.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl Content {
    fn client_json(&self) -> &[u8] {
        match self {
            Self::Registration(key) => &key.response.client_data_json,
            Self::Assertion(key) => &key.response.client_data_json,
        }
    }

    fn digest(&self) -> String {
        let parts: [&[u8]; 4] = match self {
            Self::Registration(key) => {
                [&key.raw_id, &key.response.attestation_object, &[], self.client_json()]
            }
            Self::Assertion(key) => {
                [&key.raw_id, &key.response.authenticator_data, &key.response.signature, self.client_json()]
            }
        };
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        base64url(&hash.finalize())
    }
}
