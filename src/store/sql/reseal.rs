//! Sealed values under an older root key: found, and put back under the new one.

use super::{Session, args};
use crate::domain::hex::{hex, unhex};
use crate::domain::tenant::Scope;
use crate::keyring::{Sealed, SealedTable};
use crate::store::{Result, SealedRow, StoreError};

/// Finds values that are sealed under another key than `primary`.
pub async fn find(
    db: &mut dyn Session,
    table: SealedTable,
    primary: &str,
    limit: i64,
) -> Result<Vec<SealedRow>> {
    let sql = match table {
        SealedTable::Factors => {
            "SELECT app_id, mode, id, user_key, secret_key AS sealed_key, secret AS sealed FROM factors
             WHERE secret_key <> $1 LIMIT $2"
        }
        SealedTable::FactorNames => {
            "SELECT app_id, mode, id, user_key, name_key AS sealed_key, name AS sealed FROM factors
             WHERE name IS NOT NULL AND name_key <> $1 LIMIT $2"
        }
        SealedTable::Messages => {
            "SELECT app_id, mode, id, user_key, payload_key AS sealed_key, payload AS sealed FROM messages
             WHERE payload IS NOT NULL AND payload_key <> $1 LIMIT $2"
        }
        SealedTable::Inbox => {
            "SELECT app_id, mode, id, user_key, content_key AS sealed_key, content AS sealed FROM inbox
             WHERE content_key <> $1 LIMIT $2"
        }
        SealedTable::Idempotency => {
            "SELECT app_id, mode, key_mac, answer_key AS sealed_key, answer AS sealed FROM idempotency
             WHERE answer IS NOT NULL AND answer_key <> $1 LIMIT $2"
        }
        SealedTable::WebauthnStates => {
            "SELECT app_id, mode, id, user_key, state_key AS sealed_key, state AS sealed FROM webauthn_states
             WHERE state_key <> $1 LIMIT $2"
        }
        SealedTable::WebhookSecrets => {
            "SELECT app_id, mode, id, secrets_key AS sealed_key, secrets AS sealed FROM webhook_endpoints
             WHERE secrets_key <> $1 LIMIT $2"
        }
        SealedTable::AppProviders => {
            "SELECT app_id, 'live' AS mode, channel AS id, list_key AS sealed_key, list AS sealed FROM app_providers
             WHERE list_key <> $1 LIMIT $2"
        }
    };
    let rows = db.rows(sql, args![primary, limit]).await?;
    rows.iter()
        .map(|row| {
            let keyed = table == SealedTable::Idempotency;
            let of_user = !keyed && !matches!(table, SealedTable::WebhookSecrets | SealedTable::AppProviders);
            Ok(SealedRow {
                scope: Scope { app: row.parse("app_id")?, mode: row.parse("mode")? },
                id: if keyed { hex(&row.get::<Vec<u8>>("key_mac")?) } else { row.get("id")? },
                user: if of_user { Some(row.user_key("user_key")?) } else { None },
                sealed: Sealed { key: row.get("sealed_key")?, bytes: row.get("sealed")? },
            })
        })
        .collect()
}

/// Puts a value back, if the old one still stands there.
pub async fn put(tx: &mut dyn Session, table: SealedTable, row: &SealedRow, new: &Sealed) -> Result<u64> {
    let (sql, id) = match table {
        SealedTable::Factors => (
            "UPDATE factors SET secret_key = $1, secret = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND secret = $6",
            super::Arg::from(&row.id),
        ),
        SealedTable::FactorNames => (
            "UPDATE factors SET name_key = $1, name = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND name = $6",
            super::Arg::from(&row.id),
        ),
        SealedTable::Messages => (
            "UPDATE messages SET payload_key = $1, payload = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND payload = $6",
            super::Arg::from(&row.id),
        ),
        SealedTable::Inbox => (
            "UPDATE inbox SET content_key = $1, content = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND content = $6",
            super::Arg::from(&row.id),
        ),
        SealedTable::Idempotency => (
            "UPDATE idempotency SET answer_key = $1, answer = $2
             WHERE app_id = $3 AND mode = $4 AND key_mac = $5 AND answer = $6",
            super::Arg::from(
                unhex(&row.id).ok_or_else(|| StoreError::Corrupt("a row id is not hexadecimal".into()))?,
            ),
        ),
        SealedTable::WebauthnStates => (
            "UPDATE webauthn_states SET state_key = $1, state = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND state = $6",
            super::Arg::from(&row.id),
        ),
        SealedTable::WebhookSecrets => (
            "UPDATE webhook_endpoints SET secrets_key = $1, secrets = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND secrets = $6",
            super::Arg::from(&row.id),
        ),
        SealedTable::AppProviders => (
            "UPDATE app_providers SET list_key = $1, list = $2
             WHERE app_id = $3 AND $4 = 'live' AND channel = $5 AND list = $6",
            super::Arg::from(&row.id),
        ),
    };
    let mut args = args![&new.key, &new.bytes, row.scope.app, row.scope.mode];
    args.push(id);
    args.push(super::Arg::from(&row.sealed.bytes));
    tx.run(sql, args).await
}
