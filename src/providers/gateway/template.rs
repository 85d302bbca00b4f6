//! Templates: Jinja with bounds, over the variables of one message.
//!
//! Nothing is escaped by itself: the operator writes JSON, forms or XML, and says how with a filter.

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
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

/// Renders templates.
pub(super) struct Renderer(Environment<'static>);

impl Renderer {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        Self(environment)
    }

    /// The variables that the template names, or what is wrong with it.
    pub(super) fn names(&self, template: &str) -> Result<BTreeSet<String>, String> {
        let compiled = self.0.template_from_str(template).map_err(|error| in_plain_words(&error))?;
        let functions: BTreeSet<&str> = self.0.globals().map(|(name, _)| name).collect();
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
        self.0
            .template_from_str(template)
            .and_then(|compiled| compiled.render(Value::from(Serde(variables))))
            .map_err(|error| in_plain_words(&error))
    }
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
        let renderer = Renderer::new();
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
}
