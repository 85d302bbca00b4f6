//! What a failure means: whose fault it is, and whether a repeat can help.
//!
//! A recipient is refused only for a permanent answer to the recipient or to the content. Everything before
//! that is between us and the server, and another server may do better. Pure; of what the server said only
//! the digits pass.

use std::error::Error as StdError;
use std::io;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;

use crate::providers::guard::Blocked;
use crate::providers::{Outcome, wire};

/// How far the dialogue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Connect,
    StartTls,
    Auth,
    Sender,
    Recipient,
    Data,
    Content,
}

/// What went wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server said no.
    Reply { code: u16, enhanced: Option<String> },
    /// The time is up.
    Timeout,
    /// No trusted, encrypted connection.
    Tls,
    /// Not reached, closed, or not speaking SMTP.
    Connection,
    /// A yes, but not the one that was asked for.
    OutOfStep,
    /// The server offers no way to log in that we know.
    NoMechanism,
    /// The address needs SMTPUTF8, which this server lacks.
    NoUtf8Addresses,
    /// A tenant's server, where nothing may be connected to.
    Blocked(Blocked),
}

impl Failure {
    pub(super) fn of(stage: Stage, error: &Error) -> Self {
        if let Some(code) = error.status() {
            let code = u16::from(code);
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            return Self::Reply { code, enhanced: enhanced(code, &text) };
        }
        match stage {
            _ if error.is_tls() || caused_by_tls(error) => Self::Tls,
            _ if error.is_timeout() => Self::Timeout,
            // lettre's own complaints, before a byte is sent: what it needs is not on the server's list.
            Stage::StartTls if error.is_client() => Self::Tls,
            Stage::Auth if error.is_client() => Self::NoMechanism,
            _ => Self::Connection,
        }
    }
}

/// Whether the server is known to wait for the next command after this failure.
pub(super) fn in_step(stage: Stage, failure: &Failure) -> bool {
    match failure {
        Failure::Reply { code, .. } => stage >= Stage::Sender && !matches!(code, 421 | 500..=504 | 554),
        Failure::NoUtf8Addresses => true,
        _ => false,
    }
}

/// What the courier is told.
pub(super) fn outcome(stage: Stage, failure: &Failure) -> Outcome {
    match failure {
        Failure::Timeout if stage == Stage::Content => {
            Outcome::retry("timeout", "The server had the message but did not confirm it in time.")
        }
        Failure::Timeout => Outcome::retry("timeout", "The server did not answer in time."),
        Failure::Tls => Outcome::retry("tls_failed", "No trusted, encrypted connection could be made."),
        Failure::Connection if stage == Stage::Connect => {
            Outcome::retry("connection_failed", "The server could not be reached.")
        }
        Failure::Connection => Outcome::retry("connection_failed", "The connection broke off."),
        Failure::OutOfStep => Outcome::retry("protocol_error", "The server gave an answer out of turn."),
        Failure::NoMechanism => {
            Outcome::retry("authentication_failed", "The server offers neither AUTH PLAIN nor AUTH LOGIN.")
        }
        Failure::NoUtf8Addresses => {
            Outcome::retry("smtputf8_unsupported", "The server takes no address with letters beyond ASCII.")
        }
        Failure::Blocked(blocked) => wire::kept_back(*blocked),
        Failure::Reply { code, enhanced } => reply(stage, *code, enhanced.as_deref()),
    }
}

fn reply(stage: Stage, code: u16, enhanced: Option<&str>) -> Outcome {
    let shown = enhanced.map_or_else(|| code.to_string(), |enhanced| format!("{code} {enhanced}"));
    match (stage, code) {
        (Stage::Auth, 500..) | (_, 530 | 534 | 535 | 538) => {
            Outcome::retry("authentication_failed", "The server did not accept our login.")
        }
        (Stage::StartTls, _) => Outcome::retry("tls_failed", "The server would not start TLS."),
        // 421: the server closes shop for everyone (RFC 5321 §3.8). Other 4yz after RCPT are about this mail: greylisting, a
        // full mailbox.
        (Stage::Recipient | Stage::Data | Stage::Content, 422..500 | 400..421) => {
            Outcome::put_off(shown, "The server put the message off.")
        }
        (_, ..500) => Outcome::retry(shown, "The server put the message off."),
        (Stage::Connect, _) => Outcome::retry(shown, "The server would not speak with us."),
        (Stage::Sender, _) => Outcome::retry(shown, "The server does not accept our sender address."),
        // Not understood, not implemented, out of order: our fault or the server's, not the recipient's.
        (_, 500 | 502 | 503 | 504) => Outcome::retry(shown, "The server did not understand us."),
        (Stage::Recipient, _) => Outcome::refused(shown, "The server does not accept this recipient."),
        (Stage::Data | Stage::Content, _) => Outcome::refused(shown, "The server rejected the message."),
    }
}

/// The enhanced status code (RFC 3463) at the head of an answer, if it fits the answer's class.
fn enhanced(code: u16, text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let [class, subject, detail] = parts.as_slice() else { return None };
    (*class == (code / 100).to_string() && digits(subject) && digits(detail)).then(|| word.to_owned())
}

/// The id under which the server has queued the message ("250 2.0.0 Ok: queued as 4XyZ"), where it says so.
pub(super) fn queue_id(answer: &Response) -> Option<String> {
    let line = answer.first_line()?;
    let (_, rest) = line.split_once("queued as ")?;
    let word = rest.split_whitespace().next()?;
    let fits = word.len() <= 64
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    fits.then(|| word.to_owned())
}

/// A handshake that fails comes as an I/O error with the true one inside.
fn caused_by_tls(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        // An I/O error's source() steps over what it wraps, hence get_ref.
        let inside = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if cause.is::<rustls::Error>()
            || inside.is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>)
        {
            return true;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(stage: Stage, code: u16, text: &str) -> (&'static str, String) {
        match outcome(stage, &Failure::Reply { code, enhanced: enhanced(code, text) }) {
            Outcome::Sent { .. } => ("sent", String::new()),
            Outcome::Retry { reason, .. } => ("retry", reason.code),
            Outcome::Declined { reason } => ("declined", reason.code),
            Outcome::Refused { reason } => ("refused", reason.code),
        }
    }

    #[test]
    fn each_answer_has_its_meaning() {
        use Stage::{Auth, Connect, Content, Data, Recipient, Sender, StartTls};
        for (stage, code, text, kind, shown) in [
            (Connect, 554, "5.7.1 no service for you", "retry", "554 5.7.1"),
            (Connect, 421, "busy", "retry", "421"),
            (StartTls, 454, "4.7.0 not now", "retry", "tls_failed"),
            (StartTls, 502, "what", "retry", "tls_failed"),
            (Auth, 535, "5.7.8 no", "retry", "authentication_failed"),
            (Auth, 534, "", "retry", "authentication_failed"),
            (Auth, 504, "5.5.4", "retry", "authentication_failed"),
            (Auth, 454, "4.7.0 later", "retry", "454 4.7.0"),
            (Sender, 530, "5.7.0 log in first", "retry", "authentication_failed"),
            (Sender, 538, "", "retry", "authentication_failed"),
            (Sender, 550, "5.7.1 not your domain", "retry", "550 5.7.1"),
            (Sender, 451, "4.3.0", "retry", "451 4.3.0"),
            (Recipient, 550, "5.1.1 jane@example.com unknown", "refused", "550 5.1.1"),
            (Recipient, 550, "jane@example.com unknown", "refused", "550"),
            (Recipient, 553, "5.1.3", "refused", "553 5.1.3"),
            (Recipient, 501, "5.1.3", "refused", "501 5.1.3"),
            (Recipient, 503, "5.5.1", "retry", "503 5.5.1"),
            (Recipient, 530, "5.7.0", "retry", "authentication_failed"),
            (Recipient, 450, "4.2.0 greylisted", "retry", "450 4.2.0"),
            (Recipient, 452, "4.2.2 full", "retry", "452 4.2.2"),
            (Data, 554, "5.5.1 no valid recipients", "refused", "554 5.5.1"),
            (Content, 552, "5.3.4", "refused", "552 5.3.4"),
            (Content, 554, "5.7.1 spam", "refused", "554 5.7.1"),
            (Content, 421, "4.4.2", "retry", "421 4.4.2"),
        ] {
            assert_eq!(judged(stage, code, text), (kind, shown.to_owned()), "{stage:?} {code} {text}");
        }
    }

    #[test]
    fn every_other_failure_may_be_repeated() {
        for failure in [
            Failure::Timeout,
            Failure::Tls,
            Failure::Connection,
            Failure::OutOfStep,
            Failure::NoMechanism,
            Failure::NoUtf8Addresses,
        ] {
            for stage in [Stage::Connect, Stage::Recipient, Stage::Content] {
                assert!(matches!(outcome(stage, &failure), Outcome::Retry { .. }), "{failure:?}");
            }
        }
    }

    #[test]
    fn of_the_text_only_digits_pass() {
        assert_eq!(enhanced(550, "5.1.1 <jane@example.com>"), Some("5.1.1".to_owned()));
        for text in
            ["", "jane@example.com", "4.1.1 wrong class", "5.1", "5.1.1.1", "5.x.1", "5..1", "5.1.1234"]
        {
            assert_eq!(enhanced(550, text), None, "{text}");
        }
    }

    #[test]
    fn a_queue_id_is_found_where_there_is_one() {
        let id = |text: &str| queue_id(&text.parse::<Response>().unwrap());
        assert_eq!(id("250 2.0.0 Ok: queued as 4XyZ-1\r\n").as_deref(), Some("4XyZ-1"));
        assert_eq!(id("250 2.0.0 Ok: queued as jane@example.com\r\n"), None);
        assert_eq!(id("250 OK\r\n"), None);
    }

    #[test]
    fn a_connection_is_kept_only_when_in_step() {
        let reply = |code| Failure::Reply { code, enhanced: None };
        assert!(in_step(Stage::Recipient, &reply(550)) && in_step(Stage::Content, &reply(552)));
        assert!(!in_step(Stage::Recipient, &reply(421)) && !in_step(Stage::Auth, &reply(535)));
        assert!(!in_step(Stage::Content, &Failure::Timeout) && !in_step(Stage::Data, &Failure::OutOfStep));
    }
}
