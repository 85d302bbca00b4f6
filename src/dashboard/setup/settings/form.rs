//! The form of an application's settings. It is made from the table of settings, so that a row that is new there has its
//! field here at once; only labels and groups are written down. Pure: it knows neither requests nor the service.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::words::{self, GROUPS, OWN_PAGES};
use crate::domain::policy::{SETTINGS, Setting, SettingError, SettingKind, Settings};

/// What a person typed, by a field's name; nothing for a switch that is off and for a field that was not there.
pub type Typed<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How a value is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// On or off.
    Switch,
    /// A whole number within bounds.
    Number {
        /// The least.
        least: u32,
        /// The most.
        most: u32,
    },
    /// A time such as `5m`.
    Span,
    /// One of a few: the value and what it means.
    Choice(&'static [(&'static str, &'static str)]),
    /// A line.
    Text,
    /// One item a line.
    Lines,
}

/// One setting on the page.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in the table, which is its name in the form.
    pub key: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it does.
    pub about: &'static str,
    /// What it may be, as the end of a sentence.
    pub bounds: &'static str,
    /// How it is typed.
    pub control: Control,
    /// The value in the field.
    pub value: String,
    /// The value that the page was made with, which tells later what this person changed.
    pub was: String,
    /// The default, as it would be typed.
    pub default: String,
    /// What is wrong with the value.
    pub wrong: Option<String>,
    /// What somebody else made of it, while this person typed something else.
    pub meanwhile: Option<String>,
}

impl Field {
    /// Whether the field holds the default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.value == self.default
    }

    /// The default as it is told.
    #[must_use]
    pub fn default_told(&self) -> &str {
        told(self.control, &self.default)
    }

    /// What it may be, as a sentence without its stop.
    #[must_use]
    pub fn bounds_told(&self) -> String {
        let mut letters = self.bounds.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}", letters.as_str())
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.value == "on"
    }
}

/// Settings that belong together.
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its settings.
    pub fields: Vec<Field>,
}

/// A setting that somebody else changed while this person had the page open.
#[derive(Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its name for people.
    pub label: &'static str,
    /// What it was.
    pub old: String,
    /// What it is.
    pub new: String,
}

/// The form over the settings as they are.
#[must_use]
pub fn form(settings: &Settings) -> Vec<Group> {
    let (now, usual) = (values(settings), values(&Settings::default()));
    let field = |setting: &Setting| {
        let value = now.get(setting.key).cloned().unwrap_or_default();
        Field {
            key: setting.key,
            label: words::label(setting.key),
            about: setting.about,
            bounds: setting.bounds,
            control: control(setting),
            was: value.clone(),
            value,
            default: usual.get(setting.key).cloned().unwrap_or_default(),
            wrong: None,
            meanwhile: None,
        }
    };
    let of = |keys: &[&str]| keys.iter().filter_map(|key| find(key)).map(field).collect::<Vec<_>>();
    let mut groups: Vec<Group> =
        GROUPS.iter().map(|(title, about, keys)| Group { title, about, fields: of(keys) }).collect();
    let rest: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).filter(|key| !has_place(key)).collect();
    if !rest.is_empty() {
        groups.push(Group { title: "Other", about: "", fields: of(&rest) });
    }
    groups
}

fn has_place(key: &str) -> bool {
    OWN_PAGES.iter().any(|own| key.starts_with(own)) || GROUPS.iter().any(|(_, _, keys)| keys.contains(&key))
}

fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The form as a person typed it, over the settings as they are. Where somebody else changed a setting meanwhile, a field
/// that this person left alone shows the new value; one that both changed keeps what was typed, and says so.
#[must_use]
pub fn typed(settings: &Settings, typed: Typed<'_>) -> (Vec<Group>, Vec<Moved>) {
    let mut groups = form(settings);
    let mut moved = Vec::new();
    for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
        let given = given(field.control, field.key, typed);
        let was = typed(&format!("was:{}", field.key)).map_or_else(|| field.was.clone(), |was| lines(&was));
        let now = std::mem::replace(&mut field.was, was.clone());
        if was != now {
            moved.push(Moved {
                label: field.label,
                old: shown(field.control, &was),
                new: shown(field.control, &now),
            });
            field.was.clone_from(&now);
        }
        let touched = given != was;
        if touched && was != now && given != now {
            field.meanwhile = Some(shown(field.control, &now));
        }
        field.value = if touched { given } else { now };
    }
    (groups, moved)
}

/// The changes that a person asks for, as JSON under the names of the table.
///
/// # Errors
/// What is wrong with which field.
pub fn changes(
    settings: &Settings,
    groups: &[Group],
) -> Result<Map<String, Value>, BTreeMap<&'static str, String>> {
    let (mut wrong, mut changes, mut tried) = (BTreeMap::new(), Map::new(), settings.clone());
    for field in groups.iter().flat_map(|group| &group.fields) {
        let Some(setting) = find(field.key) else { continue };
        if values(settings).get(field.key) == Some(&field.value) {
            continue;
        }
        let value = json(setting.kind, &field.value);
        if let Err(error) = tried.set_json(field.key, &value) {
            wrong.insert(field.key, said(&error));
        }
        changes.insert(field.key.to_owned(), value);
    }
    if wrong.is_empty()
        && let Err(error) = tried.agree()
    {
        let key = match &error {
            SettingError::OutOfBounds { key, .. } | SettingError::Disagree { one: key, .. } => *key,
            SettingError::Unknown { .. } => "",
        };
        wrong.insert(key, said(&error));
    }
    if wrong.is_empty() { Ok(changes) } else { Err(wrong) }
}

/// Tells each field what is wrong with it.
pub fn tell(groups: &mut [Group], wrong: &BTreeMap<&'static str, String>) {
    for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
        field.wrong = wrong.get(field.key).cloned();
    }
}

/// Puts one field back to its default.
pub fn reset(groups: &mut [Group], key: &str) {
    for field in groups.iter_mut().flat_map(|group| &mut group.fields).filter(|field| field.key == key) {
        field.value.clone_from(&field.default);
        (field.wrong, field.meanwhile) = (None, None);
    }
}

/// What is wrong, without the name: it stands beside the field.
#[must_use]
pub fn said(error: &SettingError) -> String {
    match error {
        SettingError::OutOfBounds { bounds, .. } => format!("Must be {bounds}."),
        SettingError::Disagree { why, .. } => format!("{why}."),
        SettingError::Unknown { .. } => format!("{error}."),
    }
}

fn json(kind: SettingKind, text: &str) -> Value {
    match kind {
        SettingKind::Boolean => Value::Bool(text == "on"),
        // What is no number is refused by the table, in its words.
        SettingKind::Integer => text.parse::<u64>().map_or_else(|_| text.into(), Value::from),
        SettingKind::Span | SettingKind::Text => text.into(),
        SettingKind::List => {
            let items = text.split(['\n', ',']).map(str::trim).filter(|item| !item.is_empty());
            Value::from(items.collect::<Vec<_>>())
        }
    }
}

/// The values as they stand in the fields.
fn values(settings: &Settings) -> BTreeMap<&'static str, String> {
    let rows = settings.rows().zip(SETTINGS);
    rows.map(|((key, text), setting)| (key, in_field(setting.kind, control(setting), &text))).collect()
}

fn in_field(kind: SettingKind, control: Control, text: &str) -> String {
    match (kind, control) {
        (SettingKind::Boolean, _) => {
            if matches!(text, "on" | "true") {
                "on".to_owned()
            } else {
                String::new()
            }
        }
        (SettingKind::Span, _) => {
            text.trim_end_matches('s').parse().map_or_else(|_| text.to_owned(), super::super::words::span)
        }
        (SettingKind::List, Control::Lines) => text.replace(',', "\n"),
        _ => text.to_owned(),
    }
}

fn control(setting: &Setting) -> Control {
    if let Some(choices) = words::choices(setting.key) {
        return Control::Choice(choices);
    }
    match setting.kind {
        SettingKind::Boolean => Control::Switch,
        SettingKind::Integer => {
            bounds(setting.bounds).map_or(Control::Text, |(least, most)| Control::Number { least, most })
        }
        SettingKind::Span => Control::Span,
        SettingKind::Text => Control::Text,
        SettingKind::List => Control::Lines,
    }
}

/// The two numbers of `a whole number from 6 to 10`.
fn bounds(words: &str) -> Option<(u32, u32)> {
    let (least, most) = words.strip_prefix("a whole number from ")?.split_once(" to ")?;
    Some((least.parse().ok()?, most.parse().ok()?))
}

fn given(control: Control, key: &str, typed: Typed<'_>) -> String {
    match control {
        Control::Switch => typed(key).map(|_| "on".to_owned()).unwrap_or_default(),
        _ => lines(&typed(key).unwrap_or_default()),
    }
}

/// A text as a browser sends it, with plain line breaks and nothing around it.
fn lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// A value in a sentence.
fn shown(control: Control, value: &str) -> String {
    told(control, value).replace('\n', ", ")
}

fn told(control: Control, value: &str) -> &str {
    match control {
        Control::Switch => {
            if value == "on" {
                "on"
            } else {
                "off"
            }
        }
        Control::Choice(choices) => {
            choices.iter().find(|(own, _)| *own == value).map_or(value, |(_, words)| words)
        }
        _ if value.is_empty() => "none",
        _ => value,
    }
}

#[cfg(test)]
mod tests;
