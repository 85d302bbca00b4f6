//! GET /dashboard/setup and what follows: the first factor of a new member, an app or a security key.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{to_its_end, wrong_code};
use crate::dashboard::frame::{Bare, Half, HalfAct, Next, PageError, Trouble, page_with, see_other};
use crate::service::sign_in::{AppEnrolment, EnrolStep};

#[derive(Template)]
#[template(path = "dashboard/sign_in/setup.html")]
struct SetupPage {
    bare: Bare,
    csrf_field: String,
    email: String,
    next: String,
    keys: bool,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "dashboard/sign_in/setup_app.html")]
struct SetupAppPage {
    bare: Bare,
    csrf_field: String,
    next: String,
    id: String,
    enrolment: Option<AppEnrolment>,
    trouble: Option<Trouble>,
}

fn is_open(page: &Half) -> bool {
    !page.session.second().is_set_up()
}

fn setup(page: &Half, next: &Next, trouble: Option<Trouble>) -> Result<Response, PageError> {
    let shown = SetupPage {
        bare: Bare::new(),
        csrf_field: page.csrf_field(),
        email: page.session.member().email.clone(),
        next: next.to_string(),
        keys: page.service.sign_in().keys_can_be_used(),
        trouble,
    };
    let status = shown.trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    page_with(status, &shown)
}

/// GET
pub async fn get(page: Half) -> Result<Response, PageError> {
    if !is_open(&page) {
        return Err(PageError::Second);
    }
    let next = Next::or_home(page.query.text("next"));
    setup(&page, &next, None)
}

/// POST /dashboard/setup/app: a new secret, shown once.
pub async fn app(HalfAct { page, form }: HalfAct) -> Result<Response, PageError> {
    let next = Next::or_home(form.text("next"));
    let (service, half) = (Arc::clone(&page.service), page.session.clone());
    let enrolled =
        to_its_end(&page.service, async move { service.sign_in().enrol_app(&half, "").await }).await;
    match enrolled {
        Ok(enrolment) => {
            let id = enrolment.id.clone();
            app_page(&page, &next, id, Some(enrolment), None)
        }
        Err(error) => setup(&page, &next, Some(Trouble::of(error)?)),
    }
}

fn app_page(
    page: &Half,
    next: &Next,
    id: String,
    enrolment: Option<AppEnrolment>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let csrf_field = page.csrf_field();
    let shown =
        SetupAppPage { bare: Bare::new(), csrf_field, next: next.to_string(), id, enrolment, trouble };
    page_with(status, &shown)
}

/// POST /dashboard/setup/app/confirm: the app's first code.
pub async fn confirm_app(HalfAct { page, form }: HalfAct) -> Result<Response, PageError> {
    let next = Next::or_home(form.text("next"));
    let (service, half) = (Arc::clone(&page.service), page.session.clone());
    let (id, code) = (form.text("id").to_owned(), form.text("code").to_owned());
    let step =
        to_its_end(&page.service, async move { service.sign_in().confirm_app(&half, &id, &code).await })
            .await;
    match step {
        Ok(EnrolStep::On(token)) => {
            Ok((page.cookies.with_session(&token).into_jar(), first_codes(&next)).into_response())
        }
        Ok(EnrolStep::Added) => Ok(see_other(next.as_str())),
        Ok(EnrolStep::Wrong(failed)) => {
            app_page(&page, &next, form.text("id").to_owned(), None, Some(wrong_code(&failed)))
        }
        Err(error) => app_page(&page, &next, form.text("id").to_owned(), None, Some(Trouble::of(error)?)),
    }
}

/// POST /dashboard/setup/key-options: what the new key is made for.
pub async fn key_options(HalfAct { page, .. }: HalfAct) -> Response {
    let (service, half) = (Arc::clone(&page.service), page.session.clone());
    super::ceremony(
        to_its_end(&page.service, async move { service.sign_in().enrol_key(&half, "").await }).await,
    )
}

/// POST /dashboard/setup/key: the new key's answer.
pub async fn key(HalfAct { page, form }: HalfAct) -> Result<Response, PageError> {
    let next = Next::or_home(form.text("next"));
    let (service, half) = (Arc::clone(&page.service), page.session.clone());
    let (id, answer) = (form.text("id").to_owned(), form.text("answer").to_owned());
    let step =
        to_its_end(&page.service, async move { service.sign_in().confirm_key(&half, &id, &answer).await })
            .await;
    match step {
        Ok(EnrolStep::On(token)) => {
            Ok((page.cookies.with_session(&token).into_jar(), first_codes(&next)).into_response())
        }
        Ok(EnrolStep::Added) => Ok(see_other(next.as_str())),
        Ok(EnrolStep::Wrong(failed)) => setup(&page, &next, Some(wrong_code(&failed))),
        Err(error) => setup(&page, &next, Some(Trouble::of(error)?)),
    }
}

/// Backup codes come next: who loses the one factor has no other.
fn first_codes(next: &Next) -> Response {
    see_other(&format!("/dashboard/account/backup-codes?next={}", next.encoded()))
}
