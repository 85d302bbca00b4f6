//! What the layout shows around a page: where one is, whose it is, and what is there for this role.

use super::{assets, csrf, done};
use crate::domain::access::{Permission, Permissions};
use crate::domain::tenant::{Application, Mode};

/// The page that is open, for the navigation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Here {
    /// All applications.
    Applications,
    /// Members.
    Members,
    /// Organization keys.
    OrgKeys,
    /// The audit log.
    Audit,
    /// The organization.
    Organization,
    /// The member's own account.
    Account,
    /// An application's overview.
    Overview,
    /// Its challenges.
    Log,
    /// Its users.
    Users,
    /// Its test inbox.
    Inbox,
    /// Its methods.
    Methods,
    /// Its settings.
    Settings,
    /// Its templates.
    Templates,
    /// Its countries.
    Countries,
    /// Its relying party.
    SecurityKeys,
    /// Its providers.
    Providers,
    /// Its webhooks.
    Webhooks,
    /// Its API keys.
    Keys,
    /// Its end.
    Delete,
}

/// One link of the navigation.
pub struct Link {
    /// Where to.
    pub href: String,
    /// Its words.
    pub words: &'static str,
    /// Whether this is the page that is open.
    pub current: bool,
}

/// A heading with its links.
pub struct Group {
    /// The heading.
    pub words: &'static str,
    /// The links.
    pub links: Vec<Link>,
}

/// An application that a page is about.
pub struct ShellApp {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is deleted, and waits for its end.
    pub deleted: bool,
    /// Its links.
    pub groups: Vec<Group>,
}

/// What the layout of a page without a member needs.
pub struct Bare {
    /// The style sheet.
    pub css: &'static str,
    /// The script.
    pub script: &'static str,
}

impl Bare {
    /// The same for everyone.
    #[must_use]
    pub fn new() -> Self {
        Self { css: assets::css(), script: assets::script() }
    }
}

impl Default for Bare {
    fn default() -> Self {
        Self::new()
    }
}

/// What the layout needs.
pub struct Shell {
    /// The style sheet.
    pub css: &'static str,
    /// The script.
    pub script: &'static str,
    /// htmx.
    pub htmx: &'static str,
    /// The organization's name.
    pub org: String,
    /// The member's address.
    pub member: String,
    /// The member's role.
    pub role: &'static str,
    /// The links of the organization.
    pub main: Vec<Link>,
    /// The application.
    pub app: Option<ShellApp>,
    /// The mode.
    pub mode: Mode,
    /// Whether the member's own page is open.
    pub on_account: bool,
    /// What was just done.
    pub done: Option<&'static str>,
    csrf: String,
    scopes: Permissions,
}

/// What a shell is made from.
pub struct Framed<'a> {
    pub org: &'a str,
    pub member: &'a str,
    pub role: &'static str,
    pub scopes: Permissions,
    pub secret: &'a str,
    pub mode: Mode,
    pub done: &'a str,
}

impl Shell {
    pub(super) fn new(framed: Framed<'_>, here: Here, app: Option<&Application>) -> Self {
        let Framed { org, member, role, scopes, secret, mode, done } = framed;
        let main = links(ORG, "/dashboard", mode, here, &scopes);
        let app = app.map(|app| {
            let base = format!("/dashboard/applications/{}", app.id);
            let group = |&(words, entries): &(&'static str, &'static [Entry])| Group {
                words,
                links: links(entries, &base, mode, here, &scopes),
            };
            ShellApp {
                id: app.id.to_string(),
                name: app.name.clone(),
                deleted: app.deletion.is_some(),
                groups: APP.iter().map(group).filter(|group| !group.links.is_empty()).collect(),
            }
        });
        Self {
            css: assets::css(),
            script: assets::script(),
            htmx: assets::htmx(),
            org: org.to_owned(),
            member: member.to_owned(),
            role,
            main,
            app,
            mode,
            on_account: here == Here::Account,
            done: done::sentence(done),
            csrf: csrf::token(secret),
            scopes,
        }
    }

    /// Whether the member's role has this scope.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.scopes.allow(permission)
    }

    /// The hidden field of each form that changes something. Its value is base64url: nothing in it can be markup.
    #[must_use]
    pub fn csrf_field(&self) -> String {
        hidden(&self.csrf)
    }

    /// `?mode=live`, or nothing: for links between pages of one application.
    #[must_use]
    pub fn mode_query(&self) -> &'static str {
        match self.mode {
            Mode::Live => "?mode=live",
            Mode::Test => "",
        }
    }

    /// Whether the mode is live.
    #[must_use]
    pub fn live(&self) -> bool {
        self.mode == Mode::Live
    }
}

/// A form's token as its field.
pub(super) fn hidden(token: &str) -> String {
    format!(r#"<input type="hidden" name="{}" value="{token}">"#, csrf::FIELD)
}

type Entry = (Here, &'static str, &'static str, Permission);

const ORG: &[Entry] = &[
    (Here::Applications, "/applications", "Applications", Permission::AppsRead),
    (Here::Members, "/members", "Members", Permission::MembersRead),
    (Here::OrgKeys, "/organization-keys", "Organization keys", Permission::OrgKeysRead),
    (Here::Audit, "/audit", "Audit log", Permission::AuditRead),
    (Here::Organization, "/organization", "Organization", Permission::OrgRead),
];

const APP: &[(&str, &[Entry])] = &[
    (
        "See",
        &[
            (Here::Overview, "", "Overview", Permission::UsageRead),
            (Here::Log, "/log", "Log", Permission::ChallengesRead),
            (Here::Users, "/users", "Users", Permission::UsersRead),
            (Here::Inbox, "/inbox", "Test inbox", Permission::ChallengesRead),
        ],
    ),
    (
        "Set up",
        &[
            (Here::Keys, "/keys", "API keys", Permission::KeysRead),
            (Here::Methods, "/methods", "Methods", Permission::AppsRead),
            (Here::Settings, "/settings", "Settings", Permission::AppsRead),
            (Here::Templates, "/templates", "Templates", Permission::AppsRead),
            (Here::Countries, "/countries", "Countries", Permission::AppsRead),
            (Here::SecurityKeys, "/security-keys", "Security keys", Permission::AppsRead),
            (Here::Providers, "/providers", "Providers", Permission::ProvidersRead),
            (Here::Webhooks, "/webhooks", "Webhooks", Permission::WebhooksRead),
            (Here::Delete, "/delete", "Rename, delete", Permission::AppsWrite),
        ],
    ),
];

fn links(entries: &[Entry], base: &str, mode: Mode, here: Here, scopes: &Permissions) -> Vec<Link> {
    let query = if mode == Mode::Live && base != "/dashboard" { "?mode=live" } else { "" };
    let link = |(page, path, words, _): &Entry| Link {
        href: format!("{base}{path}{query}"),
        words,
        current: *page == here,
    };
    entries.iter().filter(|(.., permission)| scopes.allow(*permission)).map(link).collect()
}
