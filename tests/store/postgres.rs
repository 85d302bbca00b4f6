//! The contract over Postgres: a new database for each test, on the server that `TEST_DATABASE_URL` names.

use std::sync::Arc;

use rand::RngExt as _;
use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::store::{SqlStore, UpkeepStore};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool};

use crate::support::{Fixture, Raw};

/// A database that is dropped at the end of its test, however that ends.
pub struct Fresh {
    pub fixture: Fixture,
    server: String,
    name: String,
}

impl Fresh {
    pub async fn open() -> Self {
        let server = std::env::var("TEST_DATABASE_URL")
            .expect("set TEST_DATABASE_URL, or run script/test, which starts a private PostgreSQL");
        let name = format!("rift_store_{:032x}", OsChance.rng().random::<u128>());
        crate::database::postgres(&server, &name).await;
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&name);
        let store = SqlStore::open(url.as_str(), 16).await.unwrap();
        store.migrate().await.unwrap();
        let raw = Raw::Postgres(PgPool::connect(url.as_str()).await.unwrap());
        Self { fixture: Fixture::new(Arc::new(store), raw), server, name }
    }

    pub async fn close(self) {
        self.fixture.close().await;
        run(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

async fn run(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}

contract_over!(Fresh);
