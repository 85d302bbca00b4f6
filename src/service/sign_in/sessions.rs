//! Sessions: looked up, listed, ended.

use super::{From, Session, SignIn, SignedIn};
use crate::domain::session::SessionToken;
use crate::domain::time::Moment;
use crate::service::error::{Result, ServiceError};

/// A session as its member sees it.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Its id.
    pub id: String,
    /// It is the one that asks.
    pub current: bool,
    /// When the member signed in.
    pub created_at: Moment,
    /// When it last made a request, to the minute.
    pub seen_at: Moment,
    /// When it ends at the latest.
    pub expires_at: Moment,
    /// From where the member signed in.
    pub address: Option<String>,
    /// With what.
    pub agent: String,
}

impl SignIn<'_> {
    /// Whom a token stands for; `None` for one that is unknown, has ended, or whose member is gone.
    ///
    /// # Errors
    /// 503.
    pub async fn session(&self, token: &SessionToken, from: &From) -> Result<Option<Session>> {
        let _ = (self.service, token, from);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// The member's sessions, newest first.
    ///
    /// # Errors
    /// 503.
    pub async fn sessions(&self, who: &SignedIn) -> Result<Vec<SessionView>> {
        let _ = who;
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Ends one of the member's sessions.
    ///
    /// # Errors
    /// 404.
    pub async fn end_session(&self, who: &SignedIn, id: &str) -> Result<()> {
        let _ = (who, id);
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Ends all of the member's sessions but this one; says how many.
    ///
    /// # Errors
    /// 503.
    pub async fn end_other_sessions(&self, who: &SignedIn) -> Result<u64> {
        let _ = who;
        Err(ServiceError::Unavailable("sign-in"))
    }

    /// Ends this session.
    ///
    /// # Errors
    /// 503.
    pub async fn sign_out(&self, session: &Session) -> Result<()> {
        let _ = session;
        Err(ServiceError::Unavailable("sign-in"))
    }
}
