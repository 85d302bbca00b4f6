//! Setting up: who sees and who changes what, and what each form says when it is not right.

use rift_mfa::domain::access::Role;

use super::visitor::{Page, Visitor};
use crate::harness::{TestApp, on_both};

#[path = "setup/apps.rs"]
mod apps;
#[path = "setup/keys.rs"]
mod keys;
#[path = "setup/members.rs"]
mod members;
#[path = "setup/providers.rs"]
mod providers;
#[path = "setup/settings.rs"]
mod settings;
#[path = "setup/templates.rs"]
mod templates;
#[path = "setup/webhooks.rs"]
mod webhooks;

/// Pages of an application that everybody may see who may see the application.
const PAGES: [&str; 9] = [
    "/methods",
    "/settings",
    "/templates",
    "/templates/sms/code/de",
    "/countries",
    "/security-keys",
    "/providers",
    "/webhooks",
    "/keys",
];

impl TestApp {
    /// The address of a page of the tests' application.
    pub fn at(&self, page: &str) -> String {
        format!("/dashboard/applications/{}{page}", self.one.app)
    }
}

impl Page {
    /// A redirect to somewhere that begins so.
    #[track_caller]
    pub fn leads_near(self, path: &str) -> Self {
        assert_eq!(self.status.as_u16(), 303, "{}\n{}", self.path, self.html);
        assert!(self.location().starts_with(path), "{} leads to {}", self.path, self.location());
        self
    }

    /// How often the words stand on it.
    pub fn count(&self, words: &str) -> usize {
        self.html.matches(words).count()
    }

    /// Everything that would send something: forms with POST, but for the one that signs out.
    pub fn forms(&self) -> usize {
        self.count("<form method=\"post\"") - self.count("action=\"/dashboard/sign-out\"")
    }
}

/// Every form of setting up, with fields that would be right.
fn forms(app: &TestApp) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let of_app = |page: &str, fields: &[(&'static str, &'static str)]| (app.at(page), fields.to_vec());
    vec![
        ("/dashboard/applications".into(), vec![("name", "New")]),
        ("/dashboard/organization".into(), vec![("name", "New")]),
        ("/dashboard/members".into(), vec![("email", "new@example.com"), ("role", "viewer")]),
        (
            "/dashboard/organization-keys/new".into(),
            vec![("name", "New"), ("scope", "apps:read"), ("life", "")],
        ),
        of_app("/rename", &[("name", "New")]),
        of_app("/restore", &[]),
        of_app("/delete/now", &[]),
        of_app("/methods", &[("method", "sms"), ("on", "true")]),
        of_app("/settings", &[("code.length", "8")]),
        of_app("/templates/sms/code/de", &[("text", "{{ code }}{{ action }}")]),
        of_app("/templates/sms/code/de/preview", &[("text", "{{ code }}{{ action }}")]),
        of_app("/templates/sms/code/de/preview/part", &[("text", "{{ code }}{{ action }}")]),
        of_app("/templates/email/code/de/html", &[]),
        of_app("/templates/sms/code/de/remove", &[]),
        of_app("/countries", &[("country", "DE")]),
        of_app("/security-keys", &[("rp_id", "example.com")]),
        of_app("/providers/sms/new/twilio", &[]),
        of_app("/webhooks", &[("url", "https://hooks.example.com"), ("which", "all")]),
        of_app("/keys", &[("mode", "test"), ("life", "")]),
    ]
}

/// What of an application tells whether anything of it was changed.
async fn state(app: &TestApp) -> String {
    let own = app.tenants.app(app.one.app).await.unwrap();
    let keys = app.tenants.keys(Some(app.one.app)).await.unwrap().len();
    let hooks = app.store.webhooks(app.one.app, None).await.unwrap().len();
    let templates = app.store.templates(app.one.app).await.unwrap().len();
    let (apps, members) =
        (app.tenants.apps().await.unwrap().len(), app.store.members(own.org).await.unwrap().len());
    format!(
        "{} {:?} {} {keys} {hooks} {templates} {apps} {members}",
        own.name,
        own.deletion,
        own.settings.tag()
    )
}

on_both! {
    async fn each_page_opens_for_each_role(app: TestApp) {
        for role in Role::ALL {
            let mut visitor = app.signed_in(role).await;
            for page in PAGES {
                visitor.get(&app.at(page)).await.ok().says(&["<h1", "</html>"]);
            }
            for page in ["/dashboard/applications", "/dashboard/members", "/dashboard/organization"] {
                visitor.get(page).await.ok();
            }
            let page = visitor.get("/dashboard/organization-keys").await;
            let sees = matches!(role, Role::Owner | Role::Admin);
            page.is(if sees { 200 } else { 403 });
            let page = visitor.get(&app.at("/delete")).await;
            page.is(if role == Role::Viewer { 403 } else { 200 });
        }
    }

    async fn a_viewer_finds_nothing_to_change_and_changes_nothing(app: TestApp) {
        let mut visitor = app.signed_in(Role::Viewer).await;
        for page in PAGES {
            let page = visitor.get(&app.at(page)).await.ok();
            // A form that cannot be sent shows the values; there is no button in it.
            let buttons = page.count("<button") - page.count("<button class=\"link\">Sign out");
            assert_eq!(buttons, 0, "{}", page.path);
        }
        for page in ["/dashboard/applications", "/dashboard/members", "/dashboard/organization"] {
            assert_eq!(visitor.get(page).await.ok().forms(), 0, "{page}");
        }
        let before = state(&app).await;
        for (path, fields) in forms(&app) {
            visitor.post(&path, &fields).await.is(403);
        }
        assert_eq!(state(&app).await, before);
    }

    async fn another_organizations_pages_are_absent(app: TestApp) {
        let mut stranger = app.signed_in_elsewhere().await;
        for page in PAGES.into_iter().chain(["/delete", "/delete/now"]) {
            stranger.get(&app.at(page)).await.is(404);
        }
        let before = state(&app).await;
        for (path, fields) in forms(&app).into_iter().filter(|(path, _)| path.contains("/applications/")) {
            stranger.post(&path, &fields).await.is(404);
        }
        assert_eq!(state(&app).await, before);
        let mut owner = app.signed_in(Role::Owner).await;
        for page in ["/webhooks/whk_0", "/keys/key_0/roll", "/keys/key_0/revoke", "/providers/sms/0", "/templates/fax/code/de"] {
            owner.get(&app.at(page)).await.is(404);
        }
        for page in ["/dashboard/members/mem_0", "/dashboard/organization-keys/ork_0/roll", "/dashboard/applications/app_0/keys"] {
            owner.get(page).await.is(404);
        }
    }

    async fn a_form_without_its_token_does_nothing(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let before = state(&app).await;
        for (path, fields) in forms(&app) {
            let origin = Some(crate::harness::PUBLIC_URL);
            owner.post_as_it_is(&path, &fields, Some("same-origin"), origin).await.is(403);
            owner.post_as_it_is(&path, &fields, Some("cross-site"), Some("https://evil.example")).await.is(403);
        }
        assert_eq!(state(&app).await, before);
    }

    async fn names_are_text_and_nothing_else(app: TestApp) {
        const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&{{7*7}}";
        let mut owner = app.signed_in(Role::Owner).await;
        owner.post(&app.at("/rename"), &[("name", HOSTILE)]).await.leads_near(&app.at("/delete"));
        owner.post("/dashboard/organization", &[("name", HOSTILE)]).await.is(303);
        owner.post("/dashboard/members", &[("email", "x@example.com"), ("role", "viewer"), ("name", HOSTILE)]).await.is(303);
        owner.post(&app.at("/keys"), &[("mode", "test"), ("life", ""), ("name", HOSTILE)]).await.ok();
        owner.post(&app.at("/webhooks"), &[("url", "https://hooks.example.com/?a=%22><b>"), ("which", "all"), ("description", HOSTILE)]).await.ok();
        let paths = PAGES.map(|page| app.at(page));
        let more = ["/dashboard/applications", "/dashboard/members", "/dashboard/organization"].map(str::to_owned);
        for path in paths.iter().chain(&more) {
            let page = owner.get(path).await.ok();
            page.keeps_quiet_about(&["<img", "<b>", "onerror=alert(1)>\""]);
            page.says(&["&#60;img"]);
        }
    }

    async fn pages_forbid_what_is_inline(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        for page in PAGES {
            let page = owner.get(&app.at(page)).await.ok();
            assert!(!page.header("content-security-policy").contains("unsafe"), "{}", page.path);
            page.keeps_quiet_about(&[" style=", " onclick=", "<style", "javascript:"]);
            assert_eq!(page.header("cache-control"), "no-store");
        }
        let mail = owner.get(&app.at("/templates/email/code/de/html")).await.ok();
        assert!(mail.header("content-security-policy").contains("sandbox"));
        assert!(!mail.html.is_empty());
    }
}

/// A member who showed a second factor too long ago.
pub fn later(app: &TestApp, _: &Visitor) {
    app.clock.advance(std::time::Duration::from_mins(11));
}
