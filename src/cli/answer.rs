//! What a command prints.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

/// An answer in plain words and as JSON.
pub(super) struct Answer {
    text: String,
    json: Option<Value>,
}

impl Answer {
    pub(super) fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json: Some(json) }
    }

    /// The same text either way.
    pub(super) fn raw(text: String) -> Self {
        Self { text, json: None }
    }

    pub(super) fn silent() -> Self {
        Self::raw(String::new())
    }

    pub(super) fn print(&self, as_json: bool) {
        let text = match &self.json {
            Some(json) if as_json => json.to_string(),
            _ => self.text.clone(),
        };
        if !text.is_empty() {
            // A pipe that was closed has nobody to tell.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }
}

pub(super) fn fail(text: &str, as_json: bool, code: u8) -> ExitCode {
    if as_json {
        let _ = writeln!(std::io::stdout(), "{}", json!({ "error": { "message": text } }));
    } else {
        let _ = writeln!(std::io::stderr(), "error: {text}");
    }
    ExitCode::from(code)
}

/// A line about long work, for the person at the terminal.
pub(super) fn progress(text: &str, as_json: bool) {
    if !as_json {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
