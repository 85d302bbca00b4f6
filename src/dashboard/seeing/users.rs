//! /dashboard/applications/{app}/users: a user is found by a contact, which is hashed to be looked for and shown masked.

pub mod erase;
pub mod factor;

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::times::Stamp;
use super::words;
use crate::dashboard::frame::{Act, Here, PageError, Shell, Trouble, Visit, page, page_with};
use crate::domain::access::Permission;
use crate::domain::tenant::{Application, Mode};
use crate::domain::time::Moment;
use crate::http::needs::{Needs, UsersRead, UsersWrite};
use crate::service::answers::UserView;
use crate::service::manage::NamedUser;

/// For how long a user can be locked by hand.
const SPANS: [(&str, &str, Duration); 5] = [
    ("1h", "1 hour", Duration::from_hours(1)),
    ("24h", "24 hours", Duration::from_hours(24)),
    ("7d", "7 days", Duration::from_hours(7 * 24)),
    ("30d", "30 days", Duration::from_hours(30 * 24)),
    ("365d", "365 days", Duration::from_hours(365 * 24)),
];

#[derive(Template)]
#[template(path = "dashboard/seeing/users.html")]
struct UsersPage {
    shell: Shell,
    app: String,
    /// The contact as it was typed: in the form only.
    asked: String,
    found: Option<Found>,
    spans: &'static [(&'static str, &'static str, Duration)],
    done: Option<&'static str>,
    may_change: bool,
    trouble: Option<Trouble>,
}

/// A user as the page shows one.
struct Found {
    masked: String,
    known: bool,
    failures: i64,
    locked: Option<Stamp>,
    first: Option<Stamp>,
    last: Option<Stamp>,
    backup: i64,
    factors: Vec<Factor>,
}

struct Factor {
    id: String,
    kind: &'static str,
    name: Option<String>,
    made: Stamp,
    used: Option<Stamp>,
}

impl Found {
    fn of(view: UserView, now: Moment) -> Self {
        let stamp = |at: crate::service::answers::Time| Stamp::of(at.0, now);
        let factor = |factor: crate::service::answers::FactorView| Factor {
            id: factor.id,
            kind: words::kind(factor.kind),
            name: factor.name,
            made: stamp(factor.created_at),
            used: factor.last_used_at.map(stamp),
        };
        Self {
            masked: view.user,
            known: view.known,
            failures: view.failures,
            locked: view.locked_until.map(stamp),
            first: view.first_seen_at.map(stamp),
            last: view.last_seen_at.map(stamp),
            backup: view.backup_codes_remaining,
            factors: view.factors.into_iter().map(factor).collect(),
        }
    }
}

fn users_page<S: Needs>(visit: &Visit<S>, app: &Application, asked: &str) -> UsersPage {
    let shell = visit.shell(Here::Users, Some(app));
    UsersPage {
        app: app.id.to_string(),
        asked: asked.to_owned(),
        found: None,
        spans: &SPANS,
        done: None,
        may_change: shell.may(Permission::UsersWrite) && app.deletion.is_none(),
        trouble: None,
        shell,
    }
}

/// What is done with the user that was named.
#[derive(Clone, Copy)]
enum Deed {
    Find,
    Lock(Duration),
    Unlock,
}

/// GET: nobody was looked for yet.
pub async fn get(Path(id): Path<String>, visit: Visit<UsersRead>) -> Result<Response, PageError> {
    let app = visit.app(&id).await?;
    page(&users_page(&visit, &app, ""))
}

/// POST: looks for a user.
pub async fn find(Path(id): Path<String>, act: Act<UsersRead>) -> Result<Response, PageError> {
    done(&id, &act, Deed::Find, None).await
}

/// POST …/lock
pub async fn lock(Path(id): Path<String>, act: Act<UsersWrite>) -> Result<Response, PageError> {
    let given = act.form.text("for");
    let span =
        SPANS.iter().find(|(value, ..)| *value == given).map_or(Duration::from_hours(24), |span| span.2);
    done(&id, &act, Deed::Lock(span), Some("The user is locked. Security keys and backup codes still work."))
        .await
}

/// POST …/unlock
pub async fn unlock(Path(id): Path<String>, act: Act<UsersWrite>) -> Result<Response, PageError> {
    done(&id, &act, Deed::Unlock, Some("The user is unlocked, and its failures are cleared.")).await
}

/// The answer shows the user again: its contact is in the form that was sent, and could stand in no address.
async fn done<S: Needs>(
    id: &str,
    act: &Act<S>,
    deed: Deed,
    words: Option<&'static str>,
) -> Result<Response, PageError> {
    let app = act.visit.app(id).await?;
    let named = named(&app, act.visit.query.mode(), act.form.text("user"));
    let mut shown = users_page(&act.visit, &app, &named.user);
    let result = act
        .visit
        .run(move |_, manage| async move {
            let view = match deed {
                Deed::Find => manage.user(&named).await?,
                Deed::Lock(span) => manage.lock_user(&named, span).await?,
                Deed::Unlock => manage.unlock_user(&named).await?,
            };
            Ok((view, manage.now()))
        })
        .await;
    match result {
        Ok((view, now)) => {
            shown.found = Some(Found::of(view, now));
            shown.done = words;
            page(&shown)
        }
        Err(error) => {
            let trouble = Trouble::of(error)?;
            let status = trouble.status;
            shown.trouble = Some(trouble);
            page_with(status, &shown)
        }
    }
}

fn named(app: &Application, mode: Mode, user: &str) -> NamedUser {
    NamedUser { app: app.id.to_string(), mode, user: user.to_owned() }
}
