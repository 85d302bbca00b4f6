//! The wording of messages.
//!
//! Values in, a finished envelope out: no sending, no storing, no time. The layout of mails is in `templates/mail/`;
//! English only for now. Every mail works without its HTML half, and nothing in one is loaded from afar.

use askama::Template;

use crate::domain::message::{Channel, Envelope};

/// A finished message.
pub struct Composed {
    /// What is sent.
    pub envelope: Envelope,
    /// How many parts an SMS is sent in; `None` on other channels.
    pub segments: Option<u8>,
}

/// What a message with a one-time code says.
#[derive(Clone, Copy)]
pub struct CodeMessage<'a> {
    /// The channel that it is written for.
    pub channel: Channel,
    /// The application, as its users know it.
    pub app_name: &'a str,
    /// The recipient's address or number.
    pub to: &'a str,
    /// The language that was asked for (BCP 47); what comes nearest to it is used.
    pub locale: &'a str,
    /// The domain that an SMS is bound to by its last line, if the application has one.
    pub domain: Option<&'a str>,
    /// The code.
    pub code: &'a str,
    /// How long it is valid.
    pub valid_minutes: u32,
    /// What it confirms ("Pay 12 EUR to Bob"), when it is for more than signing in.
    pub action: Option<&'a str>,
}

/// What a message with a new set of backup codes says.
#[derive(Clone, Copy)]
pub struct BackupMessage<'a> {
    /// The channel that it is written for.
    pub channel: Channel,
    /// The application, as its users know it.
    pub app_name: &'a str,
    /// The recipient's address or number.
    pub to: &'a str,
    /// The language that was asked for (BCP 47).
    pub locale: &'a str,
    /// The set, in its order.
    pub codes: &'a [String],
}

#[derive(Template)]
#[template(path = "mail/code.html")]
struct CodeHtml<'a> {
    app: &'a str,
    code: &'a str,
    valid: &'a str,
    action: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/code.txt")]
struct CodeText<'a> {
    app: &'a str,
    code: &'a str,
    valid: &'a str,
    action: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/backup.html")]
struct BackupHtml<'a> {
    app: &'a str,
    codes: &'a [String],
}

#[derive(Template)]
#[template(path = "mail/backup.txt")]
struct BackupText<'a> {
    app: &'a str,
    codes: &'a [String],
}

/// The message that carries a one-time code.
#[must_use]
pub fn code_message(message: CodeMessage<'_>) -> Composed {
    if message.channel == Channel::Email {
        return Composed { envelope: code_mail(message), segments: None };
    }
    let CodeMessage { channel, app_name, to, code, .. } = message;
    let mut envelope = Envelope::plain(channel, to, format!("{code} is your {app_name} code."));
    envelope.code = Some(code.to_owned());
    Composed { envelope, segments: (channel == Channel::Sms).then_some(1) }
}

/// The message that carries a new set of backup codes.
#[must_use]
pub fn backup_message(message: BackupMessage<'_>) -> Composed {
    if message.channel == Channel::Email {
        return Composed { envelope: backup_mail(message), segments: None };
    }
    let BackupMessage { channel, app_name, to, codes, .. } = message;
    let text = format!("Your {app_name} backup codes:\n{}", codes.join("\n"));
    let mut envelope = Envelope::plain(channel, to, text);
    envelope.backup_codes = codes.to_vec();
    Composed { envelope, segments: (channel == Channel::Sms).then_some(1) }
}

fn code_mail(mail: CodeMessage<'_>) -> Envelope {
    let app = &one_line(mail.app_name);
    let action = mail.action.map(one_line).filter(|action| !action.is_empty());
    let action = action.as_deref();
    let valid = &minutes(mail.valid_minutes);
    let code = mail.code;
    // The code is not in the subject, though many put it there: a locked phone shows subjects to everyone.
    let subject = match action {
        None => format!("Your {app} sign-in code"),
        Some(_) => format!("Your {app} confirmation code"),
    };
    // Writing to a String does not fail; if it ever did, the bare code is still better than silence.
    let text = CodeText { app, code, valid, action }.render().unwrap_or_else(|_| format!("{code}\n"));
    let html = CodeHtml { app, code, valid, action }.render().ok();
    let mut envelope = Envelope::plain(Channel::Email, mail.to, text);
    envelope.subject = subject;
    envelope.html = html;
    envelope.code = Some(code.to_owned());
    envelope
}

fn backup_mail(mail: BackupMessage<'_>) -> Envelope {
    let app = &one_line(mail.app_name);
    let codes = mail.codes;
    let text = BackupText { app, codes }.render().unwrap_or_else(|_| codes.join("\n"));
    let html = BackupHtml { app, codes }.render().ok();
    let mut envelope = Envelope::plain(Channel::Email, mail.to, text);
    envelope.subject = format!("Your {app} backup codes");
    envelope.html = html;
    envelope
}

fn minutes(count: u32) -> String {
    if count == 1 { "1 minute".to_owned() } else { format!("{count} minutes") }
}

/// The text on one line, without control characters and without marks that turn the reading direction: a
/// name or an action must not be able to rearrange the mail around it.
fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .filter(|c| {
            !matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(app_name: &str, action: Option<&str>) -> Envelope {
        code_mail(CodeMessage { code: "031415", action, ..sample(app_name) })
    }

    fn backup(app_name: &str) -> Envelope {
        let codes: Vec<String> = (1..=10).map(|n| format!("{n:X}7QF-M2XK-9TBD-WR")).collect();
        backup_mail(issue(app_name, &codes))
    }

    fn sample(app_name: &str) -> CodeMessage<'_> {
        CodeMessage {
            channel: Channel::Email,
            app_name,
            to: "jane@example.com",
            locale: "en",
            domain: None,
            code: "1",
            valid_minutes: 5,
            action: None,
        }
    }

    fn issue<'a>(app_name: &'a str, codes: &'a [String]) -> BackupMessage<'a> {
        BackupMessage { channel: Channel::Email, app_name, to: "j@example.com", locale: "en", codes }
    }

    #[test]
    fn the_code_mail_says_what_it_must() {
        let mail = code("Acme", None);
        assert_eq!(mail.subject, "Your Acme sign-in code");
        assert!(mail.text.lines().any(|line| line == "031415"), "{}", mail.text);
        assert!(mail.text.contains("valid for 5 minutes") && mail.text.contains("If this was not you"));
        let html = mail.html.clone().unwrap();
        assert!(
            html.contains("lang=\"en\"")
                && html.contains("5 minutes")
                && html.contains("If this was not you")
        );
        assert_eq!(html.matches("031415").count(), 1);
        assert_eq!(mail.code.as_deref(), Some("031415"));
    }

    #[test]
    fn the_code_is_in_no_preview() {
        let mail = code("Acme", None);
        assert!(!mail.subject.contains("031415"));
        let html = mail.html.clone().unwrap();
        let (preview, _) = html.split_once("class=\"card\"").unwrap();
        assert!(preview.contains("Valid for 5 minutes") && !preview.contains("031415"));
    }

    #[test]
    fn an_action_is_named_in_both_halves() {
        let mail = code("Acme", Some("Pay 12 EUR to Bob"));
        assert_eq!(mail.subject, "Your Acme confirmation code");
        assert!(mail.text.contains("Pay 12 EUR to Bob"));
        assert!(mail.html.as_ref().unwrap().contains("Pay 12 EUR to Bob"));
        assert!(!code("Acme", Some(" \r\n ")).text.contains("only"));
    }

    #[test]
    fn one_minute_is_singular() {
        let mail = code_mail(CodeMessage { valid_minutes: 1, ..sample("Acme") });
        assert!(mail.text.contains("1 minute.") && !mail.text.contains("minutes"));
    }

    #[test]
    fn values_are_escaped_in_html_and_left_alone_in_text() {
        let mail = code("A&B <script>", Some("<img src=x onerror=\"alert('1')\">"));
        let html = mail.html.clone().unwrap();
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(mail.text.contains("A&B <script>") && mail.text.contains("alert('1')"));
        let backup = backup("\"><script>alert(1)</script>");
        assert!(!backup.html.as_ref().unwrap().contains("<script"));
    }

    #[test]
    fn a_value_stays_on_its_line() {
        let mail = code("Acme\r\nBcc: eve@example.com", Some("Pay\u{202e}\n\n999999\u{2028}x"));
        assert_eq!(mail.subject, "Your Acme Bcc: eve@example.com confirmation code");
        assert!(!mail.text.lines().any(|line| line == "999999"));
        assert!(!mail.text.contains('\u{202e}') && !mail.text.contains('\u{2028}'));
    }

    #[test]
    fn nothing_is_loaded_from_afar() {
        for html in [code("Acme", Some("x")).html.clone(), backup("Acme").html.clone()] {
            let html = html.unwrap().to_lowercase();
            for remote in ["src=", "url(", "<link", "@import", "<a ", "//", "<script"] {
                assert!(!html.contains(remote), "{remote}");
            }
        }
    }

    #[test]
    fn the_backup_mail_numbers_every_code_once() {
        let mail = backup("Acme");
        assert_eq!(mail.subject, "Your Acme backup codes");
        assert!(
            mail.text.contains(" 1.  17QF-M2XK-9TBD-WR\n") && mail.text.contains("10.  A7QF-M2XK-9TBD-WR\n")
        );
        assert!(mail.text.contains("works once") && mail.text.contains("no longer work"));
        let html = mail.html.clone().unwrap();
        assert_eq!(html.matches("7QF-M2XK-9TBD-WR").count(), 10);
        assert!(html.contains("no longer work") && mail.code.is_none());
    }

    #[test]
    fn an_odd_number_of_codes_is_shown_whole() {
        for count in [0_usize, 1, 5, 19, 20] {
            let codes: Vec<String> = (0..count).map(|n| format!("CODE-{n}-END")).collect();
            let mail = backup_mail(issue("Acme", &codes));
            assert_eq!(mail.html.as_ref().unwrap().matches("-END").count(), count);
            assert_eq!(mail.text.matches("-END").count(), count);
        }
    }

    /// Writes the mails where they can be looked at: `MAIL_PREVIEW=folder cargo test --lib previews`.
    #[test]
    fn previews() {
        let Some(folder) = std::env::var_os("MAIL_PREVIEW") else { return };
        let folder = std::path::PathBuf::from(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let long = "Pay 1,250.00 EUR to Landlord & Sons GmbH, IBAN DE89 3704 0044 0532 0130 00, rent for the flat in Goethestrasse, due by the first of December";
        for (name, mail) in [
            ("code", code("Acme", None)),
            ("action", code("Acme", Some("Pay 12 EUR to Bob"))),
            ("long", code("The Very Long-Named Cooperative Savings Bank of Upper Franconia", Some(long))),
            ("ten", code_mail(CodeMessage { code: "0314159265", valid_minutes: 10, ..sample("Acme") })),
            ("backup", backup("Acme")),
        ] {
            std::fs::write(folder.join(format!("{name}.html")), mail.html.as_ref().unwrap()).unwrap();
            std::fs::write(folder.join(format!("{name}.txt")), &mail.text).unwrap();
        }
    }
}
