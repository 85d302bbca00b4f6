//! From a template and its values to a message, within bounds.

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, context, filters};

use super::{Template, TemplateError, TemplateKind, Values, Wording, shown, spaced};
use crate::domain::message::Channel;

/// What a template may spend: far more than an honest one needs, and over in some milliseconds.
const FUEL: u64 = 50_000;
/// How deep its expressions may go.
const DEPTH: usize = 32;

/// One of a template's texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    Text,
    Html,
}

impl Part {
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// The most characters that a template's text has on a channel.
    pub(super) const fn longest(self, channel: Channel) -> usize {
        match (self, channel) {
            (Self::Subject, _) => 150,
            (Self::Html, _) => 50_000,
            (Self::Text, Channel::Email) => 10_000,
            (Self::Text, Channel::Sms | Channel::Whatsapp | Channel::Voice) => 1_000,
        }
    }

    pub(super) fn fail(self, sentence: impl Into<String>) -> TemplateError {
        TemplateError::new(self.field(), sentence)
    }
}

impl Template {
    /// The message that this template makes of the values. What is used at the time of sending: a template that was checked
    /// may still fail, and then the caller has words of its own.
    pub fn render(&self, channel: Channel, values: &Values<'_>) -> Result<Wording, TemplateError> {
        let part = |part: Part, source: &str| render(part, channel, source, values);
        let subject = self.subject.as_deref().map(|subject| part(Part::Subject, subject)).transpose()?;
        let html = self.html.as_deref().map(|html| part(Part::Html, html)).transpose()?;
        let text = part(Part::Text, &self.text)?;
        let wording = Wording { subject: subject.unwrap_or_default(), text, html };
        shown::check(channel, values, &wording)?;
        Ok(wording)
    }

    /// Its texts.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        let subject = self.subject.as_deref().map(|subject| (Part::Subject, subject));
        let html = self.html.as_deref().map(|html| (Part::Html, html));
        subject.into_iter().chain([(Part::Text, self.text.as_str())]).chain(html)
    }
}

/// A variable that the kind does not have, if the text uses one.
pub(super) fn unknown_variable(
    part: Part,
    kind: TemplateKind,
    source: &str,
) -> Result<Option<String>, TemplateError> {
    let engine = engine(part);
    let template = engine.template_from_str(source).map_err(|error| told(part, &error))?;
    let mut unknown: Vec<_> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| !kind.variables().contains(&name.as_str()))
        .collect();
    unknown.sort();
    Ok(unknown.into_iter().next())
}

fn render(part: Part, channel: Channel, source: &str, values: &Values<'_>) -> Result<String, TemplateError> {
    let engine = engine(part);
    let rendered = engine.render_str(source, context(channel, values)).map_err(|error| told(part, &error))?;
    let rendered = rendered.trim();
    // Values add to it: twenty backup codes, an action.
    if rendered.chars().count() > part.longest(channel) + 2_000 {
        return Err(part.fail("becomes too long a message. Shorten it."));
    }
    let is_kept = |c: char| !c.is_control() || (part != Part::Subject && matches!(c, '\n' | '\t'));
    if rendered.is_empty() || !rendered.chars().all(is_kept) {
        let problem = "becomes an empty message, or one with control characters. Write plain words.";
        return Err(part.fail(problem));
    }
    Ok(rendered.to_owned())
}

/// An engine that knows nothing but its values: no functions, no other templates, and four filters. Above all there is no
/// filter that would bring a value into HTML unescaped.
fn engine(part: Part) -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_auto_escape_callback(move |_| match part {
        Part::Html => AutoEscape::Html,
        Part::Subject | Part::Text => AutoEscape::None,
    });
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(DEPTH);
    engine.set_debug(false);
    engine.add_filter("length", filters::length);
    engine.add_filter("join", filters::join);
    engine.add_filter("upper", filters::upper);
    engine.add_filter("lower", filters::lower);
    engine
}

/// Without an action the variable is empty, so that `{% if action %}` reads as it looks.
fn context(channel: Channel, values: &Values<'_>) -> Value {
    match values {
        Values::Code(values) => {
            let code = if channel == Channel::Voice { spaced(values.code) } else { values.code.to_owned() };
            context! {
                app => values.app, code => code, minutes => values.minutes, action => values.action.unwrap_or_default(),
            }
        }
        Values::Backup(values) => {
            let codes: Value = values.codes.iter().map(|code| Value::from(code.as_str())).collect();
            context! { app => values.app, codes => codes }
        }
    }
}

fn told(part: Part, error: &minijinja::Error) -> TemplateError {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let fix = match error.kind() {
        ErrorKind::UnknownFilter => "There are: join, length, lower, upper.",
        ErrorKind::OutOfFuel => "It does too much: repeat less.",
        _ => "Mend it there.",
    };
    part.fail(format!("does not work{line}: {}{detail}. {fix}", error.kind()))
}
