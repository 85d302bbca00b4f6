//! /dashboard/applications/{app}/log: challenges, newest first, with filters. The first page follows what happens.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::times::{Stamp, parse};
use super::words;
use crate::dashboard::frame::{Act, Given, Here, PageError, Shell, Trouble, Visit, page_with};
use crate::domain::challenge::{MfaType, Status};
use crate::domain::time::Moment;
use crate::http::needs::ChallengesRead;
use crate::service::answers::ChallengeView;
use crate::service::manage::{ChallengeFields, Page};

/// Challenges on a page.
const PAGE: i64 = 50;

/// The fields that stand in the address. The contact does not.
const IN_ADDRESS: [&str; 5] = ["type", "status", "reference", "from", "to"];

#[derive(Template)]
#[template(path = "dashboard/seeing/log.html")]
struct LogPage {
    shell: Shell,
    app: String,
    /// The filters as they were given.
    given: Given,
    /// The contact that is looked for, as it was typed.
    user: String,
    types: Vec<Choice>,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    /// Where the list goes on.
    older: Option<String>,
    /// This page once more, where it has an address of its own.
    address: String,
    /// Whether it is the first page and has an address: then it follows what happens.
    follows: bool,
    /// Whether anything is filtered.
    filtered: bool,
    trouble: Option<Trouble>,
}

/// An option of a filter.
struct Choice {
    value: &'static str,
    words: &'static str,
    chosen: bool,
}

struct Row {
    id: String,
    at: Stamp,
    kind: &'static str,
    user: String,
    status: &'static str,
    tone: &'static str,
    reference: Option<String>,
    attempts: i64,
}

impl Row {
    fn of(view: &ChallengeView, now: Moment) -> Self {
        Self {
            id: view.id.clone(),
            at: Stamp::of(view.created_at.0, now),
            kind: words::record(view.object, view.kind),
            user: view.user.clone(),
            status: view.status.as_str(),
            tone: words::tone(view.status),
            reference: view.reference.clone(),
            attempts: view.attempts,
        }
    }
}

/// GET: the filters stand in the address.
pub async fn get(Path(id): Path<String>, visit: Visit<ChallengesRead>) -> Result<Response, PageError> {
    let given = visit.query.clone();
    show(&id, &visit, given, false).await
}

/// POST: a contact is looked for.
pub async fn of_user(Path(id): Path<String>, act: Act<ChallengesRead>) -> Result<Response, PageError> {
    show(&id, &act.visit, act.form.clone(), true).await
}

async fn show(
    id: &str,
    visit: &Visit<ChallengesRead>,
    given: Given,
    by_form: bool,
) -> Result<Response, PageError> {
    let app = visit.app(id).await?;
    let shell = visit.shell(Here::Log, Some(&app));
    let asked = filters(&given, visit.query.mode(), by_form);
    let app_id = app.id.to_string();
    let found = match asked {
        Err(trouble) => Err(trouble),
        Ok(fields) => {
            let id = app_id.clone();
            let found =
                visit
                    .run(move |_, manage| async move {
                        Ok((manage.challenges(&id, &fields).await?, manage.now()))
                    })
                    .await;
            match found {
                Ok(found) => Ok(found),
                Err(error) => Err(Trouble::of(error)?),
            }
        }
    };
    let (rows, has_more, trouble) = match found {
        Ok((list, now)) => (list.data.iter().map(|view| Row::of(view, now)).collect(), list.has_more, None),
        Err(trouble) => (Vec::new(), false, Some(trouble)),
    };
    let rows: Vec<Row> = rows;
    let query = query(&given, &shell);
    // A contact that stands in an address is not shown either.
    let user = if by_form { given.text("user").to_owned() } else { String::new() };
    let filtered = !user.is_empty() || IN_ADDRESS.iter().any(|name| given.some(name).is_some());
    let status = trouble.as_ref().map_or(axum::http::StatusCode::OK, |trouble| trouble.status);
    let log = LogPage {
        older: rows.last().filter(|_| has_more).map(|row| row.id.clone()),
        follows: user.is_empty() && trouble.is_none() && given.some("starting_after").is_none(),
        address: format!("/dashboard/applications/{app_id}/log{query}"),
        app: app_id,
        types: choices(
            MfaType::ALL.iter().map(|kind| (kind.as_str(), words::kind(*kind))),
            given.text("type"),
        ),
        statuses: choices(Status::ALL.iter().map(|one| (one.as_str(), one.as_str())), given.text("status")),
        given,
        user,
        rows,
        filtered,
        trouble,
        shell,
    };
    page_with(status, &log)
}

fn choices(all: impl Iterator<Item = (&'static str, &'static str)>, chosen: &str) -> Vec<Choice> {
    all.map(|(value, words)| Choice { value, words, chosen: value == chosen }).collect()
}

fn filters(
    given: &Given,
    mode: crate::domain::tenant::Mode,
    by_form: bool,
) -> Result<ChallengeFields, Trouble> {
    let time = |name: &str| match given.some(name) {
        None => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| {
            Trouble::new(name, "This is no time. Write it as 2026-11-24T12:00; it is read as UTC.")
        }),
    };
    let word = |name: &str| Trouble::new(name, "There is no such choice.");
    Ok(ChallengeFields {
        page: Page {
            mode,
            created_after: time("from")?,
            created_before: time("to")?,
            limit: Some(PAGE),
            starting_after: given.some("starting_after").map(str::to_owned),
        },
        // A contact that stands in an address is not looked at.
        user: given.some("user").filter(|_| by_form).map(str::to_owned),
        kind: given.some("type").map(str::parse).transpose().map_err(|_| word("type"))?,
        status: given.some("status").map(str::parse).transpose().map_err(|_| word("status"))?,
        reference: given.some("reference").map(str::to_owned),
    })
}

/// The filters as a query.
fn query(given: &Given, shell: &Shell) -> String {
    let mut query = shell.mode_query().to_owned();
    for name in IN_ADDRESS {
        if let Some(value) = given.some(name) {
            let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let between = if query.is_empty() { '?' } else { '&' };
            // Writing to a text does not fail.
            let _ = write!(query, "{between}{name}={encoded}");
        }
    }
    query
}
