//! What is refused on every route there is: nobody, half a session, another organization, a role that may not, another site.

use rift_mfa::domain::access::Role;

use super::routes::{Route, Things, routes};
use super::visitor::{Page, SESSION, Visitor};
use crate::harness::{PUBLIC_URL, TestApp, on_both};

fn inside(app: &TestApp) -> Vec<Route> {
    routes(app).into_iter().filter(Route::is_inside).collect()
}

/// Nothing but what a look and a session's end may change.
#[track_caller]
fn unchanged(before: &str, after: &str) {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let (before, after) = (lines(before), lines(after));
    assert_eq!(before.difference(&after).collect::<Vec<_>>(), Vec::<&String>::new(), "it is gone");
    assert_eq!(after.difference(&before).collect::<Vec<_>>(), Vec::<&String>::new(), "it is new");
}

/// Sends a form with the right token past the page that it stands on.
async fn forced(visitor: &mut Visitor, path: &str, site: Option<&str>, origin: Option<&str>) -> Page {
    if visitor.csrf().is_empty() {
        visitor.get("/dashboard/account").await.ok();
    }
    let csrf = visitor.csrf().to_owned();
    visitor.post_as_it_is(path, &[("csrf", &csrf), ("name", "x")], site, origin).await
}

on_both! {
    async fn nobody_comes_in_without_a_session(app: TestApp) {
        let things = Things::of(&app).await;
        let before = app.stored().await;
        for token in [None, Some("A".repeat(43)), Some("x".into())] {
            for route in routes(&app).iter().filter(|route| !route.is_door()) {
                let path = things.fill(&route.path);
                let mut visitor = app.visitor();
                visitor.set_cookie(SESSION, token.as_deref());
                for page in [
                    if route.get { Some(visitor.get(&path).await) } else { None },
                    if route.post { Some(visitor.post_as_it_is(&path, &[], Some("same-origin"), Some(PUBLIC_URL)).await) } else { None },
                ].into_iter().flatten() {
                    let to = page.location();
                    assert_eq!(page.status.as_u16(), 303, "{} {}", route.path, page.html);
                    assert!(to.starts_with("/dashboard/sign-in") || path == "/dashboard", "{} {to}", route.path);
                }
            }
        }
        unchanged(&before, &app.stored().await);
    }

    async fn half_a_session_reaches_no_page(app: TestApp) {
        let things = Things::of(&app).await;
        let mut visitor = app.half_signed_in(Role::Owner).await;
        visitor.get("/dashboard/setup").await.ok();
        let csrf = visitor.csrf().to_owned();
        let before = app.stored().await;
        for route in inside(&app).iter().filter(|route| route.path != "/dashboard" && route.path != "/dashboard/sign-out") {
            let path = things.fill(&route.path);
            if route.get {
                visitor.get(&path).await.leads_to("/dashboard/sign-in/second");
            }
            if route.post {
                visitor.post_as_it_is(&path, &[("csrf", &csrf)], Some("same-origin"), Some(PUBLIC_URL)).await
                    .leads_to("/dashboard/sign-in/second");
            }
        }
        unchanged(&before, &app.stored().await);
    }

    async fn what_is_another_organizations_reads_as_absent(app: TestApp) {
        let things = Things::of(&app).await;
        let mut stranger = app.signed_in_elsewhere().await;
        let before = app.stored().await;
        for route in inside(&app).iter().filter(|route| route.path.contains('{') && !route.is_own()) {
            let path = things.fill(&route.path);
            if route.get {
                stranger.get(&path).await.is(404);
            }
            if route.post {
                forced(&mut stranger, &path, Some("same-origin"), Some(PUBLIC_URL)).await.is(404);
            }
        }
        unchanged(&before, &app.stored().await);
    }

    async fn a_viewer_changes_nothing(app: TestApp) {
        let things = Things::of(&app).await;
        let mut viewer = app.signed_in(Role::Viewer).await;
        let before = app.stored().await;
        for route in inside(&app).iter().filter(|route| route.post && !route.is_own()) {
            let page = forced(&mut viewer, &things.fill(&route.path), Some("same-origin"), Some(PUBLIC_URL)).await;
            // A contact that is searched for stands in no address: some forms only look.
            let looks = ["/log", "/users", "/inbox"].iter().any(|end| route.path.ends_with(end));
            assert!(page.status.as_u16() == 403 || looks, "{} {}", route.path, page.status);
        }
        unchanged(&before, &app.stored().await);
    }

    async fn a_form_without_the_right_token_is_not_acted_upon(app: TestApp) {
        let things = Things::of(&app).await;
        let (mut owner, mut other) = (app.signed_in(Role::Owner).await, app.signed_in(Role::Owner).await);
        other.get("/dashboard/account").await.ok();
        owner.get("/dashboard/account").await.ok();
        assert_ne!(owner.csrf(), other.csrf());
        let wrong = [None, Some(String::new()), Some("x".into()), Some(other.csrf().to_owned()), Some(owner.csrf().to_lowercase())];
        let before = app.stored().await;
        for route in inside(&app).iter().filter(|route| route.post) {
            let path = things.fill(&route.path);
            for token in &wrong {
                let fields: Vec<_> = token.iter().map(|token| ("csrf", token.as_str())).collect();
                owner.post_as_it_is(&path, &fields, Some("same-origin"), Some(PUBLIC_URL)).await.is(403);
            }
            // Nor is one in the address.
            let query = format!("{path}?csrf={}", owner.csrf());
            owner.post_as_it_is(&query, &[], Some("same-origin"), Some(PUBLIC_URL)).await.is(403);
        }
        unchanged(&before, &app.stored().await);
    }

    async fn the_door_wants_its_token_too(app: TestApp) {
        let things = Things::of(&app).await;
        let before = app.stored().await;
        for route in routes(&app).iter().filter(|route| route.post && route.is_door()) {
            let path = things.fill(&route.path);
            let (mut visitor, mut other) = (app.visitor(), app.visitor());
            visitor.get("/dashboard/sign-in").await.ok();
            other.get("/dashboard/sign-in").await.ok();
            let fields = [("email", "jane@example.com"), ("password", "correct horse battery staple")];
            for token in [None, Some(""), Some(other.csrf())] {
                let mut fields = fields.to_vec();
                fields.extend(token.map(|token| ("csrf", token)));
                visitor.post_as_it_is(&path, &fields, Some("same-origin"), Some(PUBLIC_URL)).await.is(403);
            }
            // A token without the cookie that it was made for.
            let csrf = visitor.csrf().to_owned();
            app.visitor().post_as_it_is(&path, &[("csrf", &csrf)], Some("same-origin"), Some(PUBLIC_URL)).await.is(403);
        }
        unchanged(&before, &app.stored().await);
    }

    async fn what_another_site_sends_is_not_acted_upon(app: TestApp) {
        let things = Things::of(&app).await;
        let mut owner = app.signed_in(Role::Owner).await;
        let before = app.stored().await;
        for route in routes(&app).iter().filter(|route| route.post) {
            let path = things.fill(&route.path);
            for (site, origin) in [
                (Some("cross-site"), Some("https://evil.example")),
                (Some("same-site"), Some("https://other.mfa.example")),
                (Some("cross-site"), None),
                (Some("cross-site"), Some("null")),
                (None, Some("https://evil.example")),
                (None, Some("https://mfa.example.evil.example")),
                (None, Some("https://mfa.example:8443")),
                (None, Some("null")),
            ] {
                let page = forced(&mut owner, &path, site, origin).await;
                assert_eq!(page.status.as_u16(), 403, "{} {site:?} {origin:?}", route.path);
            }
        }
        unchanged(&before, &app.stored().await);
    }

    async fn a_link_changes_nothing_and_other_verbs_are_not_known(app: TestApp) {
        let things = Things::of(&app).await;
        let mut owner = app.signed_in(Role::Owner).await;
        let before = app.stored().await;
        for route in routes(&app) {
            let path = things.fill(&route.path);
            if route.get {
                owner.get(&path).await;
                owner.ask("HEAD", &path).await;
            } else {
                owner.get(&path).await.is(405);
            }
            for verb in ["PUT", "PATCH", "DELETE"] {
                owner.ask(verb, &path).await.is(405);
            }
            if !route.post {
                forced(&mut owner, &path, Some("same-origin"), Some(PUBLIC_URL)).await.is(405);
            }
        }
        unchanged(&before, &app.stored().await);
    }
}
