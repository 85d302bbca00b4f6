//! `org`, `app` and `key`: what an operator sets up.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::access::{self, AnyKey};
use super::answer::Answer;
use super::{Failure, Result};
use crate::domain::access::Permissions;
use crate::domain::challenge::MfaType;
use crate::domain::id::{AppId, OrgId};
use crate::domain::policy::Settings;
use crate::domain::tenant::{ApiKeyRecord, Application, Mode, Organization, Plan};
use crate::domain::time::Moment;
use crate::service::{Access, NewKey, Tenants};

#[derive(Subcommand)]
pub(super) enum KeyringCommand {
    /// Make a new key ring, for a new database
    New {
        /// Where to; never over a file that is there
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
pub(super) enum OrgCommand {
    /// Make an organization
    Create {
        /// Its name
        name: String,
        /// free, pro or enterprise
        #[arg(long, default_value = "free")]
        plan: Plan,
    },
    /// List all organizations
    List,
    /// Change an organization's plan
    SetPlan {
        /// The organization's id
        id: OrgId,
        /// free, pro or enterprise
        plan: Plan,
    },
}

#[derive(Subcommand)]
pub(super) enum AppCommand {
    /// Make an application
    Create {
        /// Its name, as users read it in messages and apps
        name: String,
        /// The organization's id
        #[arg(long)]
        org: OrgId,
        /// The methods to switch on: EMAIL,SMS,… or all
        #[arg(long, value_delimiter = ',')]
        enable: Vec<String>,
    },
    /// List all applications
    List,
    /// Change settings
    Set {
        /// The application's id
        id: AppId,
        /// Settings, such as code.length=8; `rift-mfa app show ID` lists them all
        #[arg(required = true, value_name = "KEY=VALUE")]
        changes: Vec<String>,
    },
    /// Show an application with its settings
    Show {
        /// The application's id
        id: AppId,
    },
}

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Make an API key of an application, or a key of an organization; it is shown once
    Create {
        /// The application's id
        #[arg(long, required_unless_present = "org", requires = "mode", conflicts_with = "org")]
        app: Option<AppId>,
        /// test or live
        #[arg(long, requires = "app")]
        mode: Option<Mode>,
        /// The organization's id, for a key that opens the management API
        #[arg(long, requires_all = ["scopes", "name"])]
        org: Option<OrgId>,
        /// What an organization key may do: all, or a list such as apps:write,keys:write
        #[arg(long, requires = "org", value_name = "LIST")]
        scopes: Option<Permissions>,
        /// A name for people
        #[arg(long, default_value = "")]
        name: String,
        /// Its life, such as 90d; without an end where it is left out
        #[arg(long, value_parser = duration, value_name = "TIME")]
        expires_in: Option<Duration>,
    },
    /// List keys
    List {
        /// Only those of this application
        #[arg(long, conflicts_with = "org")]
        app: Option<AppId>,
        /// The keys of this organization itself
        #[arg(long)]
        org: Option<OrgId>,
    },
    /// Revoke a key; it stops working within a second
    Revoke {
        /// The key's id
        id: AnyKey,
    },
    /// Make a key's successor; the old one works on for a while
    Roll {
        /// The key's id
        id: AnyKey,
        /// How long the old one works on, such as 24h
        #[arg(long, value_parser = duration, value_name = "TIME", default_value = "24h")]
        grace: Duration,
    },
    /// Put a new root key on the key ring and seal everything anew
    RotateRoot,
}

pub(super) async fn org(tenants: &Tenants, command: OrgCommand) -> Result<Answer> {
    match command {
        OrgCommand::Create { name, plan } => {
            let org = tenants.create_org(&name, plan).await?;
            Ok(Answer::new(
                format!("Organization {} ({}) has the id {}.", org.name, org.plan, org.id),
                org_json(&org),
            ))
        }
        OrgCommand::List => {
            let orgs = tenants.orgs().await?;
            let rows = orgs.iter().map(|org| [org.id.to_string(), org.plan.to_string(), org.name.clone()]);
            let text =
                table(["ID", "PLAN", "NAME"], rows, "There is no organization yet: rift-mfa org create NAME");
            Ok(Answer::new(text, json!({ "data": orgs.iter().map(org_json).collect::<Vec<_>>() })))
        }
        OrgCommand::SetPlan { id, plan } => {
            let org = tenants.set_plan(id, plan).await?;
            Ok(Answer::new(format!("Organization {} has the plan {}.", org.name, org.plan), org_json(&org)))
        }
    }
}

pub(super) async fn app(tenants: &Tenants, command: AppCommand) -> Result<Answer> {
    match command {
        AppCommand::Create { name, org, enable } => {
            let app = tenants.create_app(org, &name, settings(&enable)?).await?;
            let text = format!(
                "Application {} has the id {0}. A key for it: rift-mfa key create --app {0} --mode test",
                app.id
            )
            .replacen(&app.id.to_string(), &app.name, 1);
            Ok(Answer::new(text, app_json(&app)))
        }
        AppCommand::List => {
            let apps = tenants.apps().await?;
            let rows = apps.iter().map(|app| [app.id.to_string(), app.org.to_string(), app.name.clone()]);
            let empty = "There is no application yet: rift-mfa app create NAME --org ID --enable all";
            let text = table(["ID", "ORGANIZATION", "NAME"], rows, empty);
            Ok(Answer::new(text, json!({ "data": apps.iter().map(app_json).collect::<Vec<_>>() })))
        }
        AppCommand::Set { id, changes } => {
            let changes = changes.iter().map(|change| pair(change)).collect::<Result<Vec<_>>>()?;
            let app = tenants.set(id, &changes).await?;
            Ok(Answer::new(shown(&app), app_json(&app)))
        }
        AppCommand::Show { id } => {
            let app = tenants.app(id).await?;
            Ok(Answer::new(shown(&app), app_json(&app)))
        }
    }
}

pub(super) async fn key(tenants: &Tenants, access: &Access, command: KeyCommand) -> Result<Answer> {
    let now = crate::clock::Clock::now(&crate::clock::SystemClock);
    match command {
        KeyCommand::Create { app: Some(app), mode: Some(mode), name, expires_in, .. } => {
            let new = tenants.create_key(app, mode, &name, expires_in).await?;
            Ok(new_key(&new, ""))
        }
        KeyCommand::Create { org: Some(org), scopes: Some(scopes), name, expires_in, .. } => {
            Ok(access::new_key(&access.create_key(org, &name, scopes, expires_in).await?, ""))
        }
        KeyCommand::Create { .. } => {
            Err(Failure::Use("name --app and --mode, or --org, --scopes and --name".into()))
        }
        KeyCommand::List { org: Some(org), .. } => {
            tenants.org(org).await?;
            Ok(access::key_list(&access.keys(org).await?, now))
        }
        KeyCommand::List { app, org: None } => {
            let keys = tenants.keys(app).await?;
            let rows = keys.iter().map(|key| {
                [
                    key.id.to_string(),
                    key.scope.app.to_string(),
                    key.hint.clone(),
                    key.state(now).to_owned(),
                    last_used(key.last_used_at),
                    key.name.clone(),
                ]
            });
            let empty = "There is no key yet: rift-mfa key create --app ID --mode test";
            let text = table(["ID", "APPLICATION", "KEY", "STATE", "LAST USED", "NAME"], rows, empty);
            Ok(Answer::new(
                text,
                json!({ "data": keys.iter().map(|key| key_json(key, now)).collect::<Vec<_>>() }),
            ))
        }
        KeyCommand::Revoke { id: AnyKey::Api(id) } => {
            let key = tenants.revoke_key(id).await?;
            Ok(Answer::new(format!("Key {} is revoked.", key.id), key_json(&key, now)))
        }
        KeyCommand::Revoke { id: AnyKey::Org(id) } => {
            let key = access.revoke_key(id).await?;
            Ok(Answer::new(format!("Organization key {} is revoked.", key.id), access::key_json(&key, now)))
        }
        KeyCommand::Roll { id: AnyKey::Api(id), grace } => {
            Ok(new_key(&tenants.roll_key(id, grace).await?, &old_key(&id, grace)))
        }
        KeyCommand::Roll { id: AnyKey::Org(id), grace } => {
            Ok(access::new_key(&access.roll_key(id, grace).await?, &old_key(&id, grace)))
        }
        KeyCommand::RotateRoot => Err(Failure::Failed("rotate-root is run by the composition root".into())),
    }
}

fn old_key(id: &dyn std::fmt::Display, grace: Duration) -> String {
    format!("The old key {id} works for {} s more at the longest.", grace.as_secs())
}

fn duration(text: &str) -> std::result::Result<Duration, String> {
    crate::config::parse_duration(text)
        .filter(|span| !span.is_zero())
        .ok_or_else(|| "a whole number and ms, s, m, h or d, such as 90d".to_owned())
}

fn settings(enable: &[String]) -> Result<Settings> {
    if enable.iter().any(|name| name.eq_ignore_ascii_case("all")) {
        return Ok(Settings::everything_on());
    }
    let mut settings = Settings::default();
    for name in enable.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        let method = name.parse::<MfaType>().ok().filter(|method| *method != MfaType::Backup);
        let method = method.ok_or_else(|| {
            Failure::Use(format!(
                "--enable: `{name}` is no method; use EMAIL, SMS, WHATSAPP, PHONE, APP, DUAL, HSM or all"
            ))
        })?;
        settings.switch(method, true);
    }
    Ok(settings)
}

fn pair(change: &str) -> Result<(String, String)> {
    let (key, value) =
        change.split_once('=').ok_or_else(|| Failure::Use(format!("`{change}` is not KEY=VALUE")))?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

fn shown(app: &Application) -> String {
    let mut text = format!("{} ({}) of {}\n", app.name, app.id, app.org);
    for (key, value) in app.settings.rows() {
        let _ = writeln!(text, "  {key:<28} {}", if value.is_empty() { "-" } else { &value });
    }
    text.trim_end().to_owned()
}

fn new_key(new: &NewKey, note: &str) -> Answer {
    let record = &new.record;
    let mut text = format!(
        "Key {} ({}):\n\n  {}\n\nIt is shown this once.",
        record.id,
        record.scope.mode,
        new.key.reveal()
    );
    if record.scope.mode == Mode::Live {
        text.push_str(
            " With a live key real users depend on the key ring: keep a copy of it, apart from the database.",
        );
    }
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

fn org_json(org: &Organization) -> Value {
    json!({ "id": org.id, "name": org.name, "plan": org.plan, "created_at": org.created_at.to_string() })
}

fn app_json(app: &Application) -> Value {
    let settings: serde_json::Map<_, _> =
        app.settings.rows().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    json!({
        "id": app.id, "org": app.org, "name": app.name, "settings": settings,
        "created_at": app.created_at.to_string()
    })
}

fn key_json(key: &ApiKeyRecord, now: Moment) -> Value {
    json!({
        "id": key.id, "app": key.scope.app, "mode": key.scope.mode, "name": key.name, "hint": key.hint,
        "state": key.state(now), "created_at": key.created_at.to_string(),
        "expires_at": key.expires_at.map(|at| at.to_string()), "revoked_at": key.revoked_at.map(|at| at.to_string()),
        "last_used_at": key.last_used_at.map(|at| at.to_string())
    })
}

/// When a key was last used, as a cell of a table.
pub(super) fn last_used(at: Option<Moment>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| at.to_string())
}

/// Columns as wide as their widest cell; a sentence where there is no row.
pub(super) fn table<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    empty: &str,
) -> String {
    let rows: Vec<[String; N]> = rows.collect();
    if rows.is_empty() {
        return empty.to_owned();
    }
    let mut widths = head.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let lines = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(line(head.to_vec())).chain(lines).collect::<Vec<_>>().join("\n")
}
