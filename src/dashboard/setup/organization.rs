//! /dashboard/organization: its name and its plan.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::words::at;
use crate::dashboard::frame::{Act, Here, PageError, Shell, Trouble, Visit, page_with, see_other};
use crate::domain::access::Permission;
use crate::http::needs::{Needs, OrgRead, OrgWrite};
use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/dashboard/organization", get(show).post(rename))
}

#[derive(Template)]
#[template(path = "dashboard/setup/organization.html")]
struct OrganizationPage {
    shell: Shell,
    id: String,
    name: String,
    plan: &'static str,
    created: String,
    typed: String,
    trouble: Option<Trouble>,
    may_change: bool,
}

async fn shown<S: Needs>(
    visit: &Visit<S>,
    typed: Option<&str>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let org = visit.run(|_, manage| async move { manage.organization().await }).await?;
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shell = visit.shell(Here::Organization, None);
    let shown = OrganizationPage {
        may_change: shell.may(Permission::OrgWrite),
        id: org.id.to_string(),
        typed: typed.unwrap_or(&org.name).to_owned(),
        name: org.name,
        plan: org.plan.as_str(),
        created: at(org.created_at),
        trouble,
        shell,
    };
    page_with(status, &shown)
}

async fn show(visit: Visit<OrgRead>) -> Result<Response, PageError> {
    shown(&visit, None, None).await
}

async fn rename(act: Act<OrgWrite>) -> Result<Response, PageError> {
    let name = act.form.text("name").to_owned();
    match act.run(|_, manage| async move { manage.rename_org(&name).await.map(|_| ()) }).await {
        Ok(()) => Ok(see_other("/dashboard/organization?done=renamed")),
        Err(error) => shown(&act.visit, Some(act.form.raw("name")), Some(Trouble::of(error)?)).await,
    }
}
