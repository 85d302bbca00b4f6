//! What a browser is asked: the options of `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` (WebAuthn
//! Level 3 §5.1.8–5.1.9), with every member that is there set and none that is null.

use serde_json::{Value, json};

use super::{BrokenCeremony, CEREMONY, Ceremony, State, base64url};
use webauthn_rs_core::proto::{COSEAlgorithm, UserVerificationPolicy};

/// The account that a new key is made for.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The user's handle at this relying party.
    pub handle: &'a [u8],
    /// The application's name.
    pub application: &'a str,
    /// The label that the key's owner sees.
    pub name: &'a str,
}

/// A key of the user, by which a browser finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHint {
    /// Its credential id.
    pub id: Vec<u8>,
    /// How it was reached when it was made.
    pub transports: Vec<String>,
}

impl Ceremony {
    /// What the browser is asked. `account` matters where a key is made, `keys` are those that the user has.
    pub fn options(&self, account: Account<'_>, keys: &[KeyHint]) -> Result<Value, BrokenCeremony> {
        let timeout = u64::try_from(CEREMONY.as_millis()).map_err(|error| super::broken(&error))?;
        let keys: Vec<Value> = keys.iter().map(descriptor).collect();
        Ok(match &self.state {
            State::Registration(_) => json!({
                "rp": { "id": self.rp_id, "name": account.application },
                "user": { "id": base64url(account.handle), "name": account.name, "displayName": account.name },
                "challenge": self.challenge(),
                "pubKeyCredParams": algorithms(),
                "timeout": timeout,
                "excludeCredentials": keys,
                "authenticatorSelection": {
                    "residentKey": "discouraged",
                    "requireResidentKey": false,
                    "userVerification": self.verification(),
                },
                "attestation": "none",
            }),
            State::Assertion(_) => json!({
                "challenge": self.challenge(),
                "timeout": timeout,
                "rpId": self.rp_id,
                "allowCredentials": keys,
                "userVerification": self.verification(),
            }),
        })
    }

    fn verification(&self) -> &'static str {
        if self.policy == UserVerificationPolicy::Required { "required" } else { "preferred" }
    }
}

fn descriptor(key: &KeyHint) -> Value {
    let id = base64url(&key.id);
    if key.transports.is_empty() {
        json!({ "type": "public-key", "id": id })
    } else {
        json!({ "type": "public-key", "id": id, "transports": key.transports })
    }
}

/// −7 (ES256), −35 (ES384), −257 (RS256), the most wanted first: what the library verifies.
fn algorithms() -> Vec<Value> {
    let number = |algorithm| match algorithm {
        COSEAlgorithm::ES256 => Some(-7),
        COSEAlgorithm::ES384 => Some(-35),
        COSEAlgorithm::RS256 => Some(-257),
        _ => None,
    };
    let known = COSEAlgorithm::secure_algs().into_iter().filter_map(number);
    known.map(|alg| json!({ "type": "public-key", "alg": alg })).collect()
}
