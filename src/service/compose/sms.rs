//! A code by SMS or WhatsApp, and the line that binds an SMS to a domain.

use super::words::Words;
use crate::domain::template::{CodeValues, Wording};

/// The code comes first: the preview shows it, and phones that fill codes in find it.
pub(super) fn code(words: &Words, values: &CodeValues<'_>) -> Wording {
    let &CodeValues { app, code, minutes, action } = values;
    let (short, gap) = (&words.short, words.gap);
    let valid = (short.valid)(&(words.minutes)(minutes));
    let rest = [&valid, short.never_tell, short.not_you].join(gap);
    let text = match action {
        None => format!("{}{gap}{rest}", (short.sign_in)(code, app)),
        Some(action) => format!("{}\n{}\n{rest}", (short.confirm)(code, app), (short.only_for)(action)),
    };
    Wording { text, ..Wording::default() }
}

/// The text with the line of an origin-bound one-time code (WICG draft) after it. Browsers on that domain fill the code in,
/// and browsers elsewhere do not. It must be the last line.
pub(super) fn bound(text: &str, domain: Option<&str>, code: &str) -> String {
    let text = unbound(text);
    match domain {
        Some(domain) => format!("{text}\n\n@{domain} #{code}"),
        None => text,
    }
}

/// The text without a line that would pass for one that binds it to a domain.
pub(super) fn unbound(text: &str) -> String {
    // As it is sent: what is left out on the way must not bring such a line about.
    let sent = crate::domain::gsm::fit(text.trim_end()).text;
    let line = |line: &str| if line.starts_with('@') { format!(" {line}") } else { line.to_owned() };
    sent.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
