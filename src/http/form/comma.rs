//! The comma list, `User=jane@example.com, Type=EMAIL`: literal values, told from an urlencoded body by having no
//! `&` and a comma that separates two fields.
//!
//! A comma separates where white space, an identifier and `=` follow it and the identifier is a field's name. After
//! a value that is not prose any identifier separates, so that a misspelt field is called unknown, as it is in the
//! other encodings, instead of becoming part of the value before it.

use super::{Field, Pair};

/// The list's pairs, in order; `None` if the body is no comma list. Line ends after the list are dropped.
pub(super) fn pairs(body: &str) -> Option<Vec<Pair>> {
    if body.contains('&') {
        return None;
    }
    let (mut name, mut rest) = body.trim_end_matches(['\r', '\n']).split_once('=')?;
    let mut pairs = Vec::new();
    while let Some((value, next, tail)) = cut(rest, Field::known(name).is_some_and(Field::is_prose)) {
        pairs.push(Pair::text(name, value));
        (name, rest) = (next, tail);
    }
    if pairs.is_empty() {
        return None;
    }
    pairs.push(Pair::text(name, rest));
    Some(pairs)
}

/// The value before the first separating comma, the name behind it, and what follows that name's `=`.
fn cut(rest: &str, prose: bool) -> Option<(&str, &str, &str)> {
    rest.match_indices(',').find_map(|(at, comma)| {
        let (value, behind) = rest.split_at_checked(at)?;
        let behind = behind.strip_prefix(comma)?.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let end = behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
        let (name, tail) = behind.split_at_checked(end)?;
        let tail = tail.strip_prefix('=')?;
        let separates = if prose {
            Field::known(name).is_some()
        } else {
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        };
        separates.then_some((value, name, tail))
    })
}
