//! The bodies of the management API's answers.

mod audit;
mod history;

pub use audit::{ActorView, AuditView, TargetView};
pub use history::{Delay, FactorDeleted, ListedDeliveryView, UsageRowView, UsageView};
mod providers;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::access::{Member, OrgKeyRecord};
use crate::domain::policy::{SETTINGS, SettingKind};
use crate::domain::tenant::{ApiKeyRecord, Application, Organization};
use crate::domain::time::Moment;
use crate::store::StoredTemplate;

pub use providers::{ProviderResult, ProviderTestView, ProvidersView};

/// A list.
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    /// The page.
    pub data: Vec<T>,
    /// Whether there is a further page.
    pub has_more: bool,
}

impl<T> List<T> {
    /// A list that comes whole.
    pub fn whole(data: impl IntoIterator<Item = T>) -> Self {
        Self { data: data.into_iter().collect(), has_more: false }
    }
}

fn time(at: Moment) -> String {
    at.to_string()
}

/// An organization.
#[derive(Serialize, ToSchema)]
pub struct OrganizationView {
    /// `organization`.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `free`, `pro` or `enterprise`.
    pub plan: &'static str,
    /// When it was made.
    pub created_at: String,
}

impl From<Organization> for OrganizationView {
    fn from(org: Organization) -> Self {
        Self {
            object: "organization",
            id: org.id.to_string(),
            name: org.name,
            plan: org.plan.as_str(),
            created_at: time(org.created_at),
        }
    }
}

/// An application with its settings.
#[derive(Serialize, ToSchema)]
pub struct ApplicationView {
    /// `application`.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its settings, under flat names.
    pub settings: Map<String, Value>,
    /// When it was made.
    pub created_at: String,
    /// Since when it is deleted.
    pub deleted_at: Option<String>,
    /// When it is erased for good.
    pub erased_after: Option<String>,
}

impl From<&Application> for ApplicationView {
    fn from(app: &Application) -> Self {
        Self {
            object: "application",
            id: app.id.to_string(),
            name: app.name.clone(),
            settings: app.settings.to_json(),
            created_at: time(app.created_at),
            deleted_at: app.deletion.map(|deletion| time(deletion.deleted_at)),
            erased_after: app.deletion.map(|deletion| time(deletion.erased_after)),
        }
    }
}

/// A row of the table of settings.
#[derive(Serialize, ToSchema)]
pub struct SettingView {
    /// Its name.
    pub key: &'static str,
    /// `boolean`, `integer`, `span`, `text` or `list`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its value where nothing was set.
    pub default: Value,
    /// What values it takes.
    pub bounds: &'static str,
    /// What it does.
    pub about: &'static str,
}

impl SettingView {
    /// All rows.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let row = |setting: &crate::domain::policy::Setting| Self {
            key: setting.key,
            kind: match setting.kind {
                SettingKind::Boolean => "boolean",
                SettingKind::Integer => "integer",
                SettingKind::Span => "span",
                SettingKind::Text => "text",
                SettingKind::List => "list",
            },
            default: setting.default_json(),
            bounds: setting.json_bounds(),
            about: setting.about,
        };
        SETTINGS.iter().map(row).collect()
    }
}

/// An API key of an application.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyView {
    /// `api_key`.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// Its application.
    pub app: String,
    /// `test` or `live`.
    pub mode: &'static str,
    /// A name for people.
    pub name: String,
    /// Its first characters.
    pub hint: String,
    /// `active`, `expired` or `revoked`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: String,
    /// From then on it no longer works.
    pub expires_at: Option<String>,
    /// Since then it no longer works.
    pub revoked_at: Option<String>,
    /// The minute in which it was last used; a use shows about a minute later.
    pub last_used_at: Option<String>,
    /// The key itself, in the one answer that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl ApiKeyView {
    pub(super) fn of(key: &ApiKeyRecord, now: Moment, secret: Option<&str>) -> Self {
        Self {
            object: "api_key",
            id: key.id.to_string(),
            app: key.scope.app.to_string(),
            mode: key.scope.mode.as_str(),
            name: key.name.clone(),
            hint: key.hint.clone(),
            state: key.state(now),
            created_at: time(key.created_at),
            expires_at: key.expires_at.map(time),
            revoked_at: key.revoked_at.map(time),
            last_used_at: key.last_used_at.map(time),
            secret: secret.map(str::to_owned),
        }
    }
}

/// A key of an organization.
#[derive(Serialize, ToSchema)]
pub struct OrgKeyView {
    /// `organization_key`.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// Its first characters.
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<&'static str>,
    /// `active`, `expired` or `revoked`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: String,
    /// From then on it no longer works.
    pub expires_at: Option<String>,
    /// Since then it no longer works.
    pub revoked_at: Option<String>,
    /// The minute in which it was last used; a use shows about a minute later.
    pub last_used_at: Option<String>,
    /// The key itself, in the one answer that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl OrgKeyView {
    pub(super) fn of(key: &OrgKeyRecord, now: Moment, secret: Option<&str>) -> Self {
        Self {
            object: "organization_key",
            id: key.id.to_string(),
            name: key.name.clone(),
            hint: key.hint.clone(),
            scopes: key.scopes.iter().map(crate::domain::access::Permission::as_str).collect(),
            state: key.state(now),
            created_at: time(key.created_at),
            expires_at: key.expires_at.map(time),
            revoked_at: key.revoked_at.map(time),
            last_used_at: key.last_used_at.map(time),
            secret: secret.map(str::to_owned),
        }
    }
}

/// A member of an organization.
#[derive(Serialize, ToSchema)]
pub struct MemberView {
    /// `member`.
    pub object: &'static str,
    /// The member's id.
    pub id: String,
    /// The address.
    pub email: String,
    /// A name for people.
    pub name: String,
    /// `owner`, `admin`, `developer` or `viewer`.
    pub role: &'static str,
    /// `invited` until the first sign-in, then `active`.
    pub status: &'static str,
    /// When the member was added.
    pub created_at: String,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            object: "member",
            id: member.id.to_string(),
            email: member.email,
            name: member.name,
            role: member.role.as_str(),
            status: if member.active { "active" } else { "invited" },
            created_at: time(member.created_at),
        }
    }
}

/// Something that was removed.
#[derive(Serialize, ToSchema)]
pub struct Deleted {
    /// What it was.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// `true`.
    pub deleted: bool,
}

/// A template of an application's own.
#[derive(Serialize, ToSchema)]
pub struct TemplateView {
    /// `template`.
    pub object: &'static str,
    /// The channel.
    pub channel: &'static str,
    /// `code` or `backup`.
    pub kind: &'static str,
    /// The language tag.
    pub locale: String,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The HTML of a mail.
    pub html: Option<String>,
    /// When it was put there.
    pub updated_at: String,
}

impl From<StoredTemplate> for TemplateView {
    fn from(stored: StoredTemplate) -> Self {
        Self {
            object: "template",
            channel: stored.key.channel().as_str(),
            kind: stored.key.kind().as_str(),
            locale: stored.key.locale().to_owned(),
            subject: stored.template.subject,
            text: stored.template.text,
            html: stored.template.html,
            updated_at: time(stored.updated_at),
        }
    }
}

/// A message with sample values.
#[derive(Serialize, ToSchema)]
pub struct TemplatePreview {
    /// `template.preview`.
    pub object: &'static str,
    /// The language of its words.
    pub locale: String,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The HTML of a mail.
    pub html: Option<String>,
    /// How many parts an SMS is sent in.
    pub segments: Option<u8>,
}
