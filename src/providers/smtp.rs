//! E-mail over SMTP.
//!
//! One dialogue per message on a kept connection, command by command on lettre's client. lettre's own pooled
//! transport is not used: when a send is given up half-way, it puts the connection back, and the next message
//! is then spoken into the middle of the last one. Here a connection is kept only after a clean end, and each
//! stage of the dialogue is known, so that a refused login is never taken for a refused recipient.
//!
//! Nothing in here may log: what the two sides say contains addresses, codes and the password.

mod bounded;
mod mail;
mod pool;
mod target;
mod verdict;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::SecretString;

use super::guard::{Guard, Transport};
use super::{Outcome, Provider};
use crate::domain::message::Envelope;
use bounded::Bounded;
use mail::Mail;
use pool::Pool;
use target::{Security, Target};
use verdict::{Failure, Stage};

/// What an SMTP provider is configured with.
pub struct SmtpSettings {
    /// `smtp://user:pass@host:587` (STARTTLS required) or `smtps://…` (TLS from the start). `?tls=none` is
    /// allowed for this machine itself only.
    pub url: SecretString,
    /// The sender: `Acme <no-reply@acme.example>`.
    pub from: String,
    /// A PEM file with roots to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The longest that one send may take, from connecting to the server's last word.
    pub timeout: Duration,
}

/// An SMTP server that takes our mail.
pub struct Smtp {
    target: Target,
    from: Mailbox,
    hello: ClientId,
    timeout: Duration,
    pool: Pool,
    /// Of a tenant's server.
    guard: Option<Guard>,
}

impl Smtp {
    /// Checks the settings; connects to nothing yet. The error names the setting and never repeats the URL.
    pub fn new(settings: SmtpSettings) -> Result<Self, String> {
        let SmtpSettings { url, from, ca_file, timeout } = settings;
        let from = from
            .parse::<Mailbox>()
            .map_err(|_| "`from` is no mailbox: write \"Acme <no-reply@acme.example>\"".to_owned())?;
        if timeout.is_zero() {
            return Err("`timeout` must be longer than nothing".to_owned());
        }
        let target = Target::new(&url, ca_file.as_deref())?;
        Ok(Self { target, from, hello: ClientId::default(), timeout, pool: Pool::new(), guard: None })
    }

    /// A server that a tenant named: it is connected to where `guard` lets one go.
    pub fn guarded(settings: SmtpSettings, guard: Guard) -> Result<Self, String> {
        let smtp = Self::new(settings)?;
        // A tenant's server is not told what this machine is called.
        let hello = ClientId::Domain(smtp.from.email.domain().to_owned());
        Ok(Self { guard: Some(guard), hello, ..smtp })
    }

    /// Connects and logs in, without sending anything: whether the settings work.
    pub async fn check(&self) -> Outcome {
        let mut stage = Stage::Connect;
        match tokio::time::timeout(self.timeout, self.connection(&mut stage)).await {
            Ok(Ok(connection)) => {
                self.pool.park(connection);
                Outcome::Sent { id: None }
            }
            Ok(Err(failure)) => verdict::outcome(stage, &failure),
            Err(_) => verdict::outcome(stage, &Failure::Timeout),
        }
    }

    /// A connection that is ready for `MAIL FROM`: a kept one that still answers, or a new one.
    async fn connection(&self, stage: &mut Stage) -> Result<pool::Connection, Failure> {
        if let Some(kept) = self.pool.take().await {
            return Ok(kept);
        }
        let wrapper = match &self.target.security {
            Security::Wrapped(tls) => Some(tls.clone()),
            Security::StartTls(_) | Security::Plain => None,
        };
        // lettre's limit is per resolved address; ours, around all of this, is the one that counts.
        let limit = Some(self.timeout);
        let connected = if let Some(addresses) = self.allowed().await? {
            // The name that TLS checks stands in its parameters: it stays the host's.
            match Bounded::connect(&addresses, limit, wrapper).await {
                Ok(stream) => {
                    AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await
                }
                Err(error) => Err(error),
            }
        } else {
            let server = (self.target.host.as_str(), self.target.port);
            AsyncSmtpConnection::connect_tokio1(server, limit, &self.hello, wrapper, None).await
        };
        let mut inner = connected.map_err(|error| Failure::of(Stage::Connect, &error))?;
        if let Security::StartTls(tls) = &self.target.security {
            *stage = Stage::StartTls;
            let started = inner.starttls(tls.clone(), &self.hello).await;
            started.map_err(|error| Failure::of(Stage::StartTls, &error))?;
        }
        if let Some(credentials) = &self.target.credentials {
            *stage = Stage::Auth;
            let answer = inner.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            expect(Stage::Auth, answer, 235)?;
        }
        Ok(pool::Connection::new(inner))
    }

    /// The addresses of a tenant's server, looked up once; none where the server is the operator's.
    async fn allowed(&self) -> Result<Option<Vec<SocketAddr>>, Failure> {
        let Some(guard) = &self.guard else { return Ok(None) };
        let transport = match &self.target.security {
            Security::Plain => Transport::Plain,
            Security::Wrapped(_) | Security::StartTls(_) => Transport::Encrypted,
        };
        let found = guard.addresses(&self.target.host, transport).await.map_err(Failure::Blocked)?;
        Ok(Some(found.into_iter().map(|address| SocketAddr::new(address, self.target.port)).collect()))
    }

    /// The whole dialogue for one message. `stage` tells the caller how far it came, also when it is cut off.
    async fn deliver(&self, stage: &mut Stage, mail: &Mail) -> Result<Option<String>, Failure> {
        let mut connection = self.connection(stage).await?;
        let result = dialogue(&mut connection.inner, stage, &self.from, mail).await;
        // After a plain refusal the server waits for the next message; after anything else who knows.
        if result.as_ref().err().is_none_or(|failure| verdict::in_step(*stage, failure)) {
            self.pool.park(connection);
        }
        result
    }
}

async fn dialogue(
    connection: &mut AsyncSmtpConnection,
    stage: &mut Stage,
    from: &Mailbox,
    mail: &Mail,
) -> Result<Option<String>, Failure> {
    *stage = Stage::Sender;
    let mut parameters = Vec::new();
    if !mail.to.to_string().is_ascii() || !from.email.to_string().is_ascii() {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::NoUtf8Addresses);
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.raw.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let answer = connection.command(MailFrom::new(Some(from.email.clone()), parameters)).await;
    expect(Stage::Sender, answer, 250)?;

    *stage = Stage::Recipient;
    let answer = connection.command(Rcpt::new(mail.to.clone(), Vec::new())).await;
    expect(Stage::Recipient, answer, 250)?;

    *stage = Stage::Data;
    let answer = connection.command(Data).await;
    expect(Stage::Data, answer, 354)?;

    *stage = Stage::Content;
    // As one write: lettre's `message` writes the final dot apart, which then waits 40 ms for a delayed ACK.
    let answer = connection.command(mail.raw.as_str()).await;
    Ok(verdict::queue_id(&expect(Stage::Content, answer, 250)?))
}

/// The answer, if it has the code that this stage waits for. lettre takes any 2xx or 3xx for a yes, which
/// would let an answer out of turn (one injected before STARTTLS, say) pass for the next command's.
fn expect(
    stage: Stage,
    answer: Result<Response, lettre::transport::smtp::Error>,
    code: u16,
) -> Result<Response, Failure> {
    let answer = answer.map_err(|error| Failure::of(stage, &error))?;
    let also_yes = stage == Stage::Recipient && answer.has_code(251);
    if answer.has_code(code) || also_yes { Ok(answer) } else { Err(Failure::OutOfStep) }
}

#[async_trait]
impl Provider for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        let mail = match Mail::new(&self.from, message_id, envelope) {
            Ok(mail) => mail,
            Err(reason) => return Outcome::Refused { reason },
        };
        let mut stage = Stage::Connect;
        match tokio::time::timeout(self.timeout, self.deliver(&mut stage, &mail)).await {
            Ok(Ok(queue_id)) => Outcome::Sent { id: Some(queue_id.unwrap_or_else(|| mail.id.clone())) },
            Ok(Err(failure)) => verdict::outcome(stage, &failure),
            Err(_) => verdict::outcome(stage, &Failure::Timeout),
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("host", &self.target.host).finish_non_exhaustive()
    }
}
