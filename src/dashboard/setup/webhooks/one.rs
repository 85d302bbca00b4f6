//! One endpoint: what it is sent, what became of that, and what can be sent again.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::{Choice, Form, hint};
use super::{Row, row, secret_page};
use crate::dashboard::frame::{
    Act, ActConfirmed, Here, PageError, Shell, Trouble, Visit, VisitConfirmed, page, page_with, see_other,
};
use crate::dashboard::setup::place;
use crate::dashboard::setup::words::{grace, when};
use crate::domain::access::Permission;
use crate::domain::tenant::{Application, Mode};
use crate::domain::time::Moment;
use crate::domain::webhook::LONGEST_GRACE;
use crate::http::needs::{Needs, WebhooksRead, WebhooksWrite};
use crate::service::ServiceError;
use crate::service::manage::{
    HookDeliveryFields, HookDeliveryView, ReplayFields, WebhookFields, WebhookView,
};

/// The application and the endpoint.
type Ids = Path<(String, String)>;

#[derive(Template)]
#[template(path = "dashboard/setup/webhook.html")]
struct One {
    shell: Shell,
    list: String,
    action: String,
    row: Row,
    enabled: bool,
    form: Form,
    choices: Vec<Choice>,
    deliveries: Vec<Delivery>,
    next: Option<String>,
    status: String,
    paged: bool,
    trouble: Option<Trouble>,
    may_change: bool,
}

struct Delivery {
    id: String,
    event: String,
    kind: String,
    status: String,
    class: &'static str,
    reason: Option<String>,
    hint: Option<&'static str>,
    created: String,
    next: Option<String>,
    attempts: Vec<Attempt>,
}

struct Attempt {
    at: String,
    class: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "dashboard/setup/webhook_act.html")]
struct HookAct {
    shell: Shell,
    action: String,
    back: String,
    url: String,
    rolls: bool,
    trouble: Option<Trouble>,
}

fn delivery(view: HookDeliveryView) -> Delivery {
    let attempts = view
        .attempts
        .iter()
        .map(|attempt| Attempt {
            at: when(&attempt.started_at),
            class: if attempt.result == "delivered" { "ok" } else { "bad" },
            words: match (attempt.http_status, attempt.reason.as_deref()) {
                (Some(status), _) if attempt.result == "delivered" => format!("delivered, {status}"),
                (Some(status), Some(reason)) if !reason.starts_with("http_") => format!("{reason}, {status}"),
                (Some(status), _) => format!("answered {status}"),
                (None, reason) => reason.unwrap_or("no answer").to_owned(),
            },
        })
        .collect();
    Delivery {
        class: match view.status.as_str() {
            "delivered" => "ok",
            "failed" => "bad",
            _ => "warn",
        },
        hint: view.reason.as_deref().and_then(hint),
        created: when(&view.created_at),
        next: view.next_attempt_at.as_deref().map(when),
        id: view.id,
        event: view.event,
        kind: view.kind,
        status: view.status,
        reason: view.reason,
        attempts,
    }
}

/// The endpoint, where it is one of this mode: a page shows one mode.
async fn find<S: Needs, C>(
    visit: &Visit<S, C>,
    app: &Application,
    id: &str,
) -> Result<WebhookView, PageError> {
    let (app, id) = (app.id.to_string(), id.to_owned());
    Ok(visit.run(move |_, manage| async move { manage.webhook(&app, &id).await }).await?)
}

/// The address of an endpoint's page, in its mode.
fn page_of(app: &Application, webhook: &WebhookView, done: Option<&str>) -> String {
    let live = webhook.mode == Mode::Live.as_str();
    let query = [live.then(|| "mode=live".to_owned()), done.map(|done| format!("done={done}"))];
    let query: Vec<_> = query.into_iter().flatten().collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}/{}{mark}{}", place(app, "webhooks"), webhook.id, query.join("&"))
}

async fn shown<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    webhook: &WebhookView,
    form: Option<Form>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let some = |name| visit.query.some(name).map(str::to_owned);
    let status =
        some("status").filter(|status| ["pending", "delivered", "failed"].contains(&status.as_str()));
    let fields = HookDeliveryFields {
        status: status.clone(),
        starting_after: some("after"),
        ..HookDeliveryFields::default()
    };
    let (id, hook) = (app.id.to_string(), webhook.id.clone());
    let found =
        visit.run(move |_, manage| async move { manage.hook_deliveries(&id, &hook, &fields).await }).await?;
    let form = form.unwrap_or_else(|| Form {
        url: webhook.url.clone(),
        description: webhook.description.clone(),
        events: webhook.events.iter().map(|event| (*event).to_owned()).collect(),
    });
    let shell = visit.shell(Here::Webhooks, Some(app));
    let code = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let next = found.data.last().filter(|_| found.has_more).map(|last| last.id.clone());
    let shown = One {
        may_change: shell.may(Permission::WebhooksWrite) && app.deletion.is_none(),
        list: place(app, "webhooks"),
        action: format!("{}/{}", place(app, "webhooks"), webhook.id),
        row: row(webhook),
        enabled: webhook.status == "enabled",
        choices: form.choices(),
        form,
        deliveries: found.data.into_iter().map(delivery).collect(),
        next,
        status: status.unwrap_or_default(),
        paged: visit.query.has("after"),
        trouble,
        shell,
    };
    page_with(code, &shown)
}

pub async fn show(Path((app, id)): Ids, visit: Visit<WebhooksRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let webhook = find(&visit, &app, &id).await?;
    if webhook.mode != visit.query.mode().as_str() {
        // A page shows one mode. The endpoint of the other one is on the other list.
        return Ok(if visit.query.has("mode") {
            see_other(&format!("{}?mode={}", place(&app, "webhooks"), visit.query.mode()))
        } else {
            see_other(&page_of(&app, &webhook, visit.query.some("done")))
        });
    }
    shown(&visit, &app, &webhook, None, None).await
}

pub async fn change(Path((app, id)): Ids, act: Act<WebhooksWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let webhook = find(&act.visit, &app, &id).await?;
    let form = Form::typed(&act.form);
    if let Err(trouble) = form.check() {
        return shown(&act.visit, &app, &webhook, Some(form), Some(trouble)).await;
    }
    let fields = WebhookFields {
        url: Some(form.url.clone()),
        events: Some(form.events.clone()),
        description: Some(form.description.clone()),
        enabled: None,
    };
    match changed(&act, &app, &webhook, fields).await {
        Ok(()) => Ok(see_other(&page_of(&app, &webhook, Some("saved")))),
        Err(error) => shown(&act.visit, &app, &webhook, Some(form), Some(Trouble::of(error)?)).await,
    }
}

async fn changed(
    act: &Act<WebhooksWrite>,
    app: &Application,
    webhook: &WebhookView,
    fields: WebhookFields,
) -> Result<(), ServiceError> {
    let (app, id) = (app.id.to_string(), webhook.id.clone());
    act.run(move |_, manage| async move { manage.change_webhook(&app, &id, &fields).await.map(|_| ()) }).await
}

pub async fn enable(Path((app, id)): Ids, act: Act<WebhooksWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let webhook = find(&act.visit, &app, &id).await?;
    let on = act.form.text("on") == "true";
    changed(&act, &app, &webhook, WebhookFields { enabled: Some(on), ..WebhookFields::default() }).await?;
    Ok(see_other(&page_of(&app, &webhook, Some("saved"))))
}

pub async fn test(Path((app, id)): Ids, act: Act<WebhooksWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let webhook = find(&act.visit, &app, &id).await?;
    let (own, hook) = (app.id.to_string(), webhook.id.clone());
    match act.run(move |_, manage| async move { manage.test_webhook(&own, &hook).await.map(|_| ()) }).await {
        Ok(()) => Ok(see_other(&format!("{}#deliveries", page_of(&app, &webhook, Some("webhook_tested"))))),
        Err(error) => shown(&act.visit, &app, &webhook, None, Some(Trouble::of(error)?)).await,
    }
}

pub async fn replay(Path((app, id)): Ids, act: Act<WebhooksWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let webhook = find(&act.visit, &app, &id).await?;
    let fields = if let Some(delivery) = act.form.some("delivery") {
        ReplayFields::Delivery(delivery.to_owned())
    } else if let Some(since) = moment(act.form.text("since")) {
        ReplayFields::Since(since)
    } else {
        let trouble = Trouble::new("since", "Give a day and a time, in UTC.");
        return shown(&act.visit, &app, &webhook, None, Some(trouble)).await;
    };
    let (own, hook) = (app.id.to_string(), webhook.id.clone());
    let queued =
        act.run(move |_, manage| async move { manage.replay_webhook(&own, &hook, &fields).await }).await;
    match queued {
        Ok(_) => Ok(see_other(&format!("{}#deliveries", page_of(&app, &webhook, Some("replayed"))))),
        Err(error) => shown(&act.visit, &app, &webhook, None, Some(Trouble::of(error)?)).await,
    }
}

/// The value of `<input type=datetime-local>`, which has no zone: it is taken for UTC, as all times on these pages are.
fn moment(text: &str) -> Option<Moment> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let at: jiff::Timestamp = format!("{civil}Z").parse().ok()?;
    Some(Moment::from_millis(at.as_millisecond()))
}

async fn ask<C>(
    visit: &Visit<WebhooksWrite, C>,
    ids: (String, String),
    rolls: bool,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let app = visit.app(&ids.0).await?;
    let webhook = find(visit, &app, &ids.1).await?;
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let shown = HookAct {
        shell: visit.shell(Here::Webhooks, Some(&app)),
        action: format!("{}/{}", place(&app, "webhooks"), webhook.id),
        back: page_of(&app, &webhook, None),
        url: webhook.url,
        rolls,
        trouble,
    };
    if shown.trouble.is_none() { page(&shown) } else { page_with(status, &shown) }
}

pub async fn ask_to_roll(
    Path(ids): Ids,
    visit: VisitConfirmed<WebhooksWrite>,
) -> Result<Response, PageError> {
    ask(&visit, ids, true, None).await
}

pub async fn ask_to_remove(Path(ids): Ids, visit: Visit<WebhooksWrite>) -> Result<Response, PageError> {
    ask(&visit, ids, false, None).await
}

pub async fn roll(Path(ids): Ids, act: ActConfirmed<WebhooksWrite>) -> Result<Response, PageError> {
    let Some((time, words)) = grace(act.form.text("grace")).filter(|(time, _)| *time <= LONGEST_GRACE) else {
        let trouble = Trouble::new("grace", "Choose one of the times in the list.");
        return ask(&act.visit, ids, true, Some(trouble)).await;
    };
    let app = act.app(&ids.0).await?;
    let (own, hook) = (app.id.to_string(), ids.1);
    let made = act.run(move |_, manage| async move { manage.roll_webhook(&own, &hook, time).await }).await?;
    let rolled = if time == Duration::ZERO {
        "Events are signed with this secret alone from now on.".to_owned()
    } else {
        format!("For {words} each event has two signatures, by this secret and by the old one.")
    };
    secret_page(&act.visit, &app, &made, Some(rolled))
}

pub async fn remove(Path((app, id)): Ids, act: Act<WebhooksWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let webhook = find(&act.visit, &app, &id).await?;
    let (own, mode) = (app.id.to_string(), webhook.mode);
    act.run(move |_, manage| async move { manage.remove_webhook(&own, &webhook.id).await.map(|_| ()) })
        .await?;
    Ok(see_other(&format!("{}?mode={mode}&done=webhook_removed", place(&app, "webhooks"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_utc() {
        assert_eq!(
            moment("2026-11-24T12:00").map(|at| at.to_string()).as_deref(),
            Some("2026-11-24T12:00:00Z")
        );
        for wrong in ["", "yesterday", "2026-13-01T00:00", "12:00"] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }
}
