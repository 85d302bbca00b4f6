//! Spanish.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "es",
    gap: " ",
    minutes: |n| if n == 1 { "1 minuto".into() } else { format!("{n} minutos") },
    mail: MailWords {
        sign_in_subject: |app| format!("Su código de acceso a {app}"),
        action_subject: |app| format!("Su código de confirmación de {app}"),
        preview: |minutes| format!("Válido durante {minutes}. ¿No ha sido usted? Ignore este correo."),
        sign_in_heading: "Su código de acceso",
        action_heading: "Confirme que es usted",
        sign_in_lead: |app| format!("Utilice este código para acceder a {app}:"),
        action_lead: |app| format!("Utilice este código de {app} únicamente para:"),
        valid: |minutes| format!("El código es válido durante {minutes}."),
        never_tell: |app| format!("{app} nunca le pedirá que lo envíe ni que se lo diga a nadie."),
        not_you: "Si no ha sido usted, ignore este correo: sin el código no ocurrirá nada.",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("Sus códigos de respaldo de {app}"),
        preview: "Guárdelos en un lugar seguro. Cada uno sirve una sola vez; los anteriores ya no son válidos.",
        heading: "Sus nuevos códigos de respaldo",
        intro: |app| format!("Estos son sus nuevos códigos de respaldo de {app}."),
        how_to_use: "Si no puede recibir un código de la forma habitual, introduzca uno de estos en su lugar. Cada uno \
                     sirve una sola vez.",
        keep: "Guárdelos donde solo usted pueda encontrarlos: en un gestor de contraseñas o en papel, junto a sus \
               documentos importantes. Después, borre este correo.",
        older: "Sus códigos de respaldo anteriores, si los tenía, ya no son válidos.",
        not_you: |app| {
            format!(
                "Si no ha solicitado estos códigos, es posible que alguien tenga acceso a su cuenta: acceda a {app} y \
                 genere otros nuevos."
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("{app}: se ha eliminado un método de acceso"),
        heading: "Se ha eliminado un método de acceso",
        app: |app| {
            format!(
                "Se ha eliminado una aplicación de autenticación de su cuenta de {app}. Los códigos de esa aplicación ya no son válidos."
            )
        },
        key: |app| {
            format!("Se ha eliminado una llave de seguridad de su cuenta de {app}. Ya no sirve para acceder.")
        },
        by: |app| format!("Lo ha hecho {app}, por ejemplo porque usted pidió ayuda."),
        not_you: |app| {
            format!(
                "Si no lo esperaba, póngase en contacto con {app} de inmediato: es posible que alguien intente acceder a su cuenta."
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} es su código de acceso a {app}."),
        confirm: |code, app| format!("{code} es su código de confirmación de {app}."),
        only_for: |action| format!("Solo para: {action}"),
        valid: |minutes| format!("Válido durante {minutes}."),
        never_tell: "No lo comparta con nadie.",
        not_you: "¿No ha sido usted? Ignore este mensaje.",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("Sus códigos de respaldo de {app}:"),
        once: "Cada uno sirve una sola vez. Los anteriores ya no son válidos.",
        not_you: "¿No los ha solicitado? Acceda a su cuenta y genere otros nuevos.",
    },
    voice: VoiceWords {
        hello: |app| format!("Hola, le llamamos de {app}."),
        sign_in: "Su código de acceso es:",
        only_for: |action| format!("Este código es únicamente para: {action}."),
        confirm: "Su código es:",
        again: "Repetimos:",
        not_you: "Si no ha sido usted, cuelgue, por favor.",
        goodbye: "Adiós.",
    },
};
