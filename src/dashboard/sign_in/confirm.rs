//! GET and POST /dashboard/confirm: a factor shown once more, before a dangerous act.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{to_its_end, wrong_code};
use crate::dashboard::frame::{Act, Bare, Here, Next, PageError, Trouble, Visit, page_with, see_other};
use crate::domain::challenge::MfaType;
use crate::http::needs::OrgRead;
use crate::service::sign_in::{Confirmed, KeyCeremony};

#[derive(Template)]
#[template(path = "dashboard/sign_in/confirm.html")]
struct ConfirmPage {
    bare: Bare,
    csrf_field: String,
    email: String,
    next: String,
    app: bool,
    key: bool,
    trouble: Option<Trouble>,
}

async fn confirm(
    visit: &Visit<OrgRead>,
    next: &Next,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let (service, who) = (Arc::clone(&visit.service), visit.who.clone());
    let (factors, _) =
        to_its_end(&visit.service, async move { service.sign_in().factors(&who).await }).await?;
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shown = ConfirmPage {
        bare: Bare::new(),
        csrf_field: visit.shell(Here::Account, None).csrf_field(),
        email: visit.who.member().email.clone(),
        next: next.to_string(),
        app: factors.iter().any(|factor| factor.kind == MfaType::App),
        key: factors.iter().any(|factor| factor.kind == MfaType::Hsm),
        trouble,
    };
    page_with(status, &shown)
}

/// GET
pub async fn get(visit: Visit<OrgRead>) -> Result<Response, PageError> {
    let next = Next::or_home(visit.query.text("next"));
    confirm(&visit, &next, None).await
}

/// POST
pub async fn post(act: Act<OrgRead>) -> Result<Response, PageError> {
    let next = Next::or_home(act.form.text("next"));
    let (service, who) = (Arc::clone(&act.service), act.who.clone());
    let (code, answer) = (act.form.text("code").to_owned(), act.form.text("answer").to_owned());
    let failed = to_its_end(&act.service, async move {
        if answer.is_empty() {
            service.sign_in().step_up_code(&who, &code).await
        } else {
            service.sign_in().step_up_key(&who, &answer).await
        }
    })
    .await;
    match failed {
        Ok(Confirmed::Yes) => Ok(see_other(next.as_str())),
        Ok(Confirmed::Wrong(failed)) => confirm(&act, &next, Some(wrong_code(&failed))).await,
        Err(error) => confirm(&act, &next, Some(Trouble::of(error)?)).await,
    }
}

/// POST /dashboard/confirm/key-options
pub async fn key_options(act: Act<OrgRead>) -> Response {
    let (service, who) = (Arc::clone(&act.service), act.who.clone());
    let options = to_its_end(&act.service, async move { service.sign_in().key_options(&who).await }).await;
    super::ceremony(options.map(|public_key| KeyCeremony { id: String::new(), public_key }))
}
