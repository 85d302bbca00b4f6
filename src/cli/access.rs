//! Organization keys, and the check of the audit log.

use std::str::FromStr;

use clap::Subcommand;
use serde_json::{Value, json};

use super::answer::Answer;
use super::words::{last_used, table};
use super::{Failure, Result};
use crate::domain::access::{OrgKeyRecord, Permission};
use crate::domain::id::{KeyId, OrgId, OrgKeyId};
use crate::domain::time::Moment;
use crate::service::{AuditCheck, NewOrgKey};

/// The id of a key of either kind.
#[derive(Clone, Copy)]
pub(super) enum AnyKey {
    /// An application's.
    Api(KeyId),
    /// An organization's.
    Org(OrgKeyId),
}

impl FromStr for AnyKey {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let api = text.parse().map(Self::Api);
        let org = text.parse().map(Self::Org);
        api.or(org)
            .map_err(|_| "expected an id such as key_… or ork_…, with 26 characters after it".to_owned())
    }
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Walk the audit logs and tell each line that was changed, removed, reordered or added
    Verify {
        /// Only this organization's
        #[arg(long)]
        org: Option<OrgId>,
    },
}

/// Walks the chains. What is broken is told by a failure, so that a script sees it by the exit code.
pub(super) async fn audit(check: &AuditCheck, command: AuditCommand) -> Result<Answer> {
    let AuditCommand::Verify { org } = command;
    let verdicts = check.verify(org).await?;
    let line = |verdict: &crate::service::AuditVerdict| match &verdict.broken {
        None => format!("ok      {}: {} lines, head {}", verdict.org, verdict.lines, verdict.hash),
        Some(broken) => format!("BROKEN  {}: {broken}", verdict.org),
    };
    let mut text = verdicts.iter().map(line).collect::<Vec<_>>().join("\n");
    if verdicts.is_empty() {
        "There is no line in any audit log yet.".clone_into(&mut text);
    }
    if verdicts.iter().any(|verdict| verdict.broken.is_some()) {
        return Err(Failure::Failed(format!("the audit log was tampered with\n{text}")));
    }
    let data: Vec<_> = verdicts
        .iter()
        .map(
            |verdict| json!({ "org": verdict.org, "lines": verdict.lines, "hash": verdict.hash, "ok": true }),
        )
        .collect();
    Ok(Answer::new(text, json!({ "ok": true, "data": data })))
}

pub(super) fn new_key(new: &NewOrgKey, note: &str) -> Answer {
    let record = &new.record;
    let mut text = format!(
        "Organization key {} ({}):\n\n  {}\n\nIt is shown this once. It opens /v1/manage.",
        record.id,
        record.scopes,
        new.key.reveal()
    );
    if !note.is_empty() {
        text.push(' ');
        text.push_str(note);
    }
    let mut json = key_json(record, record.created_at);
    if let Value::Object(fields) = &mut json {
        fields.insert("secret".into(), json!(new.key.reveal()));
    }
    Answer::new(text, json)
}

pub(super) fn key_list(keys: &[OrgKeyRecord], now: Moment) -> Answer {
    let rows = keys.iter().map(|key| {
        [
            key.id.to_string(),
            key.hint.clone(),
            key.state(now).to_owned(),
            last_used(key.last_used_at),
            key.scopes.to_string(),
            key.name.clone(),
        ]
    });
    let empty = "There is no organization key yet: rift-mfa key create --org ID --scopes all --name NAME";
    let text = table(["ID", "KEY", "STATE", "LAST USED", "SCOPES", "NAME"], rows, empty);
    Answer::new(text, json!({ "data": keys.iter().map(|key| key_json(key, now)).collect::<Vec<_>>() }))
}

pub(super) fn key_json(key: &OrgKeyRecord, now: Moment) -> Value {
    json!({
        "id": key.id, "org": key.org, "name": key.name, "hint": key.hint, "state": key.state(now),
        "scopes": key.scopes.iter().map(Permission::as_str).collect::<Vec<_>>(),
        "created_at": key.created_at.to_string(), "expires_at": key.expires_at.map(|at| at.to_string()),
        "revoked_at": key.revoked_at.map(|at| at.to_string()),
        "last_used_at": key.last_used_at.map(|at| at.to_string())
    })
}
