//! What a call says, as `TwiML`, and in which of Twilio's languages. How it is worded is not decided here.

use crate::domain::message::Envelope;
use crate::providers::Outcome;

/// The longest `Twiml` that Twilio takes, in characters (Calls resource, parameter `Twiml`).
const LONGEST: usize = 4000;

/// Languages of `<Say>` that have a voice without being asked for one; the first of a language is the one for other regions.
const LANGUAGES: [&str; 23] = [
    "en-US", "en-GB", "en-AU", "en-IN", "de-DE", "fr-FR", "fr-CA", "es-ES", "es-MX", "pt-PT", "pt-BR",
    "it-IT", "ja-JP", "hi-IN", "nl-NL", "da-DK", "nb-NO", "sv-SE", "fi-FI", "pl-PL", "ru-RU", "ko-KR",
    "ca-ES",
];

/// The instructions for a call that speaks the envelope's text.
pub(super) fn twiml(envelope: &Envelope) -> Result<String, Outcome> {
    let language = language(&envelope.locale);
    let text = escaped(&envelope.text);
    let twiml = format!("<Response><Say language=\"{language}\">{text}</Say></Response>");
    if twiml.chars().count() > LONGEST {
        return Err(Outcome::declined("too_long", "The message is too long to be spoken."));
    }
    Ok(twiml)
}

/// The language of `<Say>` for a locale (BCP 47): its own region if Twilio has it, else the language's usual one, else English.
fn language(locale: &str) -> &'static str {
    let mut parts = locale.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    // Norwegian is written as one of two, and spoken as one.
    let language = if language.eq_ignore_ascii_case("no") { "nb" } else { language };
    let region = parts.find(|part| part.len() == 2);
    let exact = region.and_then(|region| {
        let wanted = format!("{language}-{region}");
        LANGUAGES.into_iter().find(|known| known.eq_ignore_ascii_case(&wanted))
    });
    let of_language = || {
        LANGUAGES
            .into_iter()
            .find(|known| known.split('-').next().is_some_and(|known| known.eq_ignore_ascii_case(language)))
    };
    exact.or_else(of_language).unwrap_or("en-US")
}

/// The text as XML 1.0 (§2.4), without the characters that it cannot hold (§2.2).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Channel;

    #[test]
    fn a_locale_finds_its_voice() {
        for (locale, wanted) in [
            ("en", "en-US"),
            ("en-GB", "en-GB"),
            ("EN-gb", "en-GB"),
            ("en-ZA", "en-US"),
            ("de", "de-DE"),
            ("de-AT", "de-DE"),
            ("fr-CA", "fr-CA"),
            ("es-419", "es-ES"),
            ("pt", "pt-PT"),
            ("pt-BR", "pt-BR"),
            ("it", "it-IT"),
            ("ja", "ja-JP"),
            ("hi", "hi-IN"),
            ("no", "nb-NO"),
            ("en-Latn-AU", "en-AU"),
            ("tlh", "en-US"),
            ("", "en-US"),
        ] {
            assert_eq!(language(locale), wanted, "{locale}");
        }
    }

    #[test]
    fn nothing_of_the_text_is_read_as_an_instruction() {
        let mut envelope = Envelope::plain(
            Channel::Voice,
            "+15005550006",
            "1</Say><Dial>+1</Dial> & \"2\" '3'\n4\u{0}\u{1b}\u{ffff}",
        );
        envelope.locale = "de".into();
        let wanted = "<Response><Say language=\"de-DE\">1&lt;/Say&gt;&lt;Dial&gt;+1&lt;/Dial&gt; &amp; &quot;2&quot; &apos;3&apos; 4</Say></Response>";
        assert_eq!(twiml(&envelope).unwrap(), wanted);
    }

    #[test]
    fn a_script_that_twilio_would_refuse_is_not_sent() {
        let frame = "<Response><Say language=\"en-US\"></Say></Response>".len();
        let envelope = |length| Envelope::plain(Channel::Voice, "+15005550006", "é".repeat(length));
        assert!(twiml(&envelope(LONGEST - frame)).is_ok());
        let too_long = twiml(&envelope(LONGEST - frame + 1)).unwrap_err();
        assert!(matches!(too_long, Outcome::Declined { reason } if reason.code == "too_long"));
    }
}
