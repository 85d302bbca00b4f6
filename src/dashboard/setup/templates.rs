//! /dashboard/applications/{app}/templates: which messages have words of the application's own. `edit` is the page of one of them.

mod edit;
mod example;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use super::methods::channel_name;
use super::place;
use crate::dashboard::frame::{Here, PageError, Shell, Visit, page, see_other};
use crate::domain::access::Permission;
use crate::domain::message::Channel;
use crate::domain::template::{TemplateKey, TemplateKind};
use crate::http::needs::AppsRead;
use crate::service::{Service, compose};

pub(super) fn routes() -> Router<Arc<Service>> {
    const ONE: &str = "/dashboard/applications/{app}/templates/{channel}/{kind}/{locale}";
    let below = |part: &str| format!("{ONE}/{part}");
    Router::new()
        .route("/dashboard/applications/{app}/templates", get(list))
        .route("/dashboard/applications/{app}/templates/open", get(open))
        .route(ONE, get(edit::show).post(edit::save))
        .route(&below("preview"), post(edit::preview))
        .route(&below("preview/part"), post(edit::preview_part))
        .route(&below("html"), get(edit::html_now).post(edit::html_draft))
        .route(&below("remove"), post(edit::remove))
}

#[derive(Template)]
#[template(path = "dashboard/setup/templates.html")]
struct List {
    shell: Shell,
    base: String,
    own: usize,
    channels: Vec<ChannelCard>,
    languages: Vec<Language>,
    default: String,
    wrong: bool,
    may_change: bool,
}

struct ChannelCard {
    key: &'static str,
    name: &'static str,
    kinds: Vec<KindRow>,
}

struct KindRow {
    key: &'static str,
    name: &'static str,
    words: Vec<Words>,
}

/// A language of one message.
struct Words {
    locale: String,
    name: String,
    own: bool,
}

/// A language that can be chosen.
struct Language {
    tag: &'static str,
    name: String,
}

/// A language's name in English, where it is one of those that there are built-in words in.
fn language_name(tag: &str) -> String {
    let name = match tag.split('-').next().unwrap_or(tag) {
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "pt" => "Portuguese",
        "it" => "Italian",
        "ja" => "Japanese",
        "hi" => "Hindi",
        _ => return tag.to_owned(),
    };
    if tag.contains('-') { format!("{name} ({tag})") } else { name.to_owned() }
}

const fn kind_name(kind: TemplateKind) -> &'static str {
    match kind {
        TemplateKind::Code => "One-time code",
        TemplateKind::Backup => "Backup codes",
    }
}

/// The kinds of message of a channel.
fn kinds(channel: Channel) -> impl Iterator<Item = TemplateKind> {
    [TemplateKind::Code, TemplateKind::Backup]
        .into_iter()
        .filter(move |kind| TemplateKey::new(channel, *kind, "en").is_ok())
}

fn words(own: &[&str]) -> Vec<Words> {
    let mut all: Vec<Words> = compose::languages()
        .map(|tag| Words { locale: tag.to_owned(), name: language_name(tag), own: own.contains(&tag) })
        .collect();
    for tag in own.iter().filter(|tag| compose::languages().all(|built_in| built_in != **tag)) {
        all.push(Words { locale: (*tag).to_owned(), name: language_name(tag), own: true });
    }
    all
}

async fn list(Path(app): Path<String>, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let id = app.id.to_string();
    let own = visit.run(|_, manage| async move { manage.list_templates(&id).await }).await?.data;
    let rows = |channel: Channel| {
        let row = |kind: TemplateKind| {
            let own: Vec<&str> = own
                .iter()
                .filter(|one| one.channel == channel.as_str() && one.kind == kind.as_str())
                .map(|one| one.locale.as_str())
                .collect();
            KindRow { key: kind.as_str(), name: kind_name(kind), words: words(&own) }
        };
        kinds(channel).map(row).collect()
    };
    let channels = Channel::ALL
        .into_iter()
        .map(|channel| ChannelCard {
            key: channel.as_str(),
            name: channel_name(channel),
            kinds: rows(channel),
        })
        .collect();
    let shell = visit.shell(Here::Templates, Some(&app));
    let shown = List {
        may_change: shell.may(Permission::AppsWrite) && app.deletion.is_none(),
        base: place(&app, "templates"),
        own: own.len(),
        channels,
        languages: compose::languages().map(|tag| Language { tag, name: language_name(tag) }).collect(),
        default: app.settings.locale().to_owned(),
        wrong: visit.query.has("wrong"),
        shell,
    };
    page(&shown)
}

/// From the form that chooses a template to its page.
async fn open(Path(app): Path<String>, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let base = place(&app, "templates");
    let channel = Channel::parse(visit.query.text("channel"));
    let kind = visit.query.text("kind").parse::<TemplateKind>().ok();
    let key = channel
        .zip(kind)
        .and_then(|(channel, kind)| TemplateKey::new(channel, kind, visit.query.text("locale")).ok());
    Ok(see_other(&match key {
        Some(key) => format!("{base}/{}/{}/{}", key.channel(), key.kind(), key.locale()),
        None => format!("{base}?wrong#new"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_stands_once_and_own_ones_are_marked() {
        let shown = words(&["de", "nl", "pt-BR"]);
        let own: Vec<_> = shown.iter().filter(|one| one.own).map(|one| one.name.as_str()).collect();
        assert_eq!(own, ["German", "nl", "Portuguese (pt-BR)"]);
        assert_eq!(shown.len(), compose::languages().count() + 2);
        // A language that is built in has a name.
        assert!(compose::languages().all(|tag| language_name(tag) != tag));
    }

    #[test]
    fn no_voice_reads_backup_codes() {
        assert_eq!(kinds(Channel::Voice).count(), 1);
        assert_eq!(kinds(Channel::Email).count(), 2);
    }
}
