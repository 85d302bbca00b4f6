//! `application/x-www-form-urlencoded`, in bodies and queries. Stricter than the URL standard, which replaces what it
//! cannot decode: a replaced character would name another user. Laxer in one place: a bare `+` in `User` stays, since
//! callers write `+15551234567` without escaping it.

use percent_encoding::percent_decode_str;

use super::{Field, FormError, Pair, Raw};

/// The pairs between the `&`, in order; empty pieces are skipped. `place` starts the sentence of an error.
pub(super) fn pairs(raw: &str, place: &str) -> Result<Vec<Pair>, FormError> {
    raw.split('&').filter(|piece| !piece.is_empty()).map(|piece| pair(piece, place)).collect()
}

fn pair(piece: &str, place: &str) -> Result<Pair, FormError> {
    let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
    let name = decode(name, false).map_err(|fault| fault.told(None, place))?;
    let field = Field::known(&name);
    let value = decode(value, field == Some(Field::User)).map_err(|fault| fault.told(field, place))?;
    Ok(Pair { name, marked: piece.contains('='), value: Raw::Text(value) })
}

enum Fault {
    Escape,
    Utf8,
}

impl Fault {
    fn told(&self, param: Option<Field>, place: &str) -> FormError {
        let (what, fix) = match self {
            Self::Escape => (
                "holds a % that does not start an escape",
                "Write a percent sign as %25, and every escape as % and two hexadecimal digits.",
            ),
            Self::Utf8 => ("holds an escape that is not UTF-8", "Escape the bytes of the text's UTF-8 form."),
        };
        let subject = match param {
            Some(field) => field.name(),
            None => place,
        };
        FormError::InvalidBody { param, detail: format!("{subject} {what}."), fix: fix.to_owned() }
    }
}

fn decode(raw: &str, keep_plus: bool) -> Result<String, Fault> {
    let broken = raw.split('%').skip(1).any(|after| {
        let mut bytes = after.bytes();
        !(0..2).all(|_| bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit()))
    });
    if broken {
        return Err(Fault::Escape);
    }
    let spaced = if keep_plus { raw.to_owned() } else { raw.replace('+', " ") };
    percent_decode_str(&spaced).decode_utf8().map(Into::into).map_err(|_| Fault::Utf8)
}
