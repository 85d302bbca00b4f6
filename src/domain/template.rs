//! A tenant's own words for its messages: what a template is, which one a language finds, and the values it is given.
//!
//! `check` says what may be kept, `render` turns one into a message. Both are pure and bounded: a template costs a known
//! amount of time and memory, whatever is in it, and reads nothing but its values. Where templates are kept and when one
//! is used is not known here.

mod check;
mod render;
mod shown;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::message::Channel;
use super::policy::parse_locale;
use super::tenant::NotOneOf;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateKind {
    /// A one-time code.
    Code,
    /// A set of backup codes.
    Backup,
}

impl TemplateKind {
    /// `code` or `backup`, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Backup => "backup",
        }
    }

    /// The variables that a template of this kind may use.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["app", "code", "minutes", "action"],
            Self::Backup => &["app", "codes"],
        }
    }
}

impl FromStr for TemplateKind {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, NotOneOf> {
        let found = [Self::Code, Self::Backup].into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(NotOneOf::new("code, backup"))
    }
}

impl fmt::Display for TemplateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a template: the field, the problem and the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {sentence}")]
pub struct TemplateError {
    /// `subject`, `text`, `html`, `locale` or `kind`.
    pub field: &'static str,
    /// The problem and the fix. It may quote the template, so it is for its author and not for a log.
    pub sentence: String,
}

impl TemplateError {
    fn new(field: &'static str, sentence: impl Into<String>) -> Self {
        Self { field, sentence: sentence.into() }
    }
}

/// Which messages a template is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateKey {
    channel: Channel,
    kind: TemplateKind,
    locale: String,
}

impl TemplateKey {
    /// A key whose locale is a language tag (BCP 47), brought into its canonical case.
    pub fn new(channel: Channel, kind: TemplateKind, locale: &str) -> Result<Self, TemplateError> {
        if (channel, kind) == (Channel::Voice, TemplateKind::Backup) {
            let sentence = "backup codes are never read out by a call. Use email, sms or whatsapp.";
            return Err(TemplateError::new("kind", sentence));
        }
        let locale = parse_locale(locale).ok_or_else(|| {
            TemplateError::new("locale", "is no language tag. Use one of BCP 47, such as de or pt-BR.")
        })?;
        Ok(Self { channel, kind, locale })
    }

    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> TemplateKind {
        self.kind
    }

    /// The language tag.
    #[must_use]
    pub fn locale(&self) -> &str {
        &self.locale
    }
}

/// A template: Jinja texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The subject of a mail; other channels have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text, which every message has.
    pub text: String,
    /// The HTML of a mail, if it shall have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// The values of a message with a code, each on one line.
#[derive(Clone, Copy)]
pub struct CodeValues<'a> {
    /// The application's name.
    pub app: &'a str,
    /// The code.
    pub code: &'a str,
    /// How long it is valid.
    pub minutes: u32,
    /// What it confirms.
    pub action: Option<&'a str>,
}

/// The values of a message with backup codes.
#[derive(Clone, Copy)]
pub struct BackupValues<'a> {
    /// The application's name, on one line.
    pub app: &'a str,
    /// The codes, in their order.
    pub codes: &'a [String],
}

/// The values of either kind.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    /// A one-time code.
    Code(CodeValues<'a>),
    /// Backup codes.
    Backup(BackupValues<'a>),
}

impl Values<'_> {
    /// The kind of template that these values fill.
    #[must_use]
    pub const fn kind(&self) -> TemplateKind {
        match self {
            Self::Code(_) => TemplateKind::Code,
            Self::Backup(_) => TemplateKind::Backup,
        }
    }
}

/// A message's words, without whom they go to.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Wording {
    /// The subject; empty on channels that have none.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The HTML.
    pub html: Option<String>,
}

/// The templates of one application.
#[derive(Clone, Debug, Default)]
pub struct TemplateBook(BTreeMap<TemplateKey, Template>);

impl TemplateBook {
    /// The template for a language tag or the nearest of its parents.
    #[must_use]
    pub fn find(&self, channel: Channel, kind: TemplateKind, tag: &str) -> Option<&Template> {
        parents(tag).find_map(|locale| {
            let of_locale = |key: &TemplateKey| key.locale.eq_ignore_ascii_case(locale);
            let fits = |key: &TemplateKey| key.channel == channel && key.kind == kind && of_locale(key);
            self.0.iter().find(|(key, _)| fits(key)).map(|(_, template)| template)
        })
    }
}

impl FromIterator<(TemplateKey, Template)> for TemplateBook {
    fn from_iter<T: IntoIterator<Item = (TemplateKey, Template)>>(templates: T) -> Self {
        Self(templates.into_iter().collect())
    }
}

/// A language tag and its parents, nearest first (RFC 4647 §3.4): the last subtag goes, and with it one of a single
/// character before it.
fn parents(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| {
        let (parent, _) = tag.rsplit_once('-')?;
        match parent.rsplit_once('-') {
            Some((grandparent, last)) if last.len() == 1 => Some(grandparent),
            _ => Some(parent),
        }
    })
}

/// Digits with a comma after each, at which a voice pauses.
#[must_use]
pub fn spaced(code: &str) -> String {
    code.chars().map(String::from).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_its_parents() {
        for (tag, expected) in [
            ("de", vec!["de"]),
            ("de-AT", vec!["de-AT", "de"]),
            ("zh-Hant-TW", vec!["zh-Hant-TW", "zh-Hant", "zh"]),
            ("zh-Hant-CN-x-private1", vec!["zh-Hant-CN-x-private1", "zh-Hant-CN", "zh-Hant", "zh"]),
            ("", vec![""]),
        ] {
            assert_eq!(parents(tag).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn the_nearest_template_is_found() {
        let template = |text: &str| Template { subject: None, text: text.into(), html: None };
        let key = |channel, kind, locale| TemplateKey::new(channel, kind, locale).unwrap();
        let book: TemplateBook = [
            (key(Channel::Sms, TemplateKind::Code, "de"), template("de")),
            (key(Channel::Sms, TemplateKind::Code, "DE-at"), template("de-AT")),
            (key(Channel::Whatsapp, TemplateKind::Code, "fr"), template("fr")),
            (key(Channel::Sms, TemplateKind::Backup, "fr"), template("fr-backup")),
        ]
        .into_iter()
        .collect();
        let found =
            |tag| book.find(Channel::Sms, TemplateKind::Code, tag).map(|template| template.text.as_str());
        assert_eq!(
            [found("de"), found("de-CH"), found("de-at-1996")],
            [Some("de"), Some("de"), Some("de-AT")]
        );
        assert_eq!([found("fr"), found("den"), found("")], [None; 3]);
    }

    #[test]
    fn a_key_has_a_tag_and_no_voice_reads_backup_codes() {
        let error = |channel, kind, locale| TemplateKey::new(channel, kind, locale).unwrap_err().field;
        assert_eq!(error(Channel::Voice, TemplateKind::Backup, "de"), "kind");
        assert_eq!(error(Channel::Sms, TemplateKind::Code, "deutsch sprache"), "locale");
        assert_eq!(TemplateKey::new(Channel::Sms, TemplateKind::Code, "PT-br").unwrap().locale(), "pt-BR");
    }
}
