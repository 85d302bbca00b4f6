//! …/users/factors/{fac}: a factor is removed, after a question.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use crate::dashboard::frame::{ActConfirmed, Here, PageError, Shell, VisitConfirmed, page, see_other};
use crate::domain::id::FactorId;
use crate::http::needs::UsersWrite;

#[derive(Template)]
#[template(path = "dashboard/seeing/factor.html")]
struct FactorPage {
    shell: Shell,
    app: String,
    id: String,
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
    })
}

/// POST
pub async fn post(
    Path((app, fac)): Path<(String, String)>,
    act: ActConfirmed<UsersWrite>,
) -> Result<Response, PageError> {
    let app = act.visit.app(&app).await?;
    let (id, mode) = (app.id.to_string(), act.visit.query.mode());
    let query = if mode == crate::domain::tenant::Mode::Live { "&mode=live" } else { "" };
    let there = format!("/dashboard/applications/{id}/users?done=factor_removed{query}");
    act.visit.run(move |_, manage| async move { manage.remove_factor(&id, mode, &fac).await }).await?;
    Ok(see_other(&there))
}
