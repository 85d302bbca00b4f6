//! How members sign in to the dashboard: password, second factor, sessions, links, and what a member looks after.
//!
//! A [`HalfSession`] (the password was right) and a [`SignedIn`] (the second factor, too) have no constructor but the look-up
//! of a token. A half session opens nothing but its second factor. Second factors are this service's own methods, of a
//! reserved application that no tenant has ([`Caller::house`](super::Caller)).
//!
//! What may not enter: what a member does to an organization; that is `service/manage/`.

mod account;
mod factors;
mod house;
mod links;
mod password;
mod second;
mod sessions;
mod who;

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

pub use account::{AppEnrolment, EnrolStep, KeyCeremony};
pub(super) use house::settings as house_settings;
pub use links::{AcceptFields, LinkView};
pub use password::PasswordStep;
pub use second::{Confirmed, SecondStep};
pub use sessions::SessionView;
pub use who::{HalfSession, Second, Session, SignedIn, Who};

use super::error::{Result, ServiceError};
use super::{Call, Desk, Service};
use crate::domain::audit::{By, Change};
use crate::domain::id::RequestId;
use crate::domain::password::Password;
use crate::domain::time::Moment;
use crate::keyring::Vault;
use crate::methods::backup;
use crate::store::{AuditNote, HouseUser, Store};
use password::acceptable;
use who::Visitor;

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct From {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// Its `User-Agent`, for the list of sessions; cut to 200 characters.
    pub agent: String,
    /// The request.
    pub request: RequestId,
}

/// The use cases of members' sign-in.
pub struct SignIn<'a> {
    service: &'a Service,
}

impl Service {
    /// Members' sign-in.
    #[must_use]
    pub const fn sign_in(&self) -> SignIn<'_> {
        SignIn { service: self }
    }
}

/// How long a request that shows a second factor may take; as with the API.
const PATIENCE: Duration = Duration::from_millis(1_800);

impl SignIn<'_> {
    fn now(&self) -> Moment {
        self.service.now()
    }

    fn store(&self) -> &dyn Store {
        self.service.store()
    }

    fn vault(&self) -> &Vault {
        self.service.vault()
    }

    /// With a wrong clock sessions live too long or too short: nobody comes in by it.
    fn in_step(&self) -> Result<()> {
        if self.service.parts.in_step.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err(ServiceError::Unavailable("the clock"))
        }
    }

    fn desk(&self, by: By) -> Desk {
        self.service.desk(by)
    }

    /// A line about the visitor, by the visitor.
    fn own_note(&self, visitor: &Visitor, action: &'static str, changes: Vec<Change>) -> AuditNote {
        let member = visitor.member();
        self.desk(visitor.by()).note(member.org, action, None, ("member", member.id.to_string()), changes)
    }

    /// The member as the user of the house.
    fn user(&self, visitor: &Visitor) -> HouseUser {
        super::access::house_user(self.vault(), visitor.member().id)
    }

    /// A call of the service's own methods for the visitor.
    fn call(&self, visitor: &Visitor) -> Call {
        Call {
            caller: self.service.house.clone(),
            request_id: visitor.from.request,
            address: visitor.from.address,
            idempotency_key: None,
            fingerprint: Vec::new(),
            deadline: Instant::now() + PATIENCE,
        }
    }

    /// Argon2id of a password, in the pool of all slow hashes. One for an address, however many members have it.
    async fn hash(&self, email: &str, password: &Password) -> Result<Vec<u8>> {
        self.at_door(email, password, |_| Ok(())).await
    }

    /// The same of a password that is to become one.
    ///
    /// # Errors
    /// 400 on `password` where it may not; 503.
    async fn new_hash(&self, email: &str, password: &Password) -> Result<Vec<u8>> {
        let own = email.to_owned();
        self.at_door(email, password, move |password| acceptable(password, &own)).await
    }

    /// Judges a password and hashes it, where the judgement lets it. Both take long, the judgement of a text that was made for it
    /// a second and more: no thread that others wait for does it.
    async fn at_door(
        &self,
        email: &str,
        password: &Password,
        judge: impl FnOnce(&Password) -> Result<()> + Send + 'static,
    ) -> Result<Vec<u8>> {
        let place = self.service.parts.hashing.place_at_door().await?;
        let (salt, pepper) = (self.vault().password_salt(email), self.vault().password_pepper());
        let password = password.clone();
        let hashed = place.run(move || {
            judge(&password)?;
            backup::hash(password.reveal(), &salt, &pepper)
                .map_err(|error| ServiceError::Internal(error.to_string()))
        });
        hashed.await?.map(|hash| hash.to_vec())
    }
}
