//! From a request to a use case's input, in the contract's order: key, size, content type, syntax, duplicate, unknown.
//!
//! [`Posted`] and [`Queried`] are the permission: a handler that takes one has an authenticated caller, and there is no
//! other way to get one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use tokio_util::task::TaskTracker;

use super::body;
use super::error::ApiError;
use super::form::{Field, Form, Value, parse_body, parse_query};
use super::layers::RequestContext;
use crate::domain::audit::By;
use crate::domain::secret::looks_like_a_key;
use crate::service::{Call, Caller, FieldError, Service, ServiceError};

/// The fields of one call.
pub trait Fields: Sized {
    /// Which fields it takes.
    const ALLOWED: &'static [Field];

    /// Whether an `Idempotency-Key` has a meaning.
    const REPEATABLE: bool = false;

    /// Reads them.
    fn read(form: &mut Form) -> Result<Self, ServiceError>;
}

/// A POST by an authenticated caller, with its fields.
pub struct Posted<T> {
    /// The caller and the request.
    pub call: Call,
    /// The fields.
    pub fields: T,
}

/// A call without a body by an authenticated caller, with the fields of its query.
pub struct Queried<T> {
    /// Who calls.
    pub caller: Caller,
    /// The same and from where, for the audit log.
    pub by: By,
    /// The fields.
    pub fields: T,
    /// When nobody waits for the answer any more.
    pub deadline: Instant,
}

/// No field at all.
pub struct NoFields;

impl Fields for NoFields {
    const ALLOWED: &'static [Field] = &[];

    fn read(_: &mut Form) -> Result<Self, ServiceError> {
        Ok(Self)
    }
}

/// The one field `User`.
pub struct UserField(pub Option<String>);

impl Fields for UserField {
    const ALLOWED: &'static [Field] = &[Field::User];

    fn read(form: &mut Form) -> Result<Self, ServiceError> {
        Ok(Self(text(form, Field::User)))
    }
}

impl<T: Fields> FromRequest<Arc<Service>> for Posted<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let began = Instant::now();
        let caller = match authenticate(&parts, service).await {
            Ok(caller) => caller,
            Err(error) => {
                // A client that is still writing would never read the answer.
                let _ = body::read(body).await;
                return Err(error);
            }
        };
        // How long the client takes to write its body is its own time.
        let left = PATIENCE.saturating_sub(began.elapsed());
        let body = body::read(body).await?;
        let deadline = Instant::now() + left;
        let content_type = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
        let mut form = parse_body(content_type, &body, T::ALLOWED)?;
        let idempotency_key = if T::REPEATABLE { idempotency_key(&parts.headers)? } else { None };
        let fingerprint = fingerprint(parts.uri.path(), &form);
        let fields = T::read(&mut form)?;
        let RequestContext { id: request_id, address, .. } = *context(&parts)?;
        Ok(Self {
            call: Call { caller, request_id, address, idempotency_key, fingerprint, deadline },
            fields,
        })
    }
}

impl<T: Fields> FromRequestParts<Arc<Service>> for Queried<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, ApiError> {
        let deadline = Instant::now() + PATIENCE;
        let caller = authenticate(parts, service).await?;
        let mut form = parse_query(parts.uri.query(), T::ALLOWED)?;
        let RequestContext { id, address, .. } = *context(parts)?;
        Ok(Self { by: caller.by(address, id), caller, fields: T::read(&mut form)?, deadline })
    }
}

/// The id in the path. Bytes that are no text are no id either: that is told after the key was checked, as for any other
/// id that is not there.
pub struct PathId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let id = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(id.map(|id| id.0).unwrap_or_default()))
    }
}

pub(super) fn context(parts: &Parts) -> Result<&RequestContext, ApiError> {
    parts.extensions.get::<RequestContext>().ok_or_else(ApiError::internal)
}

/// The key in the one Authorization header. A key in the query is refused even beside a right header: it stands in
/// logs by then.
pub(super) fn bearer(parts: &Parts) -> Result<&str, ()> {
    if parts.uri.query().is_some_and(has_key) {
        return Err(());
    }
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(()) };
    let (scheme, key) = header.to_str().map_err(drop)?.split_once(' ').ok_or(())?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(());
    }
    let key = key.trim();
    Ok(key.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(key))
}

async fn authenticate(parts: &Parts, service: &Service) -> Result<Caller, ApiError> {
    let key = bearer(parts).map_err(|()| ApiError::from(ServiceError::InvalidApiKey))?;
    let known = tokio::time::timeout(PATIENCE, service.keys().authenticate(key)).await;
    let caller = known.unwrap_or(Err(ServiceError::Unavailable("the database")))?;
    context(parts)?.seen(caller.scope());
    Ok(caller)
}

fn has_key(query: &str) -> bool {
    looks_like_a_key(query)
        || looks_like_a_key(&percent_encoding::percent_decode_str(query).decode_utf8_lossy())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let invalid = || {
        ApiError::from(ServiceError::Field(FieldError {
            code: "invalid_idempotency_key",
            param: "Idempotency-Key".into(),
            message: "Idempotency-Key is not one header of 1 to 255 visible ASCII characters.".into(),
            fix: Some("Send a fresh UUID for each new request.".into()),
        }))
    };
    let mut given = headers.get_all("idempotency-key").iter();
    let (Some(first), None) = (given.next(), given.next()) else {
        return if headers.contains_key("idempotency-key") { Err(invalid()) } else { Ok(None) };
    };
    let text = first.to_str().map_err(|_| invalid())?;
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if fits { Ok(Some(text.to_owned())) } else { Err(invalid()) }
}

/// Path and fields in one form, whatever the encoding and the order were.
fn fingerprint(path: &str, form: &Form) -> Vec<u8> {
    let given = Field::ALL.into_iter().filter_map(|field| {
        let value = match form.get(field)? {
            // These two match without case.
            Value::Text(text) if matches!(field, Field::Enroll | Field::Type) => text.to_ascii_lowercase(),
            Value::Text(text) => text.clone(),
            Value::Flag(flag) => flag.to_string(),
            Value::Object(object) => serde_json::to_string(object).unwrap_or_default(),
        };
        Some([field.name().to_owned(), value])
    });
    let all: Vec<[String; 2]> = std::iter::once(["path".to_owned(), path.to_owned()]).chain(given).collect();
    serde_json::to_vec(&all).unwrap_or_default()
}

/// A field's text; a JSON object as the text of its JSON.
pub(super) fn text(form: &mut Form, field: Field) -> Option<String> {
    match form.take(field)? {
        Value::Text(text) => Some(text),
        Value::Flag(flag) => Some(flag.to_string()),
        Value::Object(object) => serde_json::to_string(&object).ok(),
    }
}

/// How long a client waits for the database, looking its key up included, before it is told 503.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// Runs a use case in a task of its own, so that it ends even where the client hangs up. After the deadline the client is
/// told 503: a check goes on and counts, a start is not committed any more.
pub(super) async fn to_the_end<T: Send + 'static>(
    tasks: TaskTracker,
    deadline: Instant,
    work: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
) -> Result<T, ApiError> {
    to_its_end(tasks, deadline, work).await.map_err(ApiError::from)
}

/// The same, with the use case's own error.
pub async fn to_its_end<T: Send + 'static>(
    tasks: TaskTracker,
    deadline: Instant,
    work: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
) -> Result<T, ServiceError> {
    match tokio::time::timeout_at(deadline.into(), tasks.spawn(work)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Err(ServiceError::Internal(format!("a use case did not end: {error}"))),
        Err(_) => Err(ServiceError::Unavailable("the service")),
    }
}

/// A JSON answer.
pub(super) fn json<T: serde::Serialize>(answer: &T) -> Result<axum::response::Response, ApiError> {
    use axum::response::IntoResponse;

    let text = serde_json::to_string(answer).map_err(|_| ApiError::internal())?;
    Ok((StatusCode::OK, [(CONTENT_TYPE, "application/json")], text).into_response())
}

/// The answer of a call that may be repeated.
pub(super) fn reply(reply: crate::service::Reply) -> axum::response::Response {
    use axum::http::HeaderValue;
    use axum::response::IntoResponse;

    let mut response = (StatusCode::OK, [(CONTENT_TYPE, "application/json")], reply.json).into_response();
    if reply.replayed {
        response.headers_mut().insert(super::error::REPLAYED, HeaderValue::from_static("true"));
    }
    response
}
