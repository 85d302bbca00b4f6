//! Japanese.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "ja",
    gap: "",
    minutes: |n| format!("{n}分"),
    mail: MailWords {
        sign_in_subject: |app| format!("{app} のログインコード"),
        action_subject: |app| format!("{app} の確認コード"),
        preview: |minutes| {
            format!("有効期間は{minutes}です。お心当たりがない場合は、このメールを無視してください。")
        },
        sign_in_heading: "ログインコード",
        action_heading: "ご本人確認",
        sign_in_lead: |app| format!("{app} にログインするには、次のコードを入力してください。"),
        action_lead: |app| format!("この {app} のコードは、次の操作にのみ使用してください。"),
        valid: |minutes| format!("コードの有効期間は{minutes}です。"),
        never_tell: |app| format!("{app} が、このコードの送信や開示をお願いすることは一切ありません。"),
        not_you: "お心当たりがない場合は、このメールを無視してください。コードが入力されないかぎり、何も起こりません。",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("{app} のバックアップコード"),
        preview: "大切に保管してください。各コードは1回だけ使用できます。以前のコードは使用できなくなりました。",
        heading: "新しいバックアップコード",
        intro: |app| format!("{app} の新しいバックアップコードをお送りします。"),
        how_to_use: "通常の方法でコードを受け取れないときは、代わりに次のいずれかを入力してください。各コードは1回だけ使用できます。",
        keep: "パスワードマネージャーに保存するか、紙に控えて大切な書類と一緒にするなど、ご本人だけがわかる場所に保管してください。\
               保管後は、このメールを削除してください。",
        older: "以前のバックアップコードをお持ちの場合、そのコードは使用できなくなりました。",
        not_you: |app| {
            format!(
                "コードの発行にお心当たりがない場合は、第三者がお客様のアカウントにアクセスしている可能性があります。\
                 {app} にログインして、新しいコードを発行してください。"
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("{app} のログイン方法が削除されました"),
        heading: "ログイン方法が削除されました",
        app: |app| {
            format!(
                "{app} のアカウントから認証アプリが削除されました。このアプリのコードは使用できなくなりました。"
            )
        },
        key: |app| {
            format!(
                "{app} のアカウントからセキュリティキーが削除されました。このキーは使用できなくなりました。"
            )
        },
        by: |app| format!("お客様からのお問い合わせなどにより、{app} が削除しました。"),
        not_you: |app| {
            format!(
                "お心当たりがない場合は、第三者がお客様のアカウントにアクセスしようとしている可能性があります。至急 {app} にお問い合わせください。"
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} は {app} のログインコードです。"),
        confirm: |code, app| format!("{code} は {app} の確認コードです。"),
        only_for: |action| format!("次の操作専用: {action}"),
        valid: |minutes| format!("有効期間は{minutes}です。"),
        never_tell: "誰にも教えないでください。",
        not_you: "お心当たりがない場合は無視してください。",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("{app} のバックアップコード:"),
        once: "各コードは1回だけ使用できます。以前のコードは使用できなくなりました。",
        not_you: "お心当たりがない場合は、ログインして新しいコードを発行してください。",
    },
    voice: VoiceWords {
        hello: |app| format!("こちらは {app} です。"),
        sign_in: "ログインコードをお伝えします。",
        only_for: |action| format!("このコードは、次の操作専用です。{action}。"),
        confirm: "コードをお伝えします。",
        again: "もう一度お伝えします。",
        not_you: "お心当たりがない場合は、電話をお切りください。",
        goodbye: "失礼いたします。",
    },
};
