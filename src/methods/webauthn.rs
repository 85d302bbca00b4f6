//! HSM: security keys and platform authenticators, by WebAuthn Level 3. What is asked of a browser (`options`), how its
//! answer reads (`answer`), and whether it is right (`judge`).
//!
//! The cryptography is `webauthn-rs-core`'s. Its safe wrapper fixes user verification for all; here it is a tenant's setting.

mod answer;
mod judge;
mod options;

pub use answer::KeyAnswer;
pub use judge::{NewKey, OwnKey, Right, UsedKey, Wrong};
pub use options::{Account, KeyHint};

use std::fmt;
use std::time::Duration;

use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::proto::{AuthenticationState, RegistrationState, UserVerificationPolicy};

use super::{GivenCode, Method, StartPlan, WrongForm};
use crate::domain::challenge::MfaType;
use crate::domain::contact::{ContactError, User};
use crate::domain::policy::{Settings, UserVerification};

/// The life of a ceremony, and what the browser is told to wait.
pub const CEREMONY: Duration = Duration::from_mins(5);
/// Bytes of a user handle; WebAuthn allows 64 (§5.4.3).
const HANDLE_BYTES: usize = 32;

/// The settings without which no security key can be used.
const NEEDED: [&str; 2] = ["webauthn.rp_id", "webauthn.origins"];

/// Who asks a key, as the tenant's settings have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The domain that the keys are bound to.
    pub id: String,
    /// Whether the key must verify its user.
    pub verification: UserVerification,
}

impl RelyingParty {
    /// Of an application; `None` where its settings name no relying party or no origin.
    #[must_use]
    pub fn of(settings: &Settings) -> Option<Self> {
        let id = settings.webauthn_rp_id().filter(|_| !settings.webauthn_origins().is_empty())?;
        Some(Self { id: id.to_owned(), verification: settings.webauthn_user_verification() })
    }

    fn policy(&self) -> UserVerificationPolicy {
        match self.verification {
            UserVerification::Preferred => UserVerificationPolicy::Preferred,
            UserVerification::Required => UserVerificationPolicy::Required,
        }
    }
}

/// A new handle for a user: random, so that a key that is found tells nobody whose it is.
pub fn new_handle(rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut handle = vec![0; HANDLE_BYTES];
    rng.fill_bytes(&mut handle);
    handle
}

/// The service could not make or read a ceremony out of its own values.
#[derive(Debug, thiserror::Error)]
#[error("a ceremony of a security key: {0}")]
pub struct BrokenCeremony(String);

fn broken(error: &dyn fmt::Display) -> BrokenCeremony {
    BrokenCeremony(error.to_string())
}

/// A ceremony that was begun: its challenge, and what its answer is held against. Kept sealed until it is answered.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ceremony {
    rp_id: String,
    policy: UserVerificationPolicy,
    challenge: Vec<u8>,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
enum State {
    Registration(RegistrationState),
    Assertion(AuthenticationState),
}

impl Ceremony {
    /// A new key is to be made.
    pub fn registration(rp: &RelyingParty) -> Result<Self, BrokenCeremony> {
        let core = core(&rp.id, &[])?;
        // The library's own options are left aside (`options` makes them), and with them the user that it is told here.
        let builder = core
            .new_challenge_register_builder(b"-", "-", "-")
            .map_err(|error| broken(&error))?
            .user_verification_policy(rp.policy());
        let (asked, state) = core.generate_challenge_register(builder).map_err(|error| broken(&error))?;
        let challenge = asked.public_key.challenge;
        Ok(Self { rp_id: rp.id.clone(), policy: rp.policy(), challenge, state: State::Registration(state) })
    }

    /// A key of the user is to be used.
    pub fn assertion(rp: &RelyingParty) -> Result<Self, BrokenCeremony> {
        let core = core(&rp.id, &[])?;
        let builder = core
            .new_challenge_authenticate_builder(Vec::new(), Some(rp.policy()))
            .map_err(|error| broken(&error))?;
        let (asked, state) = core.generate_challenge_authenticate(builder).map_err(|error| broken(&error))?;
        let challenge = asked.public_key.challenge;
        Ok(Self { rp_id: rp.id.clone(), policy: rp.policy(), challenge, state: State::Assertion(state) })
    }

    /// To be sealed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BrokenCeremony> {
        serde_json::to_vec(self).map_err(|error| broken(&error))
    }

    /// From an opened row.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BrokenCeremony> {
        serde_json::from_slice(bytes).map_err(|error| broken(&error))
    }

    /// The challenge as a browser gives it back: base64url without padding.
    #[must_use]
    pub fn challenge(&self) -> String {
        base64url(&self.challenge)
    }

    /// The relying party that it was begun for.
    #[must_use]
    pub fn rp_id(&self) -> &str {
        &self.rp_id
    }
}

/// The challenge is nobody's secret, but its state is the service's own.
impl fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ceremony").field("rp_id", &self.rp_id).finish_non_exhaustive()
    }
}

/// The library for one relying party: no subdomain and no port but those that are listed.
fn core(rp_id: &str, origins: &[String]) -> Result<WebauthnCore, BrokenCeremony> {
    let origins: Result<Vec<_>, _> = origins.iter().map(|origin| url::Url::parse(origin)).collect();
    let origins = origins.map_err(|error| broken(&error))?;
    Ok(WebauthnCore::new_unsafe_experts_only("-", rp_id, origins, CEREMONY, Some(false), Some(false)))
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;

    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) struct SecurityKey;

impl Method for SecurityKey {
    fn kind(&self) -> MfaType {
        MfaType::Hsm
    }

    fn lacks(&self, settings: &Settings) -> &'static [&'static str] {
        if RelyingParty::of(settings).is_some() { &[] } else { &NEEDED }
    }

    fn takes_action(&self) -> bool {
        true
    }

    fn enrols(&self) -> bool {
        true
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        User::parse_contact(text)
    }

    fn parse_code(&self, text: &str, _: &Settings, _: bool) -> Result<GivenCode, WrongForm> {
        KeyAnswer::parse(text).map(|answer| GivenCode::Key(Box::new(answer))).ok_or_else(|| WrongForm {
            expected: "the credential that the browser gave, as credential.toJSON() has it, or a backup code"
                .into(),
        })
    }

    fn start(&self, _: &User, settings: &Settings, _: bool, _: &mut dyn CryptoRng) -> Option<StartPlan> {
        RelyingParty::of(settings).map(StartPlan::UseKey)
    }
}

#[cfg(test)]
mod tests;
