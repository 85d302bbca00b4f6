//! Organizations, applications, API keys.

use async_trait::async_trait;

use super::{Row, Session, SqlStore, args, audit, in_time, keys};
use crate::domain::audit::Change;
use crate::domain::id::{AppId, KeyId, OrgId};
use crate::domain::policy::Settings;
use crate::domain::secret::ApiKeyHash;
use crate::domain::tenant::{ApiKeyRecord, Application, Deletion, Organization, Plan, Scope};
use crate::domain::time::Moment;
use crate::store::{AuditNote, KeyOwner, Made, Result, Rolled, StoreError, TenantStore};

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

pub(super) fn read_app(row: &Row) -> Result<Application> {
    Ok(Application {
        id: row.parse("id")?,
        org: row.parse("org_id")?,
        name: row.get("name")?,
        settings: read_settings(&row.get::<String>("settings")?)?,
        created_at: row.moment("created_at")?,
        deletion: match (row.moment_opt("deleted_at")?, row.moment_opt("erased_after")?) {
            (Some(deleted_at), Some(erased_after)) => Some(Deletion { deleted_at, erased_after }),
            _ => None,
        },
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
        last_used_at: row.moment_opt("last_used_at")?,
    })
}

/// Counts what a statement selects as `n`.
async fn count(tx: &mut dyn Session, sql: &'static str, args: Vec<super::Arg>) -> Result<i64> {
    tx.row(sql, args).await?.map_or(Ok(0), |row| row.get("n"))
}

/// Another application of the organization that has this name.
async fn named(tx: &mut dyn Session, org: OrgId, name: &str, but: AppId) -> Result<Option<AppId>> {
    let row = tx
        .row(
            "SELECT id FROM applications WHERE org_id = $1 AND name = $2 AND id <> $3 ORDER BY id LIMIT 1",
            args![org, name, but],
        )
        .await?;
    row.map(|row| row.parse("id")).transpose()
}

impl SqlStore {
    /// A change of one row under the organization's head, with its line in the audit log; `false` where it touched none.
    async fn change(
        &self,
        sql: &'static str,
        args: Vec<super::Arg>,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        if tx.run(sql, args).await? != 1 {
            return Ok(false);
        }
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// A change of one field of an organization; the line tells what it was by then.
    async fn change_org(
        &self,
        id: OrgId,
        (field, new): (&'static str, &str),
        sql: &'static str,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let row = tx.row("SELECT name, plan FROM organizations WHERE id = $1", args![id]).await?;
        let Some(row) = row else { return Ok(false) };
        if tx.run(sql, args![new, id]).await? != 1 {
            return Ok(false);
        }
        let changes = vec![Change::from_to(field, row.get::<String>(field)?, new)];
        audit::append(&mut *tx, &note.with(changes), now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

#[async_trait]
impl TenantStore for SqlStore {
    async fn create_org(&self, org: &Organization, note: &AuditNote) -> Result<()> {
        let mut tx = self.writing().await?;
        tx.one(
            "a new organization",
            "INSERT INTO organizations (id, name, plan, created_at) VALUES ($1, $2, $3, $4)",
            args![org.id, &org.name, org.plan.as_str(), org.created_at],
        )
        .await?;
        audit::append(&mut *tx, note, org.created_at).await?;
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

    async fn set_plan(&self, id: OrgId, plan: Plan, now: Moment, note: &AuditNote) -> Result<bool> {
        let sql = "UPDATE organizations SET plan = $1 WHERE id = $2 AND plan <> $1";
        self.change_org(id, ("plan", plan.as_str()), sql, now, note).await
    }

    async fn rename_org(&self, id: OrgId, name: &str, now: Moment, note: &AuditNote) -> Result<bool> {
        let sql = "UPDATE organizations SET name = $1 WHERE id = $2 AND name <> $1";
        self.change_org(id, ("name", name), sql, now, note).await
    }

    async fn create_app(
        &self,
        app: &Application,
        most: Option<i64>,
        note: &AuditNote,
    ) -> Result<Made<AppId>> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, app.org).await?;
        if let Some(most) = most {
            if let Some(other) = named(&mut *tx, app.org, &app.name, app.id).await? {
                return Ok(Made::Exists(other));
            }
            let sql = "SELECT COUNT(*) AS n FROM applications WHERE org_id = $1";
            if count(&mut *tx, sql, args![app.org]).await? >= most {
                return Ok(Made::TooMany);
            }
        }
        tx.one(
            "a new application",
            "INSERT INTO applications (id, org_id, name, settings, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $5)",
            args![app.id, app.org, &app.name, write_settings(&app.settings)?, app.created_at],
        )
        .await?;
        audit::append(&mut *tx, note, app.created_at).await?;
        tx.commit().await?;
        Ok(Made::Yes)
    }

    async fn apps(&self, org: Option<OrgId>) -> Result<Vec<Application>> {
        let mut db = self.reading().await?;
        let sql = "SELECT * FROM applications WHERE ($1 IS NULL OR org_id = $1) ORDER BY id";
        db.rows(sql, args![org]).await?.iter().map(read_app).collect()
    }

    async fn app(&self, id: AppId) -> Result<Option<Application>> {
        let mut db = self.reading().await?;
        let row = db.row("SELECT * FROM applications WHERE id = $1", args![id]).await?;
        row.as_ref().map(read_app).transpose()
    }

    async fn save_settings(
        &self,
        id: AppId,
        old: &Settings,
        new: &Settings,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let Some(row) = tx.row("SELECT settings FROM applications WHERE id = $1", args![id]).await? else {
            return Ok(false);
        };
        let stored: String = row.get("settings")?;
        if read_settings(&stored)? != *old {
            return Ok(false);
        }
        if old == new {
            return Ok(true);
        }
        let touched = tx
            .run(
                "UPDATE applications SET settings = $1, updated_at = $2 WHERE id = $3 AND settings = $4",
                args![write_settings(new)?, now, id, stored],
            )
            .await?;
        if touched != 1 {
            return Ok(false);
        }
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn rename_app(&self, id: AppId, name: &str, now: Moment, note: &AuditNote) -> Result<Made<AppId>> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        if let Some(other) = named(&mut *tx, note.line.org, name, id).await? {
            return Ok(Made::Exists(other));
        }
        let row = tx.row("SELECT name FROM applications WHERE id = $1", args![id]).await?;
        let Some(old) = row.map(|row| row.get::<String>("name")).transpose()? else { return Ok(Made::Yes) };
        let touched = tx
            .run(
                "UPDATE applications SET name = $1, updated_at = $2 WHERE id = $3 AND name <> $1",
                args![name, now, id],
            )
            .await?;
        if touched == 1 {
            // What it was by then: another one may have renamed it since the caller looked.
            audit::append(&mut *tx, &note.with(vec![Change::from_to("name", old, name)]), now).await?;
            tx.commit().await?;
        }
        Ok(Made::Yes)
    }

    async fn delete_app(&self, id: AppId, deletion: Deletion, note: &AuditNote) -> Result<bool> {
        let sql =
            "UPDATE applications SET deleted_at = $1, erased_after = $2 WHERE id = $3 AND deleted_at IS NULL";
        self.change(sql, args![deletion.deleted_at, deletion.erased_after, id], deletion.deleted_at, note)
            .await
    }

    async fn restore_app(&self, id: AppId, now: Moment, note: &AuditNote) -> Result<bool> {
        let sql = "UPDATE applications SET deleted_at = NULL, erased_after = NULL WHERE id = $1 AND erased_after > $2";
        self.change(sql, args![id, now], now, note).await
    }

    async fn begin_to_erase_app(&self, now: Moment) -> Result<Option<Application>> {
        self.begin_to_erase(now).await
    }

    async fn erase_app_rows(&self, id: AppId, limit: i64) -> Result<u64> {
        self.erase_rows(id, limit).await
    }

    async fn erase_app(&self, id: AppId, now: Moment, note: &AuditNote) -> Result<bool> {
        self.erase_the_app(id, now, note).await
    }

    async fn create_key(
        &self,
        key: &ApiKeyRecord,
        hash: &ApiKeyHash,
        most: Option<i64>,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        if keys::is_full(&mut *tx, key, most).await? {
            return Ok(false);
        }
        keys::insert(&mut *tx, key, hash).await?;
        audit::append(&mut *tx, note, key.created_at).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn keys(&self, app: Option<AppId>) -> Result<Vec<ApiKeyRecord>> {
        let mut db = self.reading().await?;
        let rows = db
            .rows(
                "SELECT id AS key_id, app_id, mode, name AS key_name, hint, created_at AS key_created_at,
                        expires_at, revoked_at, last_used_at
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
                        expires_at, revoked_at, last_used_at
                 FROM api_keys WHERE id = $1",
                args![id],
            )
            .await?;
        row.as_ref().map(read_key).transpose()
    }

    async fn api_keys_used(&self, at: Moment, ids: &[KeyId]) -> Result<()> {
        keys::used(self, keys::API_KEYS_USED, at, ids).await
    }

    async fn revoke_key(&self, id: KeyId, now: Moment, note: &AuditNote) -> Result<bool> {
        let sql = "UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
        self.change(sql, args![now, id], now, note).await
    }

    async fn roll_key(
        &self,
        old: KeyId,
        until: Moment,
        new: &ApiKeyRecord,
        hash: &ApiKeyHash,
        most: Option<i64>,
        note: &AuditNote,
    ) -> Result<Rolled> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        let touched = tx
            .run(
                "UPDATE api_keys SET expires_at = CASE WHEN expires_at < $1 THEN expires_at ELSE $1 END
                 WHERE id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)",
                args![until, old, new.created_at],
            )
            .await?;
        if touched != 1 {
            return Ok(Rolled::NotActive);
        }
        // The old one is among them as long as it has a grace.
        if keys::is_full(&mut *tx, new, most).await? {
            return Ok(Rolled::TooMany);
        }
        keys::insert(&mut *tx, new, hash).await?;
        audit::append(&mut *tx, note, new.created_at).await?;
        tx.commit().await?;
        Ok(Rolled::Yes)
    }

    async fn find_key(&self, hash: &ApiKeyHash) -> Result<Option<KeyOwner>> {
        in_time(async {
            let mut db = self.reading().await?;
            let row = db
                .row(
                    "SELECT k.id AS key_id, k.app_id, k.mode, k.name AS key_name, k.hint,
                            k.created_at AS key_created_at, k.expires_at, k.revoked_at, k.last_used_at,
                            a.id, a.org_id, a.name, a.settings, a.created_at, a.deleted_at, a.erased_after,
                            o.plan
                     FROM api_keys k
                     JOIN applications a ON a.id = k.app_id
                     JOIN organizations o ON o.id = a.org_id
                     WHERE k.hash = $1 AND a.deleted_at IS NULL",
                    args![hash.as_bytes()],
                )
                .await?;
            let Some(row) = row else { return Ok(None) };
            Ok(Some(KeyOwner { key: read_key(&row)?, app: read_app(&row)?, plan: row.parse("plan")? }))
        })
        .await
    }
}
