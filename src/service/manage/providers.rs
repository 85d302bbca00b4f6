//! Providers of an application's own.

use super::Manage;
use super::answers::{Deleted, List, ProviderTestView, ProvidersView};
use crate::domain::message::Channel;
use crate::domain::own_provider::ProviderList;
use crate::service::OwnLists;
use crate::service::error::{Result, ServiceError};

impl Manage {
    fn own_lists(&self) -> OwnLists {
        OwnLists::new(self.desk.clone(), self.factory.clone())
    }

    /// What may be shown of an application's lists.
    pub async fn list_providers(&self, app: &str) -> Result<List<ProvidersView>> {
        let app = self.own_app(app).await?;
        let lists = self.own_lists().list(app.id).await?;
        Ok(List::whole(lists.into_iter().map(ProvidersView::from)))
    }

    /// What may be shown of one list.
    pub async fn providers(&self, app: &str, channel: &str) -> Result<ProvidersView> {
        let app = self.own_app(app).await?;
        Ok(self.own_lists().one(app.id, parse(channel)?).await?.into())
    }

    /// Puts a list whole.
    pub async fn put_providers(
        &self,
        app: &str,
        channel: &str,
        list: &ProviderList,
    ) -> Result<ProvidersView> {
        let app = self.live_app(app).await?;
        Ok(self.own_lists().put(app.id, parse(channel)?, list).await?.into())
    }

    /// Removes a list.
    pub async fn remove_providers(&self, app: &str, channel: &str) -> Result<Deleted> {
        let app = self.live_app(app).await?;
        let channel = parse(channel)?;
        if self.own_lists().remove(app.id, channel).await? {
            Ok(Deleted { object: "providers", id: channel.to_string(), deleted: true })
        } else {
            Err(ServiceError::NotFound)
        }
    }

    /// Sends a sample message through a list.
    pub async fn test_providers(&self, app: &str, channel: &str, to: &str) -> Result<ProviderTestView> {
        let app = self.live_app(app).await?;
        let channel = parse(channel)?;
        let tried = self.own_lists().test(app.id, channel, to).await?;
        Ok(ProviderTestView::of(channel, tried))
    }
}

/// The `channel` of the path. What names none is absent.
fn parse(channel: &str) -> Result<Channel> {
    Channel::parse(channel).ok_or(ServiceError::NotFound)
}
