//! One account: made, changed, tried, put earlier, removed. Secrets are typed and never shown; a field left empty keeps the one
//! that is there. What it is made of is changed by who showed a second factor just now.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::fields::{self, Control, Shown, object, shown};
use super::{Verdict, to, verdict};
use crate::dashboard::frame::{
    Act, ActConfirmed, Given, Here, PageError, Shell, Trouble, Visit, VisitConfirmed, page_with, see_other,
};
use crate::dashboard::setup::methods::channel_name;
use crate::dashboard::setup::place;
use crate::domain::message::Channel;
use crate::domain::own_provider::KeptProvider;
use crate::domain::tenant::Application;
use crate::http::needs::ProvidersWrite;
use crate::service::{ListEdit, ServiceError};

/// How long a test may take.
const TEST: Duration = Duration::from_secs(15);

#[derive(Template)]
#[template(path = "dashboard/setup/provider.html")]
struct One {
    shell: Shell,
    list: String,
    action: String,
    channel: &'static str,
    kind: &'static str,
    kind_key: String,
    version: i64,
    /// Its place in the list; none for a new one.
    at: Option<usize>,
    fields: Vec<Shown>,
    trouble: Option<Trouble>,
    to: &'static str,
    to_kind: &'static str,
    to_typed: String,
    verdict: Option<Verdict>,
}

#[derive(Template)]
#[template(path = "dashboard/setup/provider_remove.html")]
struct Remove {
    shell: Shell,
    list: String,
    action: String,
    channel: &'static str,
    kind: &'static str,
    version: i64,
    last: bool,
}

/// An account that is kept, and whose.
struct Found {
    app: Application,
    channel: Channel,
    at: usize,
    kept: KeptProvider,
    version: i64,
    last: bool,
}

impl Found {
    fn action(&self) -> String {
        format!("{}/{}/{}", place(&self.app, "providers"), self.channel, self.at)
    }
}

type Ids = Path<(String, String, String)>;

async fn find<C>(
    visit: &Visit<ProvidersWrite, C>,
    ids: (String, String, String),
) -> Result<Found, PageError> {
    let (app, channel, at) = ids;
    let app = visit.app(&app).await?;
    let channel = Channel::parse(&channel).ok_or_else(PageError::not_found)?;
    let at: usize = at.parse().map_err(|_| PageError::not_found())?;
    let id = app.id.to_string();
    let (kept, version) =
        visit.run(move |_, manage| async move { manage.kept_providers(&id, channel.as_str()).await }).await?;
    let last = kept.len() == 1;
    let kept = kept.into_iter().nth(at).ok_or_else(PageError::not_found)?;
    Ok(Found { app, channel, at, kept, version, last })
}

/// What a page shows beside the account itself.
#[derive(Default)]
struct Beside<'a> {
    typed: Option<&'a Given>,
    trouble: Option<Trouble>,
    verdict: Option<Verdict>,
    to_typed: String,
}

fn page_of<C>(
    visit: &Visit<ProvidersWrite, C>,
    found: &Found,
    beside: Beside<'_>,
) -> Result<Response, PageError> {
    let Beside { typed, trouble, verdict, to_typed } = beside;
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let (to, to_kind) = to(found.channel);
    let shown = One {
        shell: visit.shell(Here::Providers, Some(&found.app)),
        list: place(&found.app, "providers"),
        action: found.action(),
        channel: channel_name(found.channel),
        kind: fields::kind_name(&found.kept.kind),
        kind_key: found.kept.kind.clone(),
        version: found.version,
        at: Some(found.at),
        fields: shown(found.channel, &found.kept.kind, Some(&found.kept), typed),
        trouble,
        to,
        to_kind,
        to_typed,
        verdict,
    };
    page_with(status, &shown)
}

fn new_page(
    visit: &VisitConfirmed<ProvidersWrite>,
    app: &Application,
    channel: Channel,
    kind: &str,
    typed: Option<&Given>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let fields = shown(channel, kind, None, typed);
    if fields.is_empty() {
        return Err(PageError::not_found());
    }
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let list = place(app, "providers");
    let (to, to_kind) = to(channel);
    let shown = One {
        shell: visit.shell(Here::Providers, Some(app)),
        action: format!("{list}/{channel}/new/{kind}"),
        list,
        channel: channel_name(channel),
        kind: fields::kind_name(kind),
        kind_key: kind.to_owned(),
        version: 0,
        at: None,
        fields,
        trouble,
        to,
        to_kind,
        to_typed: String::new(),
        verdict: None,
    };
    page_with(status, &shown)
}

pub async fn new(
    Path((app, channel, kind)): Ids,
    visit: VisitConfirmed<ProvidersWrite>,
) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let channel = Channel::parse(&channel).ok_or_else(PageError::not_found)?;
    new_page(&visit, &app, channel, &kind, None, None)
}

pub async fn add(
    Path((app, channel, kind)): Ids,
    act: ActConfirmed<ProvidersWrite>,
) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let channel = Channel::parse(&channel).ok_or_else(PageError::not_found)?;
    let again = |trouble| new_page(&act.visit, &app, channel, &kind, Some(&act.form), Some(trouble));
    let provider = match object(channel, &kind, &act.form, None) {
        Ok((provider, _)) => provider,
        Err((field, problem)) => return again(Trouble::new(field, problem)),
    };
    match edited(&act.visit, &app, channel, ListEdit::Add(provider)).await {
        Ok(()) => Ok(see_other(&format!("{}?done=saved#{channel}", place(&app, "providers")))),
        Err(error) => again(beside_its_field(Trouble::of(error)?, &kind)),
    }
}

/// A fault of a mail server's address is told at the server's name: the address is not a field of the form.
fn beside_its_field(mut trouble: Trouble, kind: &str) -> Trouble {
    if let Some(field) = trouble.param.take() {
        let told = fields::label(&field);
        trouble.message = trouble.message.replace(&format!("`{field}`"), told);
        trouble.param = Some(if kind == "smtp" && field == "url" { "host".to_owned() } else { field });
    }
    trouble
}

async fn edited<C>(
    act: &Visit<ProvidersWrite, C>,
    app: &Application,
    channel: Channel,
    edit: ListEdit,
) -> Result<(), ServiceError> {
    let id = app.id.to_string();
    act.run(move |service, manage| async move {
        let edited = manage.edit_providers(&id, channel.as_str(), edit).await;
        service.own_providers().forget();
        edited
    })
    .await
}

pub async fn show(Path(ids): Ids, visit: VisitConfirmed<ProvidersWrite>) -> Result<Response, PageError> {
    let found = find(&visit, ids).await?;
    page_of(&visit, &found, Beside::default())
}

/// The version of the list that the form was made from.
fn version(form: &Given) -> i64 {
    form.text("version").parse().unwrap_or_default()
}

pub async fn change(Path(ids): Ids, act: ActConfirmed<ProvidersWrite>) -> Result<Response, PageError> {
    let found = find(&act.visit, ids).await?;
    let typed = Some(&act.form);
    let again =
        |trouble| page_of(&act.visit, &found, Beside { typed, trouble: Some(trouble), ..Beside::default() });
    let (provider, keep) = match object(found.channel, &found.kept.kind, &act.form, Some(&found.kept)) {
        Ok(made) => made,
        Err((field, problem)) => return again(Trouble::new(field, problem)),
    };
    let edit = ListEdit::Replace { at: found.at, provider, keep, version: version(&act.form) };
    match edited(&act.visit, &found.app, found.channel, edit).await {
        Ok(()) => Ok(see_other(&format!("{}?done=saved#{}", place(&found.app, "providers"), found.channel))),
        Err(ServiceError::PreconditionFailed) => {
            let mut trouble = Trouble::of(ServiceError::PreconditionFailed)?;
            "Somebody else changed these accounts meanwhile. Nothing is saved yet."
                .clone_into(&mut trouble.message);
            trouble.fix = Some(
                "What you see is the account as it is now, with what you typed; type secrets again and save."
                    .to_owned(),
            );
            again(trouble)
        }
        Err(error) => again(beside_its_field(Trouble::of(error)?, &found.kept.kind)),
    }
}

pub async fn test(Path(ids): Ids, act: Act<ProvidersWrite>) -> Result<Response, PageError> {
    let found = find(&act.visit, ids).await?;
    let (id, channel, at) = (found.app.id.to_string(), found.channel, found.at);
    let to_typed = act.form.raw("to").to_owned();
    let to = act.form.text("to").to_owned();
    let tested = act
        .run_within(TEST, move |_, manage| async move {
            manage.test_providers(&id, channel.as_str(), Some(at), &to).await
        })
        .await;
    let beside = match tested {
        Ok(told) => Beside { verdict: told.results.first().map(verdict), to_typed, ..Beside::default() },
        Err(error) => Beside { trouble: Some(Trouble::of(error)?), to_typed, ..Beside::default() },
    };
    page_of(&act.visit, &found, beside)
}

pub async fn raise(Path(ids): Ids, act: Act<ProvidersWrite>) -> Result<Response, PageError> {
    let found = find(&act.visit, ids).await?;
    let edit = ListEdit::Raise { at: found.at, version: found.version };
    edited(&act.visit, &found.app, found.channel, edit).await?;
    Ok(see_other(&format!("{}?done=saved#{}", place(&found.app, "providers"), found.channel)))
}

pub async fn ask_to_remove(
    Path(ids): Ids,
    visit: VisitConfirmed<ProvidersWrite>,
) -> Result<Response, PageError> {
    let found = find(&visit, ids).await?;
    let shown = Remove {
        shell: visit.shell(Here::Providers, Some(&found.app)),
        list: place(&found.app, "providers"),
        action: format!("{}/remove", found.action()),
        channel: channel_name(found.channel),
        kind: fields::kind_name(&found.kept.kind),
        version: found.version,
        last: found.last,
    };
    page_with(StatusCode::OK, &shown)
}

pub async fn remove(Path(ids): Ids, act: ActConfirmed<ProvidersWrite>) -> Result<Response, PageError> {
    let found = find(&act.visit, ids).await?;
    let edit = ListEdit::Remove { at: found.at, version: version(&act.form) };
    edited(&act.visit, &found.app, found.channel, edit).await?;
    let done = if found.last { "provider_removed" } else { "removed" };
    Ok(see_other(&format!("{}?done={done}", place(&found.app, "providers"))))
}
