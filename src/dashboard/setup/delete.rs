//! /dashboard/applications/{app}/delete: another name, the end, and the way back from it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use super::place;
use super::words::at;
use crate::dashboard::frame::{
    Act, ActConfirmed, Here, PageError, Shell, Trouble, Visit, VisitConfirmed, page, page_with, see_other,
};
use crate::domain::tenant::Application;
use crate::http::needs::{AppsWrite, Needs};
use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/dashboard/applications/{app}/delete", get(show))
        .route("/dashboard/applications/{app}/delete/now", get(ask).post(delete))
        .route("/dashboard/applications/{app}/rename", post(rename))
}

#[derive(Template)]
#[template(path = "dashboard/setup/delete.html")]
struct DeletePage {
    shell: Shell,
    base: String,
    app_name: String,
    name: String,
    erased: Option<String>,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "dashboard/setup/delete_now.html")]
struct DeleteNow {
    shell: Shell,
    base: String,
    app_name: String,
}

fn shown<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    name: &str,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let status = trouble.as_ref().map_or(axum::http::StatusCode::OK, |trouble| trouble.status);
    let shown = DeletePage {
        shell: visit.shell(Here::Delete, Some(app)),
        base: place(app, ""),
        app_name: app.name.clone(),
        name: name.to_owned(),
        erased: app.deletion.map(|deletion| at(deletion.erased_after)),
        trouble,
    };
    page_with(status, &shown)
}

async fn show(Path(app): Path<String>, visit: Visit<AppsWrite>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    shown(&visit, &app, &app.name, None)
}

async fn rename(Path(app): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let (id, name) = (app.id.to_string(), act.form.text("name").to_owned());
    match act.run(|_, manage| async move { manage.rename_app(&id, &name).await.map(|_| ()) }).await {
        Ok(()) => Ok(see_other(&format!("{}?done=renamed", place(&app, "delete")))),
        Err(error) => shown(&act.visit, &app, act.form.raw("name"), Some(Trouble::of(error)?)),
    }
}

async fn ask(Path(app): Path<String>, visit: VisitConfirmed<AppsWrite>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    if app.deletion.is_some() {
        return Ok(see_other(&place(&app, "delete")));
    }
    let shell = visit.shell(Here::Delete, Some(&app));
    page(&DeleteNow { shell, base: place(&app, ""), app_name: app.name.clone() })
}

async fn delete(Path(app): Path<String>, act: ActConfirmed<AppsWrite>) -> Result<Response, PageError> {
    act.run(|_, manage| async move { manage.delete_app(&app).await.map(|_| ()) }).await?;
    Ok(see_other("/dashboard/applications?done=app_deleted"))
}
