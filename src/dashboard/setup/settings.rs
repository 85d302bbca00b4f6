//! /dashboard/applications/{app}/settings: every setting that has no page of its own, saved whole.
//!
//! Two people, or one with two tabs, do not undo each other's changes unseen: the form carries the tag of the settings that it was
//! made from, and whoever comes second is told what changed and keeps what was typed.

mod form;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use self::form::{Control, Group, Moved};
use super::place;
use crate::dashboard::frame::{Act, Here, PageError, Shell, Trouble, Visit, page_with, see_other};
use crate::domain::access::Permission;
use crate::domain::tenant::Application;
use crate::http::needs::{AppsRead, AppsWrite, Needs};
use crate::service::{Service, ServiceError, compose};

pub(super) use self::form::said;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/dashboard/applications/{app}/settings", get(show).post(save))
}

#[derive(Template)]
#[template(path = "dashboard/setup/settings.html")]
struct SettingsPage {
    shell: Shell,
    action: String,
    base: String,
    tag: String,
    groups: Vec<Group>,
    languages: Vec<&'static str>,
    moved: Vec<Moved>,
    note: Option<&'static str>,
    wrong: usize,
    trouble: Option<Trouble>,
    may_change: bool,
}

impl SettingsPage {
    fn of<S: Needs>(visit: &Visit<S>, app: &Application, groups: Vec<Group>) -> Self {
        let shell = visit.shell(Here::Settings, Some(app));
        Self {
            may_change: shell.may(Permission::AppsWrite) && app.deletion.is_none(),
            action: place(app, "settings"),
            base: place(app, ""),
            tag: app.settings.tag(),
            groups,
            languages: compose::languages().collect(),
            moved: Vec::new(),
            note: None,
            wrong: 0,
            trouble: None,
            shell,
        }
    }
}

/// A heading as an anchor.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

async fn show(Path(app): Path<String>, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let groups = form::form(&app.settings);
    page_with(StatusCode::OK, &SettingsPage::of(&visit, &app, groups))
}

async fn save(Path(app): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let field = |name: &str| act.form.has(name).then(|| act.form.raw(name).to_owned());
    let (mut groups, moved) = form::typed(&app.settings, &field);
    if act.form.has("default") {
        form::reset(&mut groups, act.form.text("default"));
        let note = "The default stands in its field. Nothing is saved yet.";
        let shown = SettingsPage { note: Some(note), moved, ..SettingsPage::of(&act.visit, &app, groups) };
        return page_with(StatusCode::OK, &shown);
    }
    let changes = match form::changes(&app.settings, &groups) {
        Ok(changes) => changes,
        Err(wrong) => {
            form::tell(&mut groups, &wrong);
            let shown =
                SettingsPage { wrong: wrong.len(), moved, ..SettingsPage::of(&act.visit, &app, groups) };
            return page_with(StatusCode::BAD_REQUEST, &shown);
        }
    };
    // The tag under which the page was made; under a newer one its reader would not know what is replaced.
    let tag = act.form.text("tag").to_owned();
    let id = app.id.to_string();
    let nothing = changes.is_empty();
    let saved = act
        .run(move |_, manage| async move {
            manage.put_settings(&id, &changes, &Some(vec![tag]), true).await.map(|_| ())
        })
        .await;
    match saved {
        Ok(()) => {
            let done = if nothing { "unchanged" } else { "saved" };
            Ok(see_other(&format!("{}?done={done}", place(&app, "settings"))))
        }
        Err(ServiceError::PreconditionFailed) => {
            // As they are now: what was read above may be older than what refused this.
            let app = act.app(&app.id.to_string()).await?;
            let (groups, moved) = form::typed(&app.settings, &field);
            let shown = SettingsPage { moved, ..SettingsPage::of(&act.visit, &app, groups) };
            page_with(StatusCode::PRECONDITION_FAILED, &shown)
        }
        Err(error) => {
            let trouble = Trouble::of(error)?;
            let status = trouble.status;
            let shown = SettingsPage { trouble: Some(trouble), ..SettingsPage::of(&act.visit, &app, groups) };
            page_with(status, &shown)
        }
    }
}
