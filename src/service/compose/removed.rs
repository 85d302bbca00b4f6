//! The mail to a user one of whose factors was removed by hand. A tenant has no template for it: it must tell what happened.

use askama::Template;

use super::locale::{Languages, Source};
use super::words::{self, Words};
use super::{Composed, finish, one_line};
use crate::domain::challenge::MfaType;
use crate::domain::message::Channel;
use crate::domain::template::Wording;

/// What the mail tells.
#[derive(Clone, Copy)]
pub struct RemovedMessage<'a> {
    /// The application, as its users know it.
    pub app_name: &'a str,
    /// The recipient's address.
    pub to: &'a str,
    /// The application's language.
    pub locale: &'a str,
    /// What was removed: `APP`, or else a security key.
    pub removed: MfaType,
}

#[derive(Template)]
#[template(path = "mail/removed.html")]
struct Html<'a> {
    mail: &'a Page<'a>,
}

#[derive(Template)]
#[template(path = "mail/removed.txt")]
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
    what: &'a str,
    by: String,
    not_you: String,
}

/// The mail.
#[must_use]
pub fn removed_message(message: RemovedMessage<'_>) -> Composed {
    let app = one_line(message.app_name);
    let languages = Languages { asked: message.locale, default: message.locale };
    let built_in = languages.sources(|_| None).find_map(|source| match source {
        Source::BuiltIn(words, locale) => Some((words, locale)),
        Source::Own(..) => None,
    });
    let (words, locale) = built_in.unwrap_or((words::ENGLISH, words::ENGLISH.language.to_owned()));
    let mut composed = finish(Channel::Email, message.to, wording(words, &locale, &app, message.removed));
    composed.envelope.locale = locale;
    composed.envelope.app = app;
    composed
}

fn wording(words: &Words, locale: &str, app: &str, removed: MfaType) -> Wording {
    let mail = &words.removed_mail;
    let what = if removed == MfaType::App { (mail.app)(app) } else { (mail.key)(app) };
    let subject = (mail.subject)(app);
    let page = Page {
        locale,
        app,
        subject: &subject,
        preview: &what,
        heading: mail.heading,
        what: &what,
        by: (mail.by)(app),
        not_you: (mail.not_you)(app),
    };
    let text = Text { mail: &page }.render().unwrap_or_else(|_| what.clone());
    let html = Html { mail: &page }.render().ok();
    Wording { subject, text, html }
}
