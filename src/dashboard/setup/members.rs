//! /dashboard/members: who works with this organization. Who may do what to whom the service decides: nobody gives, changes or
//! takes away a role that has scopes he lacks.

mod one;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::words::when;
use crate::dashboard::frame::{
    Act, Given, Here, Next, PageError, Shell, Trouble, Visit, page_with, see_other,
};
use crate::domain::access::{Permission, Role};
use crate::http::needs::{MembersRead, MembersWrite, Needs};
use crate::service::Service;
use crate::service::manage::answers::MemberView;

const LIST: &str = "/dashboard/members";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(LIST, get(list).post(invite))
        .route("/dashboard/members/{id}", get(one::show).post(one::change))
        .route("/dashboard/members/{id}/invite", post(one::invite_again))
        .route("/dashboard/members/{id}/sessions/end", post(one::end_sessions))
        .route("/dashboard/members/{id}/reset", get(one::ask_to_reset).post(one::reset))
        .route("/dashboard/members/{id}/remove", get(one::ask_to_remove).post(one::remove))
}

#[derive(Template)]
#[template(path = "dashboard/setup/members.html")]
struct Members {
    shell: Shell,
    rows: Vec<Row>,
    form: Given,
    roles: Vec<RoleChoice>,
    trouble: Option<Trouble>,
    may_change: bool,
}

/// A member in the list.
struct Row {
    id: String,
    email: String,
    name: String,
    role: &'static str,
    invited: bool,
    added: String,
    is_me: bool,
}

/// A role that may be given, with what it is for.
struct RoleChoice {
    role: &'static str,
    about: &'static str,
    chosen: bool,
}

const fn about(role: Role) -> &'static str {
    match role {
        Role::Owner => "everything, the organization and other owners included",
        Role::Admin => "everything but the organization's name and owners",
        Role::Developer => "applications, settings, test keys, webhooks; looks at users and figures",
        Role::Viewer => "looks at everything but the audit log and organization keys, and changes nothing",
    }
}

fn choices(roles: &[Role], chosen: &str) -> Vec<RoleChoice> {
    let choice = |role: &Role| RoleChoice {
        role: role.as_str(),
        about: about(*role),
        chosen: role.as_str() == chosen,
    };
    roles.iter().map(choice).collect()
}

fn row(member: &MemberView, me: &str) -> Row {
    Row {
        id: member.id.clone(),
        email: member.email.clone(),
        name: member.name.clone(),
        role: member.role,
        invited: member.status == "invited",
        added: when(&member.created_at),
        is_me: member.id == me,
    }
}

async fn shown<S: Needs>(
    visit: &Visit<S>,
    form: Given,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let (members, roles) =
        visit.run(|_, manage| async move { Ok((manage.members().await?.data, manage.roles())) }).await?;
    let me = visit.who.member().id.to_string();
    let shell = visit.shell(Here::Members, None);
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    // The role that can least, where nothing was chosen.
    let chosen = form.some("role").unwrap_or(Role::Viewer.as_str());
    let shown = Members {
        may_change: shell.may(Permission::MembersWrite),
        rows: members.iter().map(|member| row(member, &me)).collect(),
        roles: choices(&roles, chosen),
        form,
        trouble,
        shell,
    };
    page_with(status, &shown)
}

async fn list(visit: Visit<MembersRead>) -> Result<Response, PageError> {
    shown(&visit, Given::default(), None).await
}

async fn invite(act: Act<MembersWrite>) -> Result<Response, PageError> {
    let Ok(role) = act.form.text("role").parse::<Role>() else {
        let trouble = Trouble::new("role", "Choose one of the roles.");
        return shown(&act.visit, act.form.clone(), Some(trouble)).await;
    };
    if role.permissions().allow(Permission::MembersWrite) && !act.who.is_confirmed() {
        return Err(PageError::Confirm(Next::or_home(LIST)));
    }
    let (email, name) = (act.form.text("email").to_owned(), act.form.text("name").to_owned());
    let added = act
        .run(move |_, manage| async move { manage.add_member(&email, role, &name).await.map(|_| ()) })
        .await;
    match added {
        Ok(()) => Ok(see_other(&format!("{LIST}?done=member_invited"))),
        Err(error) => shown(&act.visit, act.form.clone(), Some(Trouble::of(error)?)).await,
    }
}
