//! The messages as files, for a look at them.

use super::*;

/// Writes the mails where they can be looked at: `MAIL_PREVIEW=folder cargo test --lib previews`.
#[test]
fn previews() {
    let Some(folder) = std::env::var_os("MAIL_PREVIEW") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let long = "Pay 1,250.00 EUR to Landlord & Sons GmbH, IBAN DE89 3704 0044 0532 0130 00, rent for the flat in Goethestrasse, due by the first of December";
    for language in LANGUAGES {
        let code = |message| code_message(message).envelope;
        let of = |channel| sample(channel, language);
        let long = CodeMessage {
            app_name: "The Very Long-Named Cooperative Savings Bank of Upper Franconia",
            action: Some(long),
            code: "0314159265",
            valid_minutes: 10,
            ..of(Email)
        };
        for (name, message) in [
            ("code", code(of(Email))),
            ("action", code(CodeMessage { action: Some(ACTION), ..of(Email) })),
            ("long", code(long)),
            ("sms", code(CodeMessage { domain: Some("example.com"), ..of(Sms) })),
            ("sms-action", code(CodeMessage { action: Some(ACTION), ..of(Sms) })),
            ("voice", code(CodeMessage { action: Some(ACTION), ..of(Voice) })),
            ("backup", backup(Email, language, "Acme Shop", &set(10)).envelope),
            ("sms-backup", backup(Sms, language, "Acme Shop", &set(10)).envelope),
        ] {
            let text = format!("{}\n\n{}", message.subject, message.text);
            std::fs::write(folder.join(format!("{language}-{name}.txt")), text).unwrap();
            if let Some(html) = &message.html {
                std::fs::write(folder.join(format!("{language}-{name}.html")), html).unwrap();
            }
        }
    }
}
