//! Users: found, locked, unlocked, erased; their factors removed.

use rift_mfa::domain::access::Role;
use serde_json::json;

use super::{HOSTILE, MARKUP, at};
use crate::harness::on_both;

const JANE: [(&str, &str); 1] = [("user", "jane@example.com")];

on_both! {
    async fn a_user_is_found_by_the_contact_and_shown_masked(app: TestApp) {
        app.enrol("jane@example.com").await;
        let mut viewer = app.signed_in(Role::Viewer).await;
        let page = viewer.post(&at(&app, "/users"), &JANE).await.ok();
        page.says(&["j•••@example.com", "not locked", "App", "value=\"jane@example.com\""]);
        assert_eq!(page.html.matches("jane@example.com").count(), 1, "in the field only");
        viewer.post(&at(&app, "/users?mode=live"), &JANE).await.ok().says(&["is not known here"]);
        viewer.post(&at(&app, "/users"), &[("user", "jane@")]).await.is(400).says(&["id=\"wrong-user\""]);
        let page = viewer.post(&at(&app, "/users"), &[("user", HOSTILE)]).await;
        page.keeps_quiet_about(&MARKUP);
    }

    async fn a_user_is_locked_and_unlocked_by_hand(app: TestApp) {
        let code = app.start_email("jane@example.com").await;
        let mut developer = app.signed_in(Role::Developer).await;
        developer.post(&at(&app, "/users/lock"), &[JANE[0], ("for", "1h")]).await.is(403);
        let mut admin = app.signed_in(Role::Admin).await;
        let page = admin.post(&at(&app, "/users/lock"), &[JANE[0], ("for", "1h")]).await.ok();
        page.says(&["The user is locked.", "24 Nov 2026, 13:00:00", "in 1 h"]);
        app.verify("jane@example.com", "EMAIL", &code).await.fails(429, "user_locked");
        admin.post(&at(&app, "/users/unlock"), &JANE).await.ok().says(&["not locked", "The user is unlocked"]);
        app.verify("jane@example.com", "EMAIL", &code).await.ok();
        let log = admin.get("/dashboard/audit").await.ok();
        log.says(&["user.locked", "user.unlocked", &admin.member.as_ref().unwrap().email]);
    }

    async fn a_user_is_erased_once_it_is_typed_again(app: TestApp) {
        app.start_email("jane@example.com").await;
        let mut owner = app.signed_in(Role::Owner).await;
        owner.get(&at(&app, "/users/erase")).await.ok().says(&["Erase for good"]);
        owner.post(&at(&app, "/users/erase"), &[("user", "jane")]).await.ok().says(&["Nothing was known"]);
        let page = owner.post(&at(&app, "/users/erase"), &JANE).await.ok();
        page.says(&["j•••@example.com", "is erased", "1 challenges", "aud_"]).keeps_quiet_about(&["jane@example.com\""]);
        owner.post(&at(&app, "/users"), &JANE).await.ok().says(&["is not known here"]);
    }

    async fn what_is_dangerous_wants_a_factor_shown_just_now(app: TestApp) {
        app.start_email("jane@example.com").await;
        let mut owner = app.signed_in(Role::Owner).await;
        owner.get(&at(&app, "/users/erase")).await.ok();
        app.advance(11 * 60);
        for path in ["/users/erase", "/users/factors/fac_01jd8zq5e8f0v9y7x6w5t4s3r2"] {
            let page = owner.post(&at(&app, path), &JANE).await.is(303);
            assert!(page.location().starts_with("/dashboard/confirm?next="), "{}", page.location());
            let page = owner.get(&at(&app, path)).await.is(303);
            assert!(page.location().starts_with("/dashboard/confirm?next="), "{}", page.location());
        }
        owner.post(&at(&app, "/users"), &JANE).await.ok().says(&["j•••@example.com", "First seen"]);
    }

    async fn a_factor_is_removed_and_its_user_told(app: TestApp) {
        app.enrol("jane@example.com").await;
        let shown = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        let id = shown["data"][0]["id"].as_str().unwrap().to_owned();
        let path = at(&app, &format!("/users/factors/{id}"));
        let mut admin = app.signed_in(Role::Admin).await;
        admin.get(&path).await.ok().says(&["Remove this factor?", &id]);
        admin.post(&path, &[("user", "john@example.com")]).await.is(400).says(&["no such factor"]);
        admin.post(&path, &JANE).await.ok().says(&["The factor is removed", "j•••@example.com"]);
        let shown = app.get("/v1/mfa/factors?User=jane@example.com").await.ok();
        assert_eq!(shown["data"], json!([]));
        admin.get(&at(&app, "/users/factors/nonsense")).await.is(404);
    }
}
