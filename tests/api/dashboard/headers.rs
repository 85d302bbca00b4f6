//! What every page is sent with, and what may not stand on it.

use rift_mfa::domain::access::Role;

use super::routes::{Things, routes};
use super::visitor::Page;
use crate::harness::on_both;

/// The policy of each page; a message's own HTML has another one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[track_caller]
fn guarded(page: &Page) {
    assert_eq!(page.header("cache-control"), "no-store", "{}", page.path);
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{}", page.path);
    assert_eq!(page.header("referrer-policy"), "same-origin", "{}", page.path);
    let policy = page.header("content-security-policy");
    if page.path.contains("/html") && page.status == 200 {
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.ends_with("sandbox"),
            "{} {policy}",
            page.path
        );
        assert!(
            !policy.contains("script") && policy.contains("frame-ancestors 'self'"),
            "{} {policy}",
            page.path
        );
        return;
    }
    assert_eq!(policy, POLICY, "{}", page.path);
    assert_eq!(page.header("x-frame-options"), "DENY", "{}", page.path);
}

/// Nothing that the policy would stop, and nothing of another host.
#[track_caller]
fn plain(page: &Page) {
    let html = &page.html;
    // A message's own HTML is shown in a frame that runs nothing.
    if !html.contains("<html") || page.header("content-security-policy") != POLICY {
        return;
    }
    for tag in html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()) {
        let words = tag.to_ascii_lowercase();
        let at = |what: &str| format!("{what} on {}: <{tag}>", page.path);
        assert!(!words.contains(" style="), "{}", at("a style"));
        assert!(!words.starts_with("style"), "{}", at("a style sheet"));
        assert!(!words.starts_with("script") || words.contains(" src=\"/"), "{}", at("a script"));
        assert!(!words.contains("javascript:"), "{}", at("a script"));
        let handler =
            words.split_ascii_whitespace().skip(1).any(|word| word.starts_with("on") && word.contains("=\""));
        assert!(!handler, "{}", at("a handler"));
        for attribute in [" src=\"", " action=\"", " formaction=\""] {
            for value in words.split(attribute).skip(1) {
                assert!(
                    value.starts_with(['/', '"', '?']) || value.starts_with("data:"),
                    "{}",
                    at("another host")
                );
            }
        }
        // What takes a form to act has its token.
        assert!(!words.contains("method=\"post\"") || html.contains("name=\"csrf\""), "{}", at("no token"));
    }
    assert!(html.contains("<html lang=\"en\"") && html.contains("<title>"), "{}", page.path);
}

on_both! {
    async fn every_page_has_its_headers_and_nothing_inline(app: TestApp) {
        let things = Things::of(&app).await;
        let (mut owner, mut nobody, mut half) =
            (app.signed_in(Role::Owner).await, app.visitor(), app.half_signed_in(Role::Owner).await);
        let (mut shown, mut missing) = (0, Vec::new());
        for route in routes(&app).iter().filter(|route| route.get) {
            let path = things.fill(&route.path);
            let pages = [owner.get(&path).await, nobody.get(&path).await, half.get(&path).await];
            for page in &pages {
                guarded(page);
                plain(page);
            }
            shown += usize::from(pages[0].status == 200);
            if !matches!(pages[0].status.as_u16(), 200 | 303) {
                missing.push((path, pages[0].status));
            }
        }
        // Each page was really looked at: what only a member who is no longer there could name may be absent.
        missing.retain(|(path, _)| !path.contains("/nothing"));
        assert!(missing.is_empty() && shown > 8, "{missing:#?}");
        guarded(&nobody.get("/dashboard/no/such/page").await.is(404));
        guarded(&owner.ask("DELETE", "/dashboard/account").await.is(405));
    }

    async fn styles_and_scripts_are_kept_by_browsers_and_are_ours(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let page = owner.get("/dashboard/account").await.ok();
        for (before, kind) in [("href=\"/dashboard/assets/app.", "text/css"), ("src=\"/dashboard/assets/htmx.", "text/javascript"),
                               ("src=\"/dashboard/assets/app.", "text/javascript")] {
            let rest = page.between(before, "\"");
            let path = format!("{}{rest}", before.split('"').nth(1).unwrap());
            let asset = app.visitor().get(&path).await.ok();
            assert!(asset.header("content-type").starts_with(kind), "{path}");
            assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(asset.header("x-content-type-options"), "nosniff");
        }
    }
}
