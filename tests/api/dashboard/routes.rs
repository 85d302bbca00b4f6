//! The routes of the dashboard, read off the router itself: a new one is tried by the tests here without being named in them.

use std::collections::BTreeMap;

use serde_json::json;

use crate::harness::TestApp;

/// A path as the router has it, and what it takes.
#[derive(Clone, Debug)]
pub struct Route {
    pub path: String,
    pub get: bool,
    pub post: bool,
}

/// Every route below `/dashboard`, but what is served to nobody in particular: styles, scripts, and the answer to unknown paths.
pub fn routes(app: &TestApp) -> Vec<Route> {
    let text = format!("{:#?}", app.router());
    let text = text.split("fallback_router").next().expect("a router prints itself");
    let (mut id, mut allows, mut paths) = (None, BTreeMap::new(), BTreeMap::new());
    for line in text.lines().map(str::trim) {
        if let Ok(number) = line.trim_end_matches(',').parse::<u32>() {
            id = Some(number);
        } else if let (Some(allow), Some(id)) = (line.strip_prefix("b\""), id) {
            allows.insert(id, allow.trim_end_matches("\",").to_owned());
        } else if let (Some(path), Some(id)) = (line.strip_prefix("): \""), id) {
            paths.insert(id, path.trim_end_matches("\",").to_owned());
        }
    }
    let mut routes = Vec::new();
    for (id, path) in paths {
        if !path.starts_with("/dashboard")
            || path.contains("{*")
            || path.contains("/assets/")
            || path.ends_with('/')
        {
            continue;
        }
        let allow = allows.get(&id).unwrap_or_else(|| panic!("{path} takes nothing"));
        let takes = |method: &str| allow.split(',').any(|one| one == method);
        routes.push(Route { get: takes("GET"), post: takes("POST"), path });
    }
    routes.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(routes.len() > 24 && routes.iter().all(|route| route.get || route.post), "{routes:#?}");
    for (path, get, post) in [
        ("/dashboard/sign-in", true, true),
        ("/dashboard/sign-out", false, true),
        ("/dashboard/account/factors/{id}/remove", true, true),
        ("/dashboard/setup", true, false),
    ] {
        let known = routes.iter().find(|route| route.path == path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!((known.get, known.post), (get, post), "{path}");
    }
    routes
}

/// What is open to whoever comes.
const DOOR: &[&str] = &["/dashboard/sign-in", "/dashboard/forgot", "/dashboard/link/{token}"];

/// What is open between the password and the second factor.
const HALFWAY: &[&str] = &["/dashboard/sign-in/second", "/dashboard/setup"];

impl Route {
    /// Open to whoever comes.
    pub fn is_door(&self) -> bool {
        DOOR.contains(&self.path.as_str())
    }

    /// For a session before its second factor.
    pub fn is_halfway(&self) -> bool {
        HALFWAY.iter().any(|start| self.path.starts_with(start))
    }

    /// For members who are signed in.
    pub fn is_inside(&self) -> bool {
        !self.is_door() && !self.is_halfway()
    }

    /// About the member alone.
    pub fn is_own(&self) -> bool {
        ["/dashboard/account", "/dashboard/sign-out", "/dashboard/confirm"]
            .iter()
            .any(|start| self.path.starts_with(start))
    }
}

/// A thing of each kind that a path can name, of the tests' organization.
pub struct Things(BTreeMap<&'static str, String>);

impl Things {
    /// Makes them, by the management API.
    pub async fn of(app: &TestApp) -> Self {
        let key = app.owner("all").await.key;
        let id = app.one.app.to_string();
        let made = async |path: &str, body: serde_json::Value| {
            let answer = app.manage(&key, "POST", path, Some(&body)).await;
            assert_eq!(answer.status.as_u16(), 201, "{path} {:#}", answer.body);
            answer.body["id"].as_str().expect("an id").to_owned()
        };
        let sms = json!({"providers": [{"kind": "twilio", "account_sid": "AC0123456789abcdef0123456789abcdef",
            "auth_token": "hidden-token-6001", "from": "+15005550006"}]});
        app.manage(&key, "PUT", &format!("/v1/manage/apps/{id}/providers/sms"), Some(&sms)).await.ok();
        let member = json!({"email": "bob@example.com", "role": "viewer", "name": "Bob"});
        let hook = json!({"mode": "test", "url": "https://hooks.example.com/mfa", "events": ["*"]});
        let things = BTreeMap::from([
            ("app", id.clone()),
            ("key", made(&format!("/v1/manage/apps/{id}/keys"), json!({"mode": "test"})).await),
            ("org_key", made("/v1/manage/keys", json!({"name": "x", "scopes": ["org:read"]})).await),
            ("member", made("/v1/manage/members", member).await),
            ("webhook", made(&format!("/v1/manage/apps/{id}/webhooks"), hook).await),
            ("mfa", app.approve("jane@example.com").await),
            ("msg", app.inbox_id("jane@example.com").await),
            ("channel", "email".to_owned()),
            ("kind", "code".to_owned()),
            ("locale", "en".to_owned()),
            ("at", "0".to_owned()),
        ]);
        Self(things)
    }

    /// The path with things of ours in it. A kind that is not known here is filled with a text that names nothing.
    pub fn fill(&self, path: &str) -> String {
        let part = |part: &str| {
            let Some(name) = part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
                return part.to_owned();
            };
            let kind = match name {
                "key" if path.contains("organization-keys") => "org_key",
                "id" if path.contains("/members/") => "member",
                "id" | "hook" | "whk" if path.contains("/webhooks/") => "webhook",
                "kind" if path.contains("/providers/") => return "twilio".to_owned(),
                "channel" if path.contains("/providers/") => return "sms".to_owned(),
                name => name,
            };
            self.0.get(kind).cloned().unwrap_or_else(|| "nothing".to_owned())
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

impl TestApp {
    async fn inbox_id(&self, user: &str) -> String {
        let inbox = self.get(&format!("/v1/test/inbox?User={user}")).await.ok();
        inbox["data"][0]["id"].as_str().expect("a message").to_owned()
    }

    /// All that is stored, but when a session was last seen: what must not change shows by it.
    pub async fn stored(&self) -> String {
        use sqlx::{AssertSqlSafe, Connection as _, Row as _};

        const LEFT_OUT: [&str; 2] = ["member_sessions", "_sqlx_migrations"];
        let mut out = String::new();
        if self.folder().is_some() {
            let mut db = sqlx::SqliteConnection::connect(self.database_url()).await.expect("the file opens");
            let tables =
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1";
            for table in sqlx::query(tables).fetch_all(&mut db).await.expect("tables") {
                let table: String = table.get(0);
                if LEFT_OUT.contains(&table.as_str()) {
                    continue;
                }
                let columns = AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')"));
                let columns = sqlx::query(columns).fetch_all(&mut db).await.expect("columns");
                let columns: Vec<String> =
                    columns.iter().map(|row| format!("quote(\"{}\")", row.get::<String, _>(0))).collect();
                let rows =
                    AssertSqlSafe(format!("SELECT {} FROM \"{table}\" ORDER BY 1", columns.join("||','||")));
                for row in sqlx::query(rows).fetch_all(&mut db).await.expect("rows") {
                    out.push_str(&format!("{table}: {}\n", row.get::<String, _>(0)));
                }
            }
        } else {
            let mut db = sqlx::PgConnection::connect(self.database_url()).await.expect("the server answers");
            let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
            for table in sqlx::query(tables).fetch_all(&mut db).await.expect("tables") {
                let table: String = table.get(0);
                if LEFT_OUT.contains(&table.as_str()) {
                    continue;
                }
                let rows = AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t ORDER BY 1"));
                for row in sqlx::query(rows).fetch_all(&mut db).await.expect("rows") {
                    out.push_str(&format!("{table}: {}\n", row.get::<String, _>(0)));
                }
            }
        }
        out
    }
}
