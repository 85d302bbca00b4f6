//! Italian.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "it",
    gap: " ",
    minutes: |n| if n == 1 { "1 minuto".into() } else { format!("{n} minuti") },
    mail: MailWords {
        sign_in_subject: |app| format!("Il tuo codice di accesso a {app}"),
        action_subject: |app| format!("Il tuo codice di conferma di {app}"),
        preview: |minutes| format!("Valido per {minutes}. Non l’hai richiesto? Ignora questa email."),
        sign_in_heading: "Il tuo codice di accesso",
        action_heading: "Conferma la tua identità",
        sign_in_lead: |app| format!("Usa questo codice per accedere a {app}:"),
        action_lead: |app| format!("Usa questo codice di {app} solo per:"),
        valid: |minutes| format!("Il codice è valido per {minutes}."),
        never_tell: |app| format!("{app} non ti chiederà mai di inviarlo o di comunicarlo a qualcuno."),
        not_you: "Se non hai fatto tu questa richiesta, ignora questa email: senza il codice non succede nulla.",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("I tuoi codici di backup di {app}"),
        preview: "Conservali al sicuro. Ognuno funziona una sola volta; quelli precedenti non sono più validi.",
        heading: "I tuoi nuovi codici di backup",
        intro: |app| format!("Ecco i tuoi nuovi codici di backup per {app}."),
        how_to_use: "Se non riesci a ricevere un codice nel modo abituale, inserisci invece uno di questi. Ognuno \
                     funziona una sola volta.",
        keep: "Conservali dove solo tu puoi trovarli: in un gestore di password o su carta, insieme ai tuoi documenti \
               importanti. Poi elimina questa email.",
        older: "I tuoi codici di backup precedenti, se ne avevi, non sono più validi.",
        not_you: |app| {
            format!(
                "Se non hai richiesto questi codici, qualcuno potrebbe avere accesso al tuo account: accedi a {app} e \
                 generane di nuovi."
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("{app}: un metodo di accesso è stato rimosso"),
        heading: "Un metodo di accesso è stato rimosso",
        app: |app| {
            format!(
                "Un’app di autenticazione è stata rimossa dal tuo account {app}. I suoi codici non sono più validi."
            )
        },
        key: |app| {
            format!("Una chiave di sicurezza è stata rimossa dal tuo account {app}. Non funziona più.")
        },
        by: |app| format!("La rimozione è stata fatta da {app}, per esempio perché hai chiesto aiuto."),
        not_you: |app| {
            format!(
                "Se non te lo aspettavi, contatta subito {app}: qualcuno potrebbe tentare di accedere al tuo account."
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} è il tuo codice di accesso a {app}."),
        confirm: |code, app| format!("{code} è il tuo codice di conferma di {app}."),
        only_for: |action| format!("Solo per: {action}"),
        valid: |minutes| format!("Valido per {minutes}."),
        never_tell: "Non comunicarlo a nessuno.",
        not_you: "Non l’hai richiesto? Ignora questo messaggio.",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("I tuoi codici di backup di {app}:"),
        once: "Ognuno funziona una sola volta. I precedenti non sono più validi.",
        not_you: "Non li hai richiesti? Accedi e generane di nuovi.",
    },
    voice: VoiceWords {
        hello: |app| format!("Salve, questa è una chiamata da {app}."),
        sign_in: "Il tuo codice di accesso è:",
        only_for: |action| format!("Questo codice serve solo per: {action}."),
        confirm: "Il tuo codice è:",
        again: "Ripeto:",
        not_you: "Se non hai fatto tu questa richiesta, riaggancia.",
        goodbye: "Arrivederci.",
    },
};
