//! What Twilio reports about messages and calls that it took, and whether it is Twilio that reports.
//!
//! Twilio signs with the account's token (<https://www.twilio.com/docs/usage/security#validating-requests>): the
//! address that it called, then each parameter's name and value in the names' order, under HMAC-SHA-1, in base64.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use url::form_urlencoded;

use super::verdict::is_sid;
use crate::domain::time::Moment;
use crate::providers::{NotSigned, Posted, Report, Reporter};

/// Reads the reports of one or several accounts.
pub struct TwilioReports {
    tokens: Vec<SecretString>,
}

impl TwilioReports {
    /// A reader that believes whoever signs with one of these accounts' tokens.
    #[must_use]
    pub fn new(tokens: Vec<SecretString>) -> Self {
        Self { tokens }
    }
}

impl fmt::Debug for TwilioReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioReports").finish_non_exhaustive()
    }
}

impl Reporter for TwilioReports {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn read(&self, posted: &Posted<'_>, _now: Moment) -> Result<Option<Report>, NotSigned> {
        let signature = (posted.header)("x-twilio-signature").ok_or(NotSigned)?;
        let signature = STANDARD.decode(signature.trim()).map_err(|_| NotSigned)?;
        let fields = Fields::parse(posted.body);
        // Twilio does not always sign the port that it called: its own libraries try both, too.
        let urls = [Some(posted.url.to_owned()), other_port(posted.url)];
        let fits = urls.into_iter().flatten().any(|url| {
            let signed = fields.signed_text(&url);
            self.tokens.iter().any(|token| {
                // HMAC takes a key of any length.
                Hmac::<Sha1>::new_from_slice(token.expose_secret().as_bytes())
                    .is_ok_and(|mac| mac.chain_update(&signed).verify_slice(&signature).is_ok())
            })
        });
        if fits { Ok(report(posted.url, &fields)) } else { Err(NotSigned) }
    }
}

/// The address without its port, or with the one that its scheme implies.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = rest.split_at_checked(rest.find('/')?)?;
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let host = match (port, scheme) {
        (Some((host, _)), _) => host.to_owned(),
        (None, "https") => format!("{host}:443"),
        (None, _) => format!("{host}:80"),
    };
    Some(format!("{scheme}://{host}{path}"))
}

/// A form's names and values in their order, each pair once: so Twilio signs what stands there several times.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(text: &[u8]) -> Self {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    fn signed_text(&self, url: &str) -> String {
        self.0.iter().fold(url.to_owned(), |text, (name, value)| text + name + value)
    }

    /// The value of this name; none if it has several, since then nobody knows which one is meant.
    fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }
}

fn report(url: &str, fields: &Fields) -> Option<Report> {
    let message = || {
        Some((fields.only("MessageSid").or_else(|| fields.only("SmsSid"))?, fields.only("MessageStatus")?))
    };
    let call = || Some((fields.only("CallSid")?, fields.only("CallStatus")?));
    let (sid, status) = message().or_else(call)?;
    let (delivered, reason) = match status {
        "delivered" | "read" | "completed" => (true, None),
        "undelivered" | "failed" | "busy" | "no-answer" | "canceled" => {
            let code = fields
                .only("ErrorCode")
                .filter(|code| (1..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()));
            (false, Some(code.unwrap_or(status).to_owned()))
        }
        _ => return None,
    };
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let message_id =
        Fields::parse(query.as_bytes()).only("message").filter(|id| is_message_id(id)).map(str::to_owned);
    is_sid(sid).then(|| Report { provider_id: sid.to_owned(), message_id, delivered, reason })
}

fn is_message_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests;
