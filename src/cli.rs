//! The command line: reads words, calls the composition root or a use case, prints the answer in plain words or as one
//! JSON object. Exit 0; 1 when it failed; 2 when it was used or configured wrong.

mod access;
mod answer;
mod check;
mod member;
mod template;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app::{self, AppError, Mode, Opened};
use crate::clock::{Chance, OsChance, SystemClock};
use crate::config::{self, Config};
use crate::domain::audit::By;
use crate::keyring::KeyRing;
use crate::service::{Access, AuditCheck, Desk, Templates, TenantError, Tenants};
use access::AuditCommand;
use answer::Answer;
use member::MemberCommand;
use template::TemplateCommand;
use words::{AppCommand, KeyCommand, KeyringCommand, OrgCommand};

/// A multi-tenant MFA service. Without a command it serves.
#[derive(Parser)]
#[command(name = "rift-mfa", version, about, long_about = None)]
struct Cli {
    /// A TOML file with settings; see config/default.toml for all of them
    #[arg(long, global = true, env = "RIFT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer with one JSON object
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service (the default)
    Serve,
    /// Bring the database's schema up to this version
    Migrate,
    /// Read the configuration, tell what is wrong with it, and end
    CheckConfig,
    /// Look at database, schema, key ring, clock and mail servers, with a fix beside each failure
    Doctor,
    /// Ask the running service on this machine whether it is alive
    Healthcheck,
    /// Print the OpenAPI document
    Openapi,
    /// The key ring
    #[command(subcommand)]
    Keyring(KeyringCommand),
    /// Organizations
    #[command(subcommand)]
    Org(OrgCommand),
    /// Applications and their settings
    #[command(subcommand)]
    App(AppCommand),
    /// API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// An application's own words for its messages
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Members of an organization
    #[command(subcommand)]
    Member(MemberCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// How a command fails.
enum Failure {
    /// Exit 2.
    Use(String),
    /// Exit 1.
    Failed(String),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Configuration(text) => Self::Use(text),
            AppError::Failed(text) => Self::Failed(text),
        }
    }
}

impl From<TenantError> for Failure {
    fn from(error: TenantError) -> Self {
        match error {
            TenantError::Name | TenantError::Setting(_) | TenantError::Template(_) => {
                Self::Use(error.to_string())
            }
            other => Self::Failed(other.to_string()),
        }
    }
}

type Result<T> = std::result::Result<T, Failure>;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    // The provider of TLS is chosen once, before anything could need it. A second choice changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(Failure::Failed(format!("the runtime cannot start: {error}"))),
    };
    match outcome {
        Ok(answer) => {
            answer.print(json);
            ExitCode::SUCCESS
        }
        Err(Failure::Use(text)) => answer::fail(&text, json, 2),
        Err(Failure::Failed(text)) => answer::fail(&text, json, 1),
    }
}

async fn run(cli: Cli) -> Result<Answer> {
    let command = cli.command.unwrap_or(Command::Serve);
    match command {
        Command::Openapi => {
            return crate::http::openapi()
                .to_pretty_json()
                .map(Answer::raw)
                .map_err(|error| Failure::Failed(error.to_string()));
        }
        Command::Keyring(KeyringCommand::New { out }) => return new_ring(&out),
        _ => {}
    }
    let config = Config::load(cli.config.as_deref(), config::environment()).map_err(AppError::from)?;
    match command {
        Command::Serve => app::serve(config).await.map(|()| Answer::silent()).map_err(Failure::from),
        Command::Migrate => migrate(&config).await,
        Command::CheckConfig => check::config(&config),
        Command::Doctor => check::doctor(&config).await,
        Command::Healthcheck => check::health(&config).await,
        Command::Org(command) => words::org(&Tenants::new(desk(&config).await?), command).await,
        Command::App(command) => words::app(&Tenants::new(desk(&config).await?), command).await,
        Command::Key(KeyCommand::RotateRoot) => rotate(&config, cli.json).await,
        Command::Key(command) => {
            let desk = desk(&config).await?;
            words::key(&Tenants::new(desk.clone()), &Access::new(desk), command).await
        }
        Command::Template(command) => template::run(&Templates::new(desk(&config).await?), command).await,
        Command::Member(command) => {
            let url = config.http.public_url.as_str().trim_end_matches('/').to_owned();
            member::run(&Access::new(desk(&config).await?), &url, command).await
        }
        Command::Audit(command) => {
            let opened = opened(&config).await?;
            access::audit(&AuditCheck::new(opened.store, opened.vault), command).await
        }
        Command::Openapi | Command::Keyring(_) => Ok(Answer::silent()),
    }
}

async fn opened(config: &Config) -> Result<Opened> {
    Ok(app::open(config, Mode::Command).await?)
}

/// Whoever may run a command on this machine acts as the operator.
async fn desk(config: &Config) -> Result<Desk> {
    let opened = opened(config).await?;
    Ok(Desk::new(opened.store, opened.vault, Arc::new(SystemClock), Arc::new(OsChance), By::cli()))
}

fn new_ring(out: &std::path::Path) -> Result<Answer> {
    if out.exists() {
        return Err(Failure::Failed(format!(
            "{} is there already; a key ring is never written over. Choose another file.",
            out.display()
        )));
    }
    app::ring::create(out, &KeyRing::generate(&mut *OsChance.rng()))?;
    let text = format!(
        "A new key ring is in {0}, readable by you alone. Name it with RIFT_KEYRING__FILE={0}, and keep a copy apart from the database.",
        out.display()
    );
    Ok(Answer::new(text, serde_json::json!({ "file": out.display().to_string() })))
}

async fn migrate(config: &Config) -> Result<Answer> {
    let opened = app::open(config, Mode::Serve).await?;
    let migrated = opened.store.is_migrated().await.map_err(AppError::from)?;
    Ok(Answer::new("The database's schema is this version's.", serde_json::json!({ "migrated": migrated })))
}

async fn rotate(config: &Config, json: bool) -> Result<Answer> {
    let opened = opened(config).await?;
    let mut progress = |text: &str| answer::progress(text, json);
    let rotated = app::rotate(&config.keyring.file, &opened, &mut progress).await?;
    if rotated.unreadable > 0 {
        return Err(Failure::Failed(format!(
            "the new root key {} is primary and {} rows were sealed anew, but {} rows open with no key on the ring; the log names them. Bring back the key that they were sealed with, or leave them.",
            rotated.primary, rotated.rows, rotated.unreadable
        )));
    }
    let text = format!(
        "The new root key {} is primary; {} rows were sealed anew. Copy the key ring again. Older keys stay on it for backups.",
        rotated.primary, rotated.rows
    );
    Ok(Answer::new(text, serde_json::json!({ "primary": rotated.primary, "rows": rotated.rows })))
}
