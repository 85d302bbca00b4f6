//! What a template must be to be kept. It is tried with values that nobody chose, so that what counts is what people see.

use super::render::{Part, unknown_variable};
use super::{BackupValues, CodeValues, Template, TemplateError, TemplateKey, TemplateKind, Values};
use crate::domain::gsm;
use crate::domain::message::Channel;

/// The most parts of an SMS with a long action.
const MOST_SEGMENTS: u8 = 6;
/// The most characters that a call says; Vonage takes 1,500, and an application's name may be longer than ours.
const LONGEST_CALL: usize = 1_400;
/// A line that binds an SMS to a domain, longer than most.
const DOMAIN_LINE: &str = "\n\n@accounts.some-longer-name.example.com #0123456789";

const CODES: [&str; 2] = ["7305918264", "481602"];
/// With a capital letter, so that a filter that changes it shows.
const ACTION: &str = "Xqz transfer of an amount with many digits to somebody with a long name and an account at a bank far away because of rent for a flat xqz 140";

/// Blocks that a template may have.
const BLOCKS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// What makes a mail load something, run something or ask for something. In lower case, spaces before `=` left out.
const FROM_AFAR: [&str; 26] = [
    "<script",
    "<iframe",
    "<frame",
    "<form",
    "<input",
    "<button",
    "<link",
    "<base",
    "<object",
    "<embed",
    "<svg",
    "<video",
    "<audio",
    "<img",
    "<picture",
    "<applet",
    "http-equiv",
    "src=",
    "srcset=",
    "background=",
    "poster=",
    "url(",
    "image-set",
    "@import",
    "javascript:",
    "\\",
];

impl Template {
    /// Says what keeps this template from being used for the messages of a key.
    pub fn check(&self, key: &TemplateKey) -> Result<(), TemplateError> {
        self.check_shape(key.channel)?;
        for (part, source) in self.parts() {
            check_source(part, key, source)?;
        }
        if let Some(html) = &self.html {
            check_html(html)?;
        }
        match key.kind {
            TemplateKind::Code => self.check_code(key.channel),
            TemplateKind::Backup => self.check_backup(key.channel),
        }
    }

    fn check_shape(&self, channel: Channel) -> Result<(), TemplateError> {
        let is_mail = channel == Channel::Email;
        if is_mail && self.subject.is_none() {
            return Err(Part::Subject.fail("is missing. A mail needs one."));
        }
        for (part, given) in [(Part::Subject, &self.subject), (Part::Html, &self.html)] {
            if !is_mail && given.is_some() {
                return Err(part.fail(format!("{channel} has none. Leave it out.")));
            }
        }
        Ok(())
    }

    fn check_code(&self, channel: Channel) -> Result<(), TemplateError> {
        for (code, action) in CODES.into_iter().flat_map(|code| [(code, None), (code, Some(ACTION))]) {
            let values = Values::Code(CodeValues { app: "Acme", code, minutes: 10, action });
            let wording = self.render(channel, &values)?;
            if let Some(html) = &wording.html {
                // What the source hides may come about when it is filled.
                check_html(html)?;
            }
            if channel == Channel::Voice && wording.text.chars().count() > LONGEST_CALL {
                return Err(Part::Text.fail(format!(
                    "says more than {LONGEST_CALL} characters with a long action, which no call has room for. Shorten it."
                )));
            }
            check_segments(channel, &format!("{}{DOMAIN_LINE}", wording.text))?;
        }
        Ok(())
    }

    fn check_backup(&self, channel: Channel) -> Result<(), TemplateError> {
        let codes: Vec<String> = (0..10).map(|n| format!("{n}-7KQ2M-9XD4-TPB{n}")).collect();
        let wording = self.render(channel, &Values::Backup(BackupValues { app: "Acme", codes: &codes }))?;
        if let Some(html) = &wording.html {
            check_html(html)?;
        }
        check_segments(channel, &wording.text)
    }
}

fn check_segments(channel: Channel, text: &str) -> Result<(), TemplateError> {
    let fitted = gsm::fit(text);
    if channel != Channel::Sms || fitted.segments <= MOST_SEGMENTS {
        return Ok(());
    }
    let (segments, encoding) = (fitted.segments, fitted.encoding.as_str());
    Err(Part::Text.fail(format!(
        "would be sent in {segments} parts ({encoding}), with a long action and a domain; {MOST_SEGMENTS} are the most. Shorten it."
    )))
}

fn check_source(part: Part, key: &TemplateKey, source: &str) -> Result<(), TemplateError> {
    let (most, channel) = (part.longest(key.channel), key.channel);
    if source.trim().is_empty() || source.chars().count() > most {
        return Err(part.fail(format!("has 1 to {most} characters on {channel}.")));
    }
    let is_kept = |c: char| !c.is_control() || (part != Part::Subject && matches!(c, '\n' | '\t'));
    if let Some(c) = source.chars().find(|c| !is_kept(*c)) {
        return Err(part.fail(format!("holds the control character U+{:04X}. Take it out.", u32::from(c))));
    }
    if channel == Channel::Voice && source.contains('<') {
        return Err(part.fail("holds `<`: what is read out has no markup. Write plain sentences."));
    }
    for (at, _) in source.match_indices("{%") {
        check_block(part, source.get(at + 2..).unwrap_or_default())?;
    }
    match unknown_variable(part, key.kind, source)? {
        None => Ok(()),
        Some(name) => {
            let known = key.kind.variables().join(", ");
            Err(part.fail(format!("uses `{name}`, which there is not. There are: {known}.")))
        }
    }
}

/// Only choices, and one loop: no block that takes in other templates, sets a value or turns escaping off.
fn check_block(part: Part, rest: &str) -> Result<(), TemplateError> {
    let inner = rest.split("%}").next().unwrap_or(rest);
    let words: Vec<_> = inner.trim_matches(['-', '+']).split_whitespace().collect();
    let name = words.first().copied().unwrap_or_default();
    if !BLOCKS.contains(&name) {
        return Err(part.fail(format!("uses the block `{name}`. There are: {}.", BLOCKS.join(", "))));
    }
    if name == "for" && !matches!(words.as_slice(), ["for", _, "in", "codes"]) {
        return Err(part.fail("loops over something else than the codes. Write {% for code in codes %}."));
    }
    Ok(())
}

fn check_html(html: &str) -> Result<(), TemplateError> {
    let lower = html.to_lowercase();
    let mut joined = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    for (loose, tight) in [(" =", "="), (" (", "("), ("< ", "<")] {
        joined = joined.replace(loose, tight);
    }
    if let Some(found) = FROM_AFAR.iter().find(|word| joined.contains(*word)) {
        return Err(Part::Html.fail(format!(
            "holds `{found}`: a mail loads nothing, runs nothing and asks for nothing. Take it out; a plain link (<a href>) may stay."
        )));
    }
    // What stands in a tag or a style sheet is not text, and escaping does not make it safe there.
    let fail = |what: &str| {
        Err(Part::Html.fail(format!("has {what}. Only plain tags are sent, with values between them.")))
    };
    let mut rest = lower.as_str();
    while let Some((_, after)) = rest.split_once('<') {
        let is_tag =
            after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?' | '{'));
        let end = match after.strip_prefix("!--") {
            Some(comment) => comment.find("-->").map_or(after.len(), |at| at + 6),
            None if after.starts_with("style") => after.find("</style").unwrap_or(after.len()),
            None => after.find('>').unwrap_or(after.len()),
        };
        let (tag, next) = after.split_at_checked(end).unwrap_or((after, ""));
        if is_tag && ["{{", "{%", "{#"].iter().any(|opening| tag.contains(opening)) {
            return fail("a value or a block inside of a tag, a comment or a style sheet");
        }
        if is_tag && tag.split_whitespace().any(|word| word.starts_with("on") && word.contains('=')) {
            return fail("an `on…` attribute, which runs a script");
        }
        if is_tag && tag.replace("&amp;", "").contains('&') {
            return fail("an escaped character (`&…;`, other than `&amp;`) inside of a tag");
        }
        rest = if is_tag { next } else { after };
    }
    Ok(())
}

#[cfg(test)]
mod tests;
