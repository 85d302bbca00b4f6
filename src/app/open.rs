//! Opening the house: database, schema, key ring, data keys.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::{AppError, ring};
use crate::clock::{Chance, OsChance};
use crate::config::{Backend, Config};
use crate::keyring::{DataKey, DataKeys, KeyRing, Vault};
use crate::store::{SqlStore, Store, UpkeepStore};

/// Who opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The server: it migrates the schema.
    Serve,
    /// A command: it migrates an empty SQLite file only.
    Command,
}

/// An open database with its keys.
pub struct Opened {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub vault: Arc<Vault>,
}

/// Opens the database and the key ring that the configuration names.
pub async fn open(config: &Config, mode: Mode) -> Result<Opened, AppError> {
    let embedded = config.database.backend == Backend::Sqlite;
    // SQLite has no lock for migrations: processes that start at once set the database up one after the other.
    let _setup = if embedded { setup_lock(config.database.url.expose_secret()).await? } else { None };
    let store =
        Arc::new(SqlStore::open(config.database.url.expose_secret(), config.database.max_connections).await?);
    let fresh = !store.is_migrated().await? && store.is_empty().await.is_err();
    if mode == Mode::Serve || (embedded && fresh) {
        store.migrate().await?;
    } else if !store.is_migrated().await? {
        return Err(AppError::Failed(
            "the database's schema is not this version's. Run `rift-mfa migrate`, or start the server, which does it."
                .into(),
        ));
    }
    let first = store.is_empty().await?;
    let chance = OsChance;
    let ring = find_ring(&config.keyring.file, embedded && first, &chance)?;
    let data = data_keys(&*store, &ring, first, &chance).await?;
    let vault = Arc::new(Vault::new(&ring, data));
    Ok(Opened { store, vault })
}

/// Holds a lock file beside the database until it is dropped.
async fn setup_lock(url: &str) -> Result<Option<File>, AppError> {
    let Some(path) = SqlStore::embedded_file(url)? else { return Ok(None) };
    let failed = |error: &dyn std::fmt::Display| {
        AppError::Failed(format!("the database's folder cannot be locked: {error}"))
    };
    let mut beside = path.into_os_string();
    beside.push(".setup");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(beside);
    let file = file.map_err(|error| failed(&error))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
    }
}

/// Between two looks at a lock that another process holds.
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

fn find_ring(path: &Path, may_create: bool, chance: &dyn Chance) -> Result<KeyRing, AppError> {
    if path.exists() {
        return ring::read(path);
    }
    let shown = path.display();
    if !may_create {
        return Err(AppError::Configuration(format!(
            "keyring.file: there is no key ring at {shown}. For a new database make one with \
             `rift-mfa keyring new --out {shown}`; for one in use, bring back the ring that it was used with: \
             nothing opens it without."
        )));
    }
    let ring = KeyRing::generate(&mut *chance.rng());
    match ring::create(path, &ring) {
        Ok(()) => Ok(ring),
        // Another process made it at the same moment.
        Err(_) if path.exists() => ring::read(path),
        Err(error) => Err(error),
    }
}

/// Unwraps the data keys, making them for an empty database. The canary among them tells a wrong ring apart.
async fn data_keys(
    store: &dyn Store,
    ring: &KeyRing,
    first: bool,
    chance: &dyn Chance,
) -> Result<DataKeys, AppError> {
    if first {
        let wrapped: Vec<_> = {
            let mut random = chance.rng();
            let mut wrap = |which| {
                let mut key = Zeroizing::new([0; 32]);
                random.fill_bytes(key.as_mut());
                (which, ring.wrap(which, &key, &mut *random))
            };
            DataKey::ALL.into_iter().map(&mut wrap).collect()
        };
        store.offer_data_keys(&wrapped).await?;
    }
    let mut keys = Vec::with_capacity(DataKey::ALL.len());
    for which in DataKey::ALL {
        let wrapped = store.data_key(which).await?.ok_or_else(|| {
            AppError::Failed(format!(
                "the database has no data key `{}`: it was damaged or half restored",
                which.name()
            ))
        })?;
        keys.push(ring.unwrap_key(which, &wrapped).map_err(|error| {
            AppError::Configuration(format!(
                "keyring.file: this is not the key ring that the database was made with ({error}). \
                 Name the right one; with another one no user, factor or code can be found."
            ))
        })?);
    }
    let mut keys = keys.into_iter();
    match (keys.next(), keys.next()) {
        (Some(user_index), Some(backup_pepper)) => Ok(DataKeys { user_index, backup_pepper }),
        _ => Err(AppError::Failed("the data keys are incomplete".into())),
    }
}
