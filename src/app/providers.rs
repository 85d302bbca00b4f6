//! From the configuration's providers to ones that send.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::AppError;
use crate::config::{Config, Provider as Configured};
use crate::courier::Providers;
use crate::domain::message::Channel;
use crate::providers::Provider;
use crate::providers::console::Console;
use crate::providers::smtp::{Smtp, SmtpSettings};

/// Providers in their order, and the mail servers among them, whose log-in can be tried.
pub struct Built {
    /// For the courier.
    pub providers: Providers,
    /// Each with the name of its setting.
    pub mail_servers: Vec<(String, Arc<Smtp>)>,
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

/// Builds every provider of the configuration; connects to none.
pub fn build(config: &Config) -> Result<Built, AppError> {
    let channels = [
        (Channel::Email, &config.providers.email),
        (Channel::Sms, &config.providers.sms),
        (Channel::Whatsapp, &config.providers.whatsapp),
        (Channel::Voice, &config.providers.voice),
    ];
    let mut built = Built { providers: Providers::new(), mail_servers: Vec::new() };
    for (channel, entries) in channels {
        let mut list: Vec<Arc<dyn Provider>> = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let setting = format!("providers.{channel}[{at}]");
            match entry {
                Configured::Console => list.push(Arc::new(Console::stdout())),
                Configured::Smtp(smtp) => {
                    let settings = SmtpSettings {
                        url: smtp.url.clone(),
                        from: smtp.from.to_string(),
                        ca_file: smtp.ca_file.clone(),
                        timeout: config.courier.provider_timeout(),
                    };
                    let smtp = Smtp::new(settings)
                        .map_err(|problem| AppError::Configuration(format!("{setting}: {problem}")))?;
                    let smtp = Arc::new(smtp);
                    built.mail_servers.push((setting, Arc::clone(&smtp)));
                    list.push(smtp);
                }
            }
        }
        built.providers.insert(channel, list);
    }
    Ok(built)
}
