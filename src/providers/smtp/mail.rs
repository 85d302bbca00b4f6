//! The message as it goes over the wire.
//!
//! Headers and encoding only; the words come finished in the envelope.

use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use zeroize::Zeroizing;

use crate::domain::message::Envelope;
use crate::providers::Reason;

/// A message, ready for DATA.
pub(super) struct Mail {
    pub(super) to: Address,
    /// The Message-ID, with its angle brackets.
    pub(super) id: String,
    /// Headers, body and the final dot.
    pub(super) raw: Zeroizing<String>,
}

impl Mail {
    pub(super) fn new(from: &Mailbox, message_id: &str, envelope: &Envelope) -> Result<Self, Reason> {
        let to = address(&envelope.to)?;
        let id = id(from, message_id);
        // The Date is lettre's: the hour on the wall, not a time that any rule looks at.
        let builder = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(one_line(&envelope.subject))
            .message_id(Some(id.clone()))
            // RFC 3834, and Exchange's own way: no holiday note comes back to a code.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"),
                "All".to_owned(),
            ));
        let message = match &envelope.html {
            Some(html) => {
                builder.multipart(MultiPart::alternative_plain_html(envelope.text.clone(), html.clone()))
            }
            None => builder.singlepart(lettre::message::SinglePart::plain(envelope.text.clone())),
        }
        .map_err(|_| Reason::new("invalid_message", "The message could not be built."))?;
        let raw = Zeroizing::new(message.formatted());
        let text = std::str::from_utf8(&raw).ok().filter(|text| clean_line_ends(text));
        let raw = text
            .map(stuffed)
            .ok_or_else(|| Reason::new("invalid_message", "The message could not be built."))?;
        Ok(Self { to, id, raw })
    }
}

/// Whether CR and LF come in pairs only. Some servers take a lone one for the end of a line, and a dot
/// between two of them for the end of the message.
fn clean_line_ends(text: &str) -> bool {
    !text.replace("\r\n", "").contains(['\r', '\n'])
}

/// The content with leading dots doubled and the final dot added (RFC 5321 §4.5.2).
fn stuffed(text: &str) -> Zeroizing<String> {
    let mut wire = Zeroizing::new(String::with_capacity(text.len() + 64));
    for line in text.split_inclusive("\r\n") {
        if line.starts_with('.') {
            wire.push('.');
        }
        wire.push_str(line);
    }
    wire.push_str(if text.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" });
    wire
}

/// The recipient, exactly as given: whatever would have to be mended or interpreted is refused.
fn address(text: &str) -> Result<Address, Reason> {
    let refused = || Reason::new("invalid_address", "The recipient is no e-mail address.");
    if text.chars().any(|c| c.is_control() || matches!(c, '<' | '>')) {
        return Err(refused());
    }
    text.parse::<Address>().ok().filter(|address| address.to_string() == text).ok_or_else(refused)
}

/// The same on each repeat, so that mailboxes and people can recognise a duplicate.
fn id(from: &Mailbox, message_id: &str) -> String {
    let local: String =
        message_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    let domain = from.email.domain();
    let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| "localhost".to_owned());
    format!("<{local}@{domain}>")
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Channel;

    fn mail(to: &str, subject: &str, html: Option<&str>) -> Result<Mail, Reason> {
        let from = "Acme <no-reply@acme.example>".parse().unwrap();
        let mut envelope = Envelope::plain(Channel::Email, to, "Your code:\n\n314159\n");
        envelope.subject = subject.into();
        envelope.html = html.map(Into::into);
        Mail::new(&from, "msg_01", &envelope)
    }

    fn raw(to: &str, subject: &str, html: Option<&str>) -> String {
        mail(to, subject, html).unwrap().raw.to_string()
    }

    #[test]
    fn the_headers_are_complete() {
        let raw = raw("jane@example.com", "Your Acme code", Some("<b>314159</b>"));
        let (head, _) = raw.split_once("\r\n\r\n").unwrap();
        for line in [
            "From: Acme <no-reply@acme.example>",
            "To: jane@example.com",
            "Subject: Your Acme code",
            "Message-ID: <msg_01@acme.example>",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "MIME-Version: 1.0",
        ] {
            assert!(head.lines().any(|have| have == line), "{line} is missing in\n{head}");
        }
        assert!(head.contains("\r\nDate: "));
        assert!(head.contains("Content-Type: multipart/alternative;"));
    }

    #[test]
    fn text_comes_before_html() {
        let raw = raw("jane@example.com", "s", Some("<b>314159</b>"));
        let text = raw.find("Content-Type: text/plain; charset=utf-8").unwrap();
        let html = raw.find("Content-Type: text/html; charset=utf-8").unwrap();
        assert!(text < html && raw.contains("\r\n314159\r\n") && raw.contains("<b>314159</b>"));
    }

    #[test]
    fn without_html_it_is_plain_text() {
        let raw = raw("jane@example.com", "s", None);
        assert!(!raw.contains("multipart") && raw.contains("Content-Type: text/plain; charset=utf-8"));
    }

    #[test]
    fn a_subject_cannot_add_a_header() {
        let raw = raw("jane@example.com", "Hi\r\nBcc: eve@example.com\r\n\r\nbody", None);
        let (head, _) = raw.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")));
        assert!(raw.is_ascii());
        assert!(self::raw("jane@example.com", "Grüße \u{1f511}", None).is_ascii());
    }

    #[test]
    fn dots_are_doubled_and_lines_end_cleanly() {
        assert_eq!(*stuffed("a\r\n.\r\n..b"), "a\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(*stuffed("a\r\n"), "a\r\n.\r\n");
        assert!(clean_line_ends("a\r\nb\r\n"));
        for bad in ["a\nb", "a\rb", "a\r\r\nb", "a\n\rb"] {
            assert!(!clean_line_ends(bad), "{bad:?}");
        }
        // A body with lone ones is either encoded or mended by the builder, or refused here.
        if let Ok(mail) = mail("jane@example.com", "s", Some("x\n.\ny\r.\rz")) {
            assert_eq!(mail.raw.matches("\r\n.\r\n").count(), 1);
            assert!(clean_line_ends(&mail.raw));
        }
    }

    #[test]
    fn only_one_exact_address_is_taken() {
        for good in ["jane@example.com", "Jane.Doe+tag@sub.example.com", "o'hara@example.com"] {
            assert_eq!(mail(good, "s", None).map(|mail| mail.to.to_string()).ok().as_deref(), Some(good));
        }
        for bad in [
            "",
            "jane",
            "jane@",
            "@example.com",
            "a@example.com,b@example.com",
            "a@example.com b@example.com",
            "Jane <jane@example.com>",
            "<jane@example.com>",
            " jane@example.com",
            "jane@example.com\r\nRCPT TO:<eve@example.com>",
            "\"a\r\nb\"@example.com",
            "\"a>b\"@example.com",
            "+15005550006",
        ] {
            let reason = mail(bad, "s", None).err();
            assert_eq!(reason.map(|reason| reason.code).as_deref(), Some("invalid_address"), "{bad:?}");
        }
    }

    #[test]
    fn a_repeat_has_the_same_message_id() {
        let first = mail("jane@example.com", "s", None).map(|mail| mail.id).ok();
        let second = mail("jane@example.com", "s", None).map(|mail| mail.id).ok();
        assert_eq!(first.as_deref(), Some("<msg_01@acme.example>"));
        assert_eq!(first, second);
        let from = "Ä <no-reply@bücher.example>".parse().unwrap();
        assert_eq!(id(&from, "m>\r\n1"), "<m1@xn--bcher-kva.example>");
    }
}
