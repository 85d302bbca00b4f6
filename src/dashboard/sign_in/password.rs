//! GET and POST /dashboard/sign-in: address and password.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::dashboard::frame::{Bare, Next, PageError, Passing, PassingAct, Trouble, page_with, see_other};
use crate::domain::id::OrgId;
use crate::domain::password::Password;
use crate::service::sign_in::{PasswordStep, Session};

#[derive(Template)]
#[template(path = "dashboard/sign_in/password.html")]
struct SignInPage {
    bare: Bare,
    csrf_field: String,
    next: String,
    email: String,
    orgs: Vec<(OrgId, String)>,
    done: Option<&'static str>,
    trouble: Option<Trouble>,
}

impl SignInPage {
    fn of(page: &Passing, next: &Next) -> Self {
        let done = match page.query.text("done") {
            "signed_out" => Some("You are signed out."),
            "password_reset" => Some("The password is changed. Sign in with it."),
            _ => None,
        };
        Self {
            bare: Bare::new(),
            csrf_field: page.csrf_field(),
            next: next.to_string(),
            email: String::new(),
            orgs: Vec::new(),
            done,
            trouble: None,
        }
    }
}

/// GET
pub async fn get(page: Passing) -> Result<Response, PageError> {
    let next = Next::or_home(page.query.text("next"));
    if let Some(Session::Full(_)) = page.session {
        return Err(PageError::AlreadyIn(next));
    }
    let shown = SignInPage::of(&page, &next);
    Ok((page.cookies.into_jar(), page_with(StatusCode::OK, &shown)?).into_response())
}

/// POST
pub async fn post(PassingAct { page, form }: PassingAct) -> Result<Response, PageError> {
    let next = Next::or_home(form.text("next"));
    let again = |trouble: Trouble, orgs: Vec<(OrgId, String)>| {
        let status = trouble.status;
        let mut shown = SignInPage::of(&page, &next);
        form.text("email").clone_into(&mut shown.email);
        shown.orgs = orgs;
        shown.trouble = Some(trouble);
        page_with(status, &shown)
    };
    let org = form.some("organization").and_then(|id| id.parse().ok());
    // A text that can be no password is a wrong one: nobody learns a rule by it.
    let password = Password::new(form.raw("password"));
    let service = std::sync::Arc::clone(&page.service);
    let (email, from) = (form.text("email").to_owned(), page.from.clone());
    let step = super::to_its_end(&page.service, async move {
        service.sign_in().with_password(&email, &password, org, &from).await
    })
    .await?;
    match step {
        PasswordStep::On(token) => {
            let to = format!("/dashboard/sign-in/second?next={}", next.encoded());
            Ok((page.cookies.with_session(&token).into_jar(), see_other(&to)).into_response())
        }
        PasswordStep::Wrong => {
            let mut trouble = Trouble::new("", "The address or the password is wrong.");
            trouble.status = StatusCode::UNAUTHORIZED;
            again(trouble, Vec::new())
        }
        PasswordStep::Choose(orgs) => {
            again(Trouble::new("organization", "Choose the organization, and give the password again."), orgs)
        }
        PasswordStep::TooMany { retry_after } => Err(super::too_many(retry_after)),
    }
}
