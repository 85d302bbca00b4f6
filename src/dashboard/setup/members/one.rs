//! One member: the role, the sessions, the way out. What takes power over somebody's sign-in wants a second factor that was shown
//! just now; so does another role.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::{LIST, RoleChoice, Row, choices, row};
use crate::dashboard::frame::{
    Act, ActConfirmed, Here, Next, PageError, Shell, Trouble, Visit, VisitConfirmed, page, page_with,
    see_other,
};
use crate::dashboard::setup::words::at;
use crate::domain::access::{Permission, Role};
use crate::http::needs::{MembersRead, MembersWrite, Needs};
use crate::service::ServiceError;
use crate::service::manage::MemberFields;

#[derive(Template)]
#[template(path = "dashboard/setup/member.html")]
struct One {
    shell: Shell,
    action: String,
    row: Row,
    name: String,
    roles: Vec<RoleChoice>,
    sessions: Vec<SessionRow>,
    trouble: Option<Trouble>,
    /// Whether this member may change that one.
    may_change: bool,
}

struct SessionRow {
    since: String,
    seen: String,
    address: String,
    agent: String,
}

#[derive(Template)]
#[template(path = "dashboard/setup/member_act.html")]
struct MemberAct {
    shell: Shell,
    action: String,
    row: Row,
    removes: bool,
    trouble: Option<Trouble>,
}

/// A member, and whether the one who asks may change him.
struct Found {
    row: Row,
    name: String,
    roles: Vec<Role>,
    may_change: bool,
}

async fn find<S: Needs, C>(visit: &Visit<S, C>, id: &str) -> Result<Found, PageError> {
    let id = id.to_owned();
    let (member, roles) =
        visit.run(move |_, manage| async move { Ok((manage.member(&id).await?, manage.roles())) }).await?;
    let allowed = visit.who.scopes().allow(Permission::MembersWrite);
    let may_change = allowed && roles.iter().any(|role| role.as_str() == member.role);
    let row = row(&member, &visit.who.member().id.to_string());
    Ok(Found { name: member.name, row, roles, may_change })
}

fn place(row: &Row) -> String {
    format!("{LIST}/{}", row.id)
}

async fn shown<S: Needs>(
    visit: &Visit<S>,
    found: Found,
    typed: Option<(String, String)>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let Found { row, name, roles, may_change } = found;
    let sessions = if may_change {
        let id = row.id.clone();
        visit.run(move |_, manage| async move { manage.member_sessions(&id).await }).await?
    } else {
        Vec::new()
    };
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let (role, name) = typed.unwrap_or_else(|| (row.role.to_owned(), name));
    let shown = One {
        shell: visit.shell(Here::Members, None),
        action: place(&row),
        roles: choices(&roles, &role),
        name,
        sessions: sessions
            .into_iter()
            .map(|session| SessionRow {
                since: at(session.created_at),
                seen: at(session.seen_at),
                address: session.address.unwrap_or_default(),
                agent: session.agent,
            })
            .collect(),
        row,
        trouble,
        may_change,
    };
    page_with(status, &shown)
}

pub async fn show(Path(id): Path<String>, visit: Visit<MembersRead>) -> Result<Response, PageError> {
    let found = find(&visit, &id).await?;
    shown(&visit, found, None, None).await
}

pub async fn change(Path(id): Path<String>, act: Act<MembersWrite>) -> Result<Response, PageError> {
    let found = find(&act.visit, &id).await?;
    let (role, name) = (act.form.text("role").to_owned(), act.form.text("name").to_owned());
    let typed = Some((role.clone(), act.form.raw("name").to_owned()));
    let Ok(role) = role.parse::<Role>() else {
        return shown(&act.visit, found, typed, Some(Trouble::new("role", "Choose one of the roles."))).await;
    };
    // More hands much over; less may be the first step of taking it.
    if role.as_str() != found.row.role && !act.who.is_confirmed() {
        return Err(PageError::Confirm(Next::or_home(&place(&found.row))));
    }
    let fields = MemberFields { role: Some(role), name: Some(name) };
    let id = found.row.id.clone();
    match act.run(move |_, manage| async move { manage.change_member(&id, fields).await.map(|_| ()) }).await {
        Ok(()) => Ok(see_other(&format!("{LIST}?done=member_changed"))),
        Err(error) => shown(&act.visit, found, typed, Some(Trouble::of(error)?)).await,
    }
}

pub async fn invite_again(Path(id): Path<String>, act: Act<MembersWrite>) -> Result<Response, PageError> {
    let found = find(&act.visit, &id).await?;
    let id = found.row.id.clone();
    match act.run(move |_, manage| async move { manage.invite_again(&id).await.map(|_| ()) }).await {
        Ok(()) => Ok(see_other(&format!("{LIST}?done=member_invited"))),
        Err(error) => shown(&act.visit, found, None, Some(Trouble::of(error)?)).await,
    }
}

pub async fn end_sessions(Path(id): Path<String>, act: Act<MembersWrite>) -> Result<Response, PageError> {
    let found = find(&act.visit, &id).await?;
    let id = found.row.id.clone();
    act.run(move |_, manage| async move { manage.end_member_sessions(&id, None).await.map(|_| ()) }).await?;
    Ok(see_other(&format!("{}?done=sessions_ended", place(&found.row))))
}

async fn ask(
    visit: &VisitConfirmed<MembersWrite>,
    id: &str,
    removes: bool,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let found = find(visit, id).await?;
    if !found.may_change {
        return Err(ServiceError::ScopeRequired(Permission::MembersWrite).into());
    }
    let shell = visit.shell(Here::Members, None);
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shown = MemberAct { shell, action: place(&found.row), row: found.row, removes, trouble };
    if shown.trouble.is_none() { page(&shown) } else { page_with(status, &shown) }
}

pub async fn ask_to_reset(
    Path(id): Path<String>,
    visit: VisitConfirmed<MembersWrite>,
) -> Result<Response, PageError> {
    ask(&visit, &id, false, None).await
}

pub async fn ask_to_remove(
    Path(id): Path<String>,
    visit: VisitConfirmed<MembersWrite>,
) -> Result<Response, PageError> {
    ask(&visit, &id, true, None).await
}

pub async fn reset(Path(id): Path<String>, act: ActConfirmed<MembersWrite>) -> Result<Response, PageError> {
    let member = id.clone();
    match act.run(move |_, manage| async move { manage.reset_member_factors(&member).await }).await {
        Ok(()) => Ok(see_other(&format!("{LIST}?done=member_reset"))),
        Err(error) => ask(&act.visit, &id, false, Some(Trouble::of(error)?)).await,
    }
}

pub async fn remove(Path(id): Path<String>, act: ActConfirmed<MembersWrite>) -> Result<Response, PageError> {
    let member = id.clone();
    match act.run(move |_, manage| async move { manage.remove_member(&member).await.map(|_| ()) }).await {
        Ok(()) => Ok(see_other(&format!("{LIST}?done=member_removed"))),
        Err(error) => ask(&act.visit, &id, true, Some(Trouble::of(error)?)).await,
    }
}
