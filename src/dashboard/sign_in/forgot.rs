//! GET and POST /dashboard/forgot: a mail with a link for a new password. The answer is the same for every address.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::to_its_end;
use crate::dashboard::frame::{Bare, PageError, Passing, PassingAct, Trouble, page_with};

#[derive(Template)]
#[template(path = "dashboard/sign_in/forgot.html")]
struct ForgotPage {
    bare: Bare,
    csrf_field: String,
    email: String,
    sent: bool,
    trouble: Option<Trouble>,
}

fn forgot(page: Passing, email: &str, sent: bool, trouble: Option<Trouble>) -> Result<Response, PageError> {
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let csrf_field = page.csrf_field();
    let shown = ForgotPage { bare: Bare::new(), csrf_field, email: email.to_owned(), sent, trouble };
    Ok((page.cookies.into_jar(), page_with(status, &shown)?).into_response())
}

/// GET
pub async fn get(page: Passing) -> Result<Response, PageError> {
    forgot(page, "", false, None)
}

/// POST
pub async fn post(PassingAct { page, form }: PassingAct) -> Result<Response, PageError> {
    let email = form.text("email").to_owned();
    let (service, from, to) = (Arc::clone(&page.service), page.from.clone(), email.clone());
    let asked = to_its_end(&page.service, async move { service.sign_in().forgot(&to, &from).await }).await;
    match asked {
        Ok(()) => forgot(page, &email, true, None),
        Err(error) => forgot(page, &email, false, Some(Trouble::of(error)?)),
    }
}
