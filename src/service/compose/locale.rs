//! Which words a message is in: a look-up by RFC 4647 §3.4 among a tenant's templates and the built-in languages. Only tags
//! are known here; how they become a message is not.

use oxilangtag::LanguageTag;

use super::words::{self, Words};
use crate::domain::template::Template;

/// The language that was asked for and the application's.
#[derive(Clone, Copy)]
pub(super) struct Languages<'a> {
    pub asked: &'a str,
    pub default: &'a str,
}

/// Words with the tag of their language. It keeps the region that was asked for, for the sake of a voice that reads it.
pub(super) enum Source<'a> {
    Own(&'a Template, String),
    BuiltIn(&'static Words, String),
}

impl Languages<'_> {
    /// Where to take the words from, best first: for the language that was asked for the tenant's template and the built-in
    /// words, then the same for the application's language.
    pub(super) fn sources<'b>(
        self,
        own: impl Fn(&str) -> Option<&'b Template>,
    ) -> impl Iterator<Item = Source<'b>> {
        [self.asked, self.default].into_iter().flat_map(move |tag| {
            let own = own(tag).map(|template| Source::Own(template, with_region(tag)));
            let built_in = built_in(tag).map(|words| Source::BuiltIn(words, with_region(tag)));
            own.into_iter().chain(built_in)
        })
    }
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

    fn order(asked: &str, default: &str, own: &[&str]) -> Vec<String> {
        let template = Template { subject: None, text: String::new(), html: None };
        let is_own = |tag: &str| own.contains(&tag).then_some(&template);
        let named = |source: Source<'_>| match source {
            Source::Own(_, tag) => format!("own {tag}"),
            Source::BuiltIn(words, tag) => {
                assert!(tag.starts_with(words.language));
                tag
            }
        };
        Languages { asked, default }.sources(is_own).map(named).collect()
    }

    #[test]
    fn the_nearest_language_is_found() {
        for (asked, default, found) in [
            ("de", "en", vec!["de", "en"]),
            ("de-AT", "en", vec!["de-AT", "en"]),
            ("PT-br", "en-GB", vec!["pt-BR", "en-GB"]),
            ("en-Latn-GB", "de", vec!["en-GB", "de"]),
            ("ja-JP-u-ca-japanese", "en", vec!["ja-JP", "en"]),
            ("fr-x-private", "en", vec!["fr", "en"]),
            ("xx", "it", vec!["it"]),
            ("nl-BE", "fr-BE", vec!["fr-BE"]),
            ("den", "hi", vec!["hi"]),
            ("xx", "yy", vec![]),
            ("", "", vec![]),
        ] {
            assert_eq!(order(asked, default, &[]), found, "{asked} {default}");
        }
    }

    #[test]
    fn a_tenants_own_words_go_before_the_built_in_ones_of_their_language() {
        assert_eq!(order("de-AT", "fr", &["de-AT", "fr"]), ["own de-AT", "de-AT", "own fr", "fr"]);
        assert_eq!(order("nl", "fr", &["nl"]), ["own nl", "fr"]);
        assert_eq!(order("de", "nl", &["nl"]), ["de", "own nl"]);
    }
}
