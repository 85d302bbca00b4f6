//! /dashboard/applications/{app}/countries: whose numbers get live messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value};

use super::place;
use crate::dashboard::frame::{Act, Given, Here, PageError, Shell, Trouble, Visit, page_with, see_other};
use crate::domain::access::Permission;
use crate::domain::country::COUNTRIES;
use crate::domain::policy::Settings;
use crate::domain::tenant::Application;
use crate::http::needs::{AppsRead, AppsWrite, Needs};
use crate::service::{Service, ServiceError};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/dashboard/applications/{app}/countries", get(show).post(save))
}

#[derive(Template)]
#[template(path = "dashboard/setup/countries.html")]
struct Countries {
    shell: Shell,
    action: String,
    settings: String,
    tag: String,
    every: bool,
    chosen: usize,
    groups: Vec<Group>,
    trouble: Option<Trouble>,
    may_change: bool,
}

struct Group {
    name: &'static str,
    chosen: usize,
    countries: Vec<Choice>,
}

struct Choice {
    code: String,
    name: &'static str,
    chosen: bool,
}

/// The list as it is set: codes, and `*` for every country.
fn listed(settings: &Settings) -> BTreeSet<String> {
    let json = settings.to_json();
    let list = json.get("countries").and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn groups(chosen: &BTreeSet<String>) -> Vec<Group> {
    let group = |name, countries: Vec<Choice>| Group {
        name,
        chosen: countries.iter().filter(|country| country.chosen).count(),
        countries,
    };
    let known: BTreeSet<&str> = COUNTRIES.iter().flat_map(|(_, all)| *all).map(|(code, _)| *code).collect();
    let of = |all: &[(&'static str, &'static str)]| {
        all.iter()
            .map(|(code, name)| Choice { code: (*code).to_owned(), name, chosen: chosen.contains(*code) })
            .collect()
    };
    let mut groups: Vec<Group> = COUNTRIES.iter().map(|(part, all)| group(part.as_str(), of(all))).collect();
    // Codes that the API took and nobody has: shown, so that they can be taken off.
    let others: Vec<Choice> = chosen
        .iter()
        .filter(|code| *code != "*" && !known.contains(code.as_str()))
        .map(|code| Choice { code: code.clone(), name: "no country that we know", chosen: true })
        .collect();
    if !others.is_empty() {
        groups.push(group("Others", others));
    }
    groups
}

fn shown<S: Needs>(
    visit: &Visit<S>,
    app: &Application,
    chosen: &BTreeSet<String>,
    trouble: Option<Trouble>,
) -> Result<Response, PageError> {
    let shell = visit.shell(Here::Countries, Some(app));
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    let groups = groups(chosen);
    let countries = Countries {
        may_change: shell.may(Permission::AppsWrite) && app.deletion.is_none(),
        action: place(app, "countries"),
        settings: place(app, "settings"),
        tag: app.settings.tag(),
        every: chosen.contains("*"),
        chosen: groups.iter().map(|group| group.chosen).sum(),
        groups,
        trouble,
        shell,
    };
    page_with(status, &countries)
}

async fn show(Path(app): Path<String>, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    shown(&visit, &app, &listed(&app.settings), None)
}

fn chosen(form: &Given) -> BTreeSet<String> {
    let mut chosen: BTreeSet<String> = form.all("country").into_iter().map(str::to_owned).collect();
    if form.has("every") {
        chosen.insert("*".to_owned());
    }
    chosen
}

async fn save(Path(app): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.app(&app).await?;
    let mut chosen = chosen(&act.form);
    // Every country is all of the list: the others would only stand there and mean nothing.
    if chosen.contains("*") {
        chosen.retain(|code| code == "*");
    }
    let tag = act.form.text("tag").to_owned();
    let change: Map<String, Value> =
        [("countries".to_owned(), Value::from(chosen.iter().cloned().collect::<Vec<_>>()))]
            .into_iter()
            .collect();
    let id = app.id.to_string();
    let saved = act
        .run(move |_, manage| async move {
            manage.put_settings(&id, &change, &Some(vec![tag]), true).await.map(|_| ())
        })
        .await;
    let error = match saved {
        Ok(()) => return Ok(see_other(&format!("{}?done=saved", place(&app, "countries")))),
        Err(error) => error,
    };
    let moved = matches!(error, ServiceError::PreconditionFailed);
    let mut trouble = Trouble::of(error)?;
    let app = act.app(&app.id.to_string()).await?;
    if moved {
        let now: Vec<_> = listed(&app.settings).into_iter().collect();
        let now = if now.is_empty() { "none".to_owned() } else { now.join(", ") };
        trouble.message =
            "Somebody else changed the application's settings meanwhile. Nothing is saved yet.".into();
        trouble.fix =
            Some(format!("Your choice stands below; save again to put it in place of theirs ({now})."));
    }
    shown(&act.visit, &app, &chosen, Some(trouble))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_ticked_and_what_nobody_has_can_be_taken_off() {
        let mut settings = Settings::default();
        settings.set("countries", "DE,US,ZZ").unwrap();
        let groups = groups(&listed(&settings));
        let ticked = |name: &str| groups.iter().find(|group| group.name == name).map(|group| group.chosen);
        assert_eq!([ticked("Europe"), ticked("The Americas"), ticked("Asia")], [Some(1), Some(1), Some(0)]);
        assert_eq!(ticked("Others"), Some(1));
        settings.set("countries", "*").unwrap();
        assert!(super::groups(&listed(&settings)).iter().all(|group| group.chosen == 0));
    }

    #[test]
    fn the_form_says_which() {
        let form = Given::parse(b"country=DE&country=FR&every=on");
        assert_eq!(chosen(&form).into_iter().collect::<Vec<_>>(), ["*", "DE", "FR"]);
        assert!(chosen(&Given::default()).is_empty());
    }
}
