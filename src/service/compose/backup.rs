//! Backup codes by mail, SMS and WhatsApp.

use askama::Template;

use super::words::Words;
use crate::domain::template::{BackupValues, Wording};

#[derive(Template)]
#[template(path = "mail/backup.html")]
struct Html<'a> {
    mail: &'a Page<'a>,
}

#[derive(Template)]
#[template(path = "mail/backup.txt")]
struct Text<'a> {
    mail: &'a Page<'a>,
}

/// What stands on the page.
struct Page<'a> {
    locale: &'a str,
    app: &'a str,
    subject: &'a str,
    preview: &'a str,
    heading: &'a str,
    intro: String,
    how_to_use: &'a str,
    codes: &'a [String],
    keep: &'a str,
    older: &'a str,
    not_you: String,
}

pub(super) fn mail(words: &Words, locale: &str, values: &BackupValues<'_>) -> Wording {
    let &BackupValues { app, codes } = values;
    let mail = &words.backup_mail;
    let subject = (mail.subject)(app);
    let page = Page {
        locale,
        app,
        subject: &subject,
        preview: mail.preview,
        heading: mail.heading,
        intro: (mail.intro)(app),
        how_to_use: mail.how_to_use,
        codes,
        keep: mail.keep,
        older: mail.older,
        not_you: (mail.not_you)(app),
    };
    let text = Text { mail: &page }.render().unwrap_or_else(|_| codes.join("\n"));
    let html = Html { mail: &page }.render().ok();
    Wording { subject, text, html }
}

/// A code a line, without numbers: each begins with its own.
pub(super) fn short(words: &Words, values: &BackupValues<'_>) -> Wording {
    let short = &words.short_backup;
    let end = [short.once, short.not_you].join(words.gap);
    let text = format!("{}\n{}\n{end}", (short.lead)(values.app), values.codes.join("\n"));
    Wording { text, ..Wording::default() }
}
