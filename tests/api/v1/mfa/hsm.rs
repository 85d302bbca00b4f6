//! Type=HSM: security keys, with an authenticator in software.

mod enrol;
mod forged;
mod garbage;
mod limits;
mod lock;
mod options;
mod proof;
mod settings;
mod sign_in;
mod worlds;

use serde_json::{Value, json};

use crate::harness::authenticator::{ORIGIN, RP_ID, Scene, SoftKey};
use crate::harness::{Answer, TestApp};

const JANE: &str = "jane@example.com";

/// Names the relying party of application `one`.
async fn configured(app: &TestApp) {
    app.set(&[("webauthn.rp_id", RP_ID), ("webauthn.origins", ORIGIN)]).await;
}

/// A start of HSM, which must succeed.
async fn start(app: &TestApp, user: &str) -> Value {
    app.post("/v1/mfa", &format!("User={user}, Type=HSM")).await.ok()
}

/// Gives an answer of a key to be checked, as an object.
async fn check(app: &TestApp, user: &str, code: &Value) -> Answer {
    app.post_json("/v1/mfa/verify", &json!({"User": user, "Type": "HSM", "Code": code})).await
}

/// Enrols a key for a user who has none.
async fn enrolled(app: &TestApp, user: &str) -> SoftKey {
    let started = start(app, user).await;
    assert_eq!(started["status"], "enrolling");
    let key = SoftKey::new(&started["public_key"]);
    let confirmed = check(app, user, &key.create(&started["public_key"], &Scene::default())).await.ok();
    assert_eq!(confirmed["status"], "enrolled");
    app.advance(1);
    key
}

/// Signs the user in with the key.
async fn sign_in(app: &TestApp, user: &str, key: &mut SoftKey) -> Value {
    let started = start(app, user).await;
    assert_eq!(started["status"], "pending");
    check(app, user, &key.get(&started["public_key"], &Scene::default())).await.ok()
}

/// Begins a further enrolment for a user who is proven by that verification.
async fn enrol_more(app: &TestApp, user: &str, proof: &str) -> Answer {
    app.post("/v1/mfa", &format!("User={user}, Type=HSM, Enroll=true, Proof={proof}")).await
}

/// The last check that a trace shows.
async fn last_check(app: &TestApp, id: &Value) -> String {
    let trace = super::trace(app, id).await;
    let checks = trace["checks"].as_array().expect("checks");
    checks.last().expect("a check")["result"].as_str().expect("a result").to_owned()
}
