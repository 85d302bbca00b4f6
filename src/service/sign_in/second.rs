//! The second step: a code of an app, a backup code, or a security key. And the same once more, for what is dangerous.

use super::{HalfSession, SignIn, SignedIn, Who};
use crate::domain::session::SessionToken;
use crate::service::error::{Result, ServiceError, VerificationFailed};

/// How the second step ended.
#[derive(Debug)]
pub enum SecondStep {
    /// The member is signed in, with a new token.
    On(SessionToken),
    /// The code or the key's answer was not accepted.
    Wrong(VerificationFailed),
}

/// How a confirmation ended.
#[derive(Debug)]
pub enum Confirmed {
    /// The session counts as confirmed from now on.
    Yes,
    /// The code or the key's answer was not accepted.
    Wrong(VerificationFailed),
}

impl SignIn<'_> {
    /// The digits of an app, or a backup code.
    ///
    /// # Errors
    /// 400 for another form; 404 where the session has ended; 429 where the member is locked.
    pub async fn second_code(&self, half: &HalfSession, code: &str) -> Result<SecondStep> {
        let _ = (self.service, half, code);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// What a browser asks a security key of the member with, as JSON (`publicKey` of a get).
    ///
    /// # Errors
    /// 404 where the member has no key.
    pub async fn key_options<'a>(&self, who: impl Into<Who<'a>>) -> Result<String> {
        let _ = who.into();
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// A security key's answer.
    ///
    /// # Errors
    /// As [`Self::second_code`].
    pub async fn second_key(&self, half: &HalfSession, answer: &str) -> Result<SecondStep> {
        let _ = (half, answer);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// A signed-in member shows a second factor again: an app's digits or a backup code.
    ///
    /// # Errors
    /// As [`Self::second_code`].
    pub async fn step_up_code(&self, who: &SignedIn, code: &str) -> Result<Confirmed> {
        let _ = (who, code);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// The same with a security key.
    ///
    /// # Errors
    /// As [`Self::second_code`].
    pub async fn step_up_key(&self, who: &SignedIn, answer: &str) -> Result<Confirmed> {
        let _ = (who, answer);
        Err(ServiceError::Unavailable("sign-in"))
    }
}
