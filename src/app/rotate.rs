//! A new root key: the ring first, then the data keys, then every sealed row.

use std::path::Path;
use std::time::Duration;

use super::open::Opened;
use super::{AppError, ring};
use crate::clock::{Chance, OsChance};
use crate::keyring::{DataKey, KeyRing, SealedTable};

/// What a rotation did.
pub struct Rotated {
    /// The new primary key's name.
    pub primary: String,
    /// Rows that were sealed anew.
    pub rows: u64,
    /// Rows that no key on the ring opens; they stay as they are.
    pub unreadable: u64,
}

/// How long running nodes have to load a key that is known but not primary yet; they look every 2 s.
const SPREAD: Duration = Duration::from_secs(5);

/// Rows that are sealed anew in one transaction.
const STEP: i64 = 200;

/// Puts a new primary key on the ring and seals everything anew, telling `progress` how far it is. Safe to run again after
/// it was interrupted: what is left is done then.
pub async fn rotate(
    file: &Path,
    opened: &Opened,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<Rotated, AppError> {
    // One rotation at a time, on the ring as it is in the file now: two would lose each other's key, and with it the database.
    let _alone = ring::lock(file)?;
    let next = ring::read(file)?.rotated(&mut *OsChance.rng());
    let staged = next.with_primary_last();
    // First as the last key: every node can open with it before any node seals with it.
    ring::replace(file, &staged)?;
    progress("the new key is on the ring; waiting 5 s for running nodes to load it");
    tokio::time::sleep(SPREAD).await;
    if *ring::read(file)?.to_text() != *staged.to_text() {
        return Err(AppError::Failed(format!(
            "the key ring {} was changed by somebody else meanwhile; nothing was sealed anew. Look at it and rotate again.",
            file.display()
        )));
    }
    ring::replace(file, &next)?;
    opened.vault.replace_ring(&next);
    progress("the new key is primary; sealing rows anew");
    for which in DataKey::ALL {
        rewrap(opened, &next, which).await?;
    }
    let mut rotated = Rotated { primary: opened.vault.primary(), rows: 0, unreadable: 0 };
    for table in SealedTable::ALL {
        loop {
            let (done, unreadable) = reseal_some(opened, table, &rotated.primary).await?;
            rotated.rows += done;
            // Only rows that do not open are left, or none.
            if done == 0 {
                rotated.unreadable += unreadable;
                break;
            }
            progress(&format!("{} rows", rotated.rows));
        }
    }
    Ok(rotated)
}

async fn rewrap(opened: &Opened, next: &KeyRing, which: DataKey) -> Result<(), AppError> {
    let Some(old) = opened.store.data_key(which).await? else { return Ok(()) };
    let key = next.unwrap_key(which, &old).map_err(|error| AppError::Failed(error.to_string()))?;
    let new = next.wrap(which, &key, &mut *OsChance.rng());
    opened.store.rewrap_data_key(which, &old, &new).await?;
    Ok(())
}

async fn reseal_some(opened: &Opened, table: SealedTable, primary: &str) -> Result<(u64, u64), AppError> {
    let (mut done, mut unreadable) = (0, 0);
    for row in opened.store.sealed_rows(table, primary, STEP).await? {
        let place = row.place(table);
        match opened.vault.open(place, &row.sealed) {
            Ok(value) => {
                let new = opened.vault.seal(place, &value, &mut *OsChance.rng());
                // A row that changed meanwhile was sealed by its writer, under the new key.
                opened.store.reseal(table, &row, &new).await?;
                done += 1;
            }
            Err(error) => {
                tracing::error!(table = table.name(), id = place.id, %error, "a sealed row does not open");
                unreadable += 1;
            }
        }
    }
    Ok((done, unreadable))
}
