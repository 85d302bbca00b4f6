//! GET /dashboard/account and what follows: a member's own name, password, factors and sessions.

pub mod app;
pub mod codes;
pub mod factor;
pub mod key;
pub mod password;
pub mod sessions;

use std::sync::Arc;

use askama::Template;
use axum::response::Response;

use super::frame::{Here, PageError, Shell, Visit, page};
use crate::domain::challenge::MfaType;
use crate::http::needs::OrgRead;
use crate::service::answers::{FactorView, Time};
use crate::service::sign_in::SessionView;

#[derive(Template)]
#[template(path = "dashboard/account/index.html")]
struct AccountPage {
    shell: Shell,
    name: String,
    factors: Vec<FactorView>,
    codes_left: i64,
    sessions: Vec<SessionView>,
    keys: bool,
}

impl AccountPage {
    fn kind(kind: MfaType) -> &'static str {
        if kind == MfaType::App { "Authenticator app" } else { "Security key" }
    }
}

/// GET
pub async fn get(visit: Visit<OrgRead>) -> Result<Response, PageError> {
    let who = visit.who.clone();
    let (factors, codes_left, sessions) = visit
        .run(|service, _| async move {
            let (factors, codes) = service.sign_in().factors(&who).await?;
            Ok((factors, codes, service.sign_in().sessions(&who).await?))
        })
        .await?;
    page(&AccountPage {
        shell: visit.shell(Here::Account, None),
        name: visit.who.member().name.clone(),
        factors,
        codes_left,
        sessions,
        keys: Arc::clone(&visit.service).sign_in().keys_can_be_used(),
    })
}

/// A time as the pages show it: to the minute, in UTC.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand fields on by reference")]
pub fn shown(time: &Time) -> String {
    super::frame::minute(time.0)
}
