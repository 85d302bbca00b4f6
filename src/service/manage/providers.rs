//! Providers of an application's own.

use super::Manage;
use super::answers::{Deleted, List, ProviderTestView, ProvidersView};
use crate::domain::message::Channel;
use crate::domain::own_provider::{KeptProvider, ProviderList};
use crate::service::error::{Result, ServiceError};
use crate::service::{ListEdit, OwnLists};

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
        self.must_be_confirmed()?;
        let app = self.live_app(app).await?;
        Ok(self.own_lists().put(app.id, parse(channel)?, list).await?.into())
    }

    /// Removes a list.
    pub async fn remove_providers(&self, app: &str, channel: &str) -> Result<Deleted> {
        self.must_be_confirmed()?;
        let app = self.live_app(app).await?;
        let channel = parse(channel)?;
        if self.own_lists().remove(app.id, channel).await? {
            Ok(Deleted { object: "providers", id: channel.to_string(), deleted: true })
        } else {
            Err(ServiceError::NotFound)
        }
    }

    /// What is kept of each provider of a list, and the list's version: for who may put it anew.
    pub async fn kept_providers(&self, app: &str, channel: &str) -> Result<(Vec<KeptProvider>, i64)> {
        let app = self.live_app(app).await?;
        Ok(self.own_lists().kept(app.id, parse(channel)?).await?)
    }

    /// Changes one provider of a list.
    pub async fn edit_providers(&self, app: &str, channel: &str, edit: ListEdit) -> Result<()> {
        if !matches!(edit, ListEdit::Raise { .. }) {
            self.must_be_confirmed()?;
        }
        let app = self.live_app(app).await?;
        Ok(self.own_lists().edit(app.id, parse(channel)?, edit).await?)
    }

    /// Sends a sample message through a list, or through one provider of it.
    pub async fn test_providers(
        &self,
        app: &str,
        channel: &str,
        only: Option<usize>,
        to: &str,
    ) -> Result<ProviderTestView> {
        let app = self.live_app(app).await?;
        let channel = parse(channel)?;
        let tried = self.own_lists().test(app.id, channel, only, to).await?;
        Ok(ProviderTestView::of(channel, tried))
    }
}

/// The `channel` of the path. What names none is absent.
fn parse(channel: &str) -> Result<Channel> {
    Channel::parse(channel).ok_or(ServiceError::NotFound)
}
