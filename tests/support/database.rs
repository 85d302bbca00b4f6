//! Fresh databases for tests: the schema is made once, and copied for each test.

use std::path::{Path, PathBuf};

use rift_mfa::store::{SqlStore, UpkeepStore};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

/// Held while a template is made, so that test programs which start at once make one.
const LOCK: i64 = 7_117_203;

/// Makes the database `name` on this server, with this version's schema.
pub async fn postgres(server: &str, name: &str) {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();

    let template = TEMPLATE.get_or_init(|| template(server)).await;
    let mut admin = PgConnection::connect(server).await.expect("the PostgreSQL server answers");
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"));
    admin.execute(create).await.expect("a fresh database");
    admin.close().await.expect("the connection ends");
}

/// A database with the schema and nothing else. It is named after the migrations, and stays on the server: the next run
/// finds it.
async fn template(server: &str) -> String {
    let name = format!("rift_template_{}", fingerprint());
    let mut admin = PgConnection::connect(server).await.expect("the PostgreSQL server answers");
    let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await;
    lock.expect("a lock");
    let known = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&name);
    if known.fetch_optional(&mut admin).await.expect("the list of databases").is_none() {
        // Under another name until it is whole: a run that is killed leaves no half of a schema behind that is taken for one.
        let making = format!("{name}_making");
        for sql in
            [format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)"), format!("CREATE DATABASE {making}")]
        {
            admin.execute(AssertSqlSafe(sql)).await.expect("a database");
        }
        let mut url = url::Url::parse(server).expect("TEST_DATABASE_URL is a URL");
        url.set_path(&making);
        let store = SqlStore::open(url.as_str(), 2).await.expect("the database opens");
        store.migrate().await.expect("the schema is made");
        store.close().await;
        // The server itself waits for the last of our connections to be gone.
        let done = AssertSqlSafe(format!("ALTER DATABASE {making} RENAME TO {name}"));
        admin.execute(done).await.expect("the template has its name");
    }
    admin.close().await.expect("the connection ends");
    name
}

/// A fingerprint of the migrations.
fn fingerprint() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("migrations").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.file_name().expect("a name").as_encoded_bytes());
        hash.update(std::fs::read(&file).expect("a migration"));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Puts a database with this version's schema at `file`.
pub async fn sqlite(file: &Path) {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

    let template = TEMPLATE
        .get_or_init(|| async {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let made = folder.path().join("rift.db");
            let store =
                SqlStore::open(&format!("sqlite://{}", made.display()), 2).await.expect("the database opens");
            store.migrate().await.expect("the schema is made");
            store.close().await;
            std::fs::read(made).expect("the file")
        })
        .await;
    std::fs::write(file, template).expect("a copy");
}
