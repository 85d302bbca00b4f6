//! The contract over `SQLite`: a new file for each test.

use std::sync::Arc;

use rift_mfa::store::{SqlStore, UpkeepStore};
use sqlx::SqlitePool;
use tempfile::TempDir;

use crate::support::{Fixture, Raw};

/// A database that lives as long as its test.
pub struct Fresh {
    pub fixture: Fixture,
    _folder: TempDir,
}

impl Fresh {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rift.db");
        crate::database::sqlite(&file).await;
        let url = format!("sqlite:{}", file.display());
        let store = SqlStore::open(&url, 8).await.unwrap();
        store.migrate().await.unwrap();
        let raw = Raw::Sqlite(SqlitePool::connect(&url).await.unwrap());
        Self { fixture: Fixture::new(Arc::new(store), raw), _folder: folder }
    }

    pub async fn close(self) {
        self.fixture.close().await;
    }
}

contract_over!(Fresh);
