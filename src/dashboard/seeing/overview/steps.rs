//! The three next steps of a new application, filled in with what is its own.

use crate::domain::challenge::MfaType;
use crate::domain::tenant::Application;
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
}

impl Steps {
    /// Those of an application.
    pub fn of(app: &Application, first: &FirstSteps, service: &Service) -> Self {
        // What a code is sent for comes first: it needs nothing but the inbox.
        let sends = [MfaType::Email, MfaType::Sms, MfaType::Whatsapp, MfaType::Phone];
        let kind = sends
            .into_iter()
            .find(|kind| first.methods.contains(kind))
            .or_else(|| first.methods.first().copied());
        let sample = kind.unwrap_or(MfaType::Email);
        let user = user(sample);
        let base = service.public_url().trim_end_matches('/').to_owned();
        let call = |path: &str, fields: &[(&str, &str)]| {
            let fields: String =
                fields.iter().map(|(name, value)| format!(" \\\n  --data-urlencode {name}={value}")).collect();
            format!("curl {base}{path} \\\n  -H \"Authorization: Bearer $RIFT_KEY\"{fields}")
        };
        let _ = app;
        Self {
            method: kind.map(super::super::words::kind),
            key: first.key_hint.clone(),
            started: first.started,
            start: call("/v1/mfa", &[("Type", sample.as_str()), ("User", user)]),
            verify: call("/v1/mfa/verify", &[("Type", sample.as_str()), ("User", user), ("Code", "123456")]),
        }
    }
}

/// Somebody to try a Type with. In test mode nothing leaves the service.
fn user(kind: MfaType) -> &'static str {
    match kind {
        MfaType::Sms | MfaType::Whatsapp | MfaType::Phone => "+14155550100",
        MfaType::Dual => "jane@example.com:+14155550100",
        _ => "jane@example.com",
    }
}
