//! What a careful enemy with a session of his own, or with somebody else's, tries at the pages.

use rift_mfa::domain::access::Role;
use rift_mfa::domain::id::AppId;
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::tenant::Mode;
use rift_mfa::service::{ListEdit, ServiceError};
use serde_json::{Map, Value, json};

use super::visitor::Visitor;
use crate::harness::{TestApp, on_both};

const MARKUP: &str = "\"><img src=x onerror=alert(1)>'";

fn base(app: AppId) -> String {
    format!("/dashboard/applications/{app}")
}

fn gateway(url: &str) -> Value {
    json!({
        "kind": "http", "url": url, "secret": "c2VjcmV0LW9mLXRoZS1nYXRld2F5", "headers": {"X-Api-Key": "hunter2hunter2"},
    })
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// The id of a new webhook of live mode.
async fn webhook(app: &TestApp, owner: &mut Visitor) -> String {
    let fields = [("url", "https://hooks.example.com/mfa"), ("which", "all")];
    owner.post(&format!("{}/webhooks?mode=live", base(app.one.app)), &fields).await.ok();
    app.store.webhooks(app.one.app, Some(Mode::Live)).await.unwrap().last().unwrap().id.to_string()
}

/// Where the one account for text messages goes to.
async fn place(app: &TestApp) -> String {
    let lists = app.own_lists().list(app.one.app).await.unwrap();
    lists.iter().find(|list| list.channel == Channel::Sms).map(|list| list.shown.clone()).unwrap_or_default()
}

on_both! {
    async fn what_is_dangerous_wants_a_factor_that_was_shown_just_now(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let viewer = app.signed_in(Role::Viewer).await.member.unwrap().id;
        let hook = webhook(&app, &mut owner).await;
        app.put_own(app.one.app, Channel::Sms, json!([gateway("https://gateway.example.com/send")])).await;
        let keys = app.tenants.keys(Some(app.one.app)).await.unwrap();
        let live = keys.iter().find(|key| key.scope.mode == Mode::Live).unwrap().id;
        let one = base(app.one.app);
        let version = app.own_lists().list(app.one.app).await.unwrap()[0].version.to_string();
        app.advance(11 * 60);
        owner.get("/dashboard/account").await.ok();
        let before = (keys.len(), place(&app).await, app.store.members(app.org().await).await.unwrap().len());
        let member = format!("/dashboard/members/{viewer}");
        let acts: [(String, Vec<(&str, &str)>); 16] = [
            (format!("{one}/keys"), vec![("mode", "live"), ("name", "x"), ("life", "")]),
            (format!("{one}/keys/{live}/roll"), vec![("grace", "0")]),
            (format!("{one}/keys/{live}/revoke"), vec![]),
            ("/dashboard/organization-keys/new".into(), vec![("name", "x"), ("scope", "all"), ("life", "")]),
            (format!("{one}/delete/now"), vec![]),
            (format!("{one}/users/erase"), vec![("user", "jane@example.com")]),
            (format!("{member}/remove"), vec![]),
            (format!("{member}/reset"), vec![]),
            (member.clone(), vec![("role", "developer"), ("name", "x")]),
            ("/dashboard/members".into(), vec![("email", "new@example.com"), ("role", "owner")]),
            ("/dashboard/members".into(), vec![("email", "new@example.com"), ("role", "admin")]),
            (format!("{one}/providers/sms/new/http"), vec![("url", "https://other.example/"), ("secret", "c2VjcmV0LW9mLXRoZS1nYXRld2F5")]),
            (format!("{one}/providers/sms/0"), vec![("url", "https://gateway.example.com/x"), ("version", &version)]),
            (format!("{one}/providers/sms/0/remove"), vec![("version", &version)]),
            (format!("{one}/webhooks/{hook}/roll"), vec![("grace", "0")]),
            (format!("{one}/webhooks/{hook}/roll?mode=live"), vec![("grace", "0")]),
        ];
        let mut taken = Vec::new();
        for (path, fields) in &acts {
            let page = owner.post(path, fields).await;
            if page.status.as_u16() != 303 || !page.location().starts_with("/dashboard/confirm?next=") {
                taken.push(format!("{path} {} {}", page.status, page.location()));
            }
        }
        assert_eq!(taken, Vec::<String>::new());
        let keys = app.tenants.keys(Some(app.one.app)).await.unwrap();
        let after = (keys.len(), place(&app).await, app.store.members(app.org().await).await.unwrap().len());
        assert_eq!(before, after);
        assert!(keys.iter().all(|key| key.revoked_at.is_none() && key.expires_at.is_none()));
        // What is not dangerous is done.
        owner.post(&format!("{one}/keys"), &[("mode", "test"), ("name", "x"), ("life", "")]).await.ok();
        owner.post("/dashboard/members", &[("email", "new@example.com"), ("role", "viewer")]).await.is(303);
        owner.post(&member, &[("role", "viewer"), ("name", "Another name")]).await.leads_to("/dashboard/members?done=member_changed");
    }

    async fn nobody_resets_the_own_factors_from_the_page_of_the_members(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let me = owner.member.as_ref().unwrap().id;
        // The account's page keeps the last factor, and asks for the password: this would be the way around.
        let page = owner.post(&format!("/dashboard/members/{me}/reset"), &[]).await;
        assert_eq!(page.status.as_u16(), 409, "{} {}", page.location(), page.html);
        owner.get("/dashboard/account").await.ok();
    }

    async fn what_is_kept_of_an_account_goes_to_no_other_host(app: TestApp) {
        app.put_own(app.one.app, Channel::Sms, json!([gateway("https://gateway.example.com/send")])).await;
        let before = place(&app).await;
        let mut owner = app.signed_in(Role::Owner).await;
        let path = format!("{}/providers/sms/0", base(app.one.app));
        let version = owner.get(&path).await.ok().field("version").unwrap();
        let secret = "YW5vdGhlci1zZWNyZXQtb2YtbWluZQ==";
        for url in ["https://evil.example/", "https://gateway.example.com.evil.example/", "https://gateway.example.com:8443/send"] {
            for secret in ["", secret] {
                let fields = [("url", url), ("secret", secret), ("version", version.as_str())];
                let page = owner.post(&path, &fields).await.is(400);
                page.keeps_quiet_about(&["hunter2"]);
                assert_eq!(place(&app).await, before, "{url}");
            }
        }
        // On the same host the rest stays.
        let fields = [("url", "https://gateway.example.com/v2"), ("version", version.as_str())];
        owner.post(&path, &fields).await.is(303);
        // All of it given anew.
        let version = owner.get(&path).await.ok().field("version").unwrap();
        let fields = [("url", "https://other.example/"), ("secret", secret), ("headers", "X-Api-Key: other"), ("version", version.as_str())];
        owner.post(&path, &fields).await.is(303);
        assert!(place(&app).await.contains("https://other.example"));
    }

    async fn accounts_that_are_put_at_once_are_all_there(app: TestApp) {
        let (lists, id) = (app.own_lists(), app.one.app);
        let put = |n: usize| {
            let entry = object(&gateway(&format!("https://gateway{n}.example.com/send")));
            lists.edit(id, Channel::Sms, ListEdit::Add(entry))
        };
        let (a, b, c, d) = tokio::join!(put(1), put(2), put(3), put(4));
        let done = [a, b, c, d].into_iter().flatten().count();
        let (kept, version) = lists.kept(id, Channel::Sms).await.unwrap();
        assert_eq!(kept.len(), done);
        assert!(done > 0);
        // Two who looked at the same list: one of them is told.
        let change = |n: usize| {
            let provider = object(&gateway(&format!("https://changed{n}.example.com/send")));
            lists.edit(id, Channel::Sms, ListEdit::Replace { at: 0, provider, keep: vec![], version })
        };
        let (a, b, c, d) = tokio::join!(change(1), change(2), change(3), change(4));
        let results = [a, b, c, d].map(|result| result.map_err(ServiceError::from));
        let changed = results.iter().filter(|result| matches!(result, Err(ServiceError::PreconditionFailed))).count();
        assert_eq!((results.iter().filter(|result| result.is_ok()).count(), changed), (1, 3), "{results:?}");
    }

    async fn odd_and_long_input_is_refused_and_never_breaks_a_page(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let hook = webhook(&app, &mut owner).await;
        let me = owner.member.as_ref().unwrap().id;
        let one = base(app.one.app);
        let long = "x".repeat(5_000);
        let odd = ["%00", "a%00b", "%FF%FE", "-1", "99999999999999999999", "%E2%80%AE%F0%9F%98%80", &long, "-9999-01-01", "9999-12-31T23:59:59", "mfa_0", "%27%22%3Cx"];
        let mut broken = Vec::new();
        let mut note = |what: String, page: super::visitor::Page| {
            if page.status.is_server_error() {
                broken.push(format!("{what}: {}", page.status));
            }
        };
        let places: [(String, &[&str]); 7] = [
            (format!("{one}/log"), &["type", "status", "reference", "from", "to", "starting_after", "mode", "user", "done"]),
            (one.clone(), &["range", "mode", "done"]),
            ("/dashboard/audit".into(), &["actor", "action", "target", "app", "from", "to", "starting_after"]),
            ("/dashboard/audit/export".into(), &["actor", "action", "target", "app", "from", "to", "format"]),
            (format!("{one}/webhooks"), &["mode"]),
            (format!("{one}/webhooks/{hook}"), &["mode", "status", "after"]),
            ("/dashboard/confirm".into(), &["next"]),
        ];
        for (path, names) in &places {
            for name in *names {
                for value in odd {
                    let shown: String = value.chars().take(12).collect();
                    note(format!("GET {path} {name}={shown}"), owner.get(&format!("{path}?mode=live&{name}={value}")).await);
                }
            }
        }
        for path in ["log/%00", "log/mfa_%FF", "webhooks/%00", "keys/%00/roll", "templates/email/code/%00", "providers/sms/-1", "providers/%00/0", "users/factors/%00", "inbox/%00/html", "%2e%2e", "log/..%2f..%2f"] {
            note(format!("GET {path}"), owner.get(&format!("{one}/{path}")).await);
        }
        let long = "y".repeat(60_000);
        let odd = ["\0", "a\0b", "\u{202e}x", "-1", "99999999999999999999", long.as_str(), "\r\nSet-Cookie: a=b", "{{ code }}{% for", MARKUP];
        let forms: [(String, &[&str]); 20] = [
            ("/dashboard/applications".into(), &["name", "method"]),
            (format!("{one}/rename"), &["name"]),
            ("/dashboard/organization".into(), &["name"]),
            ("/dashboard/members".into(), &["email", "name", "role"]),
            (format!("/dashboard/members/{me}"), &["name", "role"]),
            (format!("{one}/keys"), &["name", "mode", "life"]),
            ("/dashboard/organization-keys/new".into(), &["name", "scope", "life"]),
            (format!("{one}/settings"), &["tag", "code.ttl", "code.length", "was:code.length", "locale", "sms.domain", "default"]),
            (format!("{one}/countries"), &["country", "tag"]),
            (format!("{one}/security-keys"), &["rp_id", "origins", "tag"]),
            (format!("{one}/methods"), &["method", "on"]),
            (format!("{one}/templates/email/code/en"), &["subject", "text", "html", "action"]),
            (format!("{one}/templates/email/code/en/preview"), &["subject", "text", "html", "action"]),
            (format!("{one}/providers/email/new/smtp"), &["host", "port", "user", "password", "from", "security"]),
            (format!("{one}/providers/sms/new/http"), &["url", "secret", "headers", "body", "method", "content_type"]),
            (format!("{one}/webhooks?mode=live"), &["url", "description", "event", "which"]),
            (format!("{one}/webhooks/{hook}/replay"), &["delivery", "since"]),
            (format!("{one}/users"), &["user"]),
            (format!("{one}/log"), &["user", "reference", "starting_after"]),
            (format!("{one}/inbox/start"), &["user", "type"]),
        ];
        for (path, names) in &forms {
            for name in *names {
                for value in odd {
                    let mut fields: Vec<(&str, &str)> = vec![("which", "all"), ("text", "Code {{ code }}"), ("life", "")];
                    fields.retain(|(own, _)| own != name);
                    fields.push((name, value));
                    let shown: String = value.chars().take(12).collect();
                    note(format!("POST {path} {name}={shown:?}"), owner.post(path, &fields).await);
                }
            }
        }
        for path in ["users/lock", "users/unlock", "users/erase", "inbox", "inbox/verify"] {
            for value in odd {
                note(format!("POST {path}"), owner.post(&format!("{one}/{path}"), &[("user", value), ("type", "EMAIL"), ("code", value)]).await);
            }
        }
        let many: Vec<(&str, &str)> = vec![("country", "DE"); 4_000];
        note("POST countries many".into(), owner.post(&format!("{one}/countries"), &many).await);
        assert_eq!(broken, Vec::<String>::new());
    }

    async fn nothing_that_is_stored_is_markup(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let one = base(app.one.app);
        let me = owner.member.as_ref().unwrap().id;
        let hook = webhook(&app, &mut owner).await;
        owner.post("/dashboard/organization", &[("name", MARKUP)]).await.is(303);
        owner.post(&format!("{one}/rename"), &[("name", MARKUP)]).await.is(303);
        owner.post(&format!("/dashboard/members/{me}"), &[("name", MARKUP), ("role", "owner")]).await.is(303);
        owner.post(&format!("{one}/keys"), &[("name", MARKUP), ("mode", "test"), ("life", "")]).await.ok().keeps_quiet_about(&["<img src=x"]);
        owner.post("/dashboard/organization-keys/new", &[("name", MARKUP), ("scope", "all"), ("life", "")]).await.ok().keeps_quiet_about(&["<img src=x"]);
        let url = "https://hooks.example.com/\"><img%20src=x%20onerror=alert(1)>";
        owner.post(&format!("{one}/webhooks/{hook}?mode=live"), &[("url", url), ("which", "all"), ("description", MARKUP)]).await.is(303);
        app.set(&[("methods.email", "on")]).await;
        let template = [("subject", "S {{ app }}"), ("text", "T {{ code }}{% if action %} {{ action }}{% endif %} <img src=x>"), ("html", "<p>{{ app }} {{ code }}{% if action %} {{ action }}{% endif %}</p>")];
        owner.post(&format!("{one}/templates/email/code/en"), &template).await.is(303);
        let started = app.post_as(&app.one.test_key, "/v1/mfa", "User=jane@example.com, Type=EMAIL, Reference=\"<img src=x>\"").await;
        let id = started.ok()["id"].as_str().unwrap().to_owned();
        app.deliver().await;
        let own = gateway("https://gateway.example.com/send");
        app.put_own(app.one.app, Channel::Sms, json!([own])).await;
        let pages = [
            "/dashboard/applications".to_owned(), "/dashboard/members".into(), format!("/dashboard/members/{me}"), "/dashboard/organization".into(),
            "/dashboard/organization-keys".into(), "/dashboard/audit".into(), "/dashboard/account".into(), one.clone(), format!("{one}/log"),
            format!("{one}/log?reference=%3Cimg%20src%3Dx%3E"), format!("{one}/log/{id}"), format!("{one}/users"), format!("{one}/inbox"),
            format!("{one}/keys"), format!("{one}/methods"), format!("{one}/settings"), format!("{one}/templates"), format!("{one}/templates/email/code/en"),
            format!("{one}/countries"), format!("{one}/security-keys"), format!("{one}/providers"), format!("{one}/providers/sms/0"),
            format!("{one}/webhooks?mode=live"), format!("{one}/webhooks/{hook}?mode=live"), format!("{one}/webhooks/{hook}/roll?mode=live"),
            format!("{one}/delete"), format!("{one}/delete/now"), "/dashboard/audit?actor=%22%3E%3Cimg%20src=x%3E".into(),
            "/dashboard/audit?target=%22%3E%3Cimg%20src=x%3E".into(), format!("{one}/log?starting_after=%22%3E%3Cimg%20src=x%3E"),
        ];
        for path in &pages {
            let page = owner.get(path).await;
            assert!(page.status.is_success() || page.status.as_u16() == 400, "{path} {} {}", page.status, page.html);
            page.keeps_quiet_about(&["<img src=x", " onerror=alert(1)>\"", "href=\"javascript", "style=\"", "onclick="]);
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
        }
        // The frame's content is markup: what is a tenant's own word in it is not.
        let inbox = owner.get(&format!("{one}/inbox")).await.ok();
        let frame = inbox.between("<iframe class=\"mail\" src=\"", "\"");
        let html = owner.get(&frame).await.ok();
        html.keeps_quiet_about(&["<img src=x"]);
        let csp = html.header("content-security-policy").to_owned();
        assert!(csp.contains("sandbox") && !csp.contains("allow-") && csp.contains("default-src 'none'") && csp.contains("form-action 'none'"), "{csp}");
    }

    async fn a_page_that_looks_by_itself_does_not_keep_a_session_alive(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let log = format!("{}/log", base(app.one.app));
        for _ in 0..3 {
            app.advance(25 * 60);
            owner.look_by_itself(&log).await;
        }
        owner.get("/dashboard/account").await.leads_to("/dashboard/sign-in?next=%2Fdashboard%2Faccount");
    }

    async fn a_developer_reaches_no_live_key_and_an_admin_no_owner(app: TestApp) {
        let mut developer = app.signed_in(Role::Developer).await;
        let owner = app.signed_in(Role::Owner).await.member.unwrap().id;
        let one = base(app.one.app);
        let keys = app.tenants.keys(Some(app.one.app)).await.unwrap();
        let live = keys.iter().find(|key| key.scope.mode == Mode::Live).unwrap().id;
        developer.post(&format!("{one}/keys"), &[("mode", "live"), ("name", "x"), ("life", "")]).await.is(403);
        for path in ["roll", "revoke"] {
            let page = developer.post(&format!("{one}/keys/{live}/{path}"), &[("grace", "0")]).await;
            assert!(page.status.as_u16() == 403 || page.location() == format!("{one}/keys"), "{} {}", page.status, page.location());
        }
        assert!(app.tenants.key(live).await.unwrap().revoked_at.is_none());
        for path in ["/dashboard/audit", "/dashboard/audit/export", "/dashboard/organization-keys", "/dashboard/organization-keys/new"] {
            developer.get(path).await.is(403);
        }
        let mut admin = app.signed_in(Role::Admin).await;
        let me = admin.member.as_ref().unwrap().id;
        for (path, fields) in [
            ("/dashboard/members".to_owned(), vec![("email", "new@example.com"), ("role", "owner")]),
            (format!("/dashboard/members/{me}"), vec![("role", "owner")]),
            (format!("/dashboard/members/{owner}"), vec![("role", "viewer")]),
            (format!("/dashboard/members/{owner}/reset"), vec![]),
            (format!("/dashboard/members/{owner}/remove"), vec![]),
            (format!("/dashboard/members/{owner}/sessions/end"), vec![]),
            (format!("/dashboard/members/{owner}/invite"), vec![]),
            ("/dashboard/organization-keys/new".to_owned(), vec![("name", "x"), ("scope", "all"), ("life", "")]),
            ("/dashboard/organization-keys/new".to_owned(), vec![("name", "x"), ("scope", "org:write"), ("life", "")]),
            ("/dashboard/organization".to_owned(), vec![("name", "x")]),
        ] {
            admin.post(&path, &fields).await.is(403);
        }
        let owners = app.store.members(app.org().await).await.unwrap();
        assert_eq!(owners.iter().filter(|member| member.role == Role::Owner).count(), 1);
    }
}
