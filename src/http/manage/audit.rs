//! /v1/manage/audit: the log in pages, and whole as CSV or JSON lines.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::extract::{AuditRead, Managed, Takes, ok};
use super::given::{Given, wrong};
use crate::http::error::{ApiError, ErrorBody};
use crate::service::manage::answers::{AuditView, List};
use crate::service::manage::{AuditExport, AuditFields};
use crate::service::{ServiceError, manage};

/// The filters of a page.
pub struct Page(AuditFields);

fn filters(given: &mut Given) -> Result<AuditFields, ServiceError> {
    Ok(AuditFields {
        action: given.line("action", 1, 300)?,
        actor: given.line("actor", 1, 300)?,
        target: given.line("target", 1, 300)?,
        app: given.text("app")?,
        from: given.time("from")?,
        to: given.time("to")?,
        ..AuditFields::default()
    })
}

impl Takes for Page {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["action", "actor", "target", "app", "from", "to", "limit", "starting_after"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let (starting_after, limit) = (given.text("starting_after")?, given.integer("limit", 1, 100)?);
        Ok(Self(AuditFields { starting_after, limit, ..filters(given)? }))
    }
}

/// The form of an export, and its filters.
pub struct Export {
    format: Format,
    fields: AuditFields,
}

/// How an export is written.
#[derive(Clone, Copy)]
pub enum Format {
    /// A table, with a head.
    Csv,
    /// A JSON object on each line.
    JsonLines,
}

impl Takes for Export {
    const IN_QUERY: bool = true;

    fn names() -> Vec<&'static str> {
        vec!["format", "action", "actor", "target", "app", "from", "to"]
    }

    fn take(given: &mut Given) -> Result<Self, ServiceError> {
        let format = match given.text("format")?.as_deref() {
            Some("csv") => Format::Csv,
            None | Some("jsonl") => Format::JsonLines,
            Some(_) => return Err(wrong("format", "csv or jsonl")),
        };
        Ok(Self { format, fields: filters(given)? })
    }
}

/// Read the audit log
#[utoipa::path(
    get, path = "/v1/manage/audit", tag = "Manage: audit", security(("org_key" = ["audit:read"])),
    params(
        ("action" = Option<String>, Query, description = "What was done"),
        ("actor" = Option<String>, Query, description = "Who: an id, or `cli` or `system`"),
        ("target" = Option<String>, Query, description = "What was changed: an id"),
        ("app" = Option<String>, Query, description = "About this application"),
        ("from" = Option<String>, Query, description = "From this time on"),
        ("to" = Option<String>, Query, description = "Before this time"),
        ("limit" = Option<u8>, Query, description = "1 to 100; 20 where it is absent"),
        ("starting_after" = Option<String>, Query, description = "The id of the last line of the page before"),
    ),
    responses(
        (status = 200, description = "Lines, newest first", body = List<AuditView>),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn list(call: Managed<AuditRead, Page>) -> Result<Response, ApiError> {
    ok(&call.run(|_, manage, page| async move { manage.audit(&page.0).await }).await?)
}

/// Export the audit log
///
/// All lines, oldest first, as CSV or as a JSON object on each line.
#[utoipa::path(
    get, path = "/v1/manage/audit/export", tag = "Manage: audit", security(("org_key" = ["audit:read"])),
    params(
        ("format" = Option<String>, Query, description = "`csv` or `jsonl`, which is meant where it is absent"),
        ("action" = Option<String>, Query, description = "What was done"),
        ("actor" = Option<String>, Query, description = "Who: an id, or `cli` or `system`"),
        ("target" = Option<String>, Query, description = "What was changed: an id"),
        ("app" = Option<String>, Query, description = "About this application"),
        ("from" = Option<String>, Query, description = "From this time on"),
        ("to" = Option<String>, Query, description = "Before this time"),
    ),
    responses(
        (status = 200, description = "All lines", content_type = "application/x-ndjson"),
        (status = 400, description = "invalid_value", body = ErrorBody),
        (status = 401, description = "invalid_api_key", body = ErrorBody),
        (status = 403, description = "scope_required", body = ErrorBody),
    )
)]
pub async fn export(call: Managed<AuditRead, Export>) -> Result<Response, ApiError> {
    let (export, first, format) = call
        .run(|_, manage, given| async move {
            let mut export = manage.audit_export(&given.fields)?;
            // The first page is read before the status is told.
            let first = export.next().await?;
            Ok((export, first, given.format))
        })
        .await?;
    Ok(streamed(export, first, format))
}

/// Page after page, as the client reads. A database that goes away breaks the answer off, so that half of a log is not taken
/// for all of it.
#[must_use]
pub fn streamed(export: AuditExport, first: Vec<AuditView>, format: Format) -> Response {
    let head = match format {
        Format::Csv => format!("{}\r\n", manage::answers::AuditView::COLUMNS.join(",")),
        Format::JsonLines => String::new(),
    };
    let state = (export, Some((head, first)));
    let pages = stream::try_unfold(state, move |(mut export, ready)| async move {
        let (head, lines) = match ready {
            Some(ready) => ready,
            None => match export.next().await {
                Ok(lines) => (String::new(), lines),
                Err(error) => {
                    tracing::error!(%error, "an export of an audit log broke off");
                    return Err(std::io::Error::other("the database is not available"));
                }
            },
        };
        if lines.is_empty() && head.is_empty() {
            return Ok(None);
        }
        let ended = lines.is_empty();
        let text = lines.iter().fold(head, |text, line| text + &written(line, format));
        let next = (export, ended.then(|| (String::new(), Vec::new())));
        Ok(Some((Bytes::from(text), next)))
    });
    let (content_type, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        Format::JsonLines => ("application/x-ndjson", "attachment; filename=\"audit.jsonl\""),
    };
    ([(CONTENT_TYPE, content_type), (CONTENT_DISPOSITION, name)], Body::from_stream(pages)).into_response()
}

fn written(line: &AuditView, format: Format) -> String {
    match format {
        Format::JsonLines => serde_json::to_string(line).unwrap_or_default() + "\n",
        Format::Csv => line.cells().iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\r\n",
    }
}

/// A cell by RFC 4180 §2. What a spreadsheet would take for a formula is led by an apostrophe: names are the tenant's words.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_quoted_and_is_no_formula() {
        assert_eq!(quoted("plain, with comma"), "\"plain, with comma\"");
        assert_eq!(quoted("say \"hi\"\r\n"), "\"say \"\"hi\"\"\r\n\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(quoted(formula), format!("\"'{formula}\""));
        }
    }
}
