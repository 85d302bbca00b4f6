//! /dashboard/applications/{app}/providers: accounts of the application's own, by channel. `one` is the form of one account.

mod fields;
mod one;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value;

use self::fields::kinds;
use super::methods::channel_name;
use super::place;
use super::words::when;
use crate::dashboard::frame::{Here, PageError, Shell, Visit, page};
use crate::domain::access::Permission;
use crate::domain::message::Channel;
use crate::domain::own_provider::MOST;
use crate::http::needs::ProvidersRead;
use crate::service::manage::answers::{ProviderResult, ProvidersView};
use crate::service::{Carrier, Service};

pub(super) fn routes() -> Router<Arc<Service>> {
    const ALL: &str = "/dashboard/applications/{app}/providers";
    let below = |part: &str| format!("{ALL}/{{channel}}/{part}");
    Router::new()
        .route(ALL, get(list))
        .route(&below("new/{kind}"), get(one::new).post(one::add))
        .route(&below("{at}"), get(one::show).post(one::change))
        .route(&below("{at}/test"), post(one::test))
        .route(&below("{at}/raise"), post(one::raise))
        .route(&below("{at}/remove"), get(one::ask_to_remove).post(one::remove))
}

#[derive(Template)]
#[template(path = "dashboard/setup/providers.html")]
struct List {
    shell: Shell,
    base: String,
    countries: String,
    channels: Vec<ChannelCard>,
    may_change: bool,
}

struct ChannelCard {
    key: &'static str,
    name: &'static str,
    /// Who carries it where there is no account of one's own.
    operator: bool,
    accounts: Vec<Account>,
    updated: Option<String>,
    kinds: Vec<(&'static str, &'static str)>,
    full: bool,
}

/// What is shown of one account: never a secret.
struct Account {
    kind: &'static str,
    facts: Vec<(String, String)>,
}

fn account(shown: &Value) -> Account {
    let kind = shown.get("kind").and_then(Value::as_str).unwrap_or_default();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    };
    let facts = shown
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "kind")
        .map(|(name, value)| (fields::label(name).to_owned(), text(value)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    Account { kind: fields::kind_name(kind), facts }
}

fn card(channel: Channel, carrier: Carrier, own: Option<&ProvidersView>) -> ChannelCard {
    let accounts: Vec<Account> = own
        .and_then(|own| own.providers.as_array())
        .map(|list| list.iter().map(account).collect())
        .unwrap_or_default();
    ChannelCard {
        key: channel.as_str(),
        name: channel_name(channel),
        operator: carrier == Carrier::Operator,
        full: accounts.len() >= MOST,
        accounts,
        updated: own.map(|own| when(&own.updated_at)),
        kinds: kinds(channel).iter().map(|kind| (*kind, fields::kind_name(kind))).collect(),
    }
}

/// What a test message is sent to, in words and as the type of an input.
const fn to(channel: Channel) -> (&'static str, &'static str) {
    match channel {
        Channel::Email => ("Address", "email"),
        Channel::Sms | Channel::Whatsapp | Channel::Voice => ("Number, such as +4915112345678", "tel"),
    }
}

async fn list(Path(app): Path<String>, visit: Visit<ProvidersRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let (id, own_id) = (app.id.to_string(), app.id);
    let (own, carriers) = visit
        .run(move |service, manage| async move {
            let own = manage.list_providers(&id).await?.data;
            let mut carriers = Vec::new();
            for channel in Channel::ALL {
                carriers.push((channel, service.carrier(own_id, channel).await?));
            }
            Ok((own, carriers))
        })
        .await?;
    let shell = visit.shell(Here::Providers, Some(&app));
    let of = |channel: Channel| own.iter().find(|own| own.channel == channel.as_str());
    let shown = List {
        may_change: shell.may(Permission::ProvidersWrite) && app.deletion.is_none(),
        base: place(&app, "providers"),
        countries: place(&app, "countries"),
        channels: carriers
            .into_iter()
            .map(|(channel, carrier)| card(channel, carrier, of(channel)))
            .collect(),
        shell,
    };
    page(&shown)
}

/// What a provider made of a sample message, in words.
struct Verdict {
    class: &'static str,
    words: String,
}

fn verdict(result: &ProviderResult) -> Verdict {
    let why = match (result.detail.as_deref(), result.reason.as_deref()) {
        (Some(detail), Some(reason)) => format!(" {detail} ({reason})"),
        (Some(text), None) | (None, Some(text)) => format!(" {text}"),
        (None, None) => String::new(),
    };
    match result.result {
        "sent" => Verdict {
            class: "good",
            words: "The provider took the message. Look whether it arrives; its code is nobody's.".to_owned(),
        },
        "retry" => Verdict { class: "warn", words: format!("It could not be sent now.{why}") },
        _ => Verdict { class: "bad", words: format!("The provider refused the message.{why}") },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_is_told_by_what_may_be_shown() {
        let shown = account(&json!({
            "kind": "http", "origin": "https://gateway.example", "method": "POST", "headers": ["X-Key"], "content_type": "",
        }));
        assert_eq!(shown.kind, "HTTP gateway");
        let facts: Vec<_> = shown.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert!(facts.contains(&("Headers", "X-Key")) && facts.contains(&("Method", "POST")), "{facts:?}");
        assert_eq!(facts.len(), 3);
    }
}
