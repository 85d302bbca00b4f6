//! German.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "de",
    gap: " ",
    minutes: |n| if n == 1 { "1 Minute".into() } else { format!("{n} Minuten") },
    mail: MailWords {
        sign_in_subject: |app| format!("Ihr Anmeldecode für {app}"),
        action_subject: |app| format!("Ihr Bestätigungscode für {app}"),
        preview: |minutes| format!("{minutes} gültig. Nicht angefordert? Dann ignorieren Sie diese E-Mail."),
        sign_in_heading: "Ihr Anmeldecode",
        action_heading: "Bitte bestätigen Sie",
        sign_in_lead: |app| format!("Verwenden Sie diesen Code zur Anmeldung bei {app}:"),
        action_lead: |app| format!("Verwenden Sie diesen Code von {app} nur für:"),
        valid: |minutes| format!("Der Code ist {minutes} gültig."),
        never_tell: |app| {
            format!("{app} wird Sie niemals auffordern, ihn weiterzuleiten oder jemandem zu nennen.")
        },
        not_you: "Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Ohne den Code geschieht nichts.",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("Ihre Backup-Codes für {app}"),
        preview: "Bewahren Sie sie sicher auf. Jeder gilt einmal; ältere gelten nicht mehr.",
        heading: "Ihre neuen Backup-Codes",
        intro: |app| format!("Dies sind Ihre neuen Backup-Codes für {app}."),
        how_to_use: "Wenn Sie auf dem üblichen Weg keinen Code erhalten, geben Sie stattdessen einen von diesen ein. \
                     Jeder gilt nur einmal.",
        keep: "Bewahren Sie sie dort auf, wo nur Sie sie finden: in einem Passwortmanager oder auf Papier bei Ihren \
               wichtigen Unterlagen. Löschen Sie danach diese E-Mail.",
        older: "Ihre älteren Backup-Codes, falls Sie welche hatten, gelten nicht mehr.",
        not_you: |app| {
            format!(
                "Wenn Sie diese Codes nicht angefordert haben, hat möglicherweise jemand Zugriff auf Ihr Konto: Melden \
                 Sie sich bei {app} an und erstellen Sie neue Codes."
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("{app}: Eine Anmeldemethode wurde entfernt"),
        heading: "Eine Anmeldemethode wurde entfernt",
        app: |app| {
            format!(
                "Aus Ihrem Konto bei {app} wurde eine Authenticator-App entfernt. Deren Codes gelten dort nicht mehr."
            )
        },
        key: |app| {
            format!(
                "Aus Ihrem Konto bei {app} wurde ein Sicherheitsschlüssel entfernt. Er gilt dort nicht mehr."
            )
        },
        by: |app| format!("{app} hat dies veranlasst, zum Beispiel weil Sie um Hilfe gebeten haben."),
        not_you: |app| {
            format!(
                "Wenn Sie damit nicht gerechnet haben, wenden Sie sich umgehend an {app}: Möglicherweise versucht jemand, auf Ihr Konto zuzugreifen."
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} ist Ihr Anmeldecode für {app}."),
        confirm: |code, app| format!("{code} ist Ihr Bestätigungscode für {app}."),
        only_for: |action| format!("Nur für: {action}"),
        valid: |minutes| format!("Gültig für {minutes}."),
        never_tell: "Geben Sie ihn nie weiter.",
        not_you: "Nicht angefordert? Ignorieren Sie diese Nachricht.",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("Ihre Backup-Codes für {app}:"),
        once: "Jeder gilt einmal. Ältere gelten nicht mehr.",
        not_you: "Nicht angefordert? Melden Sie sich an und erstellen Sie neue.",
    },
    voice: VoiceWords {
        hello: |app| format!("Guten Tag, hier ist {app}."),
        sign_in: "Ihr Anmeldecode lautet:",
        only_for: |action| format!("Dieser Code gilt nur für: {action}."),
        confirm: "Ihr Code lautet:",
        again: "Ich wiederhole:",
        not_you: "Wenn Sie das nicht waren, legen Sie bitte auf.",
        goodbye: "Auf Wiederhören.",
    },
};
