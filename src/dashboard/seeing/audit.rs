//! /dashboard/audit: who changed what in the organization, newest first; and all of it as a file.

use std::fmt::Write as _;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::times::{Stamp, parse};
use crate::dashboard::frame::{Given, Here, PageError, Shell, Trouble, Visit, page_with};
use crate::domain::time::Moment;
use crate::http::needs::AuditRead;
use crate::http::{ExportFormat, export_stream};
use crate::service::manage::AuditFields;
use crate::service::manage::answers::AuditView;

/// Lines on a page.
const PAGE: i64 = 50;

/// The filters, as they stand in the address.
const FILTERS: [&str; 6] = ["actor", "action", "target", "app", "from", "to"];

#[derive(Template)]
#[template(path = "dashboard/seeing/audit.html")]
struct AuditPage {
    shell: Shell,
    given: Given,
    rows: Vec<Row>,
    /// The filters as a query, with its question mark where there are any.
    query: String,
    /// The address of the page after this one.
    older: Option<String>,
    filtered: bool,
    trouble: Option<Trouble>,
}

struct Row {
    at: Stamp,
    who: String,
    kind: String,
    actor: Option<String>,
    address: Option<String>,
    action: String,
    target: String,
    target_kind: String,
    app: Option<String>,
    changes: Vec<Change>,
}

/// A field that was changed.
struct Change {
    field: String,
    old: Option<String>,
    new: Option<String>,
}

impl Row {
    fn of(line: AuditView, at: Moment, now: Moment) -> Self {
        let who = line.actor.name.clone().filter(|name| !name.is_empty()).or_else(|| line.actor.id.clone());
        Self {
            at: Stamp::of(at, now),
            who: who.unwrap_or_else(|| line.actor.kind.clone()),
            kind: line.actor.kind.replace('_', " "),
            actor: line.actor.id,
            address: line.address,
            action: line.action,
            target: line.target.id,
            target_kind: line.target.kind.replace('_', " "),
            app: line.app,
            changes: line.changes.as_array().into_iter().flatten().map(Change::of).collect(),
        }
    }
}

impl Change {
    fn of(change: &Value) -> Self {
        let text = |name: &str| match change.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        Self { field: text("field").unwrap_or_default(), old: text("old"), new: text("new") }
    }
}

/// GET
pub async fn get(visit: Visit<AuditRead>) -> Result<Response, PageError> {
    let given = visit.query.clone();
    let shell = visit.shell(Here::Audit, None);
    let found = match fields(&given) {
        Err(trouble) => Err(trouble),
        Ok(filter) => {
            let starting_after = given.some("starting_after").map(str::to_owned);
            let filter = AuditFields { limit: Some(PAGE), starting_after, ..filter };
            let found = visit
                .run(move |_, manage| async move { Ok((manage.audit(&filter).await?, manage.now())) })
                .await;
            match found {
                Ok(found) => Ok(found),
                Err(error) => Err(Trouble::of(error)?),
            }
        }
    };
    let query = query(&given);
    let (rows, older, trouble) = match found {
        Err(trouble) => (Vec::new(), None, Some(trouble)),
        Ok((list, now)) => {
            let next = list.data.last().filter(|_| list.has_more).map(|line| line.id.clone());
            let rows = list.data.into_iter().map(|line| {
                let at = line
                    .at
                    .parse::<jiff::Timestamp>()
                    .map_or(now, |at| Moment::from_millis(at.as_millisecond()));
                Row::of(line, at, now)
            });
            let between = if query.is_empty() { '?' } else { '&' };
            let older = next.map(|id| format!("/dashboard/audit{query}{between}starting_after={id}"));
            (rows.collect(), older, None)
        }
    };
    let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
    page_with(status, &AuditPage { shell, rows, older, filtered: !query.is_empty(), query, trouble, given })
}

/// GET …/export: the same lines, oldest first, as a file.
pub async fn export(visit: Visit<AuditRead>) -> Result<Response, PageError> {
    let format = match visit.query.text("format") {
        "csv" => ExportFormat::Csv,
        _ => ExportFormat::JsonLines,
    };
    let filter =
        fields(&visit.query).map_err(|trouble| PageError::status(trouble.status, trouble.message))?;
    let (export, first) = visit
        .run(move |_, manage| async move {
            let mut export = manage.audit_export(&filter)?;
            // The first page is read before the status is told.
            let first = export.next().await?;
            Ok((export, first))
        })
        .await?;
    Ok(export_stream(export, first, format))
}

fn fields(given: &Given) -> Result<AuditFields, Trouble> {
    let text = |name: &str| given.some(name).map(str::to_owned);
    let time = |name: &str| match given.some(name) {
        None => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| {
            Trouble::new(name, "This is no time. Write it as 2026-11-24T12:00; it is read as UTC.")
        }),
    };
    Ok(AuditFields {
        action: text("action"),
        actor: text("actor"),
        target: text("target"),
        app: text("app"),
        from: time("from")?,
        to: time("to")?,
        ..AuditFields::default()
    })
}

fn query(given: &Given) -> String {
    let mut query = String::new();
    for name in FILTERS {
        if let Some(value) = given.some(name) {
            let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let between = if query.is_empty() { '?' } else { '&' };
            // Writing to a text does not fail.
            let _ = write!(query, "{between}{name}={encoded}");
        }
    }
    query
}
