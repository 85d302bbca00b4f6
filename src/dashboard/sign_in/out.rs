//! POST /dashboard/sign-out: the session ends on every node.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};

use super::to_its_end;
use crate::dashboard::frame::{Act, HalfAct, PageError, see_other};
use crate::http::needs::OrgRead;
use crate::service::Service;
use crate::service::sign_in::Session;

/// POST, by a half session or a full one.
pub async fn post(State(service): State<Arc<Service>>, request: Request) -> Result<Response, PageError> {
    let (parts, body) = request.into_parts();
    let bytes = crate::http::body::read(body).await.unwrap_or_default();
    let again =
        |parts: axum::http::request::Parts| Request::from_parts(parts, axum::body::Body::from(bytes.clone()));
    let (session, cookies) = match HalfAct::from_request(again(parts.clone()), &service).await {
        Ok(act) => (Session::Half(act.page.session), act.page.cookies),
        Err(PageError::AlreadyIn(_)) => {
            let act = Act::<OrgRead>::from_request(again(parts), &service).await?;
            (Session::Full(act.visit.who.clone()), act.visit.cookies())
        }
        Err(PageError::SignIn(_)) => return Ok(see_other("/dashboard/sign-in")),
        Err(error) => return Err(error),
    };
    let ending = Arc::clone(&service);
    to_its_end(&service, async move { ending.sign_in().sign_out(&session).await }).await?;
    Ok((cookies.without_session().into_jar(), see_other("/dashboard/sign-in?done=signed_out"))
        .into_response())
}
