//! `kind = "twilio"`: text messages, WhatsApp messages and calls. Opens no connection.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::address::{base_url, is_out_of_reach};
use super::entry::Entry;

/// Twilio's own address.
const BASE_URL: &str = "https://api.twilio.com";

/// An account of Twilio, for one channel.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// The account; safe to stand in a path.
    pub account_sid: String,
    /// Its token; never empty.
    pub auth_token: SecretString,
    /// Who sends.
    pub sender: Sender,
    /// Where its API is; without a slash at its end.
    pub base_url: String,
    /// WhatsApp: the template for a code.
    pub content_sid: Option<String>,
    /// WhatsApp: the template for a code with an Action.
    pub action_content_sid: Option<String>,
    /// WhatsApp: the template for backup codes.
    pub backup_content_sid: Option<String>,
}

/// Who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A number with its `+`; for text messages a short code or a name, too.
    Number(String),
    /// A messaging service; never for calls.
    Service(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    account_sid: Option<String>,
    auth_token: Option<SecretString>,
    from: Option<String>,
    messaging_service_sid: Option<String>,
    base_url: Option<String>,
    content_sid: Option<String>,
    action_content_sid: Option<String>,
    backup_content_sid: Option<String>,
}

impl Twilio {
    pub(super) fn read<E: Entry>(mut entry: E, channel: &str) -> Result<Self, E::Fault> {
        let raw: Raw = entry.settings()?;
        let account_sid = raw
            .account_sid
            .ok_or_else(|| entry.fault("account_sid", "is missing; give the account's SID, like AC0123…"))?;
        if !is_plain(&account_sid) {
            let problem = "is no account's SID; copy it from Twilio's console, like AC0123…";
            return Err(entry.fault("account_sid", problem));
        }
        let auth_token =
            raw.auth_token.filter(|token| !token.expose_secret().trim().is_empty()).ok_or_else(|| {
                let file = entry.or_by_file("auth_token");
                entry.fault("auth_token", format_args!("is missing; give the account's token{file}"))
            })?;
        let sender = match (raw.from, raw.messaging_service_sid) {
            (Some(_), Some(_)) => {
                return Err(entry.fault("from", "stands beside messaging_service_sid; keep one of the two"));
            }
            (None, Some(_)) if channel == "voice" => {
                return Err(entry.fault("messaging_service_sid", "makes no calls; give a number as from"));
            }
            (None, Some(service)) => Sender::Service(
                sid(&entry, "messaging_service_sid", "MG", Some(service))?.unwrap_or_default(),
            ),
            (None, None) if channel == "voice" => {
                return Err(entry.fault("from", "is missing; give the number that calls, like +15005550006"));
            }
            (None, None) => {
                let problem =
                    "is missing; give the sender's number, like +15005550006, or messaging_service_sid";
                return Err(entry.fault("from", problem));
            }
            (Some(from), None) if is_number(&from) || (channel == "sms" && is_short_sender(&from)) => {
                Sender::Number(from)
            }
            (Some(_), None) => return Err(entry.fault("from", "is no sender; write it like +15005550006")),
        };
        for (name, set) in [
            ("content_sid", raw.content_sid.is_some()),
            ("action_content_sid", raw.action_content_sid.is_some()),
            ("backup_content_sid", raw.backup_content_sid.is_some()),
        ] {
            if set && channel != "whatsapp" {
                return Err(entry.fault(name, "is for whatsapp only; remove it"));
            }
        }
        Ok(Self {
            account_sid,
            auth_token,
            sender,
            base_url: base_url(&entry, raw.base_url, BASE_URL)?,
            content_sid: sid(&entry, "content_sid", "HX", raw.content_sid)?,
            action_content_sid: sid(&entry, "action_content_sid", "HX", raw.action_content_sid)?,
            backup_content_sid: sid(&entry, "backup_content_sid", "HX", raw.backup_content_sid)?,
        })
    }
}

impl Twilio {
    /// Our address for Twilio's reports, without a slash at its end. None where Twilio itself would have to reach an address
    /// that means another machine to it, or none: it refuses such a request as a whole.
    #[must_use]
    pub fn callback(&self, public_url: &Url) -> Option<String> {
        let host = Url::parse(&self.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let twilio_itself = host.is_some_and(|host| host.ends_with(".twilio.com"));
        let reachable = !twilio_itself || !is_out_of_reach(public_url);
        reachable.then(|| public_url.as_str().trim_end_matches('/').to_owned())
    }
}

/// An optional SID: two letters that name its kind, and 32 hexadecimal digits.
fn sid<E: Entry>(
    entry: &E,
    name: &str,
    prefix: &str,
    given: Option<String>,
) -> Result<Option<String>, E::Fault> {
    let fits = |text: &str| {
        text.strip_prefix(prefix)
            .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    match given {
        Some(text) if !fits(&text) => {
            Err(entry.fault(name, format_args!("is no SID; it is {prefix} and 32 hexadecimal digits")))
        }
        given => Ok(given),
    }
}

fn is_plain(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

/// E.164: a plus and up to 15 digits.
fn is_number(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// A short code, or a name of at most 11 letters, digits and spaces.
fn is_short_sender(text: &str) -> bool {
    (1..=11).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_&+".contains(&b))
        && !text.starts_with('+')
}
