//! The first step: address and password.
//!
//! An attempt is counted before its hash, in one statement; where the password was right for all on whom it was tried, it is no
//! guess at the account. An address that nobody has costs the same: the attempt, one hash, and the same answer.

use std::net::IpAddr;
use std::time::Duration;

use subtle::ConstantTimeEq;

use super::{From, SignIn, SignedIn};
use crate::domain::contact::Email;
use crate::domain::id::OrgId;
use crate::domain::password::{Password, WeakPassword};
use crate::domain::session::SessionToken;
use crate::service::error::{FieldError, Result, ServiceError};
use crate::service::fields::field;
use crate::store::{Attempt, Credential, NewSession};

/// Attempts on one account from one address.
const BOTH: (i64, Duration) = (10, Duration::from_mins(15));
/// Attempts on one account from everywhere.
const ACCOUNT: (i64, Duration) = (50, Duration::from_hours(1));
/// Attempts from one address on everybody.
const ADDRESS: (i64, Duration) = (100, Duration::from_mins(15));

/// Members with one address that are looked at.
pub(super) const MOST_MEMBERS: i64 = 8;

/// Characters of a `User-Agent` that are kept.
const AGENT: usize = 200;

/// How the first step ended.
#[derive(Debug)]
pub enum PasswordStep {
    /// No active member has this address and this password.
    Wrong,
    /// Too many attempts.
    TooMany {
        /// Seconds until the next one.
        retry_after: u64,
    },
    /// Several do: one of them is to be chosen, and the password given again.
    Choose(Vec<(OrgId, String)>),
    /// A half session.
    On(SessionToken),
}

/// What an attempt came to.
struct Tried {
    step: PasswordStep,
    /// It did not fit somebody on whom it was tried, though it may fit another member with this address. Whoever has such a
    /// member would guess without end if that counted nowhere.
    missed: bool,
}

impl SignIn<'_> {
    /// Address and password. `org` is what was chosen, where several members have both.
    ///
    /// # Errors
    /// 503 where the database or the hashing pool has no place.
    pub async fn with_password(
        &self,
        email: &str,
        password: &Password,
        org: Option<OrgId>,
        from: &From,
    ) -> Result<PasswordStep> {
        self.in_step()?;
        let account = account(email);
        let attempts = self.attempts(&account, from.address);
        let now = self.now();
        if let Some(until) = self.store().reserve(&attempts, now).await? {
            return Ok(PasswordStep::TooMany { retry_after: now.retry_after(until) });
        }
        let tried = self.try_password(&account, password, org, from).await;
        match &tried {
            Ok(tried) if tried.missed => {}
            Ok(_) => self.give_back(no_guess(&attempts)).await,
            Err(_) => self.give_back(&attempts).await,
        }
        tried.map(|tried| tried.step)
    }

    async fn try_password(
        &self,
        account: &str,
        password: &Password,
        org: Option<OrgId>,
        from: &From,
    ) -> Result<Tried> {
        let hash = self.hash(account, password).await?;
        let mut known = self.store().credentials(account, MOST_MEMBERS).await?;
        // Of a member who was not chosen nothing is learned.
        known.retain(|one| org.is_none_or(|org| one.member.org == org));
        let fits = |one: &Credential| bool::from(one.hash.ct_eq(&hash));
        let (mut fitting, others): (Vec<Credential>, Vec<Credential>) = known.into_iter().partition(fits);
        let missed = fitting.is_empty() || !others.is_empty();
        let tried = |step| Ok(Tried { step, missed });
        if fitting.len() > 1 {
            let choice = fitting.into_iter().map(|one| (one.member.org, one.org_name));
            return tried(PasswordStep::Choose(choice.collect()));
        }
        let Some(credential) = fitting.pop() else { return tried(PasswordStep::Wrong) };
        let token = self.new_token();
        let begun =
            self.store().begin_session(&credential, &self.new_session(&token, from), self.now()).await?;
        Ok(if begun {
            Tried { step: PasswordStep::On(token), missed }
        } else {
            Tried { step: PasswordStep::Wrong, missed: true }
        })
    }

    /// Puts another password in the place of the old one. The member's other sessions end; the member is told by mail.
    ///
    /// # Errors
    /// 400 on `old` or `password`; 404 where the session has ended; 429 `user_locked` after too many wrong ones.
    pub async fn change_password(&self, who: &SignedIn, old: &Password, new: &Password) -> Result<()> {
        let visitor = &who.visitor;
        let member = visitor.member();
        let attempts = self.attempts(&member.email, visitor.from.address);
        let now = self.now();
        if let Some(until) = self.store().reserve(&attempts, now).await? {
            return Err(ServiceError::Locked { retry_after: now.retry_after(until) });
        }
        let old_hash = match self.hash(&member.email, old).await {
            Ok(hash) => hash,
            Err(error) => {
                self.give_back(&attempts).await;
                return Err(error);
            }
        };
        let known = self.store().password_hash(member.org, member.id).await?.ok_or(ServiceError::NotFound)?;
        if !bool::from(known.ct_eq(&old_hash)) {
            let message = "This is not your present password.";
            return Err(field(
                "invalid_value",
                "old",
                message,
                "Type the one that you signed in with.".to_owned(),
            )
            .into());
        }
        self.give_back(no_guess(&attempts)).await;
        let new_hash = self.new_hash(&member.email, new).await?;
        if bool::from(known.ct_eq(&new_hash)) {
            let message = "The new password is the old one.";
            return Err(field("invalid_value", "password", message, "Choose another one.".to_owned()).into());
        }
        let told = self.password_told(visitor);
        if self.store().change_password(&visitor.row, &known, &new_hash, now, &told).await? {
            Ok(())
        } else {
            Err(ServiceError::NotFound)
        }
    }

    pub(super) fn new_token(&self) -> SessionToken {
        SessionToken::generate(&mut *self.service.parts.chance.rng())
    }

    pub(super) fn new_session(&self, token: &SessionToken, from: &From) -> NewSession {
        let agent = from.agent.chars().filter(|letter| !letter.is_control()).take(AGENT);
        NewSession {
            id: self.service.new_id(),
            token: token.hash(),
            address: from.address.map(|address| address.to_canonical().to_string()),
            agent: agent.collect(),
        }
    }

    /// What an attempt counts in; of one address on everybody last.
    fn attempts(&self, account: &str, address: Option<IpAddr>) -> Vec<Attempt> {
        let of = |what, parts: &[&str], (most, span)| Attempt {
            key: self.vault().attempt_key(what, parts),
            most,
            span,
        };
        let mut all = vec![of("account", &[account], ACCOUNT)];
        if let Some(place) = address.map(place) {
            all.push(of("account and address", &[account, &place], BOTH));
            all.push(of("address", &[&place], ADDRESS));
        }
        all
    }

    pub(super) async fn give_back(&self, attempts: &[Attempt]) {
        if let Err(error) = self.store().give_back(attempts, self.now()).await {
            tracing::warn!(%error, "attempts that did no harm still count");
        }
    }
}

/// What a right password gives back. It still counts as one of its address: a hash costs the same whether it was right.
fn no_guess(attempts: &[Attempt]) -> &[Attempt] {
    attempts.get(..2).unwrap_or(attempts)
}

/// The address as attempts and hashes know it. A text that is no address is nobody's, and costs as much.
pub(super) fn account(text: &str) -> String {
    match Email::parse(text) {
        Ok(email) => email.as_str().to_owned(),
        // As a database can hold it: what it refuses would be an attempt that is taken back.
        Err(_) => {
            text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(254).collect()
        }
    }
}

/// Who shares an address: one IPv4 address, or one IPv6 network of 64 bits, which is what one customer gets.
pub(super) fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Whether a new password may be one.
pub(super) fn acceptable(password: &Password, email: &str) -> Result<()> {
    password.check_new(email).map_err(|weak| weak_field(weak).into())
}

fn weak_field(weak: WeakPassword) -> FieldError {
    let fix = match weak {
        WeakPassword::TooShort | WeakPassword::TooLong => "Choose 10 to 128 characters of any kind.",
        WeakPassword::Guessable | WeakPassword::Common => {
            "Take a password manager's proposal, or four words that have nothing to do with each other."
        }
    };
    field("invalid_value", "password", weak.to_string(), fix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_customer_is_one_place() {
        let of = |text: &str| place(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:203.0.113.7"), "203.0.113.7");
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }

    #[test]
    fn one_address_is_one_account_however_it_is_written() {
        assert_eq!(account(" Jane@Example.com "), account("jane@example.com"));
        assert_eq!(account(&"x".repeat(1000)).len(), 254);
    }
}
