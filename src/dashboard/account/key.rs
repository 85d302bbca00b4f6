//! GET and POST /dashboard/account/key: a further security key. It needs JavaScript: the browser speaks to the key.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::dashboard::frame::{
    ActConfirmed, Here, PageError, Shell, Trouble, VisitConfirmed, page_with, see_other,
};
use crate::dashboard::sign_in::{ceremony, wrong_code};
use crate::http::needs::OrgRead;
use crate::service::sign_in::EnrolStep;

#[derive(Template)]
#[template(path = "dashboard/account/key.html")]
struct KeyPage {
    shell: Shell,
    trouble: Option<Trouble>,
}

/// GET
pub async fn get(visit: VisitConfirmed<OrgRead>) -> Result<Response, PageError> {
    page_with(StatusCode::OK, &KeyPage { shell: visit.shell(Here::Account, None), trouble: None })
}

/// POST /dashboard/account/key-options
pub async fn options(act: ActConfirmed<OrgRead>) -> Response {
    let who = act.who.clone();
    ceremony(act.run(|service, _| async move { service.sign_in().enrol_key(&who, "").await }).await)
}

/// POST: what the new key answered.
pub async fn post(act: ActConfirmed<OrgRead>) -> Result<Response, PageError> {
    let (id, answer) = (act.form.text("id").to_owned(), act.form.text("answer").to_owned());
    let who = act.who.clone();
    let step =
        act.run(|service, _| async move { service.sign_in().confirm_key(&who, &id, &answer).await }).await;
    let trouble = match step {
        Ok(EnrolStep::On(_) | EnrolStep::Added) => {
            return Ok(see_other("/dashboard/account?done=factor_added"));
        }
        Ok(EnrolStep::Wrong(failed)) => wrong_code(&failed),
        Err(error) => Trouble::of(error)?,
    };
    let shell = act.shell(Here::Account, None);
    page_with(trouble.status, &KeyPage { shell, trouble: Some(trouble) })
}
