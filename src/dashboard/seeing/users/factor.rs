//! …/users/factors/{fac}: a factor is removed after its user's contact is typed once more, and the user is told by mail.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::named;
use crate::dashboard::frame::{
    ActConfirmed, Here, PageError, Shell, Trouble, VisitConfirmed, page, page_with,
};
use crate::domain::id::FactorId;
use crate::http::needs::UsersWrite;
use crate::service::ServiceError;
use crate::service::manage::Told;

#[derive(Template)]
#[template(path = "dashboard/seeing/factor.html")]
struct FactorPage {
    shell: Shell,
    app: String,
    id: String,
    asked: String,
    /// What became of it, in a sentence.
    gone: Option<String>,
    trouble: Option<Trouble>,
}

/// GET
pub async fn get(
    Path((app, fac)): Path<(String, String)>,
    visit: VisitConfirmed<UsersWrite>,
) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let id: FactorId = fac.parse().map_err(|_| PageError::not_found())?;
    page(&FactorPage {
        shell: visit.shell(Here::Users, Some(&app)),
        app: app.id.to_string(),
        id: id.to_string(),
        asked: String::new(),
        gone: None,
        trouble: None,
    })
}

/// POST
pub async fn post(
    Path((app, fac)): Path<(String, String)>,
    act: ActConfirmed<UsersWrite>,
) -> Result<Response, PageError> {
    let app = act.visit.app(&app).await?;
    let id: FactorId = fac.parse().map_err(|_| PageError::not_found())?;
    let named = named(&app, act.visit.query.mode(), act.form.text("user"));
    let mut shown = FactorPage {
        shell: act.visit.shell(Here::Users, Some(&app)),
        app: app.id.to_string(),
        id: id.to_string(),
        asked: named.user.clone(),
        gone: None,
        trouble: None,
    };
    let result = act
        .visit
        .run(move |service, manage| async move {
            manage.remove_factor_and_tell(&service, &named, &id.to_string()).await
        })
        .await;
    let trouble = match result {
        Ok(gone) => {
            shown.gone = Some(words(&gone.told));
            return page(&shown);
        }
        Err(ServiceError::NotFound) => {
            Trouble::new("user", "This user has no such factor, or has it no more.")
        }
        Err(error) => Trouble::of(error)?,
    };
    let status: StatusCode = trouble.status;
    shown.trouble = Some(trouble);
    page_with(status, &shown)
}

fn words(told: &Told) -> String {
    match told {
        Told::ByMail { to, .. } => format!("A mail to {to} tells the user of it."),
        Told::NoAddress => {
            "The user is not known by an address and is not told by this service: tell them yourself.".into()
        }
        Told::NoProvider => {
            "No provider carries this application's mail, so the user is not told: tell them yourself.".into()
        }
    }
}
