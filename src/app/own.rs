//! From an application's own description to providers that send: the same kinds as the operator's, made for one tenant.
//!
//! Clients are shared by all tenants, so that an application costs no connection pool and no table of root certificates of
//! its own. What a tenant names is reached through the guard.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;

use super::providers::{
    Site, gateway_settings, meta_settings, reporters, smtp_settings, twilio_settings, vonage_sms_settings,
    vonage_voice_settings,
};
use crate::clock::Clock;
use crate::config::{self, Config, Provider as Configured, Sender};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::own_provider::{ProviderFault, ProviderList, hint};
use crate::providers::gateway::Gateway;
use crate::providers::guard::{Guard, Transport};
use crate::providers::meta::Meta;
use crate::providers::own::OwnFactory;
use crate::providers::smtp::Smtp;
use crate::providers::twilio::Twilio;
use crate::providers::vonage::{VonageSms, VonageVoice};
use crate::providers::wire::Wire;
use crate::providers::{Provider, Reporter};

/// Where the providers with an address of their own are reached in place of it; for stand-ins.
#[derive(Clone, Debug, Default)]
pub struct BaseUrls {
    /// Twilio's; without a slash at its end.
    pub twilio: Option<String>,
    /// Vonage's, of both of its APIs.
    pub vonage: Option<String>,
    /// Meta's.
    pub meta: Option<String>,
}

/// A provider, and what may be shown of it.
type Made = (Arc<dyn Provider>, Value);

/// Makes tenants' providers.
pub struct Workshop {
    public_url: Url,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    guard: Guard,
    /// To the addresses that stand in our own code. Made when first needed: a node without tenants' providers needs no root
    /// certificates.
    wire: OnceLock<Result<Wire, String>>,
    /// To the addresses that tenants name.
    guarded: OnceLock<Result<Wire, String>>,
    base_urls: BaseUrls,
}

impl Workshop {
    /// Connects to nothing. `timeout` is the longest that one send may take.
    #[must_use]
    pub fn new(
        public_url: Url,
        timeout: Duration,
        guard: Guard,
        clock: Arc<dyn Clock>,
        base_urls: BaseUrls,
    ) -> Self {
        let (wire, guarded) = (OnceLock::new(), OnceLock::new());
        Self { public_url, timeout, clock, guard, wire, guarded, base_urls }
    }

    /// With the configuration's addresses and time limit.
    #[must_use]
    pub fn of(config: &Config, guard: &Guard, clock: &Arc<dyn Clock>) -> Self {
        let url = config.http.public_url.clone();
        let timeout = config.courier.provider_timeout();
        Self::new(url, timeout, guard.clone(), Arc::clone(clock), BaseUrls::default())
    }

    fn wire(&self) -> Result<Wire, ProviderFault> {
        let made = self.wire.get_or_init(|| Wire::new(self.timeout));
        made.clone().map_err(|problem| ProviderFault::new("providers", problem))
    }

    fn guarded(&self) -> Result<Wire, ProviderFault> {
        let made = self.guarded.get_or_init(|| Wire::guarded(self.timeout, &self.guard));
        made.clone().map_err(|problem| ProviderFault::new("providers", problem))
    }

    /// The list's providers as the configuration reads them.
    fn read(&self, channel: Channel, list: &ProviderList) -> Result<Vec<Configured>, ProviderFault> {
        let mut read = config::read_own(list, channel)?;
        let place = |base_url: &mut String, given: &Option<String>| {
            if let Some(given) = given {
                base_url.clone_from(given);
            }
        };
        for provider in &mut read {
            match provider {
                Configured::Twilio(twilio) => place(&mut twilio.base_url, &self.base_urls.twilio),
                Configured::VonageSms(vonage) => place(&mut vonage.base_url, &self.base_urls.vonage),
                Configured::VonageVoice(vonage) => place(&mut vonage.base_url, &self.base_urls.vonage),
                Configured::Meta(meta) => place(&mut meta.base_url, &self.base_urls.meta),
                Configured::Console | Configured::Gateway(_) | Configured::Smtp(_) => {}
            }
        }
        Ok(read)
    }

    /// Makes the provider at this place of the list, and says what may be shown of it.
    fn make(
        &self,
        app: Option<AppId>,
        channel: Channel,
        at: usize,
        configured: &Configured,
    ) -> Result<Made, ProviderFault> {
        let site = Site { public_url: &self.public_url, app, timeout: self.timeout };
        let fault =
            |name: &str, problem: &str| ProviderFault::new(format!("providers[{at}].{name}"), problem);
        Ok(match configured {
            Configured::Console => return Err(fault("kind", "is the operator's alone")),
            Configured::Gateway(gateway) => {
                let settings = gateway_settings(gateway, channel, &site);
                let clock = Arc::clone(&self.clock);
                let made = Gateway::guarded(self.guarded()?, &self.guard, settings, clock)
                    .map_err(|bad| fault(&bad.setting, &bad.problem))?;
                let headers: Vec<&String> = gateway.headers.keys().collect();
                let shown = json!({
                    "kind": "http", "origin": made.origin(), "method": gateway.method.to_ascii_uppercase(),
                    "headers": headers, "content_type": gateway.content_type,
                });
                (Arc::new(made), shown)
            }
            Configured::Meta(meta) => {
                let made = Meta::over(self.wire()?, meta_settings(meta, &site));
                (Arc::new(made), shown_meta(meta))
            }
            Configured::Smtp(smtp) => {
                if let Ok(address) = smtp.host.parse()
                    && self.guard.permits(address, Transport::Encrypted).is_err()
                {
                    let problem = "names an address that is private, local or reserved; give a public one";
                    return Err(fault("url", problem));
                }
                let made = Smtp::guarded(smtp_settings(smtp, &site), self.guard.clone())
                    .map_err(|problem| fault("url", &problem))?;
                let user = smtp.credentials.as_ref().map(|credentials| hint(&credentials.user));
                let from = smtp.from.to_string();
                let shown = json!({
                    "kind": "smtp", "host": smtp.host, "port": smtp.port, "user": user, "from": from,
                });
                (Arc::new(made), shown)
            }
            Configured::Twilio(twilio) => {
                let settings = twilio_settings(twilio, channel, &site).map_err(|_| {
                    fault("kind", "does not serve this channel with these settings; give a number as from")
                })?;
                (Arc::new(Twilio::over(self.wire()?, settings)), shown_twilio(twilio))
            }
            Configured::VonageSms(vonage) => {
                use secrecy::ExposeSecret;

                let made = VonageSms::over(self.wire()?, vonage_sms_settings(vonage, &site));
                let shown = json!({
                    "kind": "vonage", "api_key": hint(vonage.api_key.expose_secret()), "from": vonage.from,
                    "reports": vonage.signature_secret.is_some(),
                });
                (Arc::new(made), shown)
            }
            Configured::VonageVoice(vonage) => {
                let clock = Arc::clone(&self.clock);
                let settings = vonage_voice_settings(vonage, &site);
                let made = VonageVoice::over(self.wire()?, settings, clock);
                let shown = json!({
                    "kind": "vonage", "application_id": hint(&vonage.application_id), "from": vonage.from,
                    "reports": vonage.signature_secret.is_some(),
                });
                (Arc::new(made), shown)
            }
        })
    }

    fn all(
        &self,
        app: Option<AppId>,
        channel: Channel,
        list: &ProviderList,
    ) -> Result<Vec<Made>, ProviderFault> {
        let read = self.read(channel, list)?;
        read.iter().enumerate().map(|(at, provider)| self.make(app, channel, at, provider)).collect()
    }
}

/// The object without what is not set.
fn set_alone(shown: Value) -> Value {
    match shown {
        Value::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other => other,
    }
}

fn shown_twilio(twilio: &config::Twilio) -> Value {
    let mut shown = Map::new();
    shown.insert("kind".into(), "twilio".into());
    shown.insert("account_sid".into(), hint(&twilio.account_sid).into());
    match &twilio.sender {
        Sender::Number(number) => shown.insert("from".into(), number.as_str().into()),
        Sender::Service(service) => shown.insert("messaging_service_sid".into(), hint(service).into()),
    };
    let templates = [
        ("content_sid", &twilio.content_sid),
        ("action_content_sid", &twilio.action_content_sid),
        ("backup_content_sid", &twilio.backup_content_sid),
    ];
    for (name, sid) in templates {
        if let Some(sid) = sid {
            shown.insert(name.into(), sid.as_str().into());
        }
    }
    Value::Object(shown)
}

fn shown_meta(meta: &config::Meta) -> Value {
    json!({
        "kind": "meta", "phone_number_id": hint(&meta.phone_number_id), "template": meta.template,
        "action_template": meta.action_template, "backup_template": meta.backup_template,
    })
}

impl OwnFactory for Workshop {
    fn check(&self, channel: Channel, list: &ProviderList) -> Result<String, ProviderFault> {
        let shown: Vec<Value> =
            self.all(None, channel, list)?.into_iter().map(|(_, shown)| set_alone(shown)).collect();
        Ok(Value::Array(shown).to_string())
    }

    fn build(
        &self,
        app: AppId,
        channel: Channel,
        list: &ProviderList,
    ) -> Result<Vec<Arc<dyn Provider>>, ProviderFault> {
        Ok(self.all(Some(app), channel, list)?.into_iter().map(|(provider, _)| provider).collect())
    }

    fn reporters(
        &self,
        channel: Channel,
        list: &ProviderList,
    ) -> Result<Vec<Arc<dyn Reporter>>, ProviderFault> {
        Ok(reporters(self.read(channel, list)?.iter()))
    }
}
