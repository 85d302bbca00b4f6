//! The wording of messages: values in, a finished envelope out.
//!
//! A tenant's template goes first, then `words`, which holds the sentences of each language; `mail`, `sms`, `voice` and
//! `backup` say which of them stand where, and the layout of mails is in `templates/mail/`. No sending, no storing and no time may enter. Every mail works without its HTML
//! half, and nothing in one is loaded from afar.

mod backup;
mod locale;
mod mail;
mod removed;
mod sms;
#[cfg(test)]
mod tests;
mod voice;
mod words;

use crate::domain::gsm;
use crate::domain::message::{Channel, Envelope};
use crate::domain::template::{BackupValues, CodeValues, TemplateBook, Values, Wording};
use locale::{Languages, Source};
pub use removed::{RemovedMessage, removed_message};
use words::Words;

/// The languages that there are built-in words in, as tags (BCP 47).
pub fn languages() -> impl Iterator<Item = &'static str> {
    words::ALL.into_iter().map(|words| words.language)
}

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
    /// The application's language, for one that was asked for and that nobody has words in.
    pub default_locale: &'a str,
    /// The application's own templates.
    pub own: &'a TemplateBook,
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
    /// The application's language.
    pub default_locale: &'a str,
    /// The application's own templates.
    pub own: &'a TemplateBook,
    /// The set, in its order.
    pub codes: &'a [String],
}

/// The message that carries a one-time code.
#[must_use]
pub fn code_message(message: CodeMessage<'_>) -> Composed {
    let CodeMessage { channel, app_name, to, locale, default_locale, domain, code, .. } = message;
    let app = one_line(app_name);
    let action = message.action.map(one_line).filter(|action| !action.is_empty());
    let values = CodeValues { app: &app, code, minutes: message.valid_minutes, action: action.as_deref() };
    let languages = Languages { asked: locale, default: default_locale };
    let (mut wording, locale) = worded(channel, languages, message.own, &Values::Code(values));
    if channel == Channel::Sms {
        wording.text = sms::bound(&wording.text, domain, code);
    }
    let mut composed = finish(channel, to, wording);
    composed.envelope.code = Some(code.to_owned());
    composed.envelope.locale = locale;
    composed.envelope.action = action;
    composed.envelope.app = app;
    composed
}

/// The message that carries a new set of backup codes.
#[must_use]
pub fn backup_message(message: BackupMessage<'_>) -> Composed {
    let BackupMessage { channel, app_name, to, locale, default_locale, own, codes } = message;
    let app = one_line(app_name);
    let languages = Languages { asked: locale, default: default_locale };
    let values = Values::Backup(BackupValues { app: &app, codes });
    let (mut wording, locale) = worded(channel, languages, own, &values);
    if channel == Channel::Sms {
        wording.text = sms::unbound(&wording.text);
    }
    let mut composed = finish(channel, to, wording);
    composed.envelope.backup_codes = codes.to_vec();
    composed.envelope.locale = locale;
    composed.envelope.app = app;
    composed
}

/// The words, and the tag of their language. A tenant's template that fails is passed over: its users get their code all
/// the same.
fn worded(
    channel: Channel,
    languages: Languages<'_>,
    own: &TemplateBook,
    values: &Values<'_>,
) -> (Wording, String) {
    let kind = values.kind();
    for source in languages.sources(|tag| own.find(channel, kind, tag)) {
        match source {
            Source::BuiltIn(words, locale) => return (built_in(channel, words, &locale, values), locale),
            Source::Own(template, locale) => match template.render(channel, values) {
                Ok(wording) => return (wording, locale),
                // Neither the template nor what went wrong is told: both may hold a value.
                Err(error) => {
                    tracing::error!(%channel, %kind, locale, field = error.field, "a tenant's template failed; the built-in words were sent");
                }
            },
        }
    }
    let words = words::ENGLISH;
    (built_in(channel, words, words.language, values), words.language.to_owned())
}

fn built_in(channel: Channel, words: &Words, locale: &str, values: &Values<'_>) -> Wording {
    match values {
        Values::Code(values) => match channel {
            Channel::Email => mail::code(words, locale, values),
            Channel::Sms | Channel::Whatsapp => sms::code(words, values),
            Channel::Voice => voice::code(words, values),
        },
        Values::Backup(values) => match channel {
            Channel::Email => backup::mail(words, locale, values),
            // Nobody writes ten codes down from a call: no set is asked for by voice.
            Channel::Sms | Channel::Whatsapp | Channel::Voice => backup::short(words, values),
        },
    }
}

fn finish(channel: Channel, to: &str, wording: Wording) -> Composed {
    let Wording { subject, mut text, html } = wording;
    let mut segments = None;
    if channel == Channel::Sms {
        let fitted = gsm::fit(&text);
        text = fitted.text;
        segments = Some(fitted.segments);
    }
    let mut envelope = Envelope::plain(channel, to, text);
    envelope.subject = subject;
    envelope.html = html;
    Composed { envelope, segments }
}

/// The text on one line, without control characters and without marks that turn the reading direction: a
/// name or an action must not be able to rearrange the message around it.
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
