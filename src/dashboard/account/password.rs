//! GET and POST /dashboard/account/password

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::dashboard::frame::{
    ActConfirmed, Here, PageError, Shell, Trouble, VisitConfirmed, page_with, see_other,
};
use crate::dashboard::sign_in::to_its_end;
use crate::domain::password::Password;
use crate::http::needs::OrgRead;

#[derive(Template)]
#[template(path = "dashboard/account/password.html")]
struct PasswordPage {
    shell: Shell,
    trouble: Option<Trouble>,
}

/// GET
pub async fn get(visit: VisitConfirmed<OrgRead>) -> Result<Response, PageError> {
    page_with(StatusCode::OK, &PasswordPage { shell: visit.shell(Here::Account, None), trouble: None })
}

/// POST
pub async fn post(act: ActConfirmed<OrgRead>) -> Result<Response, PageError> {
    let (old, new) = (Password::new(act.form.raw("old")), Password::new(act.form.raw("password")));
    let (service, who) = (Arc::clone(&act.service), act.who.clone());
    let changed =
        to_its_end(&act.service, async move { service.sign_in().change_password(&who, &old, &new).await })
            .await;
    match changed {
        Ok(()) => Ok(see_other("/dashboard/account?done=password_changed")),
        Err(error) => {
            let trouble = Trouble::of(error)?;
            let shell = act.shell(Here::Account, None);
            page_with(trouble.status, &PasswordPage { shell, trouble: Some(trouble) })
        }
    }
}
