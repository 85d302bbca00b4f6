//! JSON bodies: one object. Pairs are kept as they stand, so that a repeated name is seen instead of overwritten.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value as Json};

use super::{FormError, Pair, Raw, not_utf8};

/// The object's pairs, in order.
pub(super) fn pairs(body: &[u8]) -> Result<Vec<Pair>, FormError> {
    if body.is_empty() {
        return Err(invalid(
            "The body is empty, which is not JSON.".to_owned(),
            "Send an object, at least {}.",
        ));
    }
    let text = str::from_utf8(body).map_err(|_| not_utf8("The body"))?;
    serde_json::from_str::<Object>(text).map(|object| object.0).map_err(|error| {
        // The parser's own words may quote the body, so only the place is taken from them.
        match error.classify() {
            Category::Data => {
                invalid("The body's top level must be a JSON object.".to_owned(), "Put the fields in {}.")
            }
            Category::Eof => {
                invalid("The JSON ends too early.".to_owned(), "Close every string and bracket.")
            }
            Category::Syntax | Category::Io => invalid(
                format!("The JSON is malformed at line {}, column {}.", error.line(), error.column()),
                "Build the body with a JSON library.",
            ),
        }
    })
}

fn invalid(detail: String, fix: &str) -> FormError {
    FormError::InvalidBody { param: None, detail, fix: fix.to_owned() }
}

struct Object(Vec<Pair>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut pairs = Vec::new();
        while let Some((name, value)) = map.next_entry()? {
            pairs.push(Pair { name, marked: true, value });
        }
        Ok(Object(pairs))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Raw, E> {
        Ok(Raw::Flag(flag))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_unit<E: Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Raw::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut object = Map::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            object.insert(key, value);
        }
        Ok(Raw::Object(object))
    }
}
