//! /dashboard/applications/{app}/keys: an application's API keys. A key is shown once, in the answer to the form that made it.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::place;
use super::words::{Life, grace, lives, when};
use crate::dashboard::frame::{
    Act, Given, Here, Next, PageError, Shell, Trouble, Visit, page, page_with, see_other,
};
use crate::domain::access::Permission;
use crate::domain::tenant::{Application, Mode};
use crate::http::needs::{KeysRead, KeysWrite, Needs};
use crate::service::manage::answers::ApiKeyView;
use crate::service::{Service, ServiceError};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/dashboard/applications/{app}/keys", get(list).post(create))
        .route("/dashboard/applications/{app}/keys/{key}/roll", get(ask_to_roll).post(roll))
        .route("/dashboard/applications/{app}/keys/{key}/revoke", get(ask_to_revoke).post(revoke))
}

#[derive(Template)]
#[template(path = "dashboard/setup/keys.html")]
struct Keys {
    shell: Shell,
    action: String,
    active: Vec<Row>,
    ended: Vec<Row>,
    form: Given,
    lives: Vec<Life>,
    trouble: Option<Trouble>,
    may_change: bool,
    may_live: bool,
}

/// A key in the list.
struct Row {
    id: String,
    name: String,
    hint: String,
    live: bool,
    state: &'static str,
    created: String,
    expires: Option<String>,
    used: Option<String>,
    /// Whether this member may roll and revoke it.
    changeable: bool,
}

#[derive(Template)]
#[template(path = "dashboard/setup/key_made.html")]
struct KeyMade {
    shell: Shell,
    action: String,
    name: String,
    secret: String,
    live: bool,
    rolled: Option<String>,
    curl: String,
    inbox: String,
}

#[derive(Template)]
#[template(path = "dashboard/setup/key_act.html")]
struct KeyAct {
    shell: Shell,
    action: String,
    list: String,
    key: Row,
    rolls: bool,
    trouble: Option<Trouble>,
}

fn row(key: &ApiKeyView, may_live: bool) -> Row {
    let live = key.mode == Mode::Live.as_str();
    Row {
        id: key.id.clone(),
        name: key.name.clone(),
        hint: key.hint.clone(),
        live,
        state: key.state,
        created: when(&key.created_at),
        expires: key.expires_at.as_deref().map(when),
        used: key.last_used_at.as_deref().map(when),
        changeable: key.state == "active" && (may_live || !live),
    }
}

/// Whether the member may make, roll and revoke live keys. The service refuses it otherwise; the pages do not offer it.
fn may_live<S>(visit: &Visit<S>) -> bool {
    !visit.who.member().role.only_test_keys()
}

async fn shown<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    form: Given,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let id = app.id.to_string();
    let keys = visit.run(|_, manage| async move { manage.api_keys(&id).await }).await?;
    let may_live = may_live(visit);
    let rows = keys.data.iter().rev().map(|key| row(key, may_live));
    let (active, ended): (Vec<_>, Vec<_>) = rows.partition(|row| row.state == "active");
    let shell = visit.shell(Here::Keys, Some(app));
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let keys = Keys {
        may_change: shell.may(Permission::KeysWrite) && app.deletion.is_none(),
        may_live,
        action: place(app, "keys"),
        active,
        ended,
        lives: lives(form.text("life")),
        form,
        trouble,
        shell,
    };
    page_with(status, &keys)
}

async fn list(Path(app): Path<String>, visit: Visit<KeysRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    shown(&visit, &app, Given::default(), None).await
}

async fn create(Path(app): Path<String>, act: Act<KeysWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let mode = act.form.mode();
    confirmed(&act.visit, mode == Mode::Live && may_live(&act.visit), &place(&app, "keys"))?;
    let Ok(life) = super::words::life(act.form.text("life")) else {
        let trouble = Trouble::new("life", "Choose one of the times in the list.");
        return shown(&act.visit, &app, act.form.clone(), Some(trouble)).await;
    };
    let (id, name) = (app.id.to_string(), act.form.text("name").to_owned());
    match act.run(move |_, manage| async move { manage.create_api_key(&id, mode, &name, life).await }).await {
        Ok(new) => made_page(&act.visit, &app, &new, None),
        Err(error) => shown(&act.visit, &app, act.form.clone(), Some(Trouble::of(error)?)).await,
    }
}

/// The page that shows a key, this once.
fn made_page<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    made: &ApiKeyView,
    rolled: Option<String>,
) -> Result<Response, PageError> {
    let secret = made.secret.clone().unwrap_or_default();
    let curl = format!(
        "curl {}/v1/mfa \\\n  -H \"Authorization: Bearer {secret}\" \\\n  -d Type=EMAIL -d User=jane@example.com",
        visit.service.public_url()
    );
    let shown = KeyMade {
        shell: visit.shell(Here::Keys, Some(app)),
        action: place(app, "keys"),
        name: made.name.clone(),
        live: made.mode == Mode::Live.as_str(),
        secret,
        rolled,
        curl,
        inbox: place(app, "inbox"),
    };
    page(&shown)
}

/// Both pages before an act on one key. A live key wants a factor that was shown just now.
async fn ask<S: Needs>(
    visit: &Visit<S>,
    app: &str,
    key: &str,
    rolls: bool,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let app = visit.app(app).await?;
    let (id, key) = (app.id.to_string(), key.to_owned());
    let key = visit.run(move |_, manage| async move { manage.api_key(&id, &key).await }).await?;
    let key = row(&key, may_live(visit));
    if !key.changeable {
        return Ok(see_other(&place(&app, "keys")));
    }
    let what = if rolls { "roll" } else { "revoke" };
    let action = format!("{}/{}/{what}", place(&app, "keys"), key.id);
    confirmed(visit, key.live, &action)?;
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shell = visit.shell(Here::Keys, Some(&app));
    page_with(status, &KeyAct { shell, action, list: place(&app, "keys"), key, rolls, trouble })
}

fn confirmed<S>(visit: &Visit<S>, wanted: bool, page: &str) -> Result<(), PageError> {
    if wanted && !visit.who.is_confirmed() {
        return Err(PageError::Confirm(Next::or_home(page)));
    }
    Ok(())
}

type Ids = Path<(String, String)>;

async fn ask_to_roll(Path((app, key)): Ids, visit: Visit<KeysWrite>) -> Result<Response, PageError> {
    ask(&visit, &app, &key, true, None).await
}

async fn ask_to_revoke(Path((app, key)): Ids, visit: Visit<KeysWrite>) -> Result<Response, PageError> {
    ask(&visit, &app, &key, false, None).await
}

/// The key that an act is about, once its member is sure enough.
async fn acted_on(
    act: &Act<KeysWrite>,
    app: &Application,
    key: &str,
    what: &str,
) -> Result<ApiKeyView, PageError> {
    let (id, key) = (app.id.to_string(), key.to_owned());
    let key = act.run(move |_, manage| async move { manage.api_key(&id, &key).await }).await?;
    let page = format!("{}/{}/{what}", place(app, "keys"), key.id);
    let live = key.mode == Mode::Live.as_str();
    if live && !may_live(&act.visit) {
        return Err(ServiceError::LiveKeys.into());
    }
    confirmed(&act.visit, live, &page)?;
    Ok(key)
}

async fn roll(Path((app, key)): Ids, act: Act<KeysWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let old = acted_on(&act, &app, &key, "roll").await?;
    let Some((grace, words)) = grace(act.form.text("grace")) else {
        let trouble = Trouble::new("grace", "Choose one of the times in the list.");
        return ask(&act.visit, &app.id.to_string(), &key, true, Some(trouble)).await;
    };
    let (id, key) = (app.id.to_string(), old.id);
    let again = key.clone();
    match act.run(move |_, manage| async move { manage.roll_api_key(&id, &key, grace).await }).await {
        Ok(made) => made_page(&act.visit, &app, &made, Some(ends(grace, words))),
        Err(error) => {
            let trouble = Trouble::of(error)?;
            ask(&act.visit, &app.id.to_string(), &again, true, Some(trouble)).await
        }
    }
}

fn ends(grace: Duration, words: &str) -> String {
    if grace.is_zero() {
        "The old key has stopped working.".to_owned()
    } else {
        format!("The old key works for {words} more. Put the new one in its place before then.")
    }
}

async fn revoke(Path((app, key)): Ids, act: Act<KeysWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let key = acted_on(&act, &app, &key, "revoke").await?.id;
    let id = app.id.to_string();
    act.run(move |_, manage| async move { manage.revoke_api_key(&id, &key).await.map(|_| ()) }).await?;
    Ok(see_other(&format!("{}?done=key_revoked", place(&app, "keys"))))
}
