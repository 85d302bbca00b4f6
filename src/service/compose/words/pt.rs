//! Portuguese, in words that are at home on both sides of the Atlantic.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "pt",
    gap: " ",
    minutes: |n| if n == 1 { "1 minuto".into() } else { format!("{n} minutos") },
    mail: MailWords {
        sign_in_subject: |app| format!("O seu código de acesso a {app}"),
        action_subject: |app| format!("O seu código de confirmação de {app}"),
        preview: |minutes| format!("Válido por {minutes}. Não fez este pedido? Ignore este e-mail."),
        sign_in_heading: "O seu código de acesso",
        action_heading: "Confirme a sua identidade",
        sign_in_lead: |app| format!("Utilize este código para entrar em {app}:"),
        action_lead: |app| format!("Utilize este código de {app} apenas para:"),
        valid: |minutes| format!("O código é válido por {minutes}."),
        never_tell: |app| format!("{app} nunca pedirá que envie ou diga este código a alguém."),
        not_you: "Se não fez este pedido, ignore este e-mail: sem o código, nada acontece.",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("Os seus códigos de recuperação de {app}"),
        preview: "Guarde-os em segurança. Cada um funciona uma só vez; os anteriores deixaram de ser válidos.",
        heading: "Os seus novos códigos de recuperação",
        intro: |app| format!("Estes são os seus novos códigos de recuperação de {app}."),
        how_to_use: "Se não conseguir receber um código da forma habitual, insira um destes no lugar dele. Cada um \
                     funciona uma só vez.",
        keep: "Guarde-os onde mais ninguém os encontre: em um cofre digital ou em papel, com os seus documentos \
               importantes. Depois, apague este e-mail.",
        older: "Os seus códigos de recuperação anteriores, se os tinha, deixaram de ser válidos.",
        not_you: |app| {
            format!(
                "Se não pediu estes códigos, alguém pode ter acesso à sua conta: entre em {app} e crie novos códigos."
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("{app}: um método de acesso foi removido"),
        heading: "Um método de acesso foi removido",
        app: |app| {
            format!(
                "Um aplicativo autenticador foi removido da sua conta {app}. Os códigos dele deixaram de ser válidos."
            )
        },
        key: |app| {
            format!("Uma chave de segurança foi removida da sua conta {app}. Ela deixou de funcionar.")
        },
        by: |app| format!("A remoção foi feita por {app}, por exemplo porque pediu ajuda."),
        not_you: |app| {
            format!(
                "Se não esperava por isso, entre em contato com {app} imediatamente: alguém pode estar tentando acessar a sua conta."
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} é o seu código de acesso a {app}."),
        confirm: |code, app| format!("{code} é o seu código de confirmação de {app}."),
        only_for: |action| format!("Apenas para: {action}"),
        valid: |minutes| format!("Válido por {minutes}."),
        never_tell: "Não o revele a ninguém.",
        not_you: "Não fez este pedido? Ignore esta mensagem.",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("Os seus códigos de recuperação de {app}:"),
        once: "Cada um funciona uma só vez. Os anteriores deixaram de ser válidos.",
        not_you: "Não pediu estes códigos? Entre na sua conta e crie novos.",
    },
    voice: VoiceWords {
        hello: |app| format!("Olá, esta é uma chamada de {app}."),
        sign_in: "O seu código de acesso é:",
        only_for: |action| format!("Este código serve apenas para: {action}."),
        confirm: "O seu código é:",
        again: "Repetindo:",
        not_you: "Se não fez este pedido, desligue, por favor.",
        goodbye: "Até logo.",
    },
};
