//! /dashboard/applications/{app}/methods: each method with its switch, and what it needs before it works in live mode.
//!
//! The error `method_disabled` leads developers here.

mod cards;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value};

use self::cards::{Card, Carriers, cards};
use super::place;
use crate::dashboard::frame::{Act, Here, PageError, Shell, Visit, page, see_other};
use crate::domain::access::Permission;
use crate::domain::message::Channel;
use crate::http::needs::{AppsRead, AppsWrite};
use crate::service::Service;

pub(super) use self::cards::{METHODS, channel_name};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/dashboard/applications/{app}/methods", get(show).post(switch))
}

#[derive(Template)]
#[template(path = "dashboard/setup/methods.html")]
struct Methods {
    shell: Shell,
    action: String,
    inbox: String,
    cards: Vec<Card>,
    plan: &'static str,
    may_change: bool,
}

async fn show(Path(app): Path<String>, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let id = app.id;
    let (plan, org, carriers) = visit
        .run(move |service, manage| async move {
            let org = manage.organization().await?;
            let mut carriers = Carriers::default();
            for channel in Channel::ALL {
                carriers.put(channel, service.carrier(id, channel).await?);
            }
            Ok((org.plan, org.id, carriers))
        })
        .await?;
    let shell = visit.shell(Here::Methods, Some(&app));
    let methods = Methods {
        may_change: shell.may(Permission::AppsWrite) && app.deletion.is_none(),
        action: place(&app, "methods"),
        inbox: place(&app, "inbox"),
        cards: cards(&app, plan, &org.to_string(), &carriers),
        plan: plan.as_str(),
        shell,
    };
    page(&methods)
}

async fn switch(Path(app): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let Some(method) = METHODS.iter().find(|method| method.key == act.form.text("method")) else {
        return Err(PageError::not_found());
    };
    let on = act.form.text("on") == "true";
    let change: Map<String, Value> =
        [(format!("methods.{}", method.key), Value::Bool(on))].into_iter().collect();
    let id = app.id.to_string();
    act.run(|_, manage| async move { manage.put_settings(&id, &change, &None, true).await.map(|_| ()) })
        .await?;
    Ok(see_other(&format!("{}?done=saved#{}", place(&app, "methods"), method.key)))
}
