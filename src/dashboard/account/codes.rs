//! GET and POST /dashboard/account/backup-codes: a new set, shown once.

use askama::Template;
use axum::response::Response;

use crate::dashboard::frame::{ActConfirmed, Here, Next, PageError, Shell, VisitConfirmed, page};
use crate::http::needs::OrgRead;

#[derive(Template)]
#[template(path = "dashboard/account/codes.html")]
struct CodesPage {
    shell: Shell,
    next: Next,
    left: i64,
    codes: Vec<String>,
}

/// GET
pub async fn get(visit: VisitConfirmed<OrgRead>) -> Result<Response, PageError> {
    let next = Next::or_home(visit.query.text("next"));
    let who = visit.who.clone();
    let (_, left) = visit.run(|service, _| async move { service.sign_in().factors(&who).await }).await?;
    page(&CodesPage { shell: visit.shell(Here::Account, None), next, left, codes: Vec::new() })
}

/// POST
pub async fn post(act: ActConfirmed<OrgRead>) -> Result<Response, PageError> {
    let next = Next::or_home(act.form.text("next"));
    let who = act.who.clone();
    // As many hashes as there are codes.
    let time = std::time::Duration::from_secs(10);
    let codes = act
        .run_within(time, |service, _| async move { service.sign_in().new_backup_codes(&who).await })
        .await?;
    page(&CodesPage { shell: act.shell(Here::Account, None), next, left: 0, codes })
}
