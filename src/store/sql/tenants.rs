//! Organizations, applications, API keys.

use async_trait::async_trait;

use super::{Row, SqlStore, args, in_time};
use crate::domain::id::{AppId, KeyId, OrgId};
use crate::domain::policy::Settings;
use crate::domain::secret::ApiKeyHash;
use crate::domain::tenant::{ApiKeyRecord, Application, Organization, Plan, Scope};
use crate::domain::time::Moment;
use crate::store::{KeyOwner, Result, StoreError, TenantStore};

fn read_org(row: &Row) -> Result<Organization> {
    Ok(Organization {
        id: row.parse("id")?,
        name: row.get("name")?,
        plan: row.parse("plan")?,
        created_at: row.moment("created_at")?,
    })
}

fn read_settings(text: &str) -> Result<Settings> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("applications.settings: {error}")))
}

fn write_settings(settings: &Settings) -> Result<String> {
    serde_json::to_string(settings).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn read_app(row: &Row) -> Result<Application> {
    Ok(Application {
        id: row.parse("id")?,
        org: row.parse("org_id")?,
        name: row.get("name")?,
        settings: read_settings(&row.get::<String>("settings")?)?,
        created_at: row.moment("created_at")?,
    })
}

fn read_key(row: &Row) -> Result<ApiKeyRecord> {
    Ok(ApiKeyRecord {
        id: row.parse("key_id")?,
        scope: Scope { app: row.parse("app_id")?, mode: row.parse("mode")? },
        name: row.get("key_name")?,
        hint: row.get("hint")?,
        created_at: row.moment("key_created_at")?,
        expires_at: row.moment_opt("expires_at")?,
        revoked_at: row.moment_opt("revoked_at")?,
    })
}

const INSERT_KEY: &str = "INSERT INTO api_keys (id, app_id, mode, hash, hint, name, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

fn key_args(key: &ApiKeyRecord, hash: &ApiKeyHash) -> Vec<super::Arg> {
    args![
        key.id,
        key.scope.app,
        key.scope.mode,
        hash.as_bytes(),
        &key.hint,
        &key.name,
        key.created_at,
        key.expires_at
    ]
}

#[async_trait]
impl TenantStore for SqlStore {
    async fn create_org(&self, org: &Organization) -> Result<()> {
        let mut tx = self.writing().await?;
        tx.one(
            "a new organization",
            "INSERT INTO organizations (id, name, plan, created_at) VALUES ($1, $2, $3, $4)",
            args![org.id, &org.name, org.plan.as_str(), org.created_at],
        )
        .await?;
        tx.commit().await
    }

    async fn orgs(&self) -> Result<Vec<Organization>> {
        let mut db = self.reading().await?;
        let rows =
            db.rows("SELECT id, name, plan, created_at FROM organizations ORDER BY id", args![]).await?;
        rows.iter().map(read_org).collect()
    }

    async fn org(&self, id: OrgId) -> Result<Option<Organization>> {
        let mut db = self.reading().await?;
        let row =
            db.row("SELECT id, name, plan, created_at FROM organizations WHERE id = $1", args![id]).await?;
        row.as_ref().map(read_org).transpose()
    }

    async fn set_plan(&self, id: OrgId, plan: Plan) -> Result<bool> {
        let mut tx = self.writing().await?;
        let touched =
            tx.run("UPDATE organizations SET plan = $1 WHERE id = $2", args![plan.as_str(), id]).await?;
        tx.commit().await?;
        Ok(touched == 1)
    }

    async fn create_app(&self, app: &Application) -> Result<()> {
        let mut tx = self.writing().await?;
        tx.one(
            "a new application",
            "INSERT INTO applications (id, org_id, name, settings, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $5)",
            args![app.id, app.org, &app.name, write_settings(&app.settings)?, app.created_at],
        )
        .await?;
        tx.commit().await
    }

    async fn apps(&self) -> Result<Vec<Application>> {
        let mut db = self.reading().await?;
        let rows = db
            .rows("SELECT id, org_id, name, settings, created_at FROM applications ORDER BY id", args![])
            .await?;
        rows.iter().map(read_app).collect()
    }

    async fn app(&self, id: AppId) -> Result<Option<Application>> {
        let mut db = self.reading().await?;
        let row = db
            .row("SELECT id, org_id, name, settings, created_at FROM applications WHERE id = $1", args![id])
            .await?;
        row.as_ref().map(read_app).transpose()
    }

    async fn save_settings(&self, id: AppId, old: &Settings, new: &Settings, now: Moment) -> Result<bool> {
        let mut tx = self.writing().await?;
        let Some(row) = tx.row("SELECT settings FROM applications WHERE id = $1", args![id]).await? else {
            return Ok(false);
        };
        let stored: String = row.get("settings")?;
        if read_settings(&stored)? != *old {
            return Ok(false);
        }
        let touched = tx
            .run(
                "UPDATE applications SET settings = $1, updated_at = $2 WHERE id = $3 AND settings = $4",
                args![write_settings(new)?, now, id, stored],
            )
            .await?;
        tx.commit().await?;
        Ok(touched == 1)
    }

    async fn create_key(&self, key: &ApiKeyRecord, hash: &ApiKeyHash) -> Result<()> {
        let mut tx = self.writing().await?;
        tx.one("a new key", INSERT_KEY, key_args(key, hash)).await?;
        tx.commit().await
    }

    async fn keys(&self, app: Option<AppId>) -> Result<Vec<ApiKeyRecord>> {
        let mut db = self.reading().await?;
        let rows = db
            .rows(
                "SELECT id AS key_id, app_id, mode, name AS key_name, hint, created_at AS key_created_at,
                        expires_at, revoked_at
                 FROM api_keys WHERE ($1 IS NULL OR app_id = $1) ORDER BY id",
                args![app],
            )
            .await?;
        rows.iter().map(read_key).collect()
    }

    async fn key(&self, id: KeyId) -> Result<Option<ApiKeyRecord>> {
        let mut db = self.reading().await?;
        let row = db
            .row(
                "SELECT id AS key_id, app_id, mode, name AS key_name, hint, created_at AS key_created_at,
                        expires_at, revoked_at
                 FROM api_keys WHERE id = $1",
                args![id],
            )
            .await?;
        row.as_ref().map(read_key).transpose()
    }

    async fn revoke_key(&self, id: KeyId, now: Moment) -> Result<bool> {
        let mut tx = self.writing().await?;
        let touched = tx
            .run("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL", args![now, id])
            .await?;
        tx.commit().await?;
        Ok(touched == 1)
    }

    async fn roll_key(
        &self,
        old: KeyId,
        until: Moment,
        new: &ApiKeyRecord,
        hash: &ApiKeyHash,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        let touched = tx
            .run(
                "UPDATE api_keys SET expires_at = CASE WHEN expires_at < $1 THEN expires_at ELSE $1 END
                 WHERE id = $2 AND revoked_at IS NULL",
                args![until, old],
            )
            .await?;
        if touched != 1 {
            return Ok(false);
        }
        tx.one("a new key", INSERT_KEY, key_args(new, hash)).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn find_key(&self, hash: &ApiKeyHash) -> Result<Option<KeyOwner>> {
        in_time(async {
            let mut db = self.reading().await?;
            let row = db
                .row(
                    "SELECT k.id AS key_id, k.app_id, k.mode, k.name AS key_name, k.hint,
                            k.created_at AS key_created_at, k.expires_at, k.revoked_at,
                            a.id, a.org_id, a.name, a.settings, a.created_at, o.plan
                     FROM api_keys k
                     JOIN applications a ON a.id = k.app_id
                     JOIN organizations o ON o.id = a.org_id
                     WHERE k.hash = $1",
                    args![hash.as_bytes()],
                )
                .await?;
            let Some(row) = row else { return Ok(None) };
            Ok(Some(KeyOwner { key: read_key(&row)?, app: read_app(&row)?, plan: row.parse("plan")? }))
        })
        .await
    }
}
