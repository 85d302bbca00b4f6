//! The sentences of every message, one file a language.
//!
//! A language is a [`Words`] with every sentence in it: one that lacks a sentence does not compile. What a sentence has in
//! its holes comes as an argument, and so must stand in it by its name. The register is that of banks and public services
//! in the language. Only words are here: no layout, and no decision about what is said.

mod de;
mod en;
mod es;
mod fr;
mod hi;
mod it;
mod ja;
mod pt;

/// A sentence with one hole: the application's name, an action, or a length of time.
pub(super) type Around = fn(&str) -> String;
/// A sentence with the code and the application's name.
pub(super) type CodeOf = fn(&str, &str) -> String;

/// All that is said in one language.
pub(super) struct Words {
    /// Its primary subtag (BCP 47).
    pub language: &'static str,
    /// What stands between two sentences.
    pub gap: &'static str,
    /// "5 minutes".
    pub minutes: fn(u32) -> String,
    pub mail: MailWords,
    pub backup_mail: BackupMailWords,
    pub removed_mail: RemovedMailWords,
    pub short: ShortWords,
    pub short_backup: ShortBackupWords,
    pub voice: VoiceWords,
}

/// The mail with a code. With an action it is about that one thing, without about signing in.
pub(super) struct MailWords {
    pub sign_in_subject: Around,
    pub action_subject: Around,
    /// What a list of mails shows beside the subject; the hole is the time.
    pub preview: Around,
    pub sign_in_heading: &'static str,
    pub action_heading: &'static str,
    /// Leads to the code.
    pub sign_in_lead: Around,
    /// Leads to the action.
    pub action_lead: Around,
    /// The hole is the time.
    pub valid: Around,
    pub never_tell: Around,
    pub not_you: &'static str,
}

/// The mail with backup codes.
pub(super) struct BackupMailWords {
    pub subject: Around,
    pub preview: &'static str,
    pub heading: &'static str,
    /// What these are, where there is no heading.
    pub intro: Around,
    pub how_to_use: &'static str,
    pub keep: &'static str,
    pub older: &'static str,
    pub not_you: Around,
}

/// The mail that tells of a factor that was removed by hand.
pub(super) struct RemovedMailWords {
    pub subject: Around,
    pub heading: &'static str,
    /// It was an authenticator app.
    pub app: Around,
    /// It was a security key.
    pub key: Around,
    /// Who did it.
    pub by: Around,
    pub not_you: Around,
}

/// A code by SMS or WhatsApp. In English, French, German, Italian, Portuguese and Spanish one SMS holds it.
pub(super) struct ShortWords {
    /// Begins with the code.
    pub sign_in: CodeOf,
    /// Begins with the code.
    pub confirm: CodeOf,
    /// Begins with words: an action never begins a line, or it could pass for the line that binds a code to a domain.
    pub only_for: Around,
    /// The hole is the time.
    pub valid: Around,
    pub never_tell: &'static str,
    pub not_you: &'static str,
}

/// Backup codes by SMS or WhatsApp.
pub(super) struct ShortBackupWords {
    pub lead: Around,
    pub once: &'static str,
    pub not_you: &'static str,
}

/// What a voice says. Digits stand between its sentences.
pub(super) struct VoiceWords {
    pub hello: Around,
    pub sign_in: &'static str,
    pub only_for: Around,
    pub confirm: &'static str,
    pub again: &'static str,
    pub not_you: &'static str,
    pub goodbye: &'static str,
}

/// What is left when nothing else fits.
pub(super) const ENGLISH: &Words = &en::WORDS;

/// Every language.
pub(super) const ALL: [&Words; 8] =
    [ENGLISH, &de::WORDS, &fr::WORDS, &es::WORDS, &pt::WORDS, &it::WORDS, &ja::WORDS, &hi::WORDS];
