//! Lines of the audit log, as JSON and as rows of a table.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::audit::Entry;

/// A line of the audit log.
#[derive(Serialize, ToSchema)]
pub struct AuditView {
    /// `audit.entry`.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: String,
    /// Who.
    pub actor: ActorView,
    /// The address that the request came from.
    pub address: Option<String>,
    /// The request.
    pub request: Option<String>,
    /// What was done.
    pub action: String,
    /// The application that it is about.
    pub app: Option<String>,
    /// What was changed.
    pub target: TargetView,
    /// The fields that were changed.
    #[schema(value_type = Vec<Object>)]
    pub changes: Value,
    /// The hash of the line before.
    pub previous_hash: String,
    /// This line's hash.
    pub hash: String,
}

/// Who acted.
#[derive(Serialize, ToSchema)]
pub struct ActorView {
    /// `org_key`, `api_key`, `member`, `cli` or `system`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The actor's id.
    pub id: Option<String>,
    /// The actor's name at that time.
    pub name: Option<String>,
}

/// What was changed.
#[derive(Serialize, ToSchema)]
pub struct TargetView {
    /// The kind of thing.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, or a user's masked form.
    pub id: String,
}

impl AuditView {
    /// The columns of a table of lines.
    pub const COLUMNS: [&'static str; 16] = [
        "seq",
        "id",
        "at",
        "actor_type",
        "actor_id",
        "actor_name",
        "address",
        "request",
        "action",
        "app",
        "target_type",
        "target_id",
        "changes",
        "previous_hash",
        "hash",
        "object",
    ];

    /// The cells of its row.
    #[must_use]
    pub fn cells(&self) -> [String; 16] {
        let optional = |cell: &Option<String>| cell.clone().unwrap_or_default();
        [
            self.seq.to_string(),
            self.id.clone(),
            self.at.clone(),
            self.actor.kind.clone(),
            optional(&self.actor.id),
            optional(&self.actor.name),
            optional(&self.address),
            optional(&self.request),
            self.action.clone(),
            optional(&self.app),
            self.target.kind.clone(),
            self.target.id.clone(),
            self.changes.to_string(),
            self.previous_hash.clone(),
            self.hash.clone(),
            self.object.to_owned(),
        ]
    }
}

impl From<Entry> for AuditView {
    fn from(entry: Entry) -> Self {
        Self {
            object: "audit.entry",
            id: entry.id,
            seq: entry.seq,
            at: entry.at.to_string(),
            actor: ActorView { kind: entry.actor_kind, id: entry.actor_id, name: entry.actor_name },
            address: entry.address,
            request: entry.request,
            action: entry.action,
            app: entry.app,
            target: TargetView { kind: entry.target_kind, id: entry.target },
            changes: serde_json::from_str(&entry.changes).unwrap_or_default(),
            previous_hash: entry.previous_hash,
            hash: entry.hash,
        }
    }
}
