//! /dashboard/applications/{app}/webhooks: where an application's events go. `one` is the page of one endpoint.

mod form;
mod one;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use self::form::{Choice, Form};
use super::place;
use super::words::when;
use crate::dashboard::frame::{Act, Here, PageError, Shell, Trouble, Visit, page, page_with};
use crate::domain::access::Permission;
use crate::domain::tenant::Application;
use crate::http::needs::{Needs, WebhooksRead, WebhooksWrite};
use crate::service::Service;
use crate::service::manage::{NewWebhook, WebhookView};

pub(super) fn routes() -> Router<Arc<Service>> {
    const ALL: &str = "/dashboard/applications/{app}/webhooks";
    let one = |part: &str| format!("{ALL}/{{id}}{part}");
    Router::new()
        .route(ALL, get(list).post(create))
        .route(&one(""), get(one::show).post(one::change))
        .route(&one("/enabled"), post(one::enable))
        .route(&one("/roll"), get(one::ask_to_roll).post(one::roll))
        .route(&one("/test"), post(one::test))
        .route(&one("/replay"), post(one::replay))
        .route(&one("/remove"), get(one::ask_to_remove).post(one::remove))
}

#[derive(Template)]
#[template(path = "dashboard/setup/webhooks.html")]
struct List {
    shell: Shell,
    action: String,
    rows: Vec<Row>,
    form: Form,
    choices: Vec<Choice>,
    trouble: Option<Trouble>,
    may_change: bool,
}

struct Row {
    id: String,
    url: String,
    description: String,
    events: String,
    state: State,
    created: String,
}

/// Whether an endpoint gets events, in words.
struct State {
    class: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "dashboard/setup/webhook_secret.html")]
struct Shown {
    shell: Shell,
    back: String,
    url: String,
    secret: String,
    rolled: Option<String>,
}

fn state(webhook: &WebhookView) -> State {
    let (class, words) = match (webhook.disabled_reason, webhook.failing_since.as_deref()) {
        (Some("gone"), _) => ("bad", "off: it answered 410".to_owned()),
        (Some("failing"), _) => ("bad", "off: it failed for 3 days".to_owned()),
        (Some(_), _) => ("", "off".to_owned()),
        (None, Some(since)) => ("warn", format!("failing since {}", when(since))),
        (None, None) => ("ok", "on".to_owned()),
    };
    State { class, words }
}

fn row(webhook: &WebhookView) -> Row {
    Row {
        id: webhook.id.clone(),
        url: webhook.url.clone(),
        description: webhook.description.clone(),
        events: if webhook.events == ["*"] { "all events".to_owned() } else { webhook.events.join(", ") },
        state: state(webhook),
        created: when(&webhook.created_at),
    }
}

async fn shown<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    form: Form,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let (id, mode) = (app.id.to_string(), visit.query.mode());
    let webhooks = visit.run(move |_, manage| async move { manage.webhooks(&id, Some(mode)).await }).await?;
    let shell = visit.shell(Here::Webhooks, Some(app));
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shown = List {
        may_change: shell.may(Permission::WebhooksWrite) && app.deletion.is_none(),
        action: place(app, "webhooks"),
        rows: webhooks.data.iter().map(row).collect(),
        choices: form.choices(),
        form,
        trouble,
        shell,
    };
    page_with(status, &shown)
}

async fn list(Path(app): Path<String>, visit: Visit<WebhooksRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    shown(&visit, &app, Form::default(), None).await
}

async fn create(Path(app): Path<String>, act: Act<WebhooksWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let form = Form::typed(&act.form);
    if let Err(trouble) = form.check() {
        return shown(&act.visit, &app, form, Some(trouble)).await;
    }
    let new = NewWebhook {
        mode: act.visit.query.mode(),
        url: form.url.clone(),
        events: form.events.clone(),
        description: form.description.clone(),
    };
    let id = app.id.to_string();
    match act.run(move |_, manage| async move { manage.create_webhook(&id, &new).await }).await {
        Ok(made) => secret_page(&act.visit, &app, &made, None),
        Err(error) => shown(&act.visit, &app, form, Some(Trouble::of(error)?)).await,
    }
}

/// The page that shows a secret, this once.
fn secret_page<S: Needs, C>(
    visit: &Visit<S, C>,
    app: &Application,
    made: &WebhookView,
    rolled: Option<String>,
) -> Result<Response, PageError> {
    let shell = visit.shell(Here::Webhooks, Some(app));
    let shown = Shown {
        back: format!("{}/{}{}", place(app, "webhooks"), made.id, shell.mode_query()),
        url: made.url.clone(),
        secret: made.secret.clone().unwrap_or_default(),
        rolled,
        shell,
    };
    page(&shown)
}
