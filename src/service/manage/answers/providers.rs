//! What is answered about an application's own providers; no credential may enter here.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::time;
use crate::domain::message::Channel;
use crate::service::Tried;
use crate::store::ShownProviders;

/// A channel's providers of an application's own, as far as they are shown.
#[derive(Serialize, ToSchema)]
pub struct ProvidersView {
    /// `providers`.
    pub object: &'static str,
    /// The channel.
    pub channel: &'static str,
    /// In their order: the kind of each, its sender, hints of its ids; no secret.
    #[schema(value_type = Vec<Object>)]
    pub providers: Value,
    /// When the list was put there.
    pub updated_at: String,
}

impl From<ShownProviders> for ProvidersView {
    fn from(list: ShownProviders) -> Self {
        Self {
            object: "providers",
            channel: list.channel.as_str(),
            providers: serde_json::from_str(&list.shown).unwrap_or_default(),
            updated_at: time(list.updated_at),
        }
    }
}

/// What came of a sample message.
#[derive(Serialize, ToSchema)]
pub struct ProviderTestView {
    /// `providers.test`.
    pub object: &'static str,
    /// The channel.
    pub channel: &'static str,
    /// Whether one of them took it.
    pub sent: bool,
    /// In their order.
    pub results: Vec<ProviderResult>,
}

/// What one provider made of it.
#[derive(Serialize, ToSchema)]
pub struct ProviderResult {
    /// Its kind.
    pub kind: &'static str,
    /// `sent`, `retry`, `refused`, or `not_tried` behind the one that took it.
    pub result: &'static str,
    /// A stable word, or the provider's own code.
    pub reason: Option<String>,
    /// A sentence.
    pub detail: Option<String>,
}

impl ProviderTestView {
    pub(in crate::service::manage) fn of(channel: Channel, tried: Vec<Tried>) -> Self {
        let sent = tried.iter().any(|one| one.result == "sent");
        let result = |Tried { provider, result, reason, detail }| ProviderResult {
            kind: provider,
            result,
            reason,
            detail,
        };
        let results = tried.into_iter().map(result).collect();
        Self { object: "providers.test", channel: channel.as_str(), sent, results }
    }
}
