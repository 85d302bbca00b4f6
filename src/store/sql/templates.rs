//! Tenants' message templates.

use async_trait::async_trait;

use super::{Row, SqlStore, args, audit, in_time};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::template::TemplateKey;
use crate::domain::time::Moment;
use crate::store::{AuditNote, Result, StoreError, StoredTemplate, TemplateStore};

fn read(row: &Row) -> Result<StoredTemplate> {
    let corrupt = |what: String| StoreError::Corrupt(format!("templates.{what}"));
    let channel = Channel::parse(&row.get::<String>("channel")?).ok_or_else(|| corrupt("channel".into()))?;
    let key = TemplateKey::new(channel, row.parse("kind")?, &row.get::<String>("locale")?)
        .map_err(|error| corrupt(error.field.into()))?;
    // The parser's own words could quote the template: they are left out.
    let template = serde_json::from_str(&row.get::<String>("content")?)
        .map_err(|_| corrupt("content is not a template of this version".into()))?;
    Ok(StoredTemplate { key, template, updated_at: row.moment("updated_at")? })
}

#[async_trait]
impl TemplateStore for SqlStore {
    async fn templates(&self, app: AppId) -> Result<Vec<StoredTemplate>> {
        in_time(async {
            let mut db = self.reading().await?;
            let rows = db
                .rows(
                    "SELECT channel, kind, locale, content, updated_at FROM templates
                     WHERE app_id = $1 ORDER BY channel, kind, locale",
                    args![app],
                )
                .await?;
            rows.iter().map(read).collect()
        })
        .await
    }

    async fn put_template(&self, app: AppId, template: &StoredTemplate, note: &AuditNote) -> Result<()> {
        let content = serde_json::to_string(&template.template)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let key = &template.key;
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        tx.one(
            "a template",
            "INSERT INTO templates (app_id, channel, kind, locale, content, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (app_id, channel, kind, locale) DO UPDATE SET content = $5, updated_at = $6",
            args![
                app,
                key.channel().as_str(),
                key.kind().as_str(),
                key.locale(),
                content,
                template.updated_at
            ],
        )
        .await?;
        audit::append(&mut *tx, note, template.updated_at).await?;
        tx.commit().await
    }

    async fn remove_template(
        &self,
        app: AppId,
        key: &TemplateKey,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let touched = tx
            .run(
                "DELETE FROM templates WHERE app_id = $1 AND channel = $2 AND kind = $3 AND locale = $4",
                args![app, key.channel().as_str(), key.kind().as_str(), key.locale()],
            )
            .await?;
        if touched != 1 {
            return Ok(false);
        }
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
