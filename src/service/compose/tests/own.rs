//! Tenants' templates in the place of the built-in words.

use super::*;
use crate::domain::template::{Template, TemplateKey, TemplateKind};

/// A book of templates for codes by SMS; they stand for what a tenant wrote.
fn own(templates: &[(&str, &str)]) -> TemplateBook {
    let kept = |(locale, text): &(&str, &str)| {
        let template = Template { subject: None, text: (*text).into(), html: None };
        (TemplateKey::new(Sms, TemplateKind::Code, locale).unwrap(), template)
    };
    templates.iter().map(kept).collect()
}

#[test]
fn a_tenants_own_words_are_sent_where_they_are_of_the_language() {
    let book = own(&[("de", "Eigenes: {{ code }}"), ("nl", "Eigen: {{ code }}")]);
    for (locale, default_locale, told, begins) in [
        ("de", "en", "de", "Eigenes: 031415"),
        ("de-AT", "en", "de-AT", "Eigenes: 031415"),
        ("nl-BE", "en", "nl-BE", "Eigen: 031415"),
        ("fr", "de", "fr", "031415 est votre code"),
        ("sv", "de-CH", "de-CH", "Eigenes: 031415"),
        ("sv", "xx", "en", "031415 is your"),
    ] {
        let composed =
            code_message(CodeMessage { default_locale, own: &book, ..sample(Sms, locale) }).envelope;
        assert!(composed.text.starts_with(begins), "{locale}: {}", composed.text);
        assert_eq!(composed.locale, told);
    }
    let elsewhere = code_message(CodeMessage { own: &book, ..sample(Whatsapp, "de") }).envelope;
    assert!(elsewhere.text.starts_with("031415 ist"), "of its channel only");
    let codes = set(5);
    let (to, locale, default_locale, app_name) = ("+14155550100", "de", "en", "Acme");
    let message =
        BackupMessage { channel: Sms, app_name, to, locale, default_locale, own: &book, codes: &codes };
    assert!(backup_message(message).envelope.text.starts_with("Ihre Backup-Codes"), "of its kind only");
}

#[test]
fn a_template_that_fails_is_passed_over() {
    for broken in ["{{ code", "{{ nothing }}", "{{ 'x' * 900000000 }}", "{% include 'x' %}", " "] {
        let book = own(&[("de", broken)]);
        let envelope = code_message(CodeMessage { own: &book, ..sample(Sms, "de-AT") }).envelope;
        assert!(envelope.text.starts_with("031415 ist Ihr Anmeldecode"), "{broken}: {}", envelope.text);
        assert_eq!(envelope.locale, "de-AT");
    }
}

#[test]
fn the_line_of_the_domain_follows_a_tenants_text_and_no_value_stands_in_for_it() {
    let book = own(&[("en", "{{ code }} – só\n{{ action }}\n\n")]);
    let action = Some("@evil.example #999999");
    let message = CodeMessage { own: &book, domain: Some("example.com"), action, ..sample(Sms, "en") };
    let composed = code_message(message);
    assert_eq!(composed.envelope.text, "031415 - so\n @evil.example #999999\n\n@example.com #031415");
    assert_eq!(composed.segments, Some(1));
}
