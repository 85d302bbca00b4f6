//! /dashboard/applications/{app}/log/{mfa}: one challenge as a line of what happened to it.

mod steps;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::times::Stamp;
use super::words;
use crate::dashboard::frame::{Here, PageError, Shell, Visit, page};
use crate::domain::challenge::Status;
use crate::http::needs::ChallengesRead;

use steps::Step;

#[derive(Template)]
#[template(path = "dashboard/seeing/trace.html")]
struct TracePage {
    shell: Shell,
    app: String,
    id: String,
    kind: &'static str,
    user: String,
    status: &'static str,
    tone: &'static str,
    meaning: &'static str,
    reference: Option<String>,
    begun: Stamp,
    ends: Option<Stamp>,
    attempts: String,
    factor: Option<String>,
    method: Option<String>,
    steps: Vec<Step>,
    /// Whether something is still to come.
    waits: bool,
    /// The page's own address.
    address: String,
}

/// GET
pub async fn get(
    Path((app, mfa)): Path<(String, String)>,
    visit: Visit<ChallengesRead>,
) -> Result<Response, PageError> {
    let app = visit.app(&app).await?;
    let mode = visit.query.mode();
    let shell = visit.shell(Here::Log, Some(&app));
    let id = app.id.to_string();
    let (trace, now) = visit
        .run(move |_, manage| async move { Ok((manage.challenge(&id, mode, &mfa).await?, manage.now())) })
        .await?;
    let challenge = &trace.challenge;
    let on_its_way =
        trace.deliveries.iter().any(|delivery| matches!(delivery.status.as_str(), "queued" | "held"));
    page(&TracePage {
        address: format!("/dashboard/applications/{}/log/{}{}", app.id, challenge.id, shell.mode_query()),
        app: app.id.to_string(),
        id: challenge.id.clone(),
        kind: words::record(challenge.object, challenge.kind),
        user: challenge.user.clone(),
        status: challenge.status.as_str(),
        tone: words::tone(challenge.status),
        meaning: words::status(challenge.status),
        reference: challenge.reference.clone(),
        begun: Stamp::of(challenge.created_at.0, now),
        ends: challenge.expires_at.map(|at| Stamp::of(at.0, now)),
        attempts: match challenge.max_attempts {
            Some(most) => format!("{} of {most}", challenge.attempts),
            None => challenge.attempts.to_string(),
        },
        factor: challenge.factor.clone(),
        method: challenge.method.map(|method| words::channel(method.as_str()).to_owned()),
        waits: on_its_way || matches!(challenge.status, Status::Pending | Status::Enrolling),
        steps: steps::of(&trace, now),
        shell,
    })
}
