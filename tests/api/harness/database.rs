//! A fresh database for one test, of either kind.

use sqlx::{Connection, Executor};

/// Which database a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

/// A database that is there for one test.
pub struct Database {
    pub url: String,
    pub folder: Option<tempfile::TempDir>,
    server: Option<(String, String)>,
}

impl Database {
    pub async fn new(on: On) -> Self {
        match on {
            On::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let file = folder.path().join("rift.db");
                crate::database::sqlite(&file).await;
                let url = format!("sqlite://{}", file.display());
                Self { url, folder: Some(folder), server: None }
            }
            On::Postgres => {
                let server = std::env::var("TEST_DATABASE_URL")
                    .expect("set TEST_DATABASE_URL, or run script/test, which starts a private PostgreSQL");
                let unique = format!("{:032x}", u128::from_be_bytes(super::random()));
                let name = format!("rift_{unique}");
                crate::database::postgres(&server, &name).await;
                let mut url = url::Url::parse(&server).expect("TEST_DATABASE_URL is a URL");
                url.set_path(&name);
                Self { url: url.into(), folder: None, server: Some((server, name)) }
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.server.take() else { return };
        // A thread of its own: this may run inside a runtime, which must not be blocked.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                if let Ok(mut admin) = sqlx::PgConnection::connect(&server).await {
                    let sql = sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                    let _ = admin.execute(sql).await;
                }
            });
        });
        let _ = dropped.join();
    }
}
