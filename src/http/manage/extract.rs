//! From a request to a managing caller with its fields: key, scope, size, content type, syntax, names.
//!
//! [`Managed`] is the permission: its first parameter is the scope that the key must have, and there is no other way to get a
//! [`Manager`].

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::given::Given;
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::extract::{bearer, context, to_the_end};
pub use crate::http::needs::*;
use crate::service::manage::{Manage, Manager};
use crate::service::{Service, ServiceError};

/// The fields of one call.
pub trait Takes: Sized + Send + 'static {
    /// Their names.
    fn names() -> Vec<&'static str>;
    /// Whether they stand in the query; else in a JSON body.
    const IN_QUERY: bool = false;
    /// Reads them.
    fn take(given: &mut Given) -> Result<Self, ServiceError>;
}

/// No field at all.
pub struct Nothing;

impl Takes for Nothing {
    fn names() -> Vec<&'static str> {
        Vec::new()
    }

    fn take(_: &mut Given) -> Result<Self, ServiceError> {
        Ok(Self)
    }
}

/// A call by an organization key that has the scope `S`, with its fields.
pub struct Managed<S, T> {
    service: Arc<Service>,
    manager: Manager,
    /// The fields.
    pub fields: T,
    /// The tags of `If-Match`.
    pub if_match: Option<Vec<String>>,
    deadline: Instant,
    scope: PhantomData<fn() -> S>,
}

/// How long a client waits for the database.
const PATIENCE: Duration = Duration::from_millis(1_800);

impl<S: Needs, T: Takes> FromRequest<Arc<Service>> for Managed<S, T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let began = Instant::now();
        let manager = match authenticate::<S>(&parts, service).await {
            Ok(manager) => manager,
            Err(error) => {
                // A client that is still writing would never read the answer.
                let _ = body::read(body).await;
                return Err(error);
            }
        };
        let left = PATIENCE.saturating_sub(began.elapsed());
        let body = body::read(body).await?;
        let names = T::names();
        let query = parts.uri.query().unwrap_or_default();
        let mut given = if T::IN_QUERY {
            if !body.is_empty() {
                return Err(no_body());
            }
            Given::query(query, &names)?
        } else {
            Given::query(query, &[])?;
            if !body.is_empty() && !is_json(&parts) {
                return Err(not_json());
            }
            Given::body(&body, &names)?
        };
        let fields = T::take(&mut given)?;
        let if_match = if_match(&parts)?;
        let (service, deadline) = (Arc::clone(service), Instant::now() + left);
        Ok(Self { service, manager, fields, if_match, deadline, scope: PhantomData })
    }
}

impl<S, T> Managed<S, T> {
    /// The same call with more time than the database needs.
    pub fn within(self, time: Duration) -> Self {
        Self { deadline: Instant::now() + time, ..self }
    }

    /// Runs a use case in the caller's organization, to its end even where the client hangs up.
    pub async fn run<A, F>(
        self,
        work: impl FnOnce(Arc<Service>, Manage, T) -> F + Send,
    ) -> Result<A, ApiError>
    where
        A: Send + 'static,
        F: Future<Output = Result<A, ServiceError>> + Send + 'static,
    {
        let manage = self.service.manage(&self.manager);
        let tasks = self.service.tasks();
        to_the_end(tasks, self.deadline, work(self.service, manage, self.fields)).await
    }
}

async fn authenticate<S: Needs>(parts: &Parts, service: &Service) -> Result<Manager, ApiError> {
    let context = context(parts)?;
    let key = bearer(parts).map_err(|()| ApiError::from(ServiceError::InvalidOrgKey))?;
    let known = service.org_keys().authenticate(key, context.address, context.id);
    let known = tokio::time::timeout(PATIENCE, known).await;
    let manager = known.unwrap_or(Err(ServiceError::Unavailable("the database")))?;
    context.managed(manager.org());
    manager.may(S::PERMISSION)?;
    Ok(manager)
}

fn is_json(parts: &Parts) -> bool {
    let mut types = parts.headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (types.next(), types.next()) else { return false };
    let Ok(text) = one.to_str() else { return false };
    let mut words = text.split(';').map(str::trim);
    words.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && words.all(|parameter| {
            parameter.split_once('=').is_none_or(|(name, value)| {
                !name.trim().eq_ignore_ascii_case("charset")
                    || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
        })
}

fn not_json() -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        crate::http::error::INVALID,
        "unsupported_media_type",
        "The management API takes JSON bodies only.",
    )
    .fix("Send `Content-Type: application/json`, in UTF-8.")
}

fn no_body() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        crate::http::error::INVALID,
        "invalid_body",
        "This call takes its fields in the query and no body.",
    )
    .fix("Send the fields in the query, without a body.")
}

/// The strong tags of `If-Match` (RFC 9110 §13.1.1); a weak one matches nothing.
fn if_match(parts: &Parts) -> Result<Option<Vec<String>>, ApiError> {
    if !parts.headers.contains_key(IF_MATCH) {
        return Ok(None);
    }
    let mut tags = Vec::new();
    for value in parts.headers.get_all(IF_MATCH) {
        let text = value.to_str().map_err(|_| super::given::wrong("If-Match", "a list of ETags"))?;
        for tag in text.split(',').map(str::trim) {
            match tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                // In quotes it is a tag, and none of ours.
                Some("*") => {}
                Some(tag) => tags.push(tag.to_owned()),
                None if tag == "*" => tags.push("*".into()),
                None if tag.starts_with("W/") => {}
                None => return Err(super::given::wrong("If-Match", "a list of ETags, in quotes").into()),
            }
        }
    }
    Ok(Some(tags))
}

/// The ids of a path. Bytes that are no text are no ids either: that is told after the key was checked.
pub struct Ids<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default + Send> FromRequestParts<S> for Ids<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let ids = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        Ok(Self(ids.map(|ids| ids.0).unwrap_or_default()))
    }
}

/// An answer with a status.
pub fn answer<A: Serialize>(status: StatusCode, answer: &A) -> Result<Response, ApiError> {
    let text = serde_json::to_string(answer).map_err(|_| ApiError::internal())?;
    Ok((status, [(CONTENT_TYPE, "application/json")], text).into_response())
}

/// 200.
pub fn ok<A: Serialize>(body: &A) -> Result<Response, ApiError> {
    answer(StatusCode::OK, body)
}

/// 201.
pub fn created<A: Serialize>(body: &A) -> Result<Response, ApiError> {
    answer(StatusCode::CREATED, body)
}

/// The same with the tag of its settings.
pub fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
