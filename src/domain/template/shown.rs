//! What a message must show, whatever its template: looked at when a template is checked and again when it is used, since a
//! check cannot try every code, action and length of time.

use minijinja::HtmlEscape;

use super::render::Part;
use super::{BackupValues, CodeValues, TemplateError, Values, Wording, spaced};
use crate::domain::message::Channel;

/// Says what the message hides from its user, or shows where others see it.
pub(super) fn check(channel: Channel, values: &Values<'_>, wording: &Wording) -> Result<(), TemplateError> {
    match values {
        Values::Code(values) => code(channel, values, wording),
        Values::Backup(values) => backup(values, wording),
    }
}

fn code(channel: Channel, values: &CodeValues<'_>, wording: &Wording) -> Result<(), TemplateError> {
    let &CodeValues { code, action, .. } = values;
    let case = if action.is_some() { "with an action" } else { "without an action" };
    let (shown, times, fix) = match channel {
        Channel::Voice => (spaced(code), 2, "say {{ code }} twice, so that it can be written down"),
        _ => (code.to_owned(), 1, "put {{ code }} where it always shows"),
    };
    for (part, text) in halves(wording) {
        if text.matches(&shown).count() < times {
            return Err(part.fail(format!("does not show the code {case}: {fix}.")));
        }
        let has_action = |action: &str| match part {
            Part::Html => text.contains(&HtmlEscape(action).to_string()),
            _ => text.contains(action),
        };
        if action.is_some_and(|action| !has_action(action)) {
            let fix = "Add {% if action %}… {{ action }} …{% endif %}, so that nobody confirms what they do not know.";
            return Err(part.fail(format!("does not show what the code confirms. {fix}")));
        }
    }
    if wording.subject.contains(code) {
        let why = "a locked phone shows subjects to everyone. Take {{ code }} out.";
        return Err(Part::Subject.fail(format!("shows the code: {why}")));
    }
    Ok(())
}

fn backup(values: &BackupValues<'_>, wording: &Wording) -> Result<(), TemplateError> {
    for (part, text) in halves(wording) {
        if values.codes.iter().any(|code| text.matches(code).count() != 1) {
            let fix =
                "Use {% for code in codes %}{{ code }}{% endfor %} with a line break or a tag after each.";
            return Err(part.fail(format!("does not show each backup code exactly once. {fix}")));
        }
    }
    if values.codes.iter().any(|code| wording.subject.contains(code)) {
        return Err(Part::Subject.fail("shows backup codes. Take them out of it."));
    }
    Ok(())
}

fn halves(wording: &Wording) -> impl Iterator<Item = (Part, &str)> {
    [(Part::Text, wording.text.as_str())]
        .into_iter()
        .chain(wording.html.as_deref().map(|html| (Part::Html, html)))
}
