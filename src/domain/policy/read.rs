//! Reading settings from text: what a person types, or what JSON holds.

use std::collections::BTreeSet;

use crate::domain::message::Channel;
use crate::domain::time::unit_seconds;

pub(super) fn parse_switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// `300`, `300s`, `5m`, `24h` or `30d`.
pub(super) fn parse_seconds(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = match text.get(digits.len()..)?.trim() {
        "" | "sec" | "seconds" => "s",
        "min" | "minutes" => "m",
        "hours" => "h",
        "days" => "d",
        unit => unit,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit_seconds(unit)?)
}

/// A domain in its A-label form, or nothing.
pub(super) fn is_domain(text: &str) -> bool {
    text.is_empty() || idna::domain_to_ascii_strict(text).is_ok_and(|ascii| ascii == text)
}

/// `whatsapp,voice`, also as a list in brackets and quotes; each channel once.
pub(super) fn parse_fallback(text: &str) -> Option<Vec<Channel>> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let mut channels = Vec::new();
    for item in inner.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty()) {
        let channel = Channel::parse(item)?;
        if !matches!(channel, Channel::Whatsapp | Channel::Voice) || channels.contains(&channel) {
            return None;
        }
        channels.push(channel);
    }
    Some(channels)
}

pub(super) fn parse_countries(text: &str) -> Option<BTreeSet<String>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let code = item.to_ascii_uppercase();
            let country = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
            (country || code == "*").then_some(code)
        })
        .collect()
}

/// A well-formed language tag (BCP 47, RFC 5646 §2.1) in its canonical case.
#[must_use]
pub fn parse_locale(text: &str) -> Option<String> {
    let tag = oxilangtag::LanguageTag::parse_and_normalize(text).ok()?;
    (text.len() <= 35).then(|| tag.into_inner())
}

/// How many origins there may be, and how long one is: they are read with every call and stand in the audit log.
const MOST_ORIGINS: usize = 50;
const LONGEST_ORIGIN: usize = 300;

pub(super) fn parse_origins(text: &str) -> Option<Vec<String>> {
    let items: Vec<_> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    if items.len() > MOST_ORIGINS || items.iter().any(|item| item.len() > LONGEST_ORIGIN) {
        return None;
    }
    items
        .into_iter()
        .map(|item| {
            let url = url::Url::parse(item).ok()?;
            let local = matches!(url.host_str(), Some("localhost"));
            let secure = url.scheme() == "https" || (url.scheme() == "http" && local);
            (secure && url.origin().ascii_serialization() == item.trim_end_matches('/'))
                .then(|| url.origin().ascii_serialization())
        })
        .collect()
}
