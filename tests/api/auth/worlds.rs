//! Another tenant's things, and the other mode's, are as if they were not there: on every route, in every word.

use axum::http::Request;
use serde_json::Value;

use crate::harness::{Answer, TestApp, bare, on_both, post};

const FORM: &str = "application/x-www-form-urlencoded";
const ABSENT: &str = "mfa_01jd8zq5e8f0v9y7x6w5t4s3r2";

/// An id of the same moment that nothing has: lists are in the order of ids, so the moment alone may show.
fn beside(id: &str) -> String {
    let last = if id.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &id[..id.len() - 1])
}

/// What a stranger can read off an answer.
fn seen(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.body.clone();
    if let Some(id) = body.pointer_mut("/error/request_id") {
        *id = Value::Null;
    }
    let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    (answer.status.as_u16(), names, body)
}

/// Requests that name a challenge or a factor by its id.
fn by_id(key: &str, challenge: &str, factor: &str) -> Vec<Request<axum::body::Body>> {
    let verify = |kind: &str, code: &str| {
        let body = format!("User=jane@example.com, Type={kind}, Code={code}, Id={challenge}");
        post("/v1/mfa/verify", key, FORM, &body)
    };
    vec![
        bare("GET", &format!("/v1/mfa/{challenge}"), key),
        bare("POST", &format!("/v1/mfa/{challenge}/cancel"), key),
        bare("DELETE", &format!("/v1/mfa/factors/{factor}"), key),
        bare("GET", &format!("/v1/mfa?starting_after={challenge}"), key),
        verify("EMAIL", "123456"),
        verify("APP", "123456"),
        verify("BACKUP", "00000000000000"),
        post(
            "/v1/mfa",
            key,
            FORM,
            &format!("User=jane@example.com, Type=APP, Enroll=true, Proof={challenge}"),
        ),
    ]
}

/// The same user in both worlds, with an app each; in the first one also a code, backup codes and a proof.
async fn furnish(app: &mut TestApp, stranger: &str) -> (String, String, String) {
    let key = std::mem::replace(&mut app.key, stranger.to_owned());
    app.enrol("jane@example.com").await;
    app.key = key;
    app.enrol("jane@example.com").await;
    let proof = app.approve("jane@example.com").await;
    app.issue_backup("jane@example.com").await;
    app.advance(31);
    let pending = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
    let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&pending["id"]), text(&factors["data"][0]["id"]), proof)
}

async fn see_nothing(app: &mut TestApp, stranger: &str) {
    let (challenge, factor, proof) = furnish(app, stranger).await;
    let before = app.get(&format!("/v1/mfa/{challenge}")).await.ok();
    for challenge in [&challenge, &proof] {
        let theirs = by_id(stranger, challenge, &factor);
        let absent = by_id(stranger, &beside(challenge), &beside(&factor));
        for (theirs, absent) in theirs.into_iter().zip(absent) {
            let what = format!("{} {}", theirs.method(), theirs.uri());
            let (theirs, absent) = (app.send(theirs).await, app.send(absent).await);
            assert_eq!(seen(&theirs), seen(&absent), "{what}");
        }
    }
    // Nothing of the owner's has changed.
    assert_eq!(app.get(&format!("/v1/mfa/{challenge}")).await.ok(), before);
    let factors = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
    assert_eq!(factors["data"][0]["id"], factor.as_str());
    assert_eq!(factors["backup_codes_remaining"], 10);
}

/// What the owner's world holds is not in the stranger's lists.
async fn lists_are_apart(app: &mut TestApp, stranger: &str) {
    let secret = app.enrol("jane@example.com").await;
    let code = app.start_email("jane@example.com").await;
    app.advance(31);
    app.issue_backup("jane@example.com").await;
    let backup = app.backup_codes("jane@example.com").await;

    let list = app.get_as(stranger, "/v1/mfa?User=jane@example.com").await.ok();
    assert_eq!(list["data"].as_array().unwrap().len(), 0);
    let factors = app.get_as(stranger, "/v1/mfa/factors?User=jane@example.com").await.ok();
    assert_eq!(
        (factors["data"].as_array().unwrap().len(), &factors["backup_codes_remaining"]),
        (0, &0.into())
    );

    let code_of_app = app.totp(&secret, 0);
    for (kind, code, told) in [
        ("EMAIL", code.as_str(), "no_pending_code"),
        ("APP", code_of_app.as_str(), "not_enrolled"),
        ("BACKUP", backup[0].as_str(), "not_enrolled"),
        ("EMAIL", backup[1].as_str(), "not_enrolled"),
    ] {
        let body = format!("User=jane@example.com, Type={kind}, Code={code}");
        app.post_as(stranger, "/v1/mfa/verify", &body).await.fails(401, told);
    }
    // Failures there lock nobody here, and an unlock there lifts nothing here.
    for _ in 0..6 {
        app.post_as(stranger, "/v1/mfa/verify", "User=jane@example.com, Type=APP, Code=000000")
            .await
            .fails(401, "not_enrolled");
    }
    app.post_as(stranger, "/v1/mfa/verify", "User=jane@example.com, Type=APP, Code=000000")
        .await
        .fails(429, "user_locked");
    let approved = app.verify("jane@example.com", "APP", &code_of_app).await.ok();
    assert_eq!(approved["status"], "approved");
    let approved = app.verify("jane@example.com", "EMAIL", &code).await.ok();
    assert_eq!(approved["status"], "approved");
    for _ in 0..10 {
        app.verify("kim@example.com", "APP", "000000").await.fails(401, "not_enrolled");
    }
    app.post_as(stranger, "/v1/mfa/unlock", "User=kim@example.com").await.ok();
    app.verify("kim@example.com", "APP", "000000").await.fails(429, "user_locked");
}

on_both! {
    async fn another_applications_ids_are_as_absent(app: TestApp) {
        let stranger = app.other.test_key.clone();
        see_nothing(&mut app, &stranger).await;
    }

    async fn the_other_modes_ids_are_as_absent(app: TestApp) {
        let stranger = app.one.live_key.clone();
        see_nothing(&mut app, &stranger).await;
    }

    async fn another_applications_lists_are_apart(app: TestApp) {
        let stranger = app.other.test_key.clone();
        lists_are_apart(&mut app, &stranger).await;
        let inbox = app.get_as(&stranger, "/v1/test/inbox?User=jane@example.com").await.ok();
        assert_eq!(inbox["data"].as_array().unwrap().len(), 0);
    }

    async fn the_other_modes_lists_are_apart(app: TestApp) {
        let stranger = app.one.live_key.clone();
        lists_are_apart(&mut app, &stranger).await;
        app.get_as(&stranger, "/v1/test/inbox?User=jane@example.com").await.fails(403, "test_mode_only");
    }

    async fn an_id_of_another_kind_or_form_is_absent(app: TestApp) {
        let started = app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        let id = started["id"].as_str().unwrap();
        let absent = seen(&app.get(&format!("/v1/mfa/{ABSENT}")).await);
        for wrong in [
            "x".to_owned(),
            "mfa_".to_owned(),
            id.to_uppercase(),
            id.replace("mfa_", "fac_"),
            id.replace("mfa_", ""),
            format!("{id}0"),
            format!("{id}%00"),
            id[..id.len() - 1].to_owned(),
            format!("%20{id}"),
        ] {
            assert_eq!(seen(&app.get(&format!("/v1/mfa/{wrong}")).await), absent, "{wrong}");
        }
        app.get(&format!("/v1/mfa/{id}")).await.ok();
        app.delete(&format!("/v1/mfa/factors/{id}")).await.fails(404, "not_found");
    }
}
