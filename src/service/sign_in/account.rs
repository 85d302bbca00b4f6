//! Second factors are set up: by a half session where the member has none, else by a session that was confirmed just now.

use super::{SignIn, Who};
use crate::domain::session::SessionToken;
use crate::service::error::{Result, ServiceError, VerificationFailed};

/// What a member needs to set an authenticator app up. It does not print itself.
pub struct AppEnrolment {
    /// The enrolment's id, for [`SignIn::confirm_app`].
    pub id: String,
    /// A PNG of the QR code, base64 without a `data:` prefix.
    pub qr_png: String,
    /// The secret in base32, for typing.
    pub secret: String,
    /// `otpauth://totp/…`.
    pub uri: String,
}

impl std::fmt::Debug for AppEnrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AppEnrolment({})", self.id)
    }
}

/// What a browser makes a security key with.
#[derive(Debug)]
pub struct KeyCeremony {
    /// The enrolment's id, for [`SignIn::confirm_key`].
    pub id: String,
    /// JSON: `publicKey` of a create.
    pub public_key: String,
}

/// How the first use of a new factor ended.
#[derive(Debug)]
pub enum EnrolStep {
    /// It was the first factor: the member is signed in, with a new token.
    On(SessionToken),
    /// A further factor was added.
    Added,
    /// The code or the key's answer was not accepted.
    Wrong(VerificationFailed),
}

impl SignIn<'_> {
    /// Whether security keys can be used here: `http.public_url` names a host, not an IP address, over https or on localhost.
    #[must_use]
    pub fn keys_can_be_used(&self) -> bool {
        let _ = self.service;
        false
    }

    /// Begins to set an authenticator app up. `name` is for the list of factors; may be empty.
    ///
    /// # Errors
    /// 403 `proof_required` for a half session of a member who has a factor, and for a session that is not confirmed.
    pub async fn enrol_app<'a>(&self, who: impl Into<Who<'a>>, name: &str) -> Result<AppEnrolment> {
        let _ = (who.into(), name);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// The first code of a new app.
    ///
    /// # Errors
    /// As [`Self::enrol_app`].
    pub async fn confirm_app<'a>(&self, who: impl Into<Who<'a>>, id: &str, code: &str) -> Result<EnrolStep> {
        let _ = (who.into(), id, code);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Begins to set a security key up.
    ///
    /// # Errors
    /// As [`Self::enrol_app`]; 403 `method_disabled` where [`Self::keys_can_be_used`] says no.
    pub async fn enrol_key<'a>(&self, who: impl Into<Who<'a>>, name: &str) -> Result<KeyCeremony> {
        let _ = (who.into(), name);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// What a new security key answered.
    ///
    /// # Errors
    /// As [`Self::enrol_app`].
    pub async fn confirm_key<'a>(
        &self,
        who: impl Into<Who<'a>>,
        id: &str,
        answer: &str,
    ) -> Result<EnrolStep> {
        let _ = (who.into(), id, answer);
        Err(ServiceError::Unavailable("sign-in"))
    }
}
