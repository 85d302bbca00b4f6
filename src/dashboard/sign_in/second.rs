//! GET and POST /dashboard/sign-in/second: the second factor, shown by one whose password was right.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{to_its_end, wrong_code};
use crate::dashboard::frame::{Bare, Half, HalfAct, Next, PageError, Trouble, page_with, see_other};
use crate::service::sign_in::{KeyCeremony, SecondStep};

#[derive(Template)]
#[template(path = "dashboard/sign_in/second.html")]
struct SecondPage {
    bare: Bare,
    csrf_field: String,
    email: String,
    next: String,
    app: bool,
    key: bool,
    trouble: Option<Trouble>,
}

impl SecondPage {
    fn of(page: &Half, next: &Next) -> Self {
        let second = page.session.second();
        Self {
            bare: Bare::new(),
            csrf_field: page.csrf_field(),
            email: page.session.member().email.clone(),
            next: next.to_string(),
            app: second.app,
            key: second.key,
            trouble: None,
        }
    }
}

/// GET
pub async fn get(page: Half) -> Result<Response, PageError> {
    let second = page.session.second();
    let next = Next::or_home(page.query.text("next"));
    if !second.app && !second.key {
        return Ok(see_other(&format!("/dashboard/setup?next={}", next.encoded())));
    }
    page_with(StatusCode::OK, &SecondPage::of(&page, &next))
}

/// POST
pub async fn post(HalfAct { page, form }: HalfAct) -> Result<Response, PageError> {
    let next = Next::or_home(form.text("next"));
    let service = std::sync::Arc::clone(&page.service);
    let half = page.session.clone();
    let (code, answer) = (form.text("code").to_owned(), form.text("answer").to_owned());
    let step = to_its_end(&page.service, async move {
        if answer.is_empty() {
            service.sign_in().second_code(&half, &code).await
        } else {
            service.sign_in().second_key(&half, &answer).await
        }
    })
    .await;
    let trouble = match step {
        Ok(SecondStep::On(token)) => {
            return Ok(
                (page.cookies.with_session(&token).into_jar(), see_other(next.as_str())).into_response()
            );
        }
        Ok(SecondStep::Wrong(failed)) => wrong_code(&failed),
        Err(error) => Trouble::of(error)?,
    };
    let status = trouble.status;
    let mut shown = SecondPage::of(&page, &next);
    shown.trouble = Some(trouble);
    page_with(status, &shown)
}

/// POST /dashboard/sign-in/second/key-options: what the security key is to sign.
pub async fn key_options(HalfAct { page, .. }: HalfAct) -> Response {
    let service = std::sync::Arc::clone(&page.service);
    let half = page.session.clone();
    let options = to_its_end(&page.service, async move { service.sign_in().key_options(&half).await }).await;
    super::ceremony(options.map(|public_key| KeyCeremony { id: String::new(), public_key }))
}
