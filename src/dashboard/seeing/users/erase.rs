//! …/users/erase: the contact is typed once more, and all that is kept of its user is gone.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::named;
use crate::dashboard::frame::{
    ActConfirmed, Here, PageError, Shell, Trouble, VisitConfirmed, page, page_with,
};
use crate::http::needs::UsersWrite;
use crate::service::answers::UserErasure;

#[derive(Template)]
#[template(path = "dashboard/seeing/erase.html")]
struct ErasePage {
    shell: Shell,
    app: String,
    asked: String,
    /// What was erased.
    erased: Option<UserErasure>,
    trouble: Option<Trouble>,
}

/// GET
pub async fn get(Path(id): Path<String>, visit: VisitConfirmed<UsersWrite>) -> Result<Response, PageError> {
    let app = visit.app(&id).await?;
    let shell = visit.shell(Here::Users, Some(&app));
    page(&ErasePage { shell, app: app.id.to_string(), asked: String::new(), erased: None, trouble: None })
}

/// POST
pub async fn post(Path(id): Path<String>, act: ActConfirmed<UsersWrite>) -> Result<Response, PageError> {
    let app = act.visit.app(&id).await?;
    let named = named(&app, act.visit.query.mode(), act.form.text("user"));
    let mut shown = ErasePage {
        shell: act.visit.shell(Here::Users, Some(&app)),
        app: app.id.to_string(),
        asked: named.user.clone(),
        erased: None,
        trouble: None,
    };
    let result = act.visit.run(move |_, manage| async move { manage.erase_user(&named).await }).await;
    let status = match result {
        Ok(erased) => {
            shown.erased = Some(erased);
            StatusCode::OK
        }
        Err(error) => {
            let trouble = Trouble::of(error)?;
            let status = trouble.status;
            shown.trouble = Some(trouble);
            status
        }
    };
    page_with(status, &shown)
}
