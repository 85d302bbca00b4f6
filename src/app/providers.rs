//! From the configuration's providers to ones that send.

use std::collections::BTreeSet;
use std::sync::Arc;

use secrecy::SecretString;
use url::Host;

use super::AppError;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Provider as Configured, SignatureMethod};
use crate::courier::Providers;
use crate::domain::message::Channel;
use crate::providers::console::Console;
use crate::providers::gateway::{Gateway, GatewaySettings};
use crate::providers::smtp::{Smtp, SmtpSettings};
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
    /// Those that tell later what became of a message; several of one name are several accounts.
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

    fn hear_vonage(&mut self, secret: Option<&SecretString>, signing: Signing) -> Result<(), String> {
        if let Some(secret) = secret {
            self.reporters.push(Arc::new(VonageReports::new(secret.clone(), signing)?));
        }
        Ok(())
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
    let mut built = Built { providers: Providers::new(), mail_servers: Vec::new(), reporters: Vec::new() };
    for (channel, entries) in channels {
        let mut list: Vec<Arc<dyn Provider>> = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let setting = format!("providers.{channel}[{at}]");
            let bad = |problem| AppError::Configuration(format!("{setting}: {problem}"));
            match entry {
                Configured::Gateway(entry) => list.push(gateway(config, channel, entry)?),
                Configured::VonageSms(entry) => {
                    list.push(vonage_sms(config, entry).map_err(bad)?);
                    let signing = match entry.signature_method {
                        SignatureMethod::Sha256 => Signing::Sha256,
                        SignatureMethod::Sha512 => Signing::Sha512,
                    };
                    built.hear_vonage(entry.signature_secret.as_ref(), signing).map_err(bad)?;
                }
                Configured::VonageVoice(entry) => {
                    list.push(vonage_voice(config, entry).map_err(bad)?);
                    built.hear_vonage(entry.signature_secret.as_ref(), Signing::Sha256).map_err(bad)?;
                }
                Configured::Console => list.push(Arc::new(Console::stdout())),
                Configured::Smtp(smtp) => {
                    let settings = SmtpSettings {
                        url: smtp.url.clone(),
                        from: smtp.from.to_string(),
                        ca_file: smtp.ca_file.clone(),
                        timeout: config.courier.provider_timeout(),
                    };
                    let smtp = Arc::new(Smtp::new(settings).map_err(bad)?);
                    built.mail_servers.push((setting, Arc::clone(&smtp)));
                    list.push(smtp);
                }
            }
        }
        built.providers.insert(channel, list);
    }
    Ok(built)
}

fn gateway(
    config: &Config,
    channel: Channel,
    entry: &config::Gateway,
) -> Result<Arc<dyn Provider>, AppError> {
    let settings = GatewaySettings {
        channel,
        url: entry.url.clone(),
        secret: entry.secret.clone(),
        method: entry.method.clone(),
        headers: entry.headers.clone(),
        body: entry.body.clone(),
        content_type: entry.content_type.clone(),
        timeout: config.courier.provider_timeout(),
    };
    let gateway =
        Gateway::new(settings, clock()).map_err(|bad| entry.place.fault(&bad.setting, bad.problem))?;
    Ok(Arc::new(gateway))
}

fn vonage_sms(config: &Config, entry: &config::VonageSms) -> Result<Arc<dyn Provider>, String> {
    let heard = entry.signature_secret.is_some();
    let settings = VonageSmsSettings {
        api_key: entry.api_key.clone(),
        api_secret: entry.api_secret.clone(),
        from: entry.from.clone(),
        base_url: entry.base_url.clone(),
        callback: heard.then(|| callback(config, "vonage", entry.is_default)).flatten(),
        timeout: config.courier.provider_timeout(),
    };
    Ok(Arc::new(VonageSms::new(settings)?))
}

fn vonage_voice(config: &Config, entry: &config::VonageVoice) -> Result<Arc<dyn Provider>, String> {
    let heard = entry.signature_secret.is_some();
    let settings = VonageVoiceSettings {
        application_id: entry.application_id.clone(),
        private_key: Arc::clone(&entry.private_key),
        from: entry.from.clone(),
        base_url: entry.base_url.clone(),
        callback: heard.then(|| callback(config, "vonage", entry.is_default)).flatten(),
        timeout: config.courier.provider_timeout(),
    };
    Ok(Arc::new(VonageVoice::new(settings, clock())?))
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Where a provider shall post its reports. The real one cannot reach a public URL that is this machine's own name for
/// itself, and some refuse a message that names one; a stand-in on this machine can.
fn callback(config: &Config, name: &str, is_real: bool) -> Option<String> {
    let mut url = config.http.public_url.clone();
    let out_of_reach = match url.host()? {
        Host::Domain(host) => host == "localhost" || host.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    url.set_path(&format!("/v1/providers/{name}/status"));
    (!(is_real && out_of_reach)).then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(public_url: &str, more: &[(&str, &str)]) -> Config {
        let vonage =
            [("KIND", "vonage"), ("API_KEY", "abcd1234"), ("API_SECRET", "secret"), ("FROM", "Acme")];
        let entry = vonage.iter().chain(more);
        let env = entry.map(|(key, value)| (format!("RIFT_PROVIDERS__SMS__0__{key}"), (*value).to_owned()));
        let public_url = ("RIFT_HTTP__PUBLIC_URL".to_owned(), public_url.to_owned());
        Config::load(None, env.chain([public_url])).unwrap()
    }

    #[test]
    fn reports_are_asked_for_where_they_can_arrive() {
        for (public_url, real, wanted) in [
            ("https://mfa.example.com", true, Some("https://mfa.example.com/v1/providers/vonage/status")),
            ("http://localhost:8080", true, None),
            ("http://rift.localhost", true, None),
            ("http://127.0.0.1:8080", true, None),
            ("http://[::1]:8080", true, None),
            ("http://localhost:8080", false, Some("http://localhost:8080/v1/providers/vonage/status")),
        ] {
            assert_eq!(callback(&config(public_url, &[]), "vonage", real).as_deref(), wanted, "{public_url}");
        }
    }

    #[test]
    fn reports_are_heard_with_a_secret_only() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let heard = |more: &[(&str, &str)]| {
            let built = build(&config("https://mfa.example.com", more)).unwrap();
            assert_eq!(built.channels(), BTreeSet::from(["sms"]));
            built.reporters.iter().map(|reporter| reporter.name()).collect::<Vec<_>>()
        };
        assert_eq!(heard(&[]), Vec::<&str>::new());
        assert_eq!(heard(&[("SIGNATURE_SECRET", "secret")]), ["vonage"]);
    }
}
