//! Providers of an application's own: a sealed list a channel, and what may be shown of it.

use async_trait::async_trait;

use super::{Row, Session, SqlStore, args, audit, in_time};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::time::Moment;
use crate::keyring::Sealed;
use crate::store::{
    AuditNote, NewOwnProviders, OwnProviderStore, Result, SealedProviders, ShownProviders, StoreError,
};

fn channel(row: &Row) -> Result<Channel> {
    Channel::parse(&row.get::<String>("channel")?)
        .ok_or_else(|| StoreError::Corrupt("app_providers.channel holds an unknown value".into()))
}

async fn put(tx: &mut dyn Session, app: AppId, list: &NewOwnProviders) -> Result<()> {
    tx.one(
        "a list of own providers",
        "INSERT INTO app_providers (app_id, channel, list_key, list, shown, version, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (app_id, channel) DO UPDATE
             SET list_key = $3, list = $4, shown = $5, version = $6, updated_at = $7",
        args![
            app,
            list.channel.as_str(),
            &list.list.key,
            &list.list.bytes,
            &list.shown,
            list.version,
            list.updated_at
        ],
    )
    .await
}

#[async_trait]
impl OwnProviderStore for SqlStore {
    async fn put_own_providers(&self, app: AppId, list: &NewOwnProviders, note: &AuditNote) -> Result<()> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        put(&mut *tx, app, list).await?;
        audit::append(&mut *tx, note, list.updated_at).await?;
        tx.commit().await
    }

    async fn change_own_providers(
        &self,
        app: AppId,
        channel: Channel,
        over: Option<i64>,
        new: Option<&NewOwnProviders>,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        // Whoever changes a list of the organization waits here, so that what is read next is what is replaced.
        audit::hold(&mut *tx, note.line.org).await?;
        let row = tx
            .row(
                "SELECT version FROM app_providers WHERE app_id = $1 AND channel = $2",
                args![app, channel.as_str()],
            )
            .await?;
        if row.as_ref().map(|row| row.get::<i64>("version")).transpose()? != over {
            return Ok(false);
        }
        match new {
            Some(list) => put(&mut *tx, app, list).await?,
            None => {
                tx.run(
                    "DELETE FROM app_providers WHERE app_id = $1 AND channel = $2",
                    args![app, channel.as_str()],
                )
                .await?;
            }
        }
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn own_providers(&self, app: AppId) -> Result<Vec<ShownProviders>> {
        in_time(async {
            let rows = self
                .reading()
                .await?
                .rows(
                    "SELECT channel, shown, version, updated_at FROM app_providers
                     WHERE app_id = $1 ORDER BY channel",
                    args![app],
                )
                .await?;
            rows.iter()
                .map(|row| {
                    Ok(ShownProviders {
                        channel: channel(row)?,
                        shown: row.get("shown")?,
                        version: row.get("version")?,
                        updated_at: row.moment("updated_at")?,
                    })
                })
                .collect()
        })
        .await
    }

    async fn own_versions(&self, app: AppId) -> Result<Vec<(Channel, i64)>> {
        in_time(async {
            let rows = self
                .reading()
                .await?
                .rows("SELECT channel, version FROM app_providers WHERE app_id = $1", args![app])
                .await?;
            rows.iter().map(|row| Ok((channel(row)?, row.get("version")?))).collect()
        })
        .await
    }

    async fn sealed_providers(&self, app: AppId, channel: Channel) -> Result<Option<SealedProviders>> {
        in_time(async {
            let row = self
                .reading()
                .await?
                .row(
                    "SELECT list_key, list, version FROM app_providers WHERE app_id = $1 AND channel = $2",
                    args![app, channel.as_str()],
                )
                .await?;
            let Some(row) = row else { return Ok(None) };
            let list = Sealed { key: row.get("list_key")?, bytes: row.get("list")? };
            Ok(Some(SealedProviders { list, version: row.get("version")? }))
        })
        .await
    }

    async fn remove_own_providers(
        &self,
        app: AppId,
        channel: Channel,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let touched = tx
            .run("DELETE FROM app_providers WHERE app_id = $1 AND channel = $2", args![app, channel.as_str()])
            .await?;
        if touched != 1 {
            return Ok(false);
        }
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
