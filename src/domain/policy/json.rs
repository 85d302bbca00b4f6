//! Settings as JSON: typed values under flat names, and a tag that is the same for the same values.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{SETTINGS, Setting, SettingError, SettingKind, Settings};

impl Settings {
    /// Sets one setting from a JSON value of its type. The name is one of the table's.
    ///
    /// # Errors
    /// The name is unknown, the type is not the setting's, or the value is out of bounds.
    pub fn set_json(&mut self, key: &str, value: &Value) -> Result<(), SettingError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return self.set(key, "");
        };
        let wrong = SettingError::OutOfBounds { key: setting.key, bounds: setting.json_bounds() };
        let text = setting.text_of(value).ok_or(wrong.clone())?;
        self.set(key, &text).map_err(|error| match error {
            // Of the value itself: the type belongs to the bound.
            SettingError::OutOfBounds { bounds, .. } if bounds == setting.bounds => wrong,
            other => other,
        })
    }

    /// Every setting, under its name.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        let row =
            |(setting, (key, text)): (&Setting, (&str, String))| (key.to_owned(), setting.json_of(&text));
        SETTINGS.iter().zip(self.rows()).map(row).collect()
    }

    /// A tag of these values: 32 hexadecimal digits of a SHA-256 over all rows.
    #[must_use]
    pub fn tag(&self) -> String {
        let mut hash = Sha256::new();
        for (key, value) in self.rows() {
            hash.update(format!("{key}={value}\n"));
        }
        crate::domain::hex::hex(hash.finalize().get(..16).unwrap_or_default())
    }
}

impl Setting {
    /// What values it takes as JSON, as the end of a sentence.
    #[must_use]
    pub fn json_bounds(&self) -> &'static str {
        match self.kind {
            SettingKind::Boolean => "true or false",
            SettingKind::Integer | SettingKind::Span | SettingKind::Text | SettingKind::List => self.bounds,
        }
    }

    /// Its value where nothing was set.
    #[must_use]
    pub fn default_json(&self) -> Value {
        let default = Settings::default();
        default.rows().find(|(key, _)| *key == self.key).map_or(Value::Null, |(_, text)| self.json_of(&text))
    }

    fn json_of(&self, text: &str) -> Value {
        let number = |text: &str| text.parse::<u64>().map_or(Value::Null, |number| json!(number));
        match self.kind {
            SettingKind::Boolean => json!(matches!(text, "on" | "true")),
            SettingKind::Integer => number(text),
            SettingKind::Span => number(text.trim_end_matches('s')),
            SettingKind::Text => json!(text),
            SettingKind::List => json!(text.split(',').filter(|item| !item.is_empty()).collect::<Vec<_>>()),
        }
    }

    /// The text that the table reads; `None` for a value of another type.
    fn text_of(&self, value: &Value) -> Option<String> {
        match (self.kind, value) {
            (SettingKind::Boolean, Value::Bool(flag)) => Some(flag.to_string()),
            (SettingKind::Integer | SettingKind::Span, Value::Number(number)) => {
                number.as_u64().map(|n| n.to_string())
            }
            (SettingKind::Span | SettingKind::Text, Value::String(text)) => Some(text.clone()),
            (SettingKind::List, Value::Array(items)) => {
                let items = items.iter().map(|item| item.as_str().filter(|item| !item.contains(',')));
                items.collect::<Option<Vec<_>>>().map(|items| items.join(","))
            }
            _ => None,
        }
    }
}
