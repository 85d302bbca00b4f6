//! The second step: a code of an app, a backup code, or a security key. And the same once more, for what is dangerous.
//!
//! The factor is checked and consumed first, by the method that every tenant has; then one statement makes the half session a
//! full one, with a new token. A crash in between costs a code and opens nothing.

use super::who::Visitor;
use super::{HalfSession, SignIn, SignedIn, Who};
use crate::domain::audit::Change;
use crate::domain::code::BackupCode;
use crate::domain::session::SessionToken;
use crate::service::error::{Result, ServiceError, VerificationFailed};
use crate::service::start::{StartFields, Vouched};
use crate::service::verify::{May, Terms, VerifyFields};

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

/// A code as people type it: `123 456` is one.
fn typed(code: &str) -> String {
    code.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// What the audit log calls the factor that was shown. A backup code stands in for any of them.
fn factor_of(code: &str, kind: &'static str) -> &'static str {
    if BackupCode::parse(code).is_some() { "backup_code" } else { kind }
}

impl SignIn<'_> {
    /// The digits of an app, or a backup code.
    ///
    /// # Errors
    /// 400 for another form; 404 where the session has ended; 429 where the member is locked.
    pub async fn second_code(&self, half: &HalfSession, code: &str) -> Result<SecondStep> {
        let code = typed(code);
        match self.show(&half.visitor, "APP", &code).await? {
            Some(failed) => Ok(SecondStep::Wrong(failed)),
            None => self.finish(half, factor_of(&code, "app")).await.map(SecondStep::On),
        }
    }

    /// What a browser asks a security key of the member with, as JSON (`publicKey` of a get).
    ///
    /// # Errors
    /// 404 where the member has no key.
    pub async fn key_options<'a>(&self, who: impl Into<Who<'a>>) -> Result<String> {
        let who = who.into();
        let visitor = who.visitor();
        // Without a key a start would be an enrolment.
        if !self.second_of(visitor).await?.key {
            return Err(ServiceError::NotFound);
        }
        let reply = self.begin(visitor, "HSM", false, "", Vouched::default()).await?;
        reply.public_key()
    }

    /// A security key's answer.
    ///
    /// # Errors
    /// As [`Self::second_code`].
    pub async fn second_key(&self, half: &HalfSession, answer: &str) -> Result<SecondStep> {
        match self.show(&half.visitor, "HSM", answer).await? {
            Some(failed) => Ok(SecondStep::Wrong(failed)),
            None => self.finish(half, factor_of(answer, "security_key")).await.map(SecondStep::On),
        }
    }

    /// A signed-in member shows a second factor again: an app's digits or a backup code.
    ///
    /// # Errors
    /// As [`Self::second_code`].
    pub async fn step_up_code(&self, who: &SignedIn, code: &str) -> Result<Confirmed> {
        self.step_up(who, "APP", &typed(code)).await
    }

    /// The same with a security key.
    ///
    /// # Errors
    /// As [`Self::second_code`].
    pub async fn step_up_key(&self, who: &SignedIn, answer: &str) -> Result<Confirmed> {
        self.step_up(who, "HSM", answer).await
    }

    async fn step_up(&self, who: &SignedIn, kind: &str, code: &str) -> Result<Confirmed> {
        if let Some(failed) = self.show(&who.visitor, kind, code).await? {
            return Ok(Confirmed::Wrong(failed));
        }
        if self.store().confirm_session(&who.visitor.row, self.now()).await? {
            Ok(Confirmed::Yes)
        } else {
            Err(ServiceError::NotFound)
        }
    }

    /// Checks a code or an answer of a factor that the member has; it confirms no new one.
    async fn show(&self, visitor: &Visitor, kind: &str, code: &str) -> Result<Option<VerificationFailed>> {
        self.check(visitor, kind, code, None, Terms { may: May::Approve, told: None }).await
    }

    /// Checks a code or an answer on these terms; why it was not accepted, where it was not.
    pub(super) async fn check(
        &self,
        visitor: &Visitor,
        kind: &str,
        code: &str,
        id: Option<&str>,
        terms: Terms,
    ) -> Result<Option<VerificationFailed>> {
        self.in_step()?;
        let given = VerifyFields {
            user: Some(visitor.member().id.to_string()),
            kind: Some(kind.to_owned()),
            code: Some(code.to_owned()),
            id: id.map(str::to_owned),
            ..VerifyFields::default()
        };
        match self.service.verify_for(&self.call(visitor), given, terms).await {
            Ok(_) => Ok(None),
            Err(ServiceError::Failed(failed, _)) => Ok(Some(failed)),
            Err(error) => Err(error),
        }
    }

    /// Starts a challenge or an enrolment of the member's.
    pub(super) async fn begin(
        &self,
        visitor: &Visitor,
        kind: &str,
        enrol: bool,
        name: &str,
        vouched: Vouched,
    ) -> Result<Begun> {
        self.in_step()?;
        let given = StartFields {
            user: Some(visitor.member().id.to_string()),
            kind: Some(kind.to_owned()),
            name: Some(name.trim().to_owned()),
            enroll: enrol.then(|| "true".to_owned()),
            ..StartFields::default()
        };
        let reply = self.service.start_for(&self.call(visitor), given, vouched).await?;
        let answer = serde_json::from_str(&reply.json);
        answer.map(Begun).map_err(|error| ServiceError::Internal(error.to_string()))
    }

    /// Makes the half session a full one. It is used up by that.
    pub(super) async fn finish(&self, half: &HalfSession, factor: &str) -> Result<SessionToken> {
        let token = self.new_token();
        let visitor = &half.visitor;
        let note = self.own_note(visitor, "member.signed_in", vec![Change::to("second_factor", factor)]);
        let finished = self.store().finish_session(&visitor.row, &token.hash(), self.now(), &note).await?;
        if finished { Ok(token) } else { Err(ServiceError::NotFound) }
    }
}

/// The answer to a start.
pub(super) struct Begun(serde_json::Value);

impl Begun {
    /// A text of the answer.
    pub(super) fn text(&self, name: &str) -> Result<String> {
        let text = self.0.get(name).and_then(serde_json::Value::as_str);
        text.map(str::to_owned).ok_or_else(|| ServiceError::Internal(format!("a start without {name}")))
    }

    /// What a browser asks a key with.
    pub(super) fn public_key(&self) -> Result<String> {
        let options = self.0.get("public_key").map(ToString::to_string);
        options.ok_or_else(|| ServiceError::Internal("a start without options".into()))
    }
}
