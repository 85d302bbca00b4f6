//! POST …/inbox/start and …/inbox/verify: what a back-end would ask, asked by hand, and the answer as the API gives it.

use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};

use super::show;
use crate::dashboard::frame::{Act, Given, PageError};
use crate::http::ApiError;
use crate::http::needs::AppsWrite;
use crate::service::{ServiceError, StartFields, VerifyFields};

/// What was asked, so that the forms show it again.
#[derive(Default)]
pub struct Tried {
    /// `User`
    pub user: String,
    /// `Type`
    pub kind: String,
}

/// The answer.
pub struct Answered {
    /// The call.
    pub call: &'static str,
    /// Its status.
    pub status: u16,
    /// Whether it is what one hopes for.
    pub good: bool,
    /// Its body, indented.
    pub json: String,
    /// The picture of an app's secret, in base64.
    pub qr_code: Option<String>,
    /// What it means.
    pub words: String,
}

impl Answered {
    fn of(call: &'static str, words: &str, result: Result<Value, ServiceError>) -> Result<Self, PageError> {
        match result {
            Ok(body) => Ok(Self {
                call,
                status: 200,
                good: true,
                // Standard base64 only, so that it can be nothing else in a `data:` address.
                qr_code: body
                    .get("qr_code")
                    .and_then(Value::as_str)
                    .filter(|text| is_base64(text))
                    .map(str::to_owned),
                json: pretty(&body),
                words: words.to_owned(),
            }),
            Err(error @ (ServiceError::Internal(_) | ServiceError::Unavailable(_))) => Err(error.into()),
            Err(error) => {
                let told = ApiError::from(error).told();
                let body = json!({"error": {
                    "code": told.code, "message": told.message, "param": told.param, "fix": told.fix,
                }});
                let fix = told.fix.map_or_else(String::new, |fix| format!(" {fix}"));
                Ok(Self {
                    call,
                    status: told.status.as_u16(),
                    good: false,
                    qr_code: None,
                    json: pretty(&body),
                    words: format!("{}{fix}", told.message),
                })
            }
        }
    }
}

fn pretty(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap_or_default()
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

fn tried(form: &Given) -> Tried {
    let text = |name: &str| form.text(name).to_owned();
    Tried { user: text("user"), kind: text("type") }
}

/// POST …/start
pub async fn start(Path(id): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.visit.app(&id).await?;
    let some = |name: &str| act.form.some(name).map(str::to_owned);
    let fields = StartFields { user: some("user"), kind: some("type"), ..StartFields::default() };
    let id = app.id.to_string();
    let result = act
        .visit
        .run(move |service, manage| async move { manage.try_start(&service, &id, fields).await })
        .await;
    let words = "Started. Its code lies in the inbox on this page; type it under “Verify”.";
    let answered = Answered::of("POST /v1/mfa", words, result)?;
    show(&act.visit, &app, "", tried(&act.form), Some(answered)).await
}

/// POST …/verify
pub async fn verify(Path(id): Path<String>, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let app = act.visit.app(&id).await?;
    let some = |name: &str| act.form.some(name).map(str::to_owned);
    let fields = VerifyFields {
        user: some("user"),
        kind: some("type"),
        code: some("code"),
        ..VerifyFields::default()
    };
    let id = app.id.to_string();
    let result = act
        .visit
        .run(move |service, manage| async move { manage.try_verify(&service, &id, fields).await })
        .await;
    let words = "Verified. Your back-end lets the user in on \"status\": \"approved\", and on nothing else.";
    let answered = Answered::of("POST /v1/mfa/verify", words, result)?;
    show(&act.visit, &app, "", tried(&act.form), Some(answered)).await
}
