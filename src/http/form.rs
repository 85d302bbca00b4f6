//! Bodies and queries, read into fields. Three encodings (JSON, urlencoded, the comma list) end in one [`Form`], and
//! the same fields give the same answer whichever was used. What a value means is decided further up: no validation
//! of addresses, codes or types enters here, no framework, no clock, no store.
//!
//! The checks come in a fixed order: content type, syntax, duplicates, unknown names. The order of the names in the
//! body decides which of two faults of the same kind is told. [`FormError`] never holds a value.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde_json::{Map, Value as Json};

mod comma;
mod error;
mod field;
mod json;
#[cfg(test)]
mod tests;
mod urlencoded;

pub use error::{FormError, MediaFault};
pub use field::Field;
pub(super) use field::{echoable, nearest_name};

/// A field's value. Never printed by `Debug`: it may be a code or an address.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// A string, in any encoding.
    Text(String),
    /// A JSON boolean; only `Enroll` has one.
    Flag(bool),
    /// A JSON object; only `Code` has one. Of a key that is repeated inside it the last one counts.
    Object(Map<String, Json>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Flag(_) => "Flag(..)",
            Self::Object(_) => "Object(..)",
        })
    }
}

/// The fields of one request, at most one value each. A field that was given empty is absent.
#[derive(Clone, Default, PartialEq)]
pub struct Form(BTreeMap<Field, Value>);

impl Form {
    /// Takes the field's value out.
    pub fn take(&mut self, field: Field) -> Option<Value> {
        self.0.remove(&field)
    }

    /// The field's value.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.0.get(&field)
    }

    /// The field's value, where it is a string.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.0.get(&field)? {
            Value::Text(text) => Some(text),
            Value::Flag(_) | Value::Object(_) => None,
        }
    }

    /// Whether the field was given, and not empty.
    #[must_use]
    pub fn contains(&self, field: Field) -> bool {
        self.0.contains_key(&field)
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form ")?;
        f.debug_set().entries(self.0.keys().map(|field| field.name())).finish()
    }
}

/// Where the fields stand, for the wording and for the rule on `Code`.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Body,
    Query,
}

/// One name and its value as an encoding found them, before any judgement.
struct Pair {
    name: String,
    /// Whether the name was marked as one; a bare `123456` in a form may be a code, and is not shown again.
    marked: bool,
    value: Raw,
}

impl Pair {
    fn text(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), marked: true, value: Raw::Text(value.to_owned()) }
    }

    fn shown(&self) -> Option<String> {
        Field::known(&self.name)
            .map(|field| field.name().to_owned())
            .or_else(|| field::echoable(&self.name).filter(|_| self.marked))
    }
}

/// A value of any form that JSON has; the other encodings have only `Text`.
enum Raw {
    Text(String),
    Flag(bool),
    Object(Map<String, Json>),
    Number,
    Null,
    Array,
}

impl Raw {
    /// The value, where the field takes one of this form.
    fn accept(self, field: Field) -> Result<Value, FormError> {
        let (found, fix) = match (self, field) {
            (Self::Text(text), _) => return Ok(Value::Text(text)),
            (Self::Flag(flag), Field::Enroll) => return Ok(Value::Flag(flag)),
            (Self::Object(object), Field::Code) => return Ok(Value::Object(object)),
            (Self::Flag(_), _) => ("a boolean", "Put the value in quotes."),
            (Self::Number, Field::Enroll) => ("a number", "Write true or false."),
            (Self::Number, _) => ("a number", "Put the value in quotes."),
            (Self::Null, _) => ("null", "Leave the field out."),
            (Self::Array, _) => ("an array", "Give one value, in quotes."),
            (Self::Object(_), _) => ("an object", "Give one value, in quotes."),
        };
        let wanted = match field {
            Field::Enroll => "a string or a boolean",
            Field::Code => "a string or an object",
            _ => "a string",
        };
        let detail = format!("{} must be {wanted}, not {found}.", field.name());
        Err(FormError::InvalidBody { param: Some(field), detail, fix: fix.to_owned() })
    }
}

/// Reads a body. `allowed` is the list of the fields that this call takes.
pub fn parse_body(content_type: Option<&str>, body: &[u8], allowed: &[Field]) -> Result<Form, FormError> {
    let pairs = match media(content_type)? {
        Media::Json => json::pairs(body)?,
        Media::None if body.is_empty() => Vec::new(),
        Media::None => return Err(FormError::UnsupportedMediaType { fault: MediaFault::Missing }),
        Media::Form => {
            let body = str::from_utf8(body).map_err(|_| not_utf8("The body"))?;
            match comma::pairs(body) {
                Some(pairs) => pairs,
                None => urlencoded::pairs(body, "The body")?,
            }
        }
    };
    build(pairs, allowed, Place::Body)
}

/// Reads a query string (the part after `?`, undecoded) by the rules of an urlencoded body.
pub fn parse_query(raw: Option<&str>, allowed: &[Field]) -> Result<Form, FormError> {
    build(urlencoded::pairs(raw.unwrap_or_default(), "The query string")?, allowed, Place::Query)
}

enum Media {
    Json,
    Form,
    None,
}

/// An absent or blank content type is none. Parameters other than `charset` are ignored.
fn media(content_type: Option<&str>) -> Result<Media, FormError> {
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let media = if essence.eq_ignore_ascii_case("application/json") {
        Media::Json
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Media::Form
    } else if essence.is_empty() {
        Media::None
    } else {
        return Err(FormError::UnsupportedMediaType { fault: MediaFault::Type });
    };
    let foreign = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, charset)| charset.trim().trim_matches('"'))
        .any(|charset| !["utf-8", "utf8"].iter().any(|known| charset.eq_ignore_ascii_case(known)));
    if foreign { Err(FormError::UnsupportedMediaType { fault: MediaFault::Charset }) } else { Ok(media) }
}

/// The judgement that all encodings share: the form of the values, then duplicates, then unknown names.
fn build(pairs: Vec<Pair>, allowed: &[Field], place: Place) -> Result<Form, FormError> {
    let mut form = BTreeMap::new();
    let mut names = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let shown = pair.shown();
        let field = Field::known(&pair.name);
        // The value of a field that is refused anyway is not looked at.
        if let Some(field) = field.filter(|field| allowed.contains(field)) {
            let value = pair.value.accept(field)?;
            if !matches!(&value, Value::Text(text) if text.is_empty()) {
                form.insert(field, value);
            }
        }
        names.push((pair.name, shown, field));
    }
    let mut seen = HashSet::with_capacity(names.len());
    if let Some((_, shown, _)) = names.iter().find(|(name, ..)| !seen.insert(name.to_ascii_lowercase())) {
        return Err(FormError::Duplicate { name: shown.clone() });
    }
    let refused = names.into_iter().find(|(.., field)| field.is_none_or(|field| !allowed.contains(&field)));
    match refused {
        None => Ok(Form(form)),
        Some((.., Some(Field::Code))) if place == Place::Body => Err(FormError::CodeNotAllowed),
        Some((_, name, field @ Some(_))) => Err(FormError::Unknown { name, nearest: field, elsewhere: true }),
        Some((raw, name, None)) => {
            let nearest = field::nearest(&raw, allowed);
            Err(FormError::Unknown { name, nearest, elsewhere: false })
        }
    }
}

fn not_utf8(place: &str) -> FormError {
    FormError::InvalidBody {
        param: None,
        detail: format!("{place} is not UTF-8."),
        fix: "Encode all text as UTF-8.".to_owned(),
    }
}
