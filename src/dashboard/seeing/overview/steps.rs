//! The three next steps of a new application, filled in with what is its own.

use crate::domain::challenge::MfaType;
use crate::service::Service;
use crate::service::manage::FirstSteps;

/// The steps, and what stands in them.
pub struct Steps {
    /// A method is on: its name.
    pub method: Option<&'static str>,
    /// There is a key: its first characters.
    pub key: Option<String>,
    /// Something was started.
    pub started: bool,
    /// The command that starts.
    pub start: String,
    /// The command that verifies.
    pub verify: String,
    /// Whether its code is sent, so that it is known beforehand: a test address has always the same.
    pub sent: bool,
}

impl Steps {
    /// Those of an application.
    pub fn of(first: &FirstSteps, service: &Service) -> Self {
        // What a code is sent for comes first: it needs nothing but the inbox.
        let sends = [MfaType::Email, MfaType::Sms, MfaType::Whatsapp, MfaType::Phone];
        let kind = sends
            .into_iter()
            .find(|kind| first.methods.contains(kind))
            .or_else(|| first.methods.first().copied());
        let sample = kind.unwrap_or(MfaType::Email);
        let user = user(sample);
        let sent = sends.contains(&sample);
        let base = service.public_url().trim_end_matches('/').to_owned();
        let kind_name = sample.as_str();
        let call = |path: &str, code: &str| {
            format!(
                "curl -X POST {base}{path} \\\n  -H \"Authorization: Bearer $RIFT_KEY\" \\\n  -d \"User={user}, Type={kind_name}{code}\""
            )
        };
        Self {
            method: kind.map(super::super::words::kind),
            key: first.key_hint.clone(),
            started: first.started,
            start: call("/v1/mfa", ""),
            verify: call("/v1/mfa/verify", if sent { ", Code=424242" } else { ", Code=…" }),
            sent,
        }
    }
}

/// Somebody to try a Type with: one of the test addresses, whose code is always 424242.
fn user(kind: MfaType) -> &'static str {
    match kind {
        MfaType::Sms | MfaType::Whatsapp | MfaType::Phone => "+12125550123",
        MfaType::Dual => "jane@test.rift.dev:+12125550124",
        _ => "jane@test.rift.dev",
    }
}
