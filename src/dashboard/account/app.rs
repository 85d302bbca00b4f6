//! GET and POST /dashboard/account/app: a further authenticator app.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::dashboard::frame::{
    ActConfirmed, Here, PageError, Shell, Trouble, VisitConfirmed, page_with, see_other,
};
use crate::dashboard::sign_in::wrong_code;
use crate::http::needs::OrgRead;
use crate::service::sign_in::{AppEnrolment, EnrolStep};

#[derive(Template)]
#[template(path = "dashboard/account/app.html")]
struct AppPage {
    shell: Shell,
    id: String,
    enrolment: Option<AppEnrolment>,
    trouble: Option<Trouble>,
}

fn shown(
    shell: Shell,
    id: String,
    enrolment: Option<AppEnrolment>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    page_with(status, &AppPage { shell, id, enrolment, trouble })
}

/// GET
pub async fn get(visit: VisitConfirmed<OrgRead>) -> Result<Response, PageError> {
    shown(visit.shell(Here::Account, None), String::new(), None, None)
}

/// POST: a new secret, shown once.
pub async fn post(act: ActConfirmed<OrgRead>) -> Result<Response, PageError> {
    let (who, name) = (act.who.clone(), act.form.text("name").to_owned());
    let shell = act.shell(Here::Account, None);
    let enrolled = act.run(|service, _| async move { service.sign_in().enrol_app(&who, &name).await }).await;
    match enrolled {
        Ok(enrolment) => shown(shell, enrolment.id.clone(), Some(enrolment), None),
        Err(error) => shown(shell, String::new(), None, Some(Trouble::of(error)?)),
    }
}

/// POST /dashboard/account/app/confirm: its first code.
pub async fn confirm(act: ActConfirmed<OrgRead>) -> Result<Response, PageError> {
    let (id, code) = (act.form.text("id").to_owned(), act.form.text("code").to_owned());
    let (who, of) = (act.who.clone(), id.clone());
    let step =
        act.run(|service, _| async move { service.sign_in().confirm_app(&who, &of, &code).await }).await;
    let shell = act.shell(Here::Account, None);
    match step {
        Ok(EnrolStep::On(_) | EnrolStep::Added) => Ok(see_other("/dashboard/account?done=factor_added")),
        Ok(EnrolStep::Wrong(failed)) => shown(shell, id, None, Some(wrong_code(&failed))),
        Err(error) => shown(shell, id, None, Some(Trouble::of(error)?)),
    }
}
