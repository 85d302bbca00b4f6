//! What makes providers of an application's own description. The composition root alone does, since it alone names concrete
//! providers; courier and service take this trait.

use std::sync::Arc;

use super::{Provider, Reporter};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::own_provider::{ProviderFault, ProviderList};

/// Reads a list of providers that an application described, and makes them. Connects to nothing.
pub trait OwnFactory: Send + Sync {
    /// Checks a whole list, templates and hosts included, and says what may be shown of it: JSON without any credential.
    ///
    /// # Errors
    /// The first fault.
    fn check(&self, channel: Channel, list: &ProviderList) -> Result<String, ProviderFault>;

    /// The providers in their order. Their reports come to an address that names the application.
    ///
    /// # Errors
    /// The first fault: a list that an older version took may be none to this one.
    fn build(
        &self,
        app: AppId,
        channel: Channel,
        list: &ProviderList,
    ) -> Result<Vec<Arc<dyn Provider>>, ProviderFault>;

    /// Those who read the reports of these providers, signed with their credentials.
    ///
    /// # Errors
    /// The first fault.
    fn reporters(
        &self,
        channel: Channel,
        list: &ProviderList,
    ) -> Result<Vec<Arc<dyn Reporter>>, ProviderFault>;
}
