//! /dashboard/applications: all of them, and a new one.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Map, Value};

use super::methods::METHODS;
use super::words::when;
use crate::dashboard::frame::{Act, Given, Here, PageError, Shell, Trouble, Visit, page_with, see_other};
use crate::domain::access::Permission;
use crate::http::needs::{AppsRead, AppsWrite};
use crate::service::Service;
use crate::service::manage::answers::ApplicationView;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/dashboard/applications", get(list).post(create))
        .route("/dashboard/applications/{app}/restore", post(restore))
}

#[derive(Template)]
#[template(path = "dashboard/setup/apps.html")]
struct Apps {
    shell: Shell,
    trouble: Option<Trouble>,
    rows: Vec<Row>,
    name: String,
    choices: Vec<Choice>,
    may_change: bool,
    open: bool,
}

struct Row {
    id: String,
    name: String,
    methods: Vec<&'static str>,
    created: String,
    erased: Option<String>,
}

/// A method that a new application may start with.
struct Choice {
    key: &'static str,
    name: &'static str,
    about: &'static str,
    chosen: bool,
}

fn row(app: &ApplicationView) -> Row {
    let on = |key: &str| app.settings.get(&format!("methods.{key}")) == Some(&Value::Bool(true));
    Row {
        id: app.id.clone(),
        name: app.name.clone(),
        methods: METHODS.iter().filter(|method| on(method.key)).map(|method| method.name).collect(),
        created: when(&app.created_at),
        erased: app.erased_after.as_deref().map(when),
    }
}

async fn shown<S: crate::http::needs::Needs>(
    visit: &Visit<S>,
    form: &Given,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let apps = visit.run(|_, manage| async move { manage.apps(None).await }).await?;
    let given = form.all("method");
    // E-mail and an authenticator app are what most begin with, and need least.
    let chosen =
        |key: &str| if trouble.is_some() { given.contains(&key) } else { matches!(key, "email" | "app") };
    let choices = METHODS
        .iter()
        .map(|method| Choice {
            key: method.key,
            name: method.name,
            about: method.about,
            chosen: chosen(method.key),
        })
        .collect();
    let shell = visit.shell(Here::Applications, None);
    let status = trouble.as_ref().map_or(axum::http::StatusCode::OK, |trouble| trouble.status);
    let rows: Vec<_> = apps.data.iter().map(row).collect();
    let apps = Apps {
        may_change: shell.may(Permission::AppsWrite),
        open: trouble.is_some() || rows.is_empty(),
        shell,
        trouble,
        rows,
        name: form.raw("name").to_owned(),
        choices,
    };
    page_with(status, &apps)
}

async fn list(visit: Visit<AppsRead>) -> Result<Response, PageError> {
    shown(&visit, &Given::default(), None).await
}

async fn create(act: Act<AppsWrite>) -> Result<Response, PageError> {
    let name = act.form.text("name").to_owned();
    let given = act.form.all("method");
    let settings: Map<String, Value> = METHODS
        .iter()
        .filter(|method| given.contains(&method.key))
        .map(|method| (format!("methods.{}", method.key), Value::Bool(true)))
        .collect();
    let made = act.run(|_, manage| async move { manage.create_app(&name, &settings).await }).await;
    match made {
        Ok(made) => Ok(see_other(&format!("/dashboard/applications/{}?done=app_created", made.value.id))),
        Err(error) => shown(&act.visit, &act.form, Some(Trouble::of(error)?)).await,
    }
}

async fn restore(Path(app): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.run(|_, manage| async move { manage.restore_app(&app).await }).await?;
    Ok(see_other(&format!("/dashboard/applications/{}?done=app_restored", app.id)))
}
