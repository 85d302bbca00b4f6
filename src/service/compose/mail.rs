//! The mail with a code, and what both mails share.

use askama::Template;

use super::words::Words;
use crate::domain::template::{CodeValues, Wording};

#[derive(Template)]
#[template(path = "mail/code.html")]
struct Html<'a> {
    mail: &'a Page<'a>,
}

#[derive(Template)]
#[template(path = "mail/code.txt")]
struct Text<'a> {
    mail: &'a Page<'a>,
}

/// What stands on the page.
struct Page<'a> {
    locale: &'a str,
    app: &'a str,
    subject: &'a str,
    preview: String,
    heading: &'a str,
    lead: String,
    action: Option<&'a str>,
    code: &'a str,
    valid: Stressed,
    never_tell: String,
    not_you: &'a str,
}

/// A sentence with the words in it that are to be seen first.
struct Stressed {
    before: String,
    words: String,
    after: String,
}

impl Stressed {
    fn new(sentence: &str, words: &str) -> Self {
        let (before, after) = sentence.split_once(words).unwrap_or((sentence, ""));
        let words = if before.len() == sentence.len() { "" } else { words };
        Self { before: before.into(), words: words.into(), after: after.into() }
    }
}

/// The code is not in the subject, though many put it there: a locked phone shows subjects to everyone.
pub(super) fn code(words: &Words, locale: &str, values: &CodeValues<'_>) -> Wording {
    let &CodeValues { app, code, minutes, action } = values;
    let mail = &words.mail;
    let minutes = (words.minutes)(minutes);
    let (subject, heading, lead) = match action {
        None => (mail.sign_in_subject, mail.sign_in_heading, mail.sign_in_lead),
        Some(_) => (mail.action_subject, mail.action_heading, mail.action_lead),
    };
    let subject = subject(app);
    let page = Page {
        locale,
        app,
        subject: &subject,
        preview: (mail.preview)(&minutes),
        heading,
        lead: lead(app),
        action,
        code,
        valid: Stressed::new(&(mail.valid)(&minutes), &minutes),
        never_tell: (mail.never_tell)(app),
        not_you: mail.not_you,
    };
    // Writing to a String does not fail; if it ever did, the bare code is still better than silence.
    let text = Text { mail: &page }.render().unwrap_or_else(|_| format!("{code}\n"));
    let html = Html { mail: &page }.render().ok();
    Wording { subject, text, html }
}
