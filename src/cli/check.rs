//! `check-config`, `doctor`, `healthcheck`: is it right, is it well, is it alive.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::answer::Answer;
use super::{Failure, Result, opened};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::providers::Outcome;

pub(super) fn config(config: &Config) -> Result<Answer> {
    let built = app::build_providers(config)?;
    if config.keyring.file.exists() {
        app::ring::read(&config.keyring.file)?;
    }
    let channels: Vec<_> = built.channels().into_iter().collect();
    let live = if channels.is_empty() {
        "none: live messages have no provider yet".into()
    } else {
        channels.join(", ")
    };
    Ok(Answer::new(
        format!("The configuration is right. Live channels: {live}."),
        json!({ "ok": true, "live_channels": channels }),
    ))
}

/// A thing that was looked at: its name, and what is wrong with it and what to do.
type Finding = (String, std::result::Result<String, (String, String)>);

pub(super) async fn doctor(config: &Config) -> Result<Answer> {
    let mut findings: Vec<Finding> = vec![("configuration".into(), Ok("read".into()))];
    match opened(config).await {
        Err(Failure::Use(problem) | Failure::Failed(problem)) => {
            findings.push(("database and key ring".into(), Err((problem, "see the sentence itself".into()))));
        }
        Ok(opened) => {
            findings.push(("database".into(), Ok("answers; its schema is this version's".into())));
            findings.push((
                "key ring".into(),
                Ok(format!("opens the database; primary key {}", opened.vault.primary())),
            ));
            findings.push(("clock".into(), clock(&*opened.store).await));
        }
    }
    match app::build_providers(config) {
        Err(error) => {
            findings.push(("providers".into(), Err((error.to_string(), "mend the setting".into()))));
        }
        Ok(built) => {
            if built.channels().is_empty() {
                findings.push(("providers".into(), Ok("none configured: test mode only".into())));
            }
            // Silence would read as health.
            for setting in built.untried {
                findings.push((setting, Ok("read; this version does not try its credentials".into())));
            }
            for (setting, server) in built.mail_servers {
                let result = match server.check().await {
                    Outcome::Sent { .. } => Ok("log-in works".to_owned()),
                    Outcome::Retry { reason, .. }
                    | Outcome::Declined { reason }
                    | Outcome::Refused { reason } => {
                        Err((reason.detail, format!("mend {setting}.url ({})", reason.code)))
                    }
                };
                findings.push((setting, result));
            }
        }
    }
    // The sender's domain (SPF, DKIM, DMARC) is looked at by DNS, which this version does not ask.
    report(&findings)
}

async fn clock(store: &dyn crate::store::Store) -> std::result::Result<String, (String, String)> {
    let before = SystemClock.now();
    match store.database_time().await {
        Err(error) => Err((error.to_string(), "see that the database runs".into())),
        Ok(theirs) => {
            let apart = before.until(theirs).max(theirs.until(SystemClock.now()));
            if apart > Duration::from_secs(2) {
                let problem = format!("{} ms from the database's", apart.as_millis());
                return Err((problem, "set both clocks by NTP".into()));
            }
            Ok("agrees with the database's".into())
        }
    }
}

fn report(findings: &[Finding]) -> Result<Answer> {
    let line = |(name, result): &Finding| match result {
        Ok(text) => format!("ok    {name}: {text}"),
        Err((problem, fix)) => format!("FAIL  {name}: {problem}\n      fix: {fix}"),
    };
    let text = findings.iter().map(line).collect::<Vec<_>>().join("\n");
    if findings.iter().any(|(_, result)| result.is_err()) {
        return Err(Failure::Failed(format!("not all is well\n{text}")));
    }
    let data: Vec<_> = findings
        .iter()
        .map(|(name, result)| json!({ "check": name, "ok": result.is_ok(), "detail": result.as_ref().ok() }))
        .collect();
    Ok(Answer::new(text, json!({ "ok": true, "data": data })))
}

/// Asks the operator's port. A plain request over a plain socket: no client is needed for one line.
pub(super) async fn health(config: &Config) -> Result<Answer> {
    let mut address = config.http.ops_listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream
            .write_all(
                format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
            )
            .await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with(b"HTTP/1.1 200 "))
    };
    match tokio::time::timeout(Duration::from_secs(3), ask).await {
        Ok(Ok(true)) => Ok(Answer::new("alive", json!({ "ok": true }))),
        Ok(Ok(false)) => Err(Failure::Failed(format!("{address} answers, but not as a healthy service"))),
        Ok(Err(error)) => Err(Failure::Failed(format!("{address} does not answer: {error}"))),
        Err(_) => Err(Failure::Failed(format!("{address} does not answer within 3 s"))),
    }
}
