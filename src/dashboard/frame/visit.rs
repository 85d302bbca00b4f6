//! A member at a page: [`Visit`] looks, [`Act`] changes.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;

use super::entry::{self, Known};
use super::shell::Framed;
use super::{Cookies, Given, Here, Next, PageError, Shell, csrf};
use crate::domain::tenant::Application;
use crate::http::needs::Needs;
use crate::http::to_its_end;
use crate::service::manage::Manage;
use crate::service::sign_in::{Session, SignedIn};
use crate::service::{Service, ServiceError};

/// How long a page waits for the database.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// What else than a full session a page wants.
pub trait Certainty: Send + Sync + 'static {
    /// Whether a factor must have been shown within the last minutes.
    const FRESH: bool;
}

/// A full session is enough.
pub enum AsSignedIn {}

/// A factor was shown within the last minutes.
pub enum Confirmed {}

impl Certainty for AsSignedIn {
    const FRESH: bool = false;
}

impl Certainty for Confirmed {
    const FRESH: bool = true;
}

/// A page that is looked at by a member whose role has the scope `S`.
pub struct Visit<S, C = AsSignedIn> {
    /// The use cases.
    pub service: Arc<Service>,
    /// The member.
    pub who: SignedIn,
    /// The fields of the query.
    pub query: Given,
    cookies: Cookies,
    secret: String,
    needs: PhantomData<fn() -> (S, C)>,
}

/// A form that was sent by such a member, from one of our pages.
pub struct Act<S, C = AsSignedIn> {
    /// The page that it was sent to.
    pub visit: Visit<S, C>,
    /// The fields of the form.
    pub form: Given,
}

/// [`Visit`] for a page before a dangerous act.
pub type VisitConfirmed<S> = Visit<S, Confirmed>;

/// [`Act`] for a dangerous act. Its page stands at the same path.
pub type ActConfirmed<S> = Act<S, Confirmed>;

impl<S: Needs, C: Certainty> Visit<S, C> {
    async fn of(parts: &Parts, service: &Arc<Service>) -> Result<Self, PageError> {
        let cookies = Cookies::of(&parts.headers);
        let query = Given::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let page = Next::after(parts);
        let Known { session, .. } = entry::known(parts, &cookies, service).await?;
        let who = match session {
            None => return Err(PageError::SignIn(page)),
            Some(Session::Half(_)) => return Err(PageError::Second),
            Some(Session::Full(who)) => who,
        };
        who.may(S::PERMISSION)?;
        if C::FRESH && !who.is_confirmed() {
            return Err(PageError::Confirm(page));
        }
        let secret = entry::secret(&cookies);
        Ok(Self { service: Arc::clone(service), who, query, cookies, secret, needs: PhantomData })
    }
}

impl<S, C> Visit<S, C> {
    /// Runs a use case in the member's organization, to its end even where the browser is gone.
    pub async fn run<A, F>(
        &self,
        work: impl FnOnce(Arc<Service>, Manage) -> F + Send,
    ) -> Result<A, ServiceError>
    where
        A: Send + 'static,
        F: Future<Output = Result<A, ServiceError>> + Send + 'static,
    {
        self.run_within(PATIENCE, work).await
    }

    /// The same with more time than the database needs.
    pub async fn run_within<A, F>(
        &self,
        time: Duration,
        work: impl FnOnce(Arc<Service>, Manage) -> F + Send,
    ) -> Result<A, ServiceError>
    where
        A: Send + 'static,
        F: Future<Output = Result<A, ServiceError>> + Send + 'static,
    {
        let manage = self.service.manage_as(&self.who);
        let work = work(Arc::clone(&self.service), manage);
        to_its_end(self.service.tasks(), Instant::now() + time, work).await
    }

    /// The organization's application with this id.
    ///
    /// # Errors
    /// 404 for what is not there and for another organization's.
    pub async fn app(&self, id: &str) -> Result<Application, PageError> {
        let id = id.to_owned();
        Ok(self.run(|_, manage| async move { manage.own_app(&id).await }).await?)
    }

    /// What the layout needs.
    #[must_use]
    pub fn shell(&self, here: Here, app: Option<&Application>) -> Shell {
        let framed = Framed {
            org: self.who.org_name(),
            member: &self.who.member().email,
            role: self.who.member().role.as_str(),
            scopes: self.who.scopes().clone(),
            secret: &self.secret,
            mode: self.query.mode(),
            done: self.query.text("done"),
        };
        Shell::new(framed, here, app)
    }

    /// The cookies that came.
    #[must_use]
    pub fn cookies(&self) -> Cookies {
        self.cookies.clone()
    }
}

impl<S: Needs, C: Certainty> FromRequestParts<Arc<Service>> for Visit<S, C> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, PageError> {
        Self::of(parts, service).await
    }
}

impl<S: Needs, C: Certainty> FromRequest<Arc<Service>> for Act<S, C> {
    type Rejection = PageError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        // The body first: a browser that is still writing would not read the answer.
        let form = entry::form(&parts, body).await?;
        let visit = Visit::of(&parts, service).await?;
        if !csrf::fits(&visit.secret, form.raw(csrf::FIELD)) {
            return Err(entry::not_ours());
        }
        Ok(Self { visit, form })
    }
}

impl<S, C> std::ops::Deref for Act<S, C> {
    type Target = Visit<S, C>;

    fn deref(&self) -> &Visit<S, C> {
        &self.visit
    }
}
