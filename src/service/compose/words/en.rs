//! English.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "en",
    gap: " ",
    minutes: |n| if n == 1 { "1 minute".into() } else { format!("{n} minutes") },
    mail: MailWords {
        sign_in_subject: |app| format!("Your {app} sign-in code"),
        action_subject: |app| format!("Your {app} confirmation code"),
        preview: |minutes| format!("Valid for {minutes}. Not you? Then ignore this email."),
        sign_in_heading: "Your sign-in code",
        action_heading: "Confirm it is you",
        sign_in_lead: |app| format!("Use this code to sign in to {app}:"),
        action_lead: |app| format!("Use this {app} code only for:"),
        valid: |minutes| format!("The code is valid for {minutes}."),
        never_tell: |app| format!("{app} will never ask you to send it or tell it to anyone."),
        not_you: "If this was not you, ignore this email: without the code nothing happens.",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("Your {app} backup codes"),
        preview: "Keep them safe. Each works once; older ones no longer work.",
        heading: "Your new backup codes",
        intro: |app| format!("These are your new backup codes for {app}."),
        how_to_use: "If you cannot get a code in the usual way, enter one of these instead. Each works once.",
        keep: "Keep them where only you can find them: in a password manager, or on paper with your important documents. \
               Then delete this email.",
        older: "Your older backup codes, if you had any, no longer work.",
        not_you: |app| {
            format!(
                "If you did not ask for these codes, someone may have access to your account: sign in to {app} and make \
                 a new set."
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("A sign-in method of your {app} account was removed"),
        heading: "A sign-in method was removed",
        app: |app| {
            format!(
                "An authenticator app was removed from your {app} account. Its codes no longer work there."
            )
        },
        key: |app| format!("A security key was removed from your {app} account. It no longer works there."),
        by: |app| format!("{app} removed it, for example because you asked for help."),
        not_you: |app| {
            format!(
                "If you did not expect this, contact {app} at once: someone may be trying to get into your account."
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} is your {app} sign-in code."),
        confirm: |code, app| format!("{code} is your {app} confirmation code."),
        only_for: |action| format!("Only for: {action}"),
        valid: |minutes| format!("Valid for {minutes}."),
        never_tell: "Never share it.",
        not_you: "Not you? Ignore this message.",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("Your {app} backup codes:"),
        once: "Each works once. Older ones no longer work.",
        not_you: "Did not ask for them? Sign in and make a new set.",
    },
    voice: VoiceWords {
        hello: |app| format!("Hello, this is {app}."),
        sign_in: "Your sign-in code is:",
        only_for: |action| format!("This code is only for: {action}."),
        confirm: "Your code is:",
        again: "Again:",
        not_you: "If this was not you, please hang up.",
        goodbye: "Goodbye.",
    },
};
