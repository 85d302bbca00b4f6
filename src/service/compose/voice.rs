//! A code by a call: what a voice reads out.

use super::words::Words;
use crate::domain::template::{CodeValues, Wording, spaced};

/// The digits are said one by one, twice.
pub(super) fn code(words: &Words, values: &CodeValues<'_>) -> Wording {
    let voice = &words.voice;
    let digits = format!("{}.", spaced(values.code));
    let mut said = vec![(voice.hello)(values.app)];
    match values.action {
        None => said.push(voice.sign_in.to_owned()),
        Some(action) => said.extend([(voice.only_for)(action), voice.confirm.to_owned()]),
    }
    said.extend([digits.clone(), voice.again.to_owned(), digits]);
    said.extend([voice.not_you, voice.goodbye].map(str::to_owned));
    Wording { text: said.join(" "), ..Wording::default() }
}
