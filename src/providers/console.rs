//! The provider for development: writes each message, readable, where the developer looks.
//!
//! It shows codes and addresses in plain text, which is its purpose: an operator who configures it for live mode sends
//! nothing to anyone. It writes to the stream that it was given and nowhere else, never through the log.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Outcome, Provider};
use crate::domain::message::Envelope;

/// Writes messages to a stream.
pub struct Console {
    out: Mutex<Box<dyn Write + Send>>,
}

impl Console {
    /// A console that writes to `out`.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out: Mutex::new(out) }
    }

    /// A console on standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(Box::new(std::io::stdout()))
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}

#[async_trait]
impl Provider for Console {
    fn name(&self) -> &'static str {
        "console"
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        let frame = frame(message_id, envelope);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that two messages at once do not mix their lines.
        match out.write_all(frame.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Outcome::Sent { id: None },
            Err(_) => Outcome::retry("write_failed", "The console could not be written to."),
        }
    }
}

fn frame(message_id: &str, envelope: &Envelope) -> String {
    let mut lines =
        vec![format!("┌─ {} {message_id}", envelope.channel), format!("│ To: {}", shown(&envelope.to))];
    if !envelope.subject.is_empty() {
        lines.push(format!("│ Subject: {}", shown(&envelope.subject)));
    }
    lines.push("├─".into());
    lines.extend(envelope.text.lines().map(|line| format!("│ {}", shown(line)).trim_end().to_owned()));
    lines.push("└─\n".into());
    lines.join("\n")
}

/// The text without anything that would steer the terminal.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::message::Channel;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn envelope(subject: &str, text: &str) -> Envelope {
        let mut envelope = Envelope::plain(Channel::Email, "jane@example.com", text);
        envelope.subject = subject.into();
        envelope.html = Some("<b>html</b>".into());
        envelope
    }

    #[tokio::test]
    async fn a_message_is_framed_and_without_html() {
        let page = Page::default();
        let console = Console::new(Box::new(page.clone()));
        assert_eq!(
            console.send("msg_1", &envelope("Hi", "one\n\n314159\n")).await,
            Outcome::Sent { id: None }
        );
        let written = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            written,
            "┌─ email msg_1\n│ To: jane@example.com\n│ Subject: Hi\n├─\n│ one\n│\n│ 314159\n└─\n"
        );
    }

    #[test]
    fn the_terminal_is_not_steered() {
        let framed = frame("msg_1", &envelope("", "\u{1b}[2Jgone\u{7}"));
        assert!(!framed.contains('\u{1b}') && !framed.contains('\u{7}') && !framed.contains("Subject"));
    }

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_closed_console_is_a_failure() {
        let outcome = Console::new(Box::new(Broken)).send("msg_1", &envelope("", "x")).await;
        assert!(matches!(outcome, Outcome::Retry { reason, .. } if reason.code == "write_failed"));
    }
}
