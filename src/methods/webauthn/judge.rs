//! Whether an answer is right: a pure function of the ceremony, the origins, and the user's keys. Whether it may still be
//! used, the store decides.

use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{AuthenticatorTransport, Credential};

use super::answer::Content;
use super::options::KeyHint;
use super::{BrokenCeremony, Ceremony, KeyAnswer, State, broken, core};

/// Why an answer is wrong: a word for the trace. The caller is told `invalid_code`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It answers no challenge that waits for this user, this mode and this Action.
    Challenge,
    /// A key was made where one was to be used, or the other way round.
    Type,
    /// Another web page, or a frame in one.
    Origin,
    /// The key signed for another relying party.
    RpId,
    /// Nobody touched the key.
    UserNotPresent,
    /// The key did not verify its user, and it must.
    UserNotVerified,
    /// No key of this user.
    UnknownKey,
    /// The key names another user.
    UserHandle,
    /// The signature does not fit.
    Signature,
    /// The key's counter did not rise: there may be a copy of it.
    SignCountFell,
    /// Whatever else WebAuthn refuses.
    Other,
}

impl Wrong {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Challenge => "wrong_challenge",
            Self::Type => "wrong_type",
            Self::Origin => "wrong_origin",
            Self::RpId => "wrong_rp_id",
            Self::UserNotPresent => "user_not_present",
            Self::UserNotVerified => "user_not_verified",
            Self::UnknownKey => "unknown_key",
            Self::UserHandle => "wrong_user_handle",
            Self::Signature => "wrong_signature",
            Self::SignCountFell => "sign_count_fell",
            Self::Other => "wrong_answer",
        }
    }
}

impl From<WebauthnError> for Wrong {
    fn from(error: WebauthnError) -> Self {
        use WebauthnError as E;
        match error {
            E::MismatchedChallenge => Self::Challenge,
            E::InvalidClientDataType => Self::Type,
            E::InvalidRPOrigin | E::CredentialCrossOrigin => Self::Origin,
            E::InvalidRPIDHash => Self::RpId,
            E::UserNotPresent => Self::UserNotPresent,
            E::UserNotVerified => Self::UserNotVerified,
            E::CredentialNotFound => Self::UnknownKey,
            E::AuthenticationFailure
            | E::SignatureInvalid
            | E::EcdsaPointInvalid
            | E::AttestationStatementSigInvalid => Self::Signature,
            E::CredentialPossibleCompromise => Self::SignCountFell,
            _ => Self::Other,
        }
    }
}

/// A key of the user, as it is kept.
#[derive(Clone)]
pub struct OwnKey {
    credential: Credential,
    handle: Vec<u8>,
}

impl OwnKey {
    /// From its opened row. The count and the state of its backup stand beside the credential, and are newer.
    pub fn from_row(
        credential: &[u8],
        sign_count: u32,
        backup_state: bool,
        handle: Vec<u8>,
    ) -> Result<Self, BrokenCeremony> {
        let mut credential: Credential =
            serde_json::from_slice(credential).map_err(|error| broken(&error))?;
        credential.counter = sign_count;
        credential.backup_state = backup_state;
        Ok(Self { credential, handle })
    }
}

/// A key that was made.
pub struct NewKey {
    /// Its credential id, and how it was reached.
    pub hint: KeyHint,
    /// What is kept, as JSON.
    pub credential: Vec<u8>,
    /// Its counter; 0 where it has none.
    pub sign_count: u32,
    /// Whether it may be copied to other devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backup_state: bool,
}

/// A key that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedKey {
    /// Its credential id.
    pub id: Vec<u8>,
    /// Its counter now; 0 where it has none.
    pub sign_count: u32,
    /// Whether it is copied to other devices.
    pub backup_state: bool,
}

/// What a right answer comes to.
pub enum Right {
    /// A key was made.
    New(Box<NewKey>),
    /// A key was used.
    Used(UsedKey),
}

impl Ceremony {
    /// Judges an answer. `keys` are the user's keys at this ceremony's relying party.
    pub fn judge(&self, answer: &KeyAnswer, origins: &[String], keys: &[OwnKey]) -> Result<Right, Wrong> {
        // Stricter than the library, which would take a path behind an origin.
        if answer.client.cross_origin || !origins.contains(&answer.client.origin) {
            return Err(Wrong::Origin);
        }
        let core = core(&self.rp_id, origins).map_err(|_| Wrong::Origin)?;
        match (&self.state, &answer.content) {
            (State::Registration(state), Content::Registration(given)) => {
                let mut credential = core.register_credential(given, state, None)?;
                if credential.cred_id != given.raw_id {
                    return Err(Wrong::Other);
                }
                let transports = given.response.transports.iter().flatten();
                let known = transports.filter(|way| **way != AuthenticatorTransport::Unknown);
                let transports: Vec<_> = known.cloned().collect();
                let hint = KeyHint {
                    id: credential.cred_id.clone(),
                    transports: transports.iter().map(ToString::to_string).collect(),
                };
                credential.transports = Some(transports);
                Ok(Right::New(Box::new(NewKey {
                    credential: serde_json::to_vec(&credential).map_err(|_| Wrong::Other)?,
                    sign_count: credential.counter,
                    backup_eligible: credential.backup_eligible,
                    backup_state: credential.backup_state,
                    hint,
                })))
            }
            (State::Assertion(state), Content::Assertion(given)) => {
                let own = keys.iter().find(|key| key.credential.cred_id == given.raw_id);
                let own = own.ok_or(Wrong::UnknownKey)?;
                let named = given.response.user_handle.as_deref().filter(|handle| !handle.is_empty());
                if named.is_some_and(|handle| handle != own.handle) {
                    return Err(Wrong::UserHandle);
                }
                let mut credential = own.credential.clone();
                // The library insists on user verification for a key that once gave it; the tenant's setting decides here.
                credential.user_verified = false;
                credential.registration_policy = self.policy;
                let used = core.authenticate_single_credential(given, state, &credential)?;
                Ok(Right::Used(UsedKey {
                    id: used.cred_id().clone(),
                    sign_count: used.counter(),
                    backup_state: used.backup_state(),
                }))
            }
            _ => Err(Wrong::Type),
        }
    }
}
