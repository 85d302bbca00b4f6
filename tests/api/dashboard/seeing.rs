//! What happens, as members see it: each page with nothing on it, with something, with what is hostile, and for who may not.

#[path = "seeing/audit.rs"]
mod audit;
#[path = "seeing/inbox.rs"]
mod inbox;
#[path = "seeing/log.rs"]
mod log;
#[path = "seeing/overview.rs"]
mod overview;
#[path = "seeing/users.rs"]
mod users;

use rift_mfa::domain::access::Role;

use crate::harness::{TestApp, on_both};

/// The page of the first application.
pub fn at(app: &TestApp, path: &str) -> String {
    format!("/dashboard/applications/{}{path}", app.one.app)
}

/// Names and words that would be more than text, where they were not written as text.
pub const HOSTILE: &str = "\"><script>alert(1)</script>'<b>\u{202e}x";

/// What of it would be markup.
pub const MARKUP: [&str; 2] = ["<script>alert", "<b>\u{202e}"];

const PAGES: [&str; 10] = [
    "",
    "?mode=live&range=90d",
    "/log",
    "/log?mode=live",
    "/log/mfa_01jd8zq5e8f0v9y7x6w5t4s3r2",
    "/users",
    "/users/erase",
    "/users/factors/fac_01jd8zq5e8f0v9y7x6w5t4s3r2",
    "/inbox",
    "/inbox/msg_01jd8zq5e8f0v9y7x6w5t4s3r2/html",
];

on_both! {
    async fn another_organization_finds_nothing(app: TestApp) {
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        let mut stranger = app.signed_in_elsewhere().await;
        for path in PAGES {
            stranger.get(&at(&app, path)).await.is(404).keeps_quiet_about(&["j•••"]);
        }
        let user = [("user", "jane@example.com"), ("type", "EMAIL"), ("code", "123456")];
        for path in ["/log", "/users", "/users/lock", "/users/unlock", "/users/erase", "/inbox", "/inbox/start", "/inbox/verify"] {
            stranger.post(&at(&app, path), &user).await.is(404).keeps_quiet_about(&["j•••"]);
        }
        stranger.get("/dashboard/audit").await.ok().keeps_quiet_about(&[&app.one.app.to_string()]);
    }

    async fn who_is_not_signed_in_sees_no_page(app: TestApp) {
        for path in PAGES {
            let page = app.visitor().get(&at(&app, path)).await.is(303);
            assert!(page.location().starts_with("/dashboard/sign-in"), "{path}");
        }
        let mut half = app.half_signed_in(Role::Owner).await;
        for path in PAGES {
            half.get(&at(&app, path)).await.leads_to("/dashboard/sign-in/second");
        }
    }

    async fn a_viewer_looks_and_changes_nothing(app: TestApp) {
        app.post("/v1/mfa", "User=jane@example.com, Type=EMAIL").await.ok();
        let mut viewer = app.signed_in(Role::Viewer).await;
        for path in ["", "/log", "/users", "/inbox"] {
            viewer.get(&at(&app, path)).await.ok();
        }
        let found = viewer.post(&at(&app, "/users"), &[("user", "jane@example.com")]).await.ok();
        found.says(&["j•••@example.com"]).keeps_quiet_about(&["users/lock", "users/unlock", "users/erase"]);
        viewer.get(&at(&app, "/inbox")).await.ok().keeps_quiet_about(&["inbox/start", "inbox/verify"]);
        let fields = [("user", "jane@example.com"), ("type", "EMAIL"), ("code", "123456"), ("for", "24h")];
        for path in ["/users/lock", "/users/unlock", "/users/erase", "/users/factors/fac_01jd8zq5e8f0v9y7x6w5t4s3r2", "/inbox/start", "/inbox/verify"] {
            viewer.post(&at(&app, path), &fields).await.is(403);
        }
        viewer.get(&at(&app, "/users/erase")).await.is(403);
        viewer.get("/dashboard/audit").await.is(403);
        viewer.get("/dashboard/audit/export?format=csv").await.is(403);
        let mut again = app.signed_in(Role::Viewer).await;
        again.post(&at(&app, "/users"), &[("user", "jane@example.com")]).await.says(&["not locked"]);
    }

    async fn a_form_without_its_token_does_nothing(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let fields = [("user", "jane@example.com"), ("for", "24h"), ("type", "EMAIL")];
        for path in ["/users/lock", "/users/unlock", "/users/erase", "/inbox/start", "/inbox/verify", "/log", "/users", "/inbox"] {
            owner.post_as_it_is(&at(&app, path), &fields, Some("same-origin"), None).await.is(403);
        }
    }
}
