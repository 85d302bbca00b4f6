//! Templates: Jinja with bounds, over the variables of one message.
//!
//! Nothing is escaped by itself: the operator writes JSON, forms or XML, and says how with a filter.

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, filters};
use serde::Serialize;

use crate::domain::message::Envelope;

/// Steps that one template may take; a page of text takes some hundreds.
const FUEL: u64 = 50_000;

/// How deep a template may nest.
const DEPTH: usize = 20;

/// The names of all variables.
pub(super) const NAMES: [&str; 11] =
    ["id", "channel", "to", "text", "subject", "html", "code", "locale", "app", "action", "backup_codes"];

/// What a template can say. What a message does not have is left out: it reads as nothing, and as false.
#[derive(Serialize)]
pub(super) struct Variables<'a> {
    id: &'a str,
    channel: &'a str,
    to: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    locale: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    app: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    backup_codes: &'a [String],
}

impl<'a> Variables<'a> {
    pub(super) fn of(id: &'a str, envelope: &'a Envelope) -> Self {
        Self {
            id,
            channel: envelope.channel.as_str(),
            to: &envelope.to,
            text: &envelope.text,
            subject: &envelope.subject,
            html: envelope.html.as_deref(),
            code: envelope.code.as_deref(),
            locale: &envelope.locale,
            app: &envelope.app,
            action: envelope.action.as_deref(),
            backup_codes: &envelope.backup_codes,
        }
    }
}

/// What a template may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bounds {
    /// Everything that its fuel pays for: the operator's own.
    Fuel,
    /// Variables, conditions and a few filters, so that what comes out is never much more than what goes in: fuel counts
    /// steps and not bytes, and a tenant's template that doubles a text in each of a hundred would take all memory.
    Plain,
}

/// The statements of a plain template.
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];

/// How often a plain template may name the one variable that is long.
const MOST_HTML: usize = 10;

/// The most that a plain template makes.
const MOST_BYTES: usize = 256 * 1024;

/// Renders templates.
pub(super) struct Renderer {
    environment: Environment<'static>,
    bounds: Bounds,
}

impl Renderer {
    pub(super) fn new(bounds: Bounds) -> Self {
        let mut environment = match bounds {
            Bounds::Fuel => Environment::new(),
            Bounds::Plain => plain(),
        };
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        Self { environment, bounds }
    }

    /// The variables that the template names, or what is wrong with it.
    pub(super) fn names(&self, template: &str) -> Result<BTreeSet<String>, String> {
        if self.bounds == Bounds::Plain {
            is_plain(template)?;
        }
        let compiled =
            self.environment.template_from_str(template).map_err(|error| in_plain_words(&error))?;
        let functions: BTreeSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let named: BTreeSet<String> = compiled
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !functions.contains(name.as_str()))
            .collect();
        match named.iter().find(|name| !NAMES.contains(&name.as_str())) {
            Some(unknown) => Err(format!(
                "uses the variable `{unknown}`, which there is not; there are {}",
                NAMES.join(", ")
            )),
            None => Ok(named),
        }
    }

    /// The template, filled.
    pub(super) fn render(&self, template: &str, variables: &Variables<'_>) -> Result<String, String> {
        let text = self
            .environment
            .template_from_str(template)
            .and_then(|compiled| compiled.render(Value::from(Serde(variables))))
            .map_err(|error| in_plain_words(&error))?;
        if self.bounds == Bounds::Plain && text.len() > MOST_BYTES {
            return Err(format!("makes more than {MOST_BYTES} bytes of a message; shorten it"));
        }
        Ok(text)
    }
}

/// An environment with filters that add no more than their input, and without functions.
fn plain() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.add_filter("urlencode", filters::urlencode);
    // Without its indent, which could be a million spaces.
    environment.add_filter("tojson", |value: Value| {
        serde_json::to_string(&value)
            .map(Value::from_safe_string)
            .map_err(|_| minijinja::Error::new(ErrorKind::InvalidOperation, "cannot be written as JSON"))
    });
    environment.add_filter("upper", |text: String| text.to_uppercase());
    environment.add_filter("lower", |text: String| text.to_lowercase());
    environment.add_filter("trim", |text: String| text.trim().to_owned());
    environment
}

/// Whether a template holds nothing that keeps and doubles. It looks at the text alone, and so refuses a little more than it
/// must.
fn is_plain(template: &str) -> Result<(), String> {
    for statement in template.split("{%").skip(1) {
        let statement = statement.trim_start_matches(['-', '+']).trim_start();
        let word: String = statement.chars().take_while(char::is_ascii_alphanumeric).collect();
        if !STATEMENTS.contains(&word.as_str()) {
            return Err(
                "has a statement other than if, elif, else and endif; variables and these are enough"
                    .to_owned(),
            );
        }
    }
    if template.contains("{#") {
        return Err("has a comment; remove it".to_owned());
    }
    if template.matches("html").count() > MOST_HTML {
        return Err(format!("names html more than {MOST_HTML} times; once is enough"));
    }
    Ok(())
}

/// The error's own sentence without the template's text around it, which may hold a secret.
fn in_plain_words(error: &minijinja::Error) -> String {
    let line = error.line().unwrap_or(1);
    match error.detail() {
        Some(detail) => format!("is no right template, line {line}: {} ({detail})", error.kind()),
        None => format!("is no right template, line {line}: {}", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Channel;

    fn render(template: &str) -> Result<String, String> {
        let mut envelope = Envelope::plain(Channel::Sms, "+4915112345678", "\"Acme\"\n& Söhne");
        envelope.code = Some("314159".into());
        let renderer = Renderer::new(Bounds::Fuel);
        renderer.names(template)?;
        renderer.render(template, &Variables::of("msg_1", &envelope))
    }

    #[test]
    fn a_template_is_filled_without_escapes_but_those_it_asks_for() {
        for (template, wanted) in [
            ("{{ to }} {{ text }}", "+4915112345678 \"Acme\"\n& Söhne"),
            ("{{ to|urlencode }}&{{ text|urlencode }}", "%2B4915112345678&%22Acme%22%0A%26%20S%C3%B6hne"),
            ("{{ text|tojson }}", "\"\\\"Acme\\\"\\n\\u0026 Söhne\""),
            ("[{{ action }}]{% if action %}x{% endif %}", "[]"),
            ("{{ action|tojson }} {{ backup_codes|tojson }}", "null null"),
            ("{% for one in backup_codes %}{{ one }}{% endfor %}{{ channel }}", "sms"),
            ("{% set a = code %}{{ a }}", "314159"),
            ("{% for one in [to] %}{{ loop.index }}{{ range(2)|length }}{% endfor %}", "12"),
        ] {
            assert_eq!(render(template).as_deref(), Ok(wanted), "{template}");
        }
    }

    #[test]
    fn a_bad_template_is_told_and_a_long_one_is_stopped() {
        for (template, wanted) in [
            ("{{ to", "is no right template, line 1: syntax error"),
            ("a\n{% if %}", "is no right template, line 2: syntax error"),
            ("{{ number }}", "uses the variable `number`, which there is not; there are id, channel, to"),
            ("{{ to|shout }}", "is no right template, line 1: unknown filter"),
            ("{% include 'x' %}", "is no right template, line 1: template not found"),
            (
                "{% for a in range(9000) %}{% for b in range(9000) %}.{% endfor %}{% endfor %}",
                "is no right template, line 1: engine ran out of fuel",
            ),
        ] {
            let error = render(template).unwrap_err();
            assert!(error.starts_with(wanted), "{error}");
        }
    }

    #[test]
    fn a_tenants_template_cannot_grow() {
        let renderer = Renderer::new(Bounds::Plain);
        let mut envelope = Envelope::plain(Channel::Sms, "+4915112345678", "\"Acme\" & Söhne");
        envelope.code = Some("314159".into());
        let render = |template: &str| {
            renderer.names(template)?;
            renderer.render(template, &Variables::of("msg_1", &envelope))
        };
        for (template, wanted) in [
            (
                "to={{ to|urlencode }}&text={{ text|urlencode }}",
                "to=%2B4915112345678&text=%22Acme%22%20%26%20S%C3%B6hne",
            ),
            (
                "{\"text\": {{ text|tojson }}, \"none\": {{ action|tojson }}}",
                "{\"text\": \"\\\"Acme\\\" & Söhne\", \"none\": null}",
            ),
            ("{% if action %}a{% elif code %}{{ code|upper|lower|trim }}{%- else %}b{%+ endif %}", "314159"),
            ("*{{ code }}*", "*314159*"),
        ] {
            assert_eq!(render(template).as_deref(), Ok(wanted), "{template}");
        }
        for (template, wanted) in [
            ("{{ 'x' * 100000000 }}", "is no right template, line 1: engine ran out of fuel"),
            ("{{ '}}' * 100000000 ~ '{{' }}", "is no right template, line 1: engine ran out of fuel"),
            ("{% set a = text %}", "has a statement other than"),
            ("{%- set a = text %}", "has a statement other than"),
            ("{%\nfor one in text %}{% endfor %}", "has a statement other than"),
            ("{% macro a() %}{% endmacro %}", "has a statement other than"),
            ("{% raw %}{% endraw %}", "has a statement other than"),
            ("{# x #}", "has a comment"),
            ("{{ text|replace('e', 'ee') }}", "is no right template"),
            ("{{ text|tojson(indent=1000000) }}", "is no right template"),
            ("{{ range(9) }}", "uses the variable `range`"),
            ("{{ namespace() }}", "uses the variable `namespace`"),
        ] {
            let error = render(template).unwrap_err();
            assert!(error.starts_with(wanted), "{template}: {error}");
        }
        assert!(render(&"{{ html ~ html }}".repeat(5)).is_ok());
        assert!(render(&"{{ html ~ html }}".repeat(6)).unwrap_err().starts_with("names html more than 10"));
        let long = "x".repeat(262_145);
        assert!(render(&long).unwrap_err().starts_with("makes more than 262144 bytes"));
    }
}
