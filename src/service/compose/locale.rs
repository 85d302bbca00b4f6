//! Which language a message is in: a look-up by RFC 4647 §3.4. Only tags and their parents are here.

use oxilangtag::LanguageTag;

use super::words::{self, Words};

/// The words for the language that was asked for, else for the application's, else English; and the tag of what was found.
/// It keeps the region that was asked for, for the sake of a voice that reads it.
pub(super) fn choose(asked: &str, default: &str) -> (&'static Words, String) {
    let [english, ..] = words::ALL;
    [asked, default]
        .into_iter()
        .find_map(|tag| Some((built_in(tag)?, with_region(tag))))
        .unwrap_or((english, english.language.to_owned()))
}

/// The words of a tag's language.
fn built_in(tag: &str) -> Option<&'static Words> {
    // Each range of words is one primary subtag, so the look-up ends there whatever follows it.
    let language = tag.split('-').next().unwrap_or(tag);
    words::ALL.into_iter().find(|words| words.language.eq_ignore_ascii_case(language))
}

/// A tag with its language and region only.
fn with_region(tag: &str) -> String {
    let Ok(tag) = LanguageTag::parse_and_normalize(tag) else { return tag.to_owned() };
    let language = tag.primary_language();
    tag.region().map_or_else(|| language.to_owned(), |region| format!("{language}-{region}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_language_is_found() {
        for (asked, default, found) in [
            ("de", "en", "de"),
            ("de-AT", "en", "de-AT"),
            ("pt-BR", "en", "pt-BR"),
            ("PT-br", "en", "pt-BR"),
            ("en-Latn-GB", "de", "en-GB"),
            ("ja-JP-u-ca-japanese", "en", "ja-JP"),
            ("fr-x-private", "en", "fr"),
            ("xx", "it", "it"),
            ("nl-BE", "fr-BE", "fr-BE"),
            ("xx", "yy", "en"),
            ("den", "hi", "hi"),
            ("", "", "en"),
        ] {
            let (words, tag) = choose(asked, default);
            assert_eq!(tag, found, "{asked} {default}");
            assert!(found.starts_with(words.language));
        }
    }
}
