//! Who comes in: nobody yet ([`Passing`]), somebody whose password was right ([`Half`]), and what all of them are known by.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use super::shell::hidden;
use super::{Cookies, Given, Next, PageError, csrf};
use crate::http::{RequestContext, body};
use crate::service::sign_in::{From, HalfSession, Session};
use crate::service::{Service, ServiceError};

/// How long the look-up of a session may take.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// On requests that a page makes by itself, to follow what happens: see `app.js`.
const BY_ITSELF: &str = "rift-live";

/// What a request's cookies say.
pub(super) struct Known {
    pub(super) session: Option<Session>,
    pub(super) from: From,
}

/// Looks the session up.
pub(super) async fn known(parts: &Parts, cookies: &Cookies, service: &Service) -> Result<Known, PageError> {
    let context = parts
        .extensions
        .get::<RequestContext>()
        .ok_or_else(|| ServiceError::Internal("a request without its context".into()))?;
    let agent =
        parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned();
    let from = From { address: context.address, agent, request: context.id };
    let session = match cookies.session() {
        None => None,
        Some(token) => {
            let sign_in = service.sign_in();
            let look_up = async {
                if parts.headers.contains_key(BY_ITSELF) {
                    sign_in.session_of_a_poll(&token, &from).await
                } else {
                    sign_in.session(&token, &from).await
                }
            };
            let found = tokio::time::timeout(PATIENCE, look_up).await;
            found.unwrap_or(Err(ServiceError::Unavailable("the database")))?
        }
    };
    match &session {
        Some(Session::Half(half)) => context.managed(half.member().org),
        Some(Session::Full(who)) => context.managed(who.org()),
        None => {}
    }
    Ok(Known { session, from })
}

/// Reads a form.
pub(super) async fn form(parts: &Parts, content: Body) -> Result<Given, PageError> {
    let bytes = body::read(content).await.map_err(|error| {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        PageError::status(status, error.to_string())
    })?;
    if !bytes.is_empty() && !is_form(&parts.headers) {
        return Err(PageError::with_fix(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "This address takes forms only.",
            "For programs there is the management API, at /v1/manage.",
        ));
    }
    Ok(Given::parse(&bytes))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The answer to a form without the right token.
pub(super) fn not_ours() -> PageError {
    PageError::with_fix(
        StatusCode::FORBIDDEN,
        "This form is not one that the dashboard showed to you, or you were signed out meanwhile.",
        "Go back, load the page again, and send it once more.",
    )
}

/// What the forms of a session are tied to: its token.
pub(super) fn secret(cookies: &Cookies) -> String {
    cookies.session().map(|token| token.reveal().to_owned()).unwrap_or_default()
}

/// A page for whoever comes.
pub struct Passing {
    /// The use cases.
    pub service: Arc<Service>,
    /// Where the request comes from.
    pub from: From,
    /// The fields of the query.
    pub query: Given,
    /// A session that is there all the same.
    pub session: Option<Session>,
    /// The cookies, for the answer.
    pub cookies: Cookies,
    secret: String,
}

impl Passing {
    async fn of(parts: &Parts, service: &Arc<Service>) -> Result<Self, PageError> {
        let cookies = Cookies::of(&parts.headers);
        let Known { session, from } = known(parts, &cookies, service).await?;
        let query = Given::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let (cookies, secret) = cookies.with_form(service);
        Ok(Self { service: Arc::clone(service), from, query, session, cookies, secret })
    }

    /// The hidden field of each form.
    #[must_use]
    pub fn csrf_field(&self) -> String {
        hidden(&csrf::token(&self.secret))
    }
}

/// A form of whoever comes.
pub struct PassingAct {
    /// The page.
    pub page: Passing,
    /// The fields.
    pub form: Given,
}

impl FromRequestParts<Arc<Service>> for Passing {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, PageError> {
        Self::of(parts, service).await
    }
}

impl FromRequest<Arc<Service>> for PassingAct {
    type Rejection = PageError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let form = form(&parts, body).await?;
        // The cookie that came, never one that is made now.
        let known = Cookies::of(&parts.headers);
        if !known.form().is_some_and(|secret| csrf::fits(secret, form.raw(csrf::FIELD))) {
            return Err(not_ours());
        }
        Ok(Self { page: Passing::of(&parts, service).await?, form })
    }
}

/// A page for one whose password was right and whose second factor is to come.
pub struct Half {
    /// The use cases.
    pub service: Arc<Service>,
    /// The session.
    pub session: HalfSession,
    /// The fields of the query.
    pub query: Given,
    /// The cookies, for the answer.
    pub cookies: Cookies,
    secret: String,
}

/// A form of one whose second factor is to come.
pub struct HalfAct {
    /// The page.
    pub page: Half,
    /// The fields.
    pub form: Given,
}

impl Half {
    async fn of(parts: &Parts, service: &Arc<Service>) -> Result<Self, PageError> {
        let cookies = Cookies::of(&parts.headers);
        let query = Given::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let Known { session, .. } = known(parts, &cookies, service).await?;
        match session {
            Some(Session::Half(session)) => {
                let (service, secret) = (Arc::clone(service), secret(&cookies));
                Ok(Self { service, session, query, cookies, secret })
            }
            Some(Session::Full(_)) => Err(PageError::AlreadyIn(Next::or_home(query.text("next")))),
            None => Err(PageError::SignIn(Next::or_home(query.text("next")))),
        }
    }

    /// The hidden field of each form.
    #[must_use]
    pub fn csrf_field(&self) -> String {
        hidden(&csrf::token(&self.secret))
    }
}

impl FromRequestParts<Arc<Service>> for Half {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, PageError> {
        Self::of(parts, service).await
    }
}

impl FromRequest<Arc<Service>> for HalfAct {
    type Rejection = PageError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let form = form(&parts, body).await?;
        let page = Half::of(&parts, service).await?;
        if !csrf::fits(&page.secret, form.raw(csrf::FIELD)) {
            return Err(not_ours());
        }
        Ok(Self { page, form })
    }
}
