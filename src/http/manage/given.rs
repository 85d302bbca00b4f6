//! The fields of a call of the management API: a JSON object or a query, read by name and type. What is not read is told.

use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::json::Object;
use crate::domain::time::{Moment, unit_seconds};
use crate::http::form::{echoable, nearest_name};
use crate::service::{FieldError, ServiceError};

type Result<T> = std::result::Result<T, ServiceError>;

/// The fields as they came, each once and each of a name that the call takes.
pub struct Given {
    fields: Vec<(String, Value)>,
    is_query: bool,
}

/// A field that is wrong: the bound is the end of a sentence.
pub fn wrong(name: &'static str, bound: &str) -> ServiceError {
    failed("invalid_value", name, format!("`{name}` must be {bound}."), None)
}

fn failed(code: &'static str, param: &str, message: String, fix: Option<String>) -> ServiceError {
    ServiceError::Field(FieldError { code, param: param.to_owned().into(), message, fix })
}

fn invalid_body(message: &str) -> ServiceError {
    failed("invalid_body", "", message.to_owned(), Some("Send one JSON object in UTF-8.".into()))
}

fn duplicate(name: &str) -> ServiceError {
    let shown = echoable(name);
    let message = shown.as_ref().map_or_else(
        || "There is a field that was given more than once.".to_owned(),
        |name| format!("`{name}` was given more than once."),
    );
    failed("duplicate_parameter", shown.as_deref().unwrap_or_default(), message, Some("Send it once.".into()))
}

impl Given {
    /// The fields of a body; none where it is empty.
    pub fn body(body: &[u8], known: &[&'static str]) -> Result<Self> {
        if body.is_empty() {
            return Ok(Self { fields: Vec::new(), is_query: false });
        }
        let text = str::from_utf8(body).map_err(|_| invalid_body("The body is not UTF-8."))?;
        // The parser's own words may quote the body.
        let object: Object = serde_json::from_str(text).map_err(|error| {
            invalid_body(&format!(
                "The body is not a JSON object; it goes wrong at line {}, column {}.",
                error.line(),
                error.column()
            ))
        })?;
        let mut fields = Vec::with_capacity(object.0.len());
        for (name, node) in object.0 {
            fields.push((name, node.into_value().map_err(|twice| duplicate(&twice))?));
        }
        Self::checked(fields, known, false)
    }

    /// The fields of a query. A `+` is a plus, as everywhere in this API; a space is `%20`.
    pub fn query(query: &str, known: &[&'static str]) -> Result<Self> {
        let mut fields = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned);
            let (Ok(name), Ok(value)) = (decode(name), decode(value)) else {
                return Err(failed("invalid_value", "", "The query is not UTF-8.".into(), None));
            };
            fields.push((name, Value::String(value)));
        }
        Self::checked(fields, known, true)
    }

    fn checked(fields: Vec<(String, Value)>, known: &[&'static str], is_query: bool) -> Result<Self> {
        for (at, (name, _)) in fields.iter().enumerate() {
            if !known.iter().any(|known| known == name) {
                let shown = echoable(name);
                let message = shown.as_ref().map_or_else(
                    || "There is a field that this call does not take.".to_owned(),
                    |name| format!("`{name}` is not a field of this call."),
                );
                let fix = match nearest_name(name, known) {
                    Some(nearest) => format!("Did you mean {nearest}?"),
                    None if known.is_empty() => "This call takes no fields.".into(),
                    None => format!("It takes {}.", known.join(", ")),
                };
                return Err(failed(
                    "unknown_parameter",
                    shown.as_deref().unwrap_or_default(),
                    message,
                    Some(fix),
                ));
            }
            if fields.iter().take(at).any(|(earlier, _)| earlier == name) {
                return Err(duplicate(name));
            }
        }
        Ok(Self { fields, is_query })
    }

    /// A field's value; `null` is like an absent one.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.fields.iter().position(|(own, _)| own == name)?;
        Some(self.fields.swap_remove(at).1).filter(|value| !value.is_null())
    }

    /// All that is left, as one object.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.fields).into_iter().collect()
    }

    /// A text.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a text")),
        }
    }

    /// A text of so many characters without control characters; line breaks are none where it is prose.
    pub fn line(&mut self, name: &'static str, least: usize, most: usize) -> Result<Option<String>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let fits =
            (least..=most).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
        let bound = format!("{least} to {most} characters, without control characters");
        if fits { Ok(Some(text.trim().to_owned())) } else { Err(wrong(name, &bound)) }
    }

    /// A text that is one of a set, or has a form.
    pub fn parsed<T: FromStr>(&mut self, name: &'static str, bound: &str) -> Result<Option<T>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| wrong(name, bound))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::String(text)) if self.is_query => {
                text.parse().map(Some).map_err(|_| wrong(name, "true or false"))
            }
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// A whole number within bounds.
    pub fn integer(&mut self, name: &'static str, least: i64, most: i64) -> Result<Option<i64>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) if self.is_query => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| wrong(name, &format!("a whole number from {least} to {most}")))
    }

    /// A span in seconds, or as a text such as `24h`, within bounds whose words are given.
    pub fn span(
        &mut self,
        name: &'static str,
        least: Duration,
        most: Duration,
        bound: &str,
    ) -> Result<Option<Duration>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let seconds = match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => seconds(&text),
            _ => None,
        };
        let span = seconds.map(Duration::from_secs).filter(|span| (least..=most).contains(span));
        span.map(Some).ok_or_else(|| wrong(name, &format!("a time from {bound}, in seconds or such as 24h")))
    }

    /// A time (RFC 3339).
    pub fn time(&mut self, name: &'static str) -> Result<Option<Moment>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let wrong = || wrong(name, "a time such as 2026-11-24T12:00:00Z (RFC 3339)");
        let at: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
        Ok(Some(Moment::from_millis(at.as_millisecond())))
    }

    /// A list of texts; in a query they are separated by commas.
    pub fn list(&mut self, name: &'static str) -> Result<Option<Vec<String>>> {
        let wrong = || wrong(name, "a list of texts");
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) => {
                let text = |item: Value| match item {
                    Value::String(text) => Ok(text),
                    _ => Err(wrong()),
                };
                items.into_iter().map(text).collect::<Result<Vec<_>>>().map(Some)
            }
            Some(Value::String(text)) if self.is_query => {
                Ok(Some(text.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect()))
            }
            Some(_) => Err(wrong()),
        }
    }

    /// An object.
    pub fn object(&mut self, name: &'static str) -> Result<Option<Map<String, Value>>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(wrong(name, "an object")),
        }
    }
}

/// A field that must be there.
pub fn needed<T>(value: Option<T>, name: &'static str) -> Result<T> {
    value.ok_or_else(|| {
        let fix = Some(format!("Add the field {name}."));
        failed("missing_parameter", name, format!("`{name}` is missing."), fix)
    })
}

/// `90`, `90s`, `15m`, `24h` or `30d`.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" => "s",
        unit => unit,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit_seconds(unit)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(result: Result<impl Sized>) -> (&'static str, String, String) {
        match result {
            Err(ServiceError::Field(field)) => (field.code, field.param.into_owned(), field.message),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was taken"),
        }
    }

    #[test]
    fn a_body_is_one_object_of_known_names_each_once() {
        let known = ["name", "expires_in"];
        assert!(Given::body(b"", &known).is_ok());
        for broken in ["[]", "7", "{", "{\"name\": 1} x", "\u{feff}{}"] {
            assert_eq!(error(Given::body(broken.as_bytes(), &known)).0, "invalid_body", "{broken}");
        }
        assert_eq!(error(Given::body(b"\xff", &known)).0, "invalid_body");
        let (code, param, _) = error(Given::body(br#"{"nmae": "x"}"#, &known));
        assert_eq!((code, param.as_str()), ("unknown_parameter", "nmae"));
        let (code, param, _) = error(Given::body(br#"{"name": "x", "name": "y"}"#, &known));
        assert_eq!((code, param.as_str()), ("duplicate_parameter", "name"));
        // At any depth: the last one would win, and a reader of the body may have seen the first one.
        for nested in [r#"{"name": {"x": 1, "x": 2}}"#, r#"{"name": [{"a": {"x": 1, "y": 1, "x": 1}}]}"#] {
            let (code, param, _) = error(Given::body(nested.as_bytes(), &known));
            assert_eq!((code, param.as_str()), ("duplicate_parameter", "x"), "{nested}");
        }
        // What may be a secret in the wrong place is not repeated.
        let (_, param, message) = error(Given::body(br#"{"123456": 1}"#, &known));
        assert!(param.is_empty() && !message.contains("123456"), "{message}");
    }

    #[test]
    fn each_type_is_held_to() {
        let body =
            r#"{"a": "1", "b": 1, "c": true, "d": ["x", 1], "e": null, "f": {"x": 1}, "g": "25h", "h": -1}"#;
        let known = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let given = || Given::body(body.as_bytes(), &known).unwrap();
        for name in ["b", "c", "d", "f"] {
            assert_eq!(error(given().text(name)).0, "invalid_value", "{name}");
        }
        assert_eq!(error(given().integer("a", 0, 9)).0, "invalid_value");
        assert_eq!(given().integer("b", 0, 9).unwrap(), Some(1));
        for (name, least, most) in [("b", 2, 9), ("b", -5, 0), ("h", 0, 9), ("c", 0, 9)] {
            let message = error(given().integer(name, least, most)).2;
            assert!(message.contains(&format!("from {least} to {most}")), "{message}");
        }
        assert!(given().list("d").is_err() && given().list("a").is_err());
        assert!(given().flag("a").is_err() && given().flag("c").unwrap() == Some(true));
        assert!(given().object("d").is_err() && given().object("f").unwrap().is_some());
        assert!(given().text("e").unwrap().is_none(), "null is absent");
        let day = Duration::from_hours(24);
        assert!(error(given().span("g", Duration::ZERO, day, "0 to 24h")).2.contains("0 to 24h"));
        assert_eq!(given().span("g", Duration::ZERO, 2 * day, "").unwrap(), Some(Duration::from_hours(25)));
        assert_eq!(error(needed(given().text("e").unwrap(), "e")).0, "missing_parameter");
    }

    #[test]
    fn a_query_keeps_its_plus_and_reads_numbers_flags_and_lists_from_text() {
        let known = ["user", "limit", "group", "from"];
        let mut given =
            Given::query("user=+14155550100&limit=7&group=channel,country&from=2026-11-24T12:00:00Z", &known)
                .unwrap();
        assert_eq!(given.text("user").unwrap().unwrap(), "+14155550100");
        assert_eq!(given.integer("limit", 1, 100).unwrap(), Some(7));
        assert_eq!(given.list("group").unwrap().unwrap(), ["channel", "country"]);
        assert!(given.time("from").unwrap().is_some());
        assert_eq!(error(Given::query("limit=1&limit=2", &known)).0, "duplicate_parameter");
        assert_eq!(error(Given::query("limits=1", &known)).0, "unknown_parameter");
        assert!(Given::query("from=yesterday", &known).unwrap().time("from").is_err());
    }
}
