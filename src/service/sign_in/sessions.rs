//! Sessions: looked up, listed, ended. Nothing of one is remembered by a node: what ends, ends at once.

use super::who::Visitor;
use super::{From, HalfSession, Second, Session, SignIn, SignedIn};
use crate::domain::audit::Change;
use crate::domain::id::SessionId;
use crate::domain::session::{SEEN_EVERY, SessionToken, Stage};
use crate::domain::time::Moment;
use crate::service::error::{Result, ServiceError};
use crate::store::{Ending, SessionRow, Told};

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

impl SessionView {
    pub(in crate::service) fn of(row: SessionRow, current: Option<SessionId>) -> Self {
        Self {
            id: row.id.to_string(),
            current: current == Some(row.id),
            created_at: row.created_at,
            seen_at: row.seen_at,
            expires_at: row.expires_at,
            address: row.address,
            agent: row.agent,
        }
    }
}

impl SignIn<'_> {
    /// Whom a token stands for; `None` for one that is unknown, has ended, or whose member is gone.
    ///
    /// # Errors
    /// 503.
    pub async fn session(&self, token: &SessionToken, from: &From) -> Result<Option<Session>> {
        self.looked_up(token, from, true).await
    }

    /// The same for a request that a page makes by itself, while perhaps nobody is there: it does not keep the session alive.
    ///
    /// # Errors
    /// 503.
    pub async fn session_of_a_poll(&self, token: &SessionToken, from: &From) -> Result<Option<Session>> {
        self.looked_up(token, from, false).await
    }

    async fn looked_up(
        &self,
        token: &SessionToken,
        from: &From,
        by_its_member: bool,
    ) -> Result<Option<Session>> {
        self.in_step()?;
        let now = self.now();
        let Some(row) = self.store().find_session(&token.hash(), now).await? else { return Ok(None) };
        let stage = row.stage;
        let confirmed_at = row.confirmed_at;
        let visitor = Visitor { row, from: from.clone() };
        Ok(match (stage, confirmed_at) {
            (Stage::Half, _) => {
                let second: Second = self.second_of(&visitor).await?;
                Some(Session::Half(HalfSession { visitor, second }))
            }
            (Stage::Full, Some(confirmed_at)) => {
                if by_its_member {
                    self.see(&visitor, now).await;
                }
                let scopes = visitor.member().role.permissions();
                Some(Session::Full(SignedIn { visitor, scopes, confirmed_at, now }))
            }
            // No statement makes one.
            (Stage::Full, None) => None,
        })
    }

    /// Notes the request, once a minute at the most. A session whose note fails only ends earlier.
    async fn see(&self, visitor: &Visitor, now: Moment) {
        let before = now.minus(SEEN_EVERY);
        if visitor.row.seen_at > before {
            return;
        }
        if let Err(error) = self.store().see_session(visitor.member().org, visitor.row.id, before, now).await
        {
            tracing::warn!(%error, "a session's last request was not noted");
        }
    }

    /// The member's sessions, newest first.
    ///
    /// # Errors
    /// 503.
    pub async fn sessions(&self, who: &SignedIn) -> Result<Vec<SessionView>> {
        let rows = self.store().sessions(who.org(), who.member().id, self.now()).await?;
        Ok(rows.into_iter().map(|row| SessionView::of(row, Some(who.session()))).collect())
    }

    /// Ends one of the member's sessions.
    ///
    /// # Errors
    /// 404.
    pub async fn end_session(&self, who: &SignedIn, id: &str) -> Result<()> {
        let session = id.parse().map_err(|_| ServiceError::NotFound)?;
        let ended = vec![Change { field: "session".into(), old: Some(id.to_owned()), new: None }];
        match self.end(&who.visitor, Ending::One(session), Some(("member.sessions_ended", ended))).await? {
            0 => Err(ServiceError::NotFound),
            _ => Ok(()),
        }
    }

    /// Ends all of the member's sessions but this one, half ones included; says how many.
    ///
    /// # Errors
    /// 503.
    pub async fn end_other_sessions(&self, who: &SignedIn) -> Result<u64> {
        let which = Ending::AllBut(who.session());
        self.end(&who.visitor, which, Some(("member.sessions_ended", vec![]))).await
    }

    /// Ends this session.
    ///
    /// # Errors
    /// 503.
    pub async fn sign_out(&self, session: &Session) -> Result<()> {
        match session {
            Session::Half(half) => {
                self.end(&half.visitor, Ending::One(half.visitor.row.id), None).await?;
            }
            Session::Full(full) => {
                let line = Some(("member.signed_out", vec![]));
                self.end(&full.visitor, Ending::One(full.session()), line).await?;
            }
        }
        Ok(())
    }

    async fn end(
        &self,
        visitor: &Visitor,
        which: Ending,
        line: Option<(&'static str, Vec<Change>)>,
    ) -> Result<u64> {
        let member = visitor.member();
        let told =
            line.map(|(action, changes)| Told { note: self.own_note(visitor, action, changes), mail: None });
        Ok(self.store().end_sessions(member.org, member.id, which, self.now(), told.as_ref()).await?)
    }
}
