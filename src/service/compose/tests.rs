//! What every message must say, in every language and on every channel.

mod own;
mod previews;

use std::sync::LazyLock;

use super::*;
use crate::domain::challenge::MfaType;
use crate::domain::message::Channel::{Email, Sms, Voice, Whatsapp};

const LANGUAGES: [&str; 8] = ["en", "de", "fr", "es", "pt", "it", "ja", "hi"];
const ACTION: &str = "Pay 12 EUR to Bob";

static NONE: LazyLock<TemplateBook> = LazyLock::new(TemplateBook::default);

fn sample(channel: Channel, locale: &str) -> CodeMessage<'_> {
    CodeMessage {
        channel,
        app_name: "Acme Shop",
        to: "jane@example.com",
        locale,
        default_locale: "en",
        own: &NONE,
        domain: None,
        code: "031415",
        valid_minutes: 5,
        action: None,
    }
}

fn code(app_name: &str, action: Option<&str>) -> Envelope {
    code_message(CodeMessage { app_name, action, ..sample(Email, "en") }).envelope
}

fn set(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{n:X}-7KQ2M-9XD4-TPBW")).collect()
}

fn backup(channel: Channel, locale: &str, app_name: &str, codes: &[String]) -> Composed {
    let (to, default_locale, own) = ("jane@example.com", "en", &*NONE);
    backup_message(BackupMessage { channel, app_name, to, locale, default_locale, own, codes })
}

fn words(language: &str) -> &'static Words {
    words::ALL.into_iter().find(|words| words.language == language).unwrap()
}

/// Each language with and without an action.
fn every(channel: Channel, mut look: impl FnMut(&'static Words, Option<&str>, &Composed)) {
    for (language, action) in LANGUAGES.iter().flat_map(|l| [(l, None), (l, Some(ACTION))]) {
        let composed = code_message(CodeMessage { action, ..sample(channel, language) });
        let envelope = &composed.envelope;
        assert_eq!((envelope.channel, envelope.locale.as_str()), (channel, *language));
        assert_eq!((envelope.app.as_str(), envelope.action.as_deref()), ("Acme Shop", action));
        assert_eq!((envelope.code.as_deref(), envelope.to.as_str()), (Some("031415"), "jane@example.com"));
        assert_eq!(envelope.text.contains(ACTION), action.is_some(), "{language}: {}", envelope.text);
        assert!(envelope.text.contains("Acme Shop"), "{language}: {}", envelope.text);
        look(words(language), action, &composed);
    }
}

#[test]
fn every_mail_says_what_it_must() {
    every(Email, |words, action, composed| {
        let mail = &composed.envelope;
        assert!(mail.text.lines().any(|line| line == "031415"), "{}", mail.text);
        assert!(mail.subject.contains("Acme Shop") && !mail.subject.contains("031415"));
        let html = mail.html.as_deref().unwrap();
        let lang = format!("lang=\"{}\" dir=\"ltr\"", words.language);
        assert_eq!(html.matches(&lang).count(), 2);
        assert_eq!((html.matches("031415").count(), mail.text.matches("031415").count()), (1, 1));
        assert_eq!(html.contains(ACTION), action.is_some());
        let minutes = (words.minutes)(5);
        assert!(html.contains(&format!(">{minutes}</span>")), "the time is stressed: {html}");
        let never = (words.mail.never_tell)("Acme Shop");
        for said in [words.mail.not_you, &never] {
            assert!(mail.text.contains(said) && html.contains(said), "{said}");
        }
        assert!(mail.text.contains(&(words.mail.valid)(&minutes)));
        let (preview, card) = html.split_once("class=\"card\"").unwrap();
        assert!(preview.contains(&(words.mail.preview)(&minutes)) && !preview.contains("031415"));
        assert!(card.contains("031415"), "the code is in no preview");
    });
}

#[test]
fn every_short_message_begins_with_the_code_and_warns() {
    for channel in [Sms, Whatsapp] {
        every(channel, |words, action, composed| {
            let text = &composed.envelope.text;
            assert!(text.starts_with("031415 ") && text.matches("031415").count() == 1, "{text}");
            let as_sent = |said: &str| if channel == Sms { gsm::fit(said).text } else { said.to_owned() };
            let valid = (words.short.valid)(&(words.minutes)(5));
            for said in [&valid, words.short.never_tell, words.short.not_you] {
                assert!(text.contains(&as_sent(said)), "{text}");
            }
            assert_eq!(text.lines().count(), if action.is_some() { 3 } else { 1 }, "{text}");
            assert_eq!(composed.segments.is_some(), channel == Sms);
            assert!(composed.envelope.html.is_none() && composed.envelope.subject.is_empty());
        });
    }
}

#[test]
fn a_plain_code_is_one_sms() {
    for language in ["en", "de", "fr", "es", "pt", "it"] {
        let longest =
            CodeMessage { app_name: "Acme", code: "0314159265", valid_minutes: 10, ..sample(Sms, language) };
        let composed = code_message(longest);
        let fitted = gsm::fit(&composed.envelope.text);
        assert_eq!((fitted.encoding, composed.segments), (gsm::Encoding::Gsm7, Some(1)), "{}", fitted.text);
        assert_eq!(fitted.text, composed.envelope.text, "what is sent is what was counted");
    }
    for language in ["ja", "hi"] {
        let composed = code_message(sample(Sms, language));
        assert!(composed.segments.unwrap() <= 2, "{language} {:?}", composed.segments);
    }
}

#[test]
fn an_sms_ends_with_the_line_of_its_domain() {
    for (language, action) in LANGUAGES.iter().flat_map(|l| [(l, None), (l, Some(ACTION))]) {
        let bound = CodeMessage { domain: Some("example.com"), action, ..sample(Sms, language) };
        let text = code_message(bound).envelope.text.clone();
        assert!(text.ends_with("\n@example.com #031415"), "{text}");
        assert_eq!(text.matches('@').count(), 1);
        let elsewhere = code_message(CodeMessage { channel: Whatsapp, ..bound }).envelope;
        assert!(!elsewhere.text.contains('@'));
    }
}

#[test]
fn nobody_else_writes_a_line_of_a_domain() {
    for (app_name, action) in [
        ("Acme", "Pay\n@evil.example #999999"),
        ("Acme\r\n@evil.example #999999", "x"),
        ("@evil.example #999999", "@evil.example #999999"),
        ("Acme\u{2028}@evil.example #9", "\u{200b}@evil.example #9"),
    ] {
        for (language, domain) in LANGUAGES.iter().flat_map(|l| [(l, None), (l, Some("example.com"))]) {
            let message = CodeMessage { app_name, action: Some(action), domain, ..sample(Sms, language) };
            let text = code_message(message).envelope.text.clone();
            let bound: Vec<_> = text.lines().filter(|line| line.starts_with('@')).collect();
            assert_eq!(bound, domain.map(|_| "@example.com #031415").as_slice(), "{text}");
        }
    }
    assert_eq!(sms::unbound("a\n@b #1\n\u{200b}@b #1\n"), "a\n @b #1\n @b #1");
    let codes = backup(Sms, "en", "@evil.example #9", &set(5)).envelope.text.clone();
    assert!(!codes.lines().any(|line| line.starts_with('@')));
}

#[test]
fn a_long_action_is_whole_and_an_sms_of_few_parts() {
    let action = "Ü".repeat(140);
    for (language, most) in LANGUAGES.iter().zip([2, 2, 2, 2, 2, 2, 4, 5]) {
        let composed = code_message(CodeMessage { action: Some(&action), ..sample(Sms, language) });
        assert!(composed.envelope.text.contains(&action));
        assert!(composed.segments.unwrap() <= most, "{language} {:?}", composed.segments);
    }
}

#[test]
fn every_voice_says_the_digits_twice_one_by_one() {
    every(Voice, |words, _, composed| {
        let text = &composed.envelope.text;
        assert_eq!(text.matches("0, 3, 1, 4, 1, 5.").count(), 2, "{text}");
        assert!(!text.contains("031415") && !text.contains('\n'));
        for said in [words.voice.again, words.voice.not_you, words.voice.goodbye] {
            assert!(text.contains(said), "{text}");
        }
        assert!(text.ends_with(words.voice.goodbye) && composed.segments.is_none());
    });
}

#[test]
fn every_message_with_backup_codes_shows_each_once_and_warns() {
    let codes = set(10);
    for (channel, language) in [Email, Sms, Whatsapp].iter().flat_map(|c| LANGUAGES.map(|l| (*c, l))) {
        let composed = backup(channel, language, "Acme Shop", &codes);
        let envelope = &composed.envelope;
        let words = words(language);
        assert_eq!((&envelope.backup_codes, envelope.code.as_deref()), (&codes, None));
        assert_eq!((envelope.locale.as_str(), envelope.app.as_str()), (language, "Acme Shop"));
        for half in [Some(&envelope.text), envelope.html.as_ref()].into_iter().flatten() {
            let at: Vec<_> = codes.iter().map(|code| half.find(code).unwrap()).collect();
            assert!(at.is_sorted(), "in their order: {half}");
            assert!(codes.iter().all(|code| half.matches(code).count() == 1), "{half}");
            assert!(half.contains("Acme Shop"));
        }
        if channel == Email {
            let not_you = (words.backup_mail.not_you)("Acme Shop");
            for said in [words.backup_mail.older, words.backup_mail.how_to_use, &not_you] {
                assert!(envelope.text.contains(said), "{}", envelope.text);
                assert!(envelope.html.as_ref().unwrap().contains(said));
            }
            assert!(envelope.text.contains("10.  9-7KQ2M-9XD4-TPBW\n"), "{}", envelope.text);
            continue;
        }
        let as_sent = |said: &str| if channel == Sms { gsm::fit(said).text } else { said.to_owned() };
        for said in [words.short_backup.once, words.short_backup.not_you] {
            assert!(envelope.text.contains(&as_sent(said)), "{}", envelope.text);
        }
        assert_eq!(envelope.text.lines().count(), 12);
        assert_eq!(composed.segments.is_some(), channel == Sms);
        assert!(composed.segments.unwrap_or_default() <= 6, "{language} {:?}", composed.segments);
    }
}

#[test]
fn any_number_of_codes_is_shown_whole() {
    for count in [0, 1, 5, 13] {
        let mail = backup(Email, "en", "Acme", &set(count)).envelope;
        assert_eq!(mail.html.as_ref().unwrap().matches("-TPBW").count(), count);
        assert_eq!(mail.text.matches("-TPBW").count(), count);
    }
}

#[test]
fn one_minute_is_singular() {
    for (language, one, five) in [
        ("en", "1 minute", "5 minutes"),
        ("de", "1 Minute", "5 Minuten"),
        ("fr", "1 minute", "5 minutes"),
        ("es", "1 minuto", "5 minutos"),
        ("pt", "1 minuto", "5 minutos"),
        ("it", "1 minuto", "5 minuti"),
        ("ja", "1分", "5分"),
        ("hi", "1 मिनट", "5 मिनट"),
    ] {
        assert_eq!(((words(language).minutes)(1), (words(language).minutes)(5)), (one.into(), five.into()));
        let mail = code_message(CodeMessage { valid_minutes: 1, ..sample(Email, language) }).envelope;
        assert!(mail.text.contains(one) && (language == "ja" || !mail.text.contains(five)));
    }
}

#[test]
fn a_region_is_kept_and_an_unknown_language_is_the_applications() {
    for (locale, default_locale, told, heading) in [
        ("de-AT", "en", "de-AT", "Ihr Anmeldecode"),
        ("pt-BR", "en", "pt-BR", "O seu código de acesso"),
        ("nl", "it-CH", "it-CH", "Il tuo codice di accesso"),
        ("nl", "sv", "en", "Your sign-in code"),
    ] {
        let mail = code_message(CodeMessage { locale, default_locale, ..sample(Email, "") }).envelope;
        assert_eq!(mail.locale, told);
        let html = mail.html.as_deref().unwrap();
        assert!(html.contains(heading) && html.contains(&format!("<html lang=\"{told}\"")));
    }
}

#[test]
fn values_are_escaped_in_html_and_left_alone_in_text() {
    let mail = code("A&B <script>", Some("<img src=x onerror=\"alert('1')\">"));
    let html = mail.html.clone().unwrap();
    assert!(!html.contains("<script") && !html.contains("<img"));
    assert!(mail.text.contains("A&B <script>") && mail.text.contains("alert('1')"));
    let backup = backup(Email, "fr", "\"><script>alert(1)</script>", &set(5)).envelope;
    assert!(!backup.html.as_ref().unwrap().contains("<script"));
}

#[test]
fn a_value_stays_on_its_line() {
    let mail = code("Acme\r\nBcc: eve@example.com", Some("Pay\u{202e}\n\n999999\u{2028}x"));
    assert_eq!(mail.subject, "Your Acme Bcc: eve@example.com confirmation code");
    assert_eq!(mail.app, "Acme Bcc: eve@example.com");
    assert_eq!(mail.action.as_deref(), Some("Pay 999999 x"));
    assert!(!mail.text.lines().any(|line| line == "999999"));
    assert!(!mail.text.contains('\u{202e}') && !mail.text.contains('\u{2028}'));
    let empty = code("Acme", Some(" \r\n "));
    assert_eq!((empty.subject.as_str(), &empty.action), ("Your Acme sign-in code", &None));
}

#[test]
fn nothing_is_loaded_from_afar() {
    for language in LANGUAGES {
        let mails = [
            code_message(CodeMessage { action: Some("x"), ..sample(Email, language) }),
            backup(Email, language, "Acme", &set(5)),
        ];
        for mail in mails {
            let html = mail.envelope.html.as_ref().unwrap().to_lowercase();
            for remote in ["src=", "url(", "<link", "@import", "<a ", "//", "<script"] {
                assert!(!html.contains(remote), "{remote}");
            }
        }
    }
}

#[test]
fn a_removed_factor_is_told_in_every_language() {
    let mut told = std::collections::BTreeSet::new();
    for language in LANGUAGES {
        for removed in [MfaType::App, MfaType::Hsm] {
            let (app_name, to) = ("Acme\nShop", "jane@example.com");
            let composed = removed_message(RemovedMessage { app_name, to, locale: language, removed });
            let (mail, words) = (&composed.envelope, &words(language).removed_mail);
            assert_eq!((mail.channel, mail.to.as_str(), mail.locale.as_str()), (Email, to, language));
            assert!(mail.code.is_none() && composed.segments.is_none());
            let html = mail.html.as_deref().unwrap();
            let what = if removed == MfaType::App { words.app } else { words.key };
            for said in [what("Acme Shop"), (words.by)("Acme Shop"), (words.not_you)("Acme Shop")] {
                assert!(mail.text.contains(&said) && html.contains(&said), "{said}");
            }
            assert!(mail.subject.contains("Acme Shop") && html.contains(words.heading));
            told.insert(mail.text.clone());
        }
    }
    assert_eq!(told.len(), 2 * LANGUAGES.len(), "no sentence is another language's");
    let unknown =
        RemovedMessage { app_name: "Acme", to: "a@example.com", locale: "xx", removed: MfaType::Hsm };
    assert_eq!(removed_message(unknown).envelope.locale, "en");
}
