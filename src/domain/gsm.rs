//! What fits into an SMS: the alphabet of 7 bits, the wider one, and how many parts a text is sent in.
//!
//! Pure text work by 3GPP TS 23.038 (§6.2.1: the default alphabet and its extension; §6.2.3: UCS-2) and TS 23.040
//! (§9.2.3.24.1: what the header of a part takes). Nothing here knows what a message says.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// The default alphabet; its place for the escape to the extension is no character.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension: an escape goes before each of these.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 160 septets in a message, 153 in a part of one.
    Gsm7,
    /// 70 units of UTF-16 in a message, 67 in a part of one.
    Ucs2,
}

impl Encoding {
    /// `GSM-7` or `UCS-2`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// What one message holds, and what each part of a longer one does.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// What a character takes.
    fn width(self, c: char) -> usize {
        match self {
            Self::Gsm7 => 1 + usize::from(EXTENDED.contains(c)),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// A text as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The text.
    pub text: String,
    /// How it is written.
    pub encoding: Encoding,
    /// In how many parts; 255 stands for more, too.
    pub segments: u8,
}

/// The text as an SMS. Typographic characters and accents that the alphabet of 7 bits lacks are replaced by their nearest
/// where the whole text can then be written in it: that more than doubles the room. Else nothing is changed.
#[must_use]
pub fn fit(text: &str) -> Fitted {
    let (text, encoding) = match plain(text) {
        Some(plain) => (plain, Encoding::Gsm7),
        None => (text.to_owned(), Encoding::Ucs2),
    };
    let segments = segments(&text, encoding);
    Fitted { text, encoding, segments }
}

/// A character that takes two places is never cut in two: it begins the next part.
fn segments(text: &str, encoding: Encoding) -> u8 {
    let (whole, part) = encoding.room();
    if text.chars().map(|c| encoding.width(c)).sum::<usize>() <= whole {
        return 1;
    }
    let (mut count, mut used) = (1_u8, 0);
    for c in text.chars() {
        let width = encoding.width(c);
        if used + width > part {
            (count, used) = (count.saturating_add(1), 0);
        }
        used += width;
    }
    count
}

/// The text in the alphabet of 7 bits, if there is a way to write it so.
fn plain(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for c in text.nfc() {
        if is_gsm(c) {
            out.push(c);
        } else if let Some(nearest) = typographic(c) {
            out.push_str(nearest);
        } else if !is_combining_mark(c) {
            out.push(unaccented(c)?);
        } else if out.is_empty() {
            return None;
        }
    }
    Some(out)
}

fn is_gsm(c: char) -> bool {
    BASIC.contains(c) || EXTENDED.contains(c)
}

/// The letter under its accents, where the alphabet has it.
fn unaccented(c: char) -> Option<char> {
    let mut base = None;
    let mut only_marks = true;
    decompose_canonical(c, |part| {
        if base.is_none() {
            base = Some(part);
        } else {
            only_marks &= is_combining_mark(part);
        }
    });
    base.filter(|base| *base != c && only_marks && is_gsm(*base))
}

/// What stands for a character that print has and a typewriter has not.
fn typographic(c: char) -> Option<&'static str> {
    Some(match c {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '´' | '`' | 'ʼ' => "'",
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '•' => "-",
        '…' => "...",
        '·' => ".",
        '×' => "x",
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        // Soft hyphen, and what has no width.
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fitted(text: &str) -> (String, Encoding, u8) {
        let Fitted { text, encoding, segments } = fit(text);
        (text, encoding, segments)
    }

    #[test]
    fn the_alphabet_has_127_characters_and_ten_more() {
        let mut all: Vec<char> = BASIC.chars().chain(EXTENDED.chars()).collect();
        assert_eq!((BASIC.chars().count(), EXTENDED.chars().count()), (127, 10));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 137, "none twice");
        for c in all {
            assert_eq!(fitted(&c.to_string()), (c.to_string(), Encoding::Gsm7, 1));
        }
    }

    #[test]
    fn print_and_accents_become_their_nearest() {
        for (text, sent) in [
            ("It’s “here” – or … there", "It's \"here\" - or ... there"),
            ("Su código es válido", "Su codigo es valido"),
            ("até à manhã, já não", "até à manha, ja nao"),
            ("é e\u{301} è ü ñ Ç", "é é è ü ñ Ç"),
            ("ê ç Î ő x\u{302}", "e c I o x"),
            ("Pas vous\u{202f}?\u{a0}Non", "Pas vous ? Non"),
            ("so\u{ad}ft\u{200b}ly", "softly"),
        ] {
            assert_eq!(fitted(text), (sent.to_owned(), Encoding::Gsm7, 1), "{text}");
        }
    }

    #[test]
    fn one_character_without_a_nearest_keeps_the_whole_text_as_it_is() {
        for text in ["’Łódź’ código", "コード’", "कोड – 1", "ok 👍 …", "Ж", "\u{301}x", "½", "İı"]
        {
            assert_eq!(fitted(text), (text.to_owned(), Encoding::Ucs2, 1), "{text}");
        }
    }

    #[test]
    fn parts_are_counted_at_their_borders() {
        for (text, encoding, segments) in [
            (String::new(), Encoding::Gsm7, 1),
            ("a".repeat(160), Encoding::Gsm7, 1),
            ("a".repeat(161), Encoding::Gsm7, 2),
            ("a".repeat(306), Encoding::Gsm7, 2),
            ("a".repeat(307), Encoding::Gsm7, 3),
            ("€".repeat(80), Encoding::Gsm7, 1),
            ("€".repeat(81), Encoding::Gsm7, 2),
            // 153 is odd: the 77th does not fit in half.
            ("€".repeat(152), Encoding::Gsm7, 2),
            ("€".repeat(153), Encoding::Gsm7, 3),
            ("あ".repeat(70), Encoding::Ucs2, 1),
            ("あ".repeat(71), Encoding::Ucs2, 2),
            ("あ".repeat(134), Encoding::Ucs2, 2),
            ("あ".repeat(135), Encoding::Ucs2, 3),
            ("👍".repeat(35), Encoding::Ucs2, 1),
            ("👍".repeat(66), Encoding::Ucs2, 2),
            ("👍".repeat(67), Encoding::Ucs2, 3),
            ("a".repeat(50_000), Encoding::Gsm7, 255),
        ] {
            let fitted = fit(&text);
            let told = (fitted.encoding, fitted.segments);
            assert_eq!(told, (encoding, segments), "{} of {:?}", text.chars().count(), text.chars().next());
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_is_of_its_alphabet_or_untouched(text in "\\PC{0,200}") {
            let fitted = fit(&text);
            match fitted.encoding {
                Encoding::Gsm7 => prop_assert!(fitted.text.chars().all(is_gsm)),
                Encoding::Ucs2 => prop_assert_eq!(&fitted.text, &text),
            }
        }

        #[test]
        fn a_second_fit_changes_nothing(text in "[a-zA-Z0-9áéíóúãõçêœ’“”–…€{}\u{a0}あ ]{0,300}") {
            let once = fit(&text);
            prop_assert_eq!(fit(&once.text), once);
        }

        #[test]
        fn the_parts_have_room_for_the_text_and_none_is_idle(text in "[a-z€あ👍\\[é]{0,600}") {
            let fitted = fit(&text);
            let (whole, part) = fitted.encoding.room();
            let width: usize = fitted.text.chars().map(|c| fitted.encoding.width(c)).sum();
            let segments = usize::from(fitted.segments);
            prop_assert_eq!(segments == 1, width <= whole);
            prop_assert!(width <= whole.max(segments * part));
            // At most one place a part is left over for a character that needs two.
            prop_assert!(segments == 1 || width > (segments - 1) * (part - 1));
        }

        #[test]
        fn a_longer_text_has_no_fewer_parts(text in "[a-z€]{0,400}", more in "[a-z€]{0,200}") {
            let longer = [text.as_str(), &more].concat();
            prop_assert!(fit(&longer).segments >= fit(&text).segments);
        }
    }
}
