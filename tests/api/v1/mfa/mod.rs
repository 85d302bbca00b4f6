//! `/v1/mfa`

mod backup;
mod cancel;
mod countries;
mod dual;
mod factors;
mod hsm;
mod list;
mod phone;
mod remove_factor;
mod start;
mod trace;
mod unlock;
mod verify;

use serde_json::Value;

use crate::harness::{Answer, TestApp};

/// A code of the same form that is not this one.
fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}

/// An error's body without the id that differs in each answer.
fn told(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    let id = body["error"]["request_id"].take();
    let header = answer.headers["request-id"].to_str().expect("an id");
    assert!(id == header && header.starts_with("req_"), "{id} {header}");
    body
}

/// A start of any Type, which must succeed.
async fn start(app: &TestApp, fields: &str) -> Value {
    app.post("/v1/mfa", fields).await.ok()
}

/// The status that a trace shows.
async fn status(app: &TestApp, id: &Value) -> Value {
    trace(app, id).await["status"].clone()
}

async fn trace(app: &TestApp, id: &Value) -> Value {
    app.get(&format!("/v1/mfa/{}", id.as_str().expect("an id"))).await.ok()
}

/// Checks of a Type for which the user has nothing: each is a failure of its family.
async fn fail(app: &TestApp, user: &str, kind: &str, times: usize) {
    let code = if kind == "BACKUP" { "3-7KQ2M-9XD4-TPBW" } else { "123456" };
    for _ in 0..times {
        assert_eq!(app.verify(user, kind, code).await.status, 401);
    }
}

/// The next failure locks the user, so that a test can see whether one was counted.
async fn lock_at_first_failure(app: &TestApp) {
    app.set(&[("lock.failures", "1")]).await;
}

/// Enrols a second app for a user who has one; its secret. The user's first app must have a step left.
async fn enrol_second(app: &TestApp, user: &str, proof: &str) -> String {
    let fields = format!("User={user}, Type=APP, Enroll=true, Proof={proof}");
    let secret = start(app, &fields).await["secret"].as_str().expect("a secret").to_owned();
    let confirmed = app.verify(user, "APP", &app.totp(&secret, 0)).await.ok();
    assert_eq!(confirmed["status"], "enrolled");
    app.advance(30);
    secret
}

/// Issues a set of five codes by e-mail, which is the smallest, and reads it.
async fn backup_set(app: &TestApp, user: &str) -> Vec<String> {
    app.set(&[("backup.count", "5")]).await;
    app.issue(&format!("User={user}, Type=EMAIL")).await;
    let codes = app.backup_codes(user).await;
    assert_eq!(codes.len(), 5);
    codes
}
