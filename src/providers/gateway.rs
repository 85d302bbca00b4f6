//! Any gateway that speaks HTTP: a request that the operator describes with templates, signed by the Standard Webhooks
//! scheme. Settings call it `http`.
//!
//! The templates decide how a message is written, never where it goes: scheme, host and port are fixed at the start.
//! Nothing in here may log.

mod answer;
mod request;
mod template;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::guard::Guard;
use super::sign::Signer;
use super::wire::Wire;
use super::{Outcome, Provider};
use crate::clock::Clock;
use crate::domain::message::{Channel, Envelope};
use request::{Author, Form};

/// What a gateway is configured with.
pub struct GatewaySettings {
    /// The channel that it serves; the templates are tried with messages of this one.
    pub channel: Channel,
    /// A template of the address.
    pub url: SecretString,
    /// The secret of the signature: `whsec_` and base64, or any text.
    pub secret: SecretString,
    /// POST, PUT, PATCH or GET.
    pub method: String,
    /// Names of headers, and templates of their values.
    pub headers: BTreeMap<String, SecretString>,
    /// A template of the body; without, it is a JSON object of all variables that the message has.
    pub body: Option<String>,
    /// The body's type.
    pub content_type: String,
    /// The longest that one send may take.
    pub timeout: Duration,
}

/// A setting that a gateway cannot be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` {problem}")]
pub struct BadSetting {
    /// Its name, like `body` or `headers.X-To`.
    pub setting: String,
    /// What is wrong, and the fix. It quotes no secret.
    pub problem: String,
}

impl BadSetting {
    fn new(setting: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { setting: setting.into(), problem: problem.into() }
    }
}

/// A gateway.
pub struct Gateway {
    wire: Wire,
    form: Form,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

impl Gateway {
    /// Checks the settings, and the templates with sample messages; connects to nothing yet. The clock dates the
    /// signatures.
    pub fn new(settings: GatewaySettings, clock: Arc<dyn Clock>) -> Result<Self, BadSetting> {
        let signer = Signer::new(&settings.secret).map_err(|problem| BadSetting::new("secret", problem))?;
        let wire = Wire::new(settings.timeout).map_err(|problem| BadSetting::new("url", problem))?;
        Ok(Self { wire, form: Form::new(settings, Author::Operator)?, signer, clock })
    }

    /// A gateway that a tenant described, over a client with this guard: its host is a public one, and its templates are
    /// plain.
    pub fn guarded(
        wire: Wire,
        guard: &Guard,
        settings: GatewaySettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadSetting> {
        let signer = Signer::new(&settings.secret).map_err(|problem| BadSetting::new("secret", problem))?;
        Ok(Self { wire, form: Form::new(settings, Author::Tenant(guard))?, signer, clock })
    }

    /// Scheme, host and port that its messages go to.
    #[must_use]
    pub fn origin(&self) -> String {
        self.form.origin()
    }
}

#[async_trait]
impl Provider for Gateway {
    fn name(&self) -> &'static str {
        "http"
    }

    async fn send(&self, message_id: &str, envelope: &Envelope) -> Outcome {
        let Some(filled) = self.form.fill(message_id, envelope) else {
            return Outcome::declined("bad_request", "The templates make no request of this message.");
        };
        let stamp = self.clock.now().seconds();
        let signature = self.signer.sign(message_id, stamp, &filled.body);
        let mut request = self
            .wire
            .request(filled.method, &filled.url)
            .headers(filled.headers)
            .header("webhook-id", message_id)
            .header("webhook-timestamp", stamp)
            .header("webhook-signature", signature);
        if !filled.body.is_empty() {
            request = request.body(filled.body);
        }
        match self.wire.send(request).await {
            Ok(answer) => answer::outcome(&answer, envelope),
            Err(lost) => lost,
        }
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}
