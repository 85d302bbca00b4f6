//! French. A space that does not break (U+00A0) stands before `?`, `:` and `;`.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "fr",
    gap: " ",
    minutes: |n| if n == 1 { "1 minute".into() } else { format!("{n} minutes") },
    mail: MailWords {
        sign_in_subject: |app| format!("Votre code de connexion {app}"),
        action_subject: |app| format!("Votre code de confirmation {app}"),
        preview: |minutes| format!("Valable {minutes}. Ce n’est pas vous\u{a0}? Ignorez cet e-mail."),
        sign_in_heading: "Votre code de connexion",
        action_heading: "Confirmez que c’est bien vous",
        sign_in_lead: |app| format!("Utilisez ce code pour vous connecter à {app}\u{a0}:"),
        action_lead: |app| format!("Utilisez ce code {app} uniquement pour\u{a0}:"),
        valid: |minutes| format!("Le code est valable {minutes}."),
        never_tell: |app| {
            format!("{app} ne vous demandera jamais de l’envoyer ni de le communiquer à qui que ce soit.")
        },
        not_you: "Si vous n’êtes pas à l’origine de cette demande, ignorez cet e-mail\u{a0}: sans le code, rien ne se \
                  passera.",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("Vos codes de secours {app}"),
        preview: "Conservez-les en lieu sûr. Chacun ne sert qu’une fois\u{a0}; les anciens ne sont plus valables.",
        heading: "Vos nouveaux codes de secours",
        intro: |app| format!("Voici vos nouveaux codes de secours pour {app}."),
        how_to_use: "Si vous ne pouvez pas recevoir de code de la manière habituelle, saisissez l’un de ceux-ci à la \
                     place. Chacun ne sert qu’une fois.",
        keep: "Conservez-les en lieu sûr\u{a0}: dans un gestionnaire de mots de passe, ou sur papier avec vos documents \
               importants. Supprimez ensuite cet e-mail.",
        older: "Vos anciens codes de secours, si vous en aviez, ne sont plus valables.",
        not_you: |app| {
            format!(
                "Si vous n’avez pas demandé ces codes, quelqu’un a peut-être accès à votre compte\u{a0}: connectez-vous à \
                 {app} et créez-en de nouveaux."
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("{app}\u{a0}: une méthode de connexion a été supprimée"),
        heading: "Une méthode de connexion a été supprimée",
        app: |app| {
            format!(
                "Une application d’authentification a été supprimée de votre compte {app}. Ses codes n’y sont plus valables."
            )
        },
        key: |app| {
            format!("Une clé de sécurité a été supprimée de votre compte {app}. Elle n’y est plus valable.")
        },
        by: |app| {
            format!("{app} a effectué cette suppression, par exemple parce que vous avez demandé de l’aide.")
        },
        not_you: |app| {
            format!(
                "Si vous ne vous y attendiez pas, contactez {app} sans tarder\u{a0}: quelqu’un essaie peut-être d’accéder à votre compte."
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} est votre code de connexion {app}."),
        confirm: |code, app| format!("{code} est votre code de confirmation {app}."),
        only_for: |action| format!("Uniquement pour\u{a0}: {action}"),
        valid: |minutes| format!("Valable {minutes}."),
        never_tell: "Ne le communiquez à personne.",
        not_you: "Ce n’est pas vous\u{a0}? Ignorez ce message.",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("Vos codes de secours {app}\u{a0}:"),
        once: "Chacun ne sert qu’une fois. Les anciens ne sont plus valables.",
        not_you: "Vous ne les avez pas demandés\u{a0}? Connectez-vous et créez-en de nouveaux.",
    },
    voice: VoiceWords {
        hello: |app| format!("Bonjour, ici {app}."),
        sign_in: "Votre code de connexion est\u{a0}:",
        only_for: |action| format!("Ce code sert uniquement à l’opération suivante\u{a0}: {action}."),
        confirm: "Votre code est\u{a0}:",
        again: "Je répète\u{a0}:",
        not_you: "Si vous n’êtes pas à l’origine de cette demande, veuillez raccrocher.",
        goodbye: "Au revoir.",
    },
};
