//! How members sign in to the dashboard: password, second factor, sessions, links, and what a member looks after.
//!
//! A [`HalfSession`] (the password was right) and a [`SignedIn`] (the second factor, too) have no constructor but the look-up
//! of a token. A half session opens nothing but its second factor. Second factors are this service's own methods, of a
//! reserved application that no tenant has ([`Caller::house`](super::Caller)).
//!
//! What may not enter: what a member does to an organization; that is `service/manage/`.

mod account;
mod factors;
mod links;
mod password;
mod second;
mod sessions;
mod who;

use std::net::IpAddr;

pub use account::{AppEnrolment, EnrolStep, KeyCeremony};
pub use links::{AcceptFields, LinkView};
pub use password::PasswordStep;
pub use second::{Confirmed, SecondStep};
pub use sessions::SessionView;
pub use who::{HalfSession, Second, Session, SignedIn, Who};

use super::Service;
use crate::domain::id::RequestId;

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
#[derive(Clone, Copy)]
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
