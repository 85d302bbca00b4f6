//! Second factors are set up: by a half session where the member has none, else by a session that was confirmed just now.

use super::second::Begun;
use super::{SignIn, Who};
use crate::domain::audit::Change;
use crate::domain::challenge::MfaType;
use crate::domain::notice::MemberNotice;
use crate::domain::session::SessionToken;
use crate::service::error::{Result, VerificationFailed};
use crate::service::start::Vouched;
use crate::service::verify::{May, Terms};

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
        self.service.house.settings().allows(MfaType::Hsm)
    }

    /// Begins to set an authenticator app up. `name` is for the list of factors; may be empty.
    ///
    /// # Errors
    /// 403 `proof_required` for a half session of a member who has a factor, and for a session that is not confirmed.
    pub async fn enrol_app<'a>(&self, who: impl Into<Who<'a>>, name: &str) -> Result<AppEnrolment> {
        let begun = self.enrol(who.into(), "APP", name).await?;
        Ok(AppEnrolment {
            id: begun.text("id")?,
            qr_png: begun.text("qr_code")?,
            secret: begun.text("secret")?,
            uri: begun.text("otpauth_uri")?,
        })
    }

    /// The first code of a new app.
    ///
    /// # Errors
    /// As [`Self::enrol_app`].
    pub async fn confirm_app<'a>(&self, who: impl Into<Who<'a>>, id: &str, code: &str) -> Result<EnrolStep> {
        let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        self.confirm(who.into(), ("APP", "app", "An authenticator app"), id, &code).await
    }

    /// Begins to set a security key up.
    ///
    /// # Errors
    /// As [`Self::enrol_app`]; 403 `method_disabled` where [`Self::keys_can_be_used`] says no.
    pub async fn enrol_key<'a>(&self, who: impl Into<Who<'a>>, name: &str) -> Result<KeyCeremony> {
        let begun = self.enrol(who.into(), "HSM", name).await?;
        Ok(KeyCeremony { id: begun.text("id")?, public_key: begun.public_key()? })
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
        self.confirm(who.into(), ("HSM", "security_key", "A security key"), id, answer).await
    }

    /// Whether it may be begun is decided under the user's row, by the rule that every tenant's users have: a first factor
    /// needs nothing, a further one that the member was verified just now, which a half session never is.
    async fn enrol(&self, who: Who<'_>, kind: &str, name: &str) -> Result<Begun> {
        let verified = match who {
            Who::Half(_) => false,
            Who::Full(full) => {
                full.needs_confirmed()?;
                true
            }
        };
        let visitor = who.visitor();
        let account = Some(visitor.member().email.clone());
        self.begin(visitor, kind, true, name, Vouched { verified, account }).await
    }

    async fn confirm(
        &self,
        who: Who<'_>,
        (kind, factor, words): (&str, &str, &str),
        id: &str,
        answer: &str,
    ) -> Result<EnrolStep> {
        let visitor = who.visitor();
        let may = match who {
            Who::Half(_) => May::EnrolFirst,
            Who::Full(_) => May::Enrol,
        };
        let added = MemberNotice::FactorAdded {
            org: visitor.row.org_name.clone(),
            factor: words.to_owned(),
            when: self.when(visitor),
        };
        let changes = vec![Change::to("type", factor)];
        let told = Some(self.told(visitor, "member.factor_added", changes, added));
        if let Some(failed) = self.check(visitor, kind, answer, Some(id), Terms { may, told }).await? {
            return Ok(EnrolStep::Wrong(failed));
        }
        match who {
            Who::Half(half) => self.finish(half, factor).await.map(EnrolStep::On),
            Who::Full(_) => Ok(EnrolStep::Added),
        }
    }
}
