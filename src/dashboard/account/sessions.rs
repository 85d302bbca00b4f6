//! POST /dashboard/account/sessions/{id}/end and /dashboard/account/sessions/end

use axum::extract::Path;
use axum::response::Response;

use crate::dashboard::frame::{Act, PageError, see_other};
use crate::http::needs::OrgRead;

/// Ends one.
pub async fn end(Path(id): Path<String>, act: Act<OrgRead>) -> Result<Response, PageError> {
    let who = act.who.clone();
    act.run(|service, _| async move { service.sign_in().end_session(&who, &id).await }).await?;
    Ok(see_other("/dashboard/account?done=session_ended"))
}

/// Ends all but the one that asks.
pub async fn end_others(act: Act<OrgRead>) -> Result<Response, PageError> {
    let who = act.who.clone();
    act.run(|service, _| async move { service.sign_in().end_other_sessions(&who).await }).await?;
    Ok(see_other("/dashboard/account?done=sessions_ended"))
}
