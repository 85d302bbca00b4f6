//! What Vonage posts to us later: receipts of text messages and events of calls. Whatever is not signed with the
//! account's signature secret is not read.
//!
//! Two forms of signature: receipts carry a parameter `sig` (developer.vonage.com, "signing messages"), and newer
//! webhooks a token that names the body's hash ("signed webhooks").

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::{NAME, safe_id, token};
use crate::domain::id::MessageId;
use crate::domain::time::Moment;
use crate::providers::{NotSigned, Posted, Report, Reporter};

/// How far the time of a signature may lie from ours, in seconds, either way.
const TOLERANCE: u64 = 300;

/// How the parameter `sig` is made, as the account's settings at Vonage say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// Reads Vonage's reports, of one account or several.
pub struct VonageReports {
    accounts: Vec<Account>,
}

struct Account {
    secret: SecretString,
    signing: Signing,
}

impl VonageReports {
    /// Believes what one of these secrets has signed. An empty one is left out: anyone can sign with nothing.
    #[must_use]
    pub fn new(secrets: Vec<(SecretString, Signing)>) -> Self {
        let accounts = secrets
            .into_iter()
            .filter(|(secret, _)| !secret.expose_secret().is_empty())
            .map(|(secret, signing)| Account { secret, signing })
            .collect();
        Self { accounts }
    }
}

impl Account {
    /// Whether a token of Vonage's covers exactly this body, now.
    fn covers_by_token(&self, token: &str, body: &[u8], now: Moment) -> bool {
        let Some(claims) = token::open(token.trim(), &self.secret) else { return false };
        let hash = crate::domain::hex::hex(&Sha256::digest(body));
        let covers: bool = hash.as_bytes().ct_eq(claims.payload_hash.to_ascii_lowercase().as_bytes()).into();
        covers && is_fresh(claims.iat, now) && claims.exp.is_none_or(|end| now.seconds() < end)
    }

    /// Whether `sig` is the signature of the other parameters, now.
    fn covers_by_sig(&self, parameters: &Parameters, now: Moment) -> bool {
        let field = |name| parameters.get(name).map(String::as_str);
        let (Some(sig), Some(timestamp)) =
            (field("sig").and_then(crate::domain::hex::unhex), field("timestamp"))
        else {
            return false;
        };
        let fresh = timestamp.parse().is_ok_and(|seconds| is_fresh(seconds, now));
        fresh && self.signs(&signed_text(parameters), &sig)
    }

    /// Compares in constant time.
    fn signs(&self, text: &str, signature: &[u8]) -> bool {
        let key = self.secret.expose_secret().as_bytes();
        match self.signing {
            Signing::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok()),
            Signing::Sha512 => Hmac::<Sha512>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok()),
        }
    }
}

impl Reporter for VonageReports {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read(&self, posted: &Posted<'_>, now: Moment) -> Result<Option<Report>, NotSigned> {
        let bearer = (posted.header)("authorization").and_then(|value| {
            Some(value.split_once(' ').filter(|(how, _)| how.eq_ignore_ascii_case("bearer"))?.1.to_owned())
        });
        // A token covers the body and nothing else: what the query says then counts for nothing.
        let given = match &bearer {
            Some(_) if posted.body.is_empty() => None,
            _ => parameters(posted),
        };
        let is_signed = self.accounts.iter().any(|account| match (&bearer, &given) {
            (Some(token), _) => account.covers_by_token(token, posted.body, now),
            (None, Some(given)) => account.covers_by_sig(given, now),
            (None, None) => false,
        });
        if is_signed { Ok(given.as_ref().and_then(report)) } else { Err(NotSigned) }
    }
}

fn is_fresh(seconds: u64, now: Moment) -> bool {
    seconds.abs_diff(now.seconds()) <= TOLERANCE
}

/// The flat parameters of a report, sorted by name.
type Parameters = BTreeMap<String, String>;

/// The parameters: of a JSON body, of a form, or of the query where there is no body. `None` if a name is given twice
/// or could be read in two ways; an honest report has none such.
fn parameters(posted: &Posted<'_>) -> Option<Parameters> {
    let pairs: Vec<(String, String)> = if posted.body.trim_ascii_start().first() == Some(&b'{') {
        let object: serde_json::Map<String, Value> = serde_json::from_slice(posted.body).ok()?;
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        object.into_iter().map(|(name, value)| (name, text(value))).collect()
    } else {
        let query = posted.url.split_once('?').map(|(_, query)| query.as_bytes());
        let form = if posted.body.is_empty() { query.unwrap_or_default() } else { posted.body };
        url::form_urlencoded::parse(form).into_owned().collect()
    };
    let given = pairs.len();
    let parameters: Parameters = pairs.into_iter().collect();
    // A name with `&` or `=` in it could hide other parameters in the text that is signed.
    let plain = |name: &String| !name.is_empty() && !name.contains(['&', '=']);
    (parameters.len() == given && parameters.keys().all(plain)).then_some(parameters)
}

/// `&name=value` of each parameter but `sig`, in the order of their names, with `_` for what would be ambiguous.
fn signed_text(parameters: &Parameters) -> String {
    let mut text = String::new();
    for (name, value) in parameters.iter().filter(|(name, _)| *name != "sig") {
        text.extend(["&", name, "=", &value.replace(['&', '='], "_")]);
    }
    text
}

/// What a report, already believed, says of a message; `None` if nothing has ended.
fn report(given: &Parameters) -> Option<Report> {
    let field = |name| given.get(name).map(String::as_str);
    let status = field("status")?;
    if let Some(id) = field("messageId") {
        let delivered = match status {
            "delivered" => true,
            "expired" | "failed" | "rejected" => false,
            _ => return None,
        };
        let told = field("err-code").filter(|code| {
            (1..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()) && *code != "0"
        });
        return Some(Report {
            provider_id: safe_id(id)?,
            message_id: field("client-ref").filter(|id| id.parse::<MessageId>().is_ok()).map(str::to_owned),
            delivered,
            reason: (!delivered).then(|| told.unwrap_or(status).to_owned()),
        });
    }
    let delivered = match status {
        "completed" => true,
        "busy" | "timeout" | "unanswered" | "cancelled" | "rejected" | "failed" => false,
        _ => return None,
    };
    let reason = (!delivered).then(|| status.to_owned());
    Some(Report { provider_id: safe_id(field("uuid")?)?, message_id: None, delivered, reason })
}

impl fmt::Debug for VonageReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VonageReports").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
