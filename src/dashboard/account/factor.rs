//! GET and POST /dashboard/account/factors/{id}/remove

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::dashboard::frame::{
    ActConfirmed, Here, PageError, Shell, Trouble, VisitConfirmed, page_with, see_other,
};
use crate::http::needs::OrgRead;
use crate::service::ServiceError;
use crate::service::answers::FactorView;
use crate::service::sign_in::SignedIn;

#[derive(Template)]
#[template(path = "dashboard/account/factor.html")]
struct FactorPage {
    shell: Shell,
    kind: &'static str,
    name: String,
    trouble: Option<Trouble>,
}

impl FactorPage {
    fn of(shell: Shell, factor: FactorView, trouble: Option<Trouble>) -> Self {
        Self {
            shell,
            kind: super::AccountPage::kind(factor.kind),
            name: factor.name.unwrap_or_default(),
            trouble,
        }
    }
}

async fn own<C>(
    visit: &crate::dashboard::frame::VisitOf<OrgRead, C>,
    who: SignedIn,
    id: &str,
) -> Result<FactorView, PageError> {
    let id = id.to_owned();
    let found = visit.run(|service, _| async move {
        let (factors, _) = service.sign_in().factors(&who).await?;
        factors.into_iter().find(|factor| factor.id == id).ok_or(ServiceError::NotFound)
    });
    Ok(found.await?)
}

/// GET
pub async fn get(Path(id): Path<String>, visit: VisitConfirmed<OrgRead>) -> Result<Response, PageError> {
    let factor = own(&visit, visit.who.clone(), &id).await?;
    page_with(StatusCode::OK, &FactorPage::of(visit.shell(Here::Account, None), factor, None))
}

/// POST
pub async fn post(Path(id): Path<String>, act: ActConfirmed<OrgRead>) -> Result<Response, PageError> {
    let factor = own(&act, act.who.clone(), &id).await?;
    let who = act.who.clone();
    let removed = act.run(|service, _| async move { service.sign_in().remove_factor(&who, &id).await }).await;
    match removed {
        Ok(()) => Ok(see_other("/dashboard/account?done=factor_removed")),
        Err(error) => {
            let trouble = Trouble::of(error)?;
            let shell = act.shell(Here::Account, None);
            page_with(trouble.status, &FactorPage::of(shell, factor, Some(trouble)))
        }
    }
}
