//! /dashboard/applications/{app}/inbox: what test mode sent, as it would have arrived, and the whole way tried by hand.

pub mod trying;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::times::Stamp;
use super::words;
use crate::dashboard::frame::{Act, Here, PageError, Shell, Trouble, Visit, page_with, sandboxed_html};
use crate::domain::access::Permission;
use crate::domain::challenge::MfaType;
use crate::domain::message::Channel;
use crate::domain::tenant::Application;
use crate::domain::time::Moment;
use crate::http::needs::{ChallengesRead, Needs};
use crate::service::manage::InboxEntry;

use trying::{Answered, Tried};

#[derive(Template)]
#[template(path = "dashboard/seeing/inbox.html")]
struct InboxPage {
    shell: Shell,
    app: String,
    /// The contact that is looked for, as it was typed.
    asked: String,
    messages: Vec<Message>,
    /// The Types that can be tried here, of those that are on.
    types: Vec<(&'static str, &'static str)>,
    may_try: bool,
    tried: Tried,
    answered: Option<Answered>,
    trouble: Option<Trouble>,
}

struct Message {
    id: String,
    channel: String,
    /// The Type that verifies its code; none for what has no code.
    kind: Option<&'static str>,
    to: String,
    subject: Option<String>,
    text: String,
    has_html: bool,
    /// Whether its HTML is seen at once, as the newest one's is.
    open: bool,
    code: Option<String>,
    backup_codes: Vec<String>,
    locale: String,
    challenge: Option<String>,
    at: Stamp,
}

impl Message {
    fn of(entry: InboxEntry, now: Moment) -> Self {
        let kind = match entry.channel {
            Channel::Email => MfaType::Email,
            Channel::Sms => MfaType::Sms,
            Channel::Whatsapp => MfaType::Whatsapp,
            Channel::Voice => MfaType::Phone,
        };
        Self {
            id: entry.id.to_string(),
            channel: words::channel(entry.channel.as_str()).to_owned(),
            kind: entry.code.is_some().then_some(kind.as_str()),
            to: entry.to,
            subject: entry.subject,
            text: entry.text,
            has_html: entry.html.is_some(),
            open: false,
            code: entry.code,
            backup_codes: entry.backup_codes,
            locale: entry.locale,
            challenge: entry.challenge.map(|id| id.to_string()),
            at: Stamp::of(entry.at, now),
        }
    }
}

/// GET
pub async fn get(Path(id): Path<String>, visit: Visit<ChallengesRead>) -> Result<Response, PageError> {
    let app = visit.app(&id).await?;
    show(&visit, &app, "", Tried::default(), None).await
}

/// POST: the messages to one contact.
pub async fn of_user(Path(id): Path<String>, act: Act<ChallengesRead>) -> Result<Response, PageError> {
    let app = act.visit.app(&id).await?;
    show(&act.visit, &app, act.form.text("user"), Tried::default(), None).await
}

/// GET …/{msg}/html: the HTML half of a mail, for a frame in which it can do nothing.
pub async fn html(
    Path((app, msg)): Path<(String, String)>,
    visit: Visit<ChallengesRead>,
) -> Result<Response, PageError> {
    let entry = visit.run(move |_, manage| async move { manage.inbox_message(&app, &msg).await }).await?;
    entry.html.map(sandboxed_html).ok_or_else(PageError::not_found)
}

async fn show<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    asked: &str,
    tried: Tried,
    answered: Option<Answered>,
) -> Result<Response, PageError> {
    let shell = visit.shell(Here::Inbox, Some(app));
    let (id, user) = (app.id.to_string(), asked.to_owned());
    let found = visit
        .run(move |_, manage| async move {
            let user = Some(user.as_str()).filter(|user| !user.is_empty());
            Ok((manage.inbox(&id, user).await?, manage.now()))
        })
        .await;
    let (mut messages, trouble) = match found {
        Ok((entries, now)) => (entries.into_iter().map(|entry| Message::of(entry, now)).collect(), None),
        Err(error) => (Vec::<Message>::new(), Some(Trouble::of(error)?)),
    };
    if let Some(newest) = messages.iter_mut().find(|message| message.has_html) {
        newest.open = true;
    }
    // The page is shown, whatever the API has answered to what was tried.
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    // A security key needs the tenant's own page.
    let on = |kind: &MfaType| !matches!(kind, MfaType::Hsm | MfaType::Backup) && app.settings.allows(*kind);
    let types = MfaType::ALL.iter().copied().filter(on).map(|kind| (kind.as_str(), words::kind(kind)));
    page_with(
        status,
        &InboxPage {
            app: app.id.to_string(),
            asked: asked.to_owned(),
            messages,
            types: types.collect(),
            may_try: shell.may(Permission::AppsWrite) && app.deletion.is_none(),
            tried,
            answered,
            trouble,
            shell,
        },
    )
}
