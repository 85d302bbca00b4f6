//! From the configuration's providers to ones that send.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{AppError, Webhooks};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Provider as Configured, SignatureMethod};
use crate::courier::Providers;
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::providers::console::Console;
use crate::providers::gateway::{Gateway, GatewaySettings};
use crate::providers::meta::{self, Meta, MetaSettings};
use crate::providers::smtp::{Smtp, SmtpSettings};
use crate::providers::twilio::{Route, Sender, Templates, Twilio, TwilioReports, TwilioSettings};
use crate::providers::vonage::{
    Signing, VonageReports, VonageSms, VonageSmsSettings, VonageVoice, VonageVoiceSettings,
};
use crate::providers::{Provider, Reporter};

/// Providers in their order, and the mail servers among them, whose log-in can be tried.
pub struct Built {
    /// For the courier.
    pub providers: Providers,
    /// Each with the name of its setting.
    pub mail_servers: Vec<(String, Arc<Smtp>)>,
    /// The settings of those whose credentials nothing tries before the first message.
    pub untried: Vec<String>,
    /// Those that report later what became of a message; each name once.
    pub reporters: Vec<Arc<dyn Reporter>>,
}

impl Built {
    /// The channels that have a provider.
    #[must_use]
    pub fn channels(&self) -> BTreeSet<&'static str> {
        self.providers
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(channel, _)| channel.as_str())
            .collect()
    }
}

/// For whom and where a provider is made.
pub(super) struct Site<'a> {
    /// Where people reach the service.
    pub(super) public_url: &'a Url,
    /// The application whose own it is; its reports come to an address that names it.
    pub(super) app: Option<AppId>,
    /// The longest that one send may take.
    pub(super) timeout: Duration,
}

impl Site<'_> {
    /// What stands behind the address of the operator's reports.
    fn suffix(&self) -> String {
        self.app.map(|app| format!("/{app}")).unwrap_or_default()
    }
}

/// Builds every provider of the configuration; connects to none.
pub fn build(config: &Config) -> Result<Built, AppError> {
    let channels = [
        (Channel::Email, &config.providers.email),
        (Channel::Sms, &config.providers.sms),
        (Channel::Whatsapp, &config.providers.whatsapp),
        (Channel::Voice, &config.providers.voice),
    ];
    let mut built = Built {
        providers: Providers::new(),
        mail_servers: Vec::new(),
        untried: Vec::new(),
        reporters: Vec::new(),
    };
    let site =
        Site { public_url: &config.http.public_url, app: None, timeout: config.courier.provider_timeout() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for (channel, entries) in channels {
        let mut list: Vec<Arc<dyn Provider>> = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let setting = format!("providers.{channel}[{at}]");
            let fault = |problem| AppError::Configuration(format!("{setting}: {problem}"));
            if !matches!(entry, Configured::Smtp(_) | Configured::Console) {
                built.untried.push(setting.clone());
            }
            match entry {
                Configured::Console => list.push(Arc::new(Console::stdout())),
                Configured::Gateway(gateway) => {
                    let gateway = Gateway::new(gateway_settings(gateway, channel, &site), Arc::clone(&clock))
                        .map_err(|bad| match &gateway.place {
                            Some(place) => place.fault(&bad.setting, bad.problem).into(),
                            None => fault(bad.to_string()),
                        })?;
                    list.push(Arc::new(gateway));
                }
                Configured::Meta(meta) => {
                    list.push(Arc::new(Meta::new(meta_settings(meta, &site)).map_err(fault)?));
                }
                Configured::Smtp(smtp) => {
                    let smtp = Arc::new(Smtp::new(smtp_settings(smtp, &site)).map_err(fault)?);
                    built.mail_servers.push((setting, Arc::clone(&smtp)));
                    list.push(smtp);
                }
                Configured::Twilio(twilio) => {
                    let settings = twilio_settings(twilio, channel, &site)?;
                    list.push(Arc::new(Twilio::new(settings).map_err(fault)?));
                }
                Configured::VonageSms(vonage) => {
                    let settings = vonage_sms_settings(vonage, &site);
                    list.push(Arc::new(VonageSms::new(settings).map_err(fault)?));
                }
                Configured::VonageVoice(vonage) => {
                    let settings = vonage_voice_settings(vonage, &site);
                    list.push(Arc::new(VonageVoice::new(settings, Arc::clone(&clock)).map_err(fault)?));
                }
            }
        }
        built.providers.insert(channel, list);
    }
    built.reporters = reporters(channels.iter().flat_map(|(_, entries)| entries.iter()));
    Ok(built)
}

/// Those who read the reports of these providers; each name once.
pub(super) fn reporters<'a>(entries: impl Iterator<Item = &'a Configured>) -> Vec<Arc<dyn Reporter>> {
    let mut twilio_tokens = Vec::new();
    let mut vonage_secrets = Vec::new();
    for entry in entries {
        match entry {
            Configured::Twilio(twilio) => twilio_tokens.push(twilio.auth_token.clone()),
            Configured::VonageSms(vonage) => {
                let signing = match vonage.signature_method {
                    SignatureMethod::Sha256 => Signing::Sha256,
                    SignatureMethod::Sha512 => Signing::Sha512,
                };
                vonage_secrets.extend(vonage.signature_secret.clone().map(|secret| (secret, signing)));
            }
            Configured::VonageVoice(vonage) => {
                // Events of calls are signed by a token, whatever the account's method.
                let secret = vonage.signature_secret.clone();
                vonage_secrets.extend(secret.map(|secret| (secret, Signing::Sha256)));
            }
            Configured::Console | Configured::Gateway(_) | Configured::Meta(_) | Configured::Smtp(_) => {}
        }
    }
    let mut reporters: Vec<Arc<dyn Reporter>> = Vec::new();
    if !twilio_tokens.is_empty() {
        reporters.push(Arc::new(TwilioReports::new(twilio_tokens)));
    }
    if !vonage_secrets.is_empty() {
        reporters.push(Arc::new(VonageReports::new(vonage_secrets)));
    }
    reporters
}

pub(super) fn smtp_settings(smtp: &config::Smtp, site: &Site<'_>) -> SmtpSettings {
    SmtpSettings {
        url: smtp.url.clone(),
        from: smtp.from.to_string(),
        ca_file: smtp.ca_file.clone(),
        timeout: site.timeout,
    }
}

/// What calls tenants' webhooks.
pub(super) fn webhooks(config: &Config) -> Result<Webhooks, AppError> {
    let settings = &config.webhooks;
    Webhooks::new(&settings.allowed_networks, settings.retry_pauses.clone()).map_err(AppError::Failed)
}

pub(super) fn gateway_settings(
    gateway: &config::Gateway,
    channel: Channel,
    site: &Site<'_>,
) -> GatewaySettings {
    GatewaySettings {
        channel,
        url: gateway.url.clone(),
        secret: gateway.secret.clone(),
        method: gateway.method.clone(),
        headers: gateway.headers.clone(),
        body: gateway.body.clone(),
        content_type: gateway.content_type.clone(),
        timeout: site.timeout,
    }
}

pub(super) fn meta_settings(meta: &config::Meta, site: &Site<'_>) -> MetaSettings {
    MetaSettings {
        phone_number_id: meta.phone_number_id.clone(),
        access_token: meta.access_token.clone(),
        templates: meta::Templates {
            code: meta.template.clone(),
            button: meta.button,
            action: meta.action_template.clone(),
            backup: meta.backup_template.clone(),
            language: meta.language.clone(),
        },
        version: meta.version.clone(),
        base_url: meta.base_url.clone(),
        timeout: site.timeout,
    }
}

pub(super) fn twilio_settings(
    twilio: &config::Twilio,
    channel: Channel,
    site: &Site<'_>,
) -> Result<TwilioSettings, AppError> {
    let sender = match &twilio.sender {
        config::Sender::Number(number) => Sender::Number(number.clone()),
        config::Sender::Service(service) => Sender::Service(service.clone()),
    };
    let route = match (channel, sender) {
        (Channel::Sms, sender) => Route::Sms(sender),
        (Channel::Whatsapp, sender) => Route::Whatsapp(
            sender,
            Templates {
                code: twilio.content_sid.clone(),
                action: twilio.action_content_sid.clone(),
                backup: twilio.backup_content_sid.clone(),
            },
        ),
        (Channel::Voice, Sender::Number(number)) => Route::Voice(number),
        // The configuration refuses these with the setting's name.
        (Channel::Voice | Channel::Email, _) => {
            return Err(AppError::Configuration(format!("providers.{channel}: twilio does not serve this.")));
        }
    };
    Ok(TwilioSettings {
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.clone(),
        route,
        base_url: twilio.base_url.clone(),
        callback: twilio
            .callback(site.public_url)
            .map(|url| format!("{url}/v1/providers/twilio/status{}", site.suffix())),
        timeout: site.timeout,
    })
}

pub(super) fn vonage_sms_settings(vonage: &config::VonageSms, site: &Site<'_>) -> VonageSmsSettings {
    VonageSmsSettings {
        api_key: vonage.api_key.clone(),
        api_secret: vonage.api_secret.clone(),
        from: vonage.from.clone(),
        base_url: vonage.base_url.clone(),
        callback: vonage.callback(site.public_url).map(|url| url + &site.suffix()),
        timeout: site.timeout,
    }
}

pub(super) fn vonage_voice_settings(vonage: &config::VonageVoice, site: &Site<'_>) -> VonageVoiceSettings {
    VonageVoiceSettings {
        application_id: vonage.application_id.clone(),
        private_key: Arc::clone(&vonage.private_key),
        from: vonage.from.clone(),
        base_url: vonage.base_url.clone(),
        callback: vonage.callback(site.public_url).map(|url| url + &site.suffix()),
        timeout: site.timeout,
    }
}
