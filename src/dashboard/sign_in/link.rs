//! GET and POST /dashboard/link/{token}: the link of the first start, an invitation, a new password. A look spends nothing, so that
//! a mail scanner cannot.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::to_its_end;
use crate::dashboard::frame::{Bare, Given, PageError, Passing, PassingAct, Trouble, page_with, see_other};
use crate::domain::link::LinkKind;
use crate::domain::password::Password;
use crate::service::ServiceError;
use crate::service::sign_in::{AcceptFields, LinkView};

#[derive(Template)]
#[template(path = "dashboard/sign_in/link.html")]
struct LinkPage {
    bare: Bare,
    csrf_field: String,
    link: LinkView,
    first: bool,
    reset: bool,
    email: String,
    name: String,
    trouble: Option<Trouble>,
}

fn dead() -> PageError {
    PageError::with_fix(
        StatusCode::NOT_FOUND,
        "This link is not valid any more.",
        "It was used, it is too old, or a newer one took its place. Ask for a new one.",
    )
}

async fn look(page: &Passing, token: &str) -> Result<LinkView, PageError> {
    let (service, token) = (Arc::clone(&page.service), token.to_owned());
    to_its_end(&page.service, async move { service.sign_in().link(&token).await }).await?.ok_or_else(dead)
}

fn link_page(
    page: &Passing,
    link: LinkView,
    form: &Given,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shown = LinkPage {
        bare: Bare::new(),
        csrf_field: page.csrf_field(),
        first: link.kind == LinkKind::FirstStart,
        reset: link.kind == LinkKind::Reset,
        email: form.text("email").to_owned(),
        name: form.text("name").to_owned(),
        link,
        trouble,
    };
    let response = page_with(status, &shown)?;
    Ok((page.cookies.clone().into_jar(), response).into_response())
}

/// GET
pub async fn get(Path(token): Path<String>, page: Passing) -> Result<Response, PageError> {
    let link = look(&page, &token).await?;
    link_page(&page, link, &Given::default(), None)
}

/// POST
pub async fn post(
    Path(token): Path<String>,
    PassingAct { page, form }: PassingAct,
) -> Result<Response, PageError> {
    let link = look(&page, &token).await?;
    let (service, from, kind) = (Arc::clone(&page.service), page.from.clone(), link.kind);
    let fields = AcceptFields {
        email: form.some("email").map(str::to_owned),
        name: form.text("name").to_owned(),
        password: Password::new(form.raw("password")),
    };
    let done = to_its_end(&page.service, async move {
        match kind {
            LinkKind::Reset => service.sign_in().reset(&token, &fields.password, &from).await.map(|()| None),
            LinkKind::FirstStart | LinkKind::Invitation => {
                service.sign_in().accept(&token, fields, &from).await.map(Some)
            }
        }
    })
    .await;
    match done {
        Ok(Some(session)) => {
            Ok((page.cookies.with_session(&session).into_jar(), see_other("/dashboard/setup"))
                .into_response())
        }
        Ok(None) => {
            let cookies = page.cookies.without_session().into_jar();
            Ok((cookies, see_other("/dashboard/sign-in?done=password_reset")).into_response())
        }
        Err(ServiceError::NotFound) => Err(dead()),
        Err(error) => link_page(&page, link, &form, Some(Trouble::of(error)?)),
    }
}
