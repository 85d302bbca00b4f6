//! A connection of either driver behind one small face: run a statement, read rows, commit.

use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{ColumnIndex, Decode, Postgres, Row as _, Sqlite, Type};

use crate::domain::id::{Id, Kind};
use crate::domain::time::Moment;
use crate::keyring::UserKey;
use crate::store::{Result, StoreError, Wakes};

/// What differs between the databases.
#[async_trait]
pub trait Database: Send + Sync {
    /// A transaction that may write. On SQLite it holds the one writing connection from the first statement on.
    async fn writing(&self) -> Result<Box<dyn Session>>;
    /// A connection for reading.
    async fn reading(&self) -> Result<Box<dyn Session>>;
    /// Takes due messages of the named channels; skips those that another transaction holds. A lease ends 20 s after its code's life at the
    /// latest, so that a message whose node died is reported in time; it lasts 2 s at least, so that no claim takes it twice
    /// in a row.
    fn claim_statement(&self) -> &'static str;
    /// Whether a claim must skip rows that another transaction holds, because others may write at the same time.
    fn skips_locked(&self) -> bool;
    /// The database's clock in epoch milliseconds, as column `now`.
    fn time_statement(&self) -> &'static str;
    /// Hears of [`Session::wake`] on any node.
    async fn listen(&self) -> Result<Box<dyn Wakes>>;
    /// Brings the schema up to date, once.
    async fn migrate(&self) -> Result<()>;
    /// Whether the schema is this version's.
    async fn is_migrated(&self) -> Result<bool>;
    /// Open connections, and those of them that nobody uses.
    fn connections(&self) -> (u32, usize);
    /// Closes all connections.
    async fn close(&self);
}

/// A statement that claims rows by a subquery: as it is, and with the clause that skips rows which others hold.
pub struct Claiming(pub &'static str, pub &'static str);

impl Claiming {
    /// The form for a database.
    pub fn of(&self, database: &dyn Database) -> &'static str {
        if database.skips_locked() { self.1 } else { self.0 }
    }
}

/// Makes a [`Claiming`] of what stands before and after the clause. The rows are chosen by a materialized `WITH`, so that no plan
/// chooses them twice and takes more than the limit.
macro_rules! claiming {
    ($before:literal, $after:literal) => {
        $crate::store::sql::session::Claiming(
            concat!($before, $after),
            concat!($before, " FOR UPDATE SKIP LOCKED", $after),
        )
    };
}
pub(in crate::store) use claiming;

/// A connection in use. Dropping it without [`Session::commit`] rolls back.
#[async_trait]
pub trait Session: Send {
    /// With the commit, the couriers of all nodes look at the outbox: something became due that no node holds.
    async fn wake(&mut self) -> Result<()>;
    /// Runs a statement; gives back how many rows it touched.
    async fn run(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64>;
    /// Runs a statement; gives back its rows.
    async fn rows(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<Row>>;
    /// Makes it all durable.
    async fn commit(self: Box<Self>) -> Result<()>;
}

impl dyn Session + '_ {
    /// The first row, if there is one.
    pub async fn row(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs a statement that must touch exactly one row.
    pub async fn one(&mut self, what: &'static str, sql: &'static str, args: Vec<Arg>) -> Result<()> {
        match self.run(sql, args).await? {
            1 => Ok(()),
            touched => Err(StoreError::Conflict { what, touched }),
        }
    }
}

/// A value bound to a statement.
pub enum Arg {
    /// TEXT or NULL.
    Text(Option<String>),
    /// BIGINT or NULL.
    Int(Option<i64>),
    /// BYTEA/BLOB or NULL.
    Bytes(Option<Vec<u8>>),
    /// BOOLEAN.
    Bool(bool),
}

/// Binds values in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::Arg::from($value)),*] };
}
pub(in crate::store) use args;

macro_rules! arg_from {
    ($($type:ty => |$value:ident| $arg:expr;)*) => {$(
        impl From<$type> for Arg {
            fn from($value: $type) -> Self { $arg }
        }
    )*};
}

arg_from! {
    &str => |v| Self::Text(Some(v.to_owned()));
    &String => |v| Self::Text(Some(v.clone()));
    String => |v| Self::Text(Some(v));
    Option<String> => |v| Self::Text(v);
    &Option<String> => |v| Self::Text(v.clone());
    Option<&str> => |v| Self::Text(v.map(str::to_owned));
    i64 => |v| Self::Int(Some(v));
    u8 => |v| Self::Int(Some(i64::from(v)));
    Option<i64> => |v| Self::Int(v);
    Moment => |v| Self::Int(Some(v.millis()));
    Option<Moment> => |v| Self::Int(v.map(Moment::millis));
    Vec<u8> => |v| Self::Bytes(Some(v));
    &Vec<u8> => |v| Self::Bytes(Some(v.clone()));
    &[u8] => |v| Self::Bytes(Some(v.to_vec()));
    &[u8; 32] => |v| Self::Bytes(Some(v.to_vec()));
    &UserKey => |v| Self::Bytes(Some(v.as_bytes().to_vec()));
    Option<UserKey> => |v| Self::Bytes(v.map(|key| key.as_bytes().to_vec()));
    bool => |v| Self::Bool(v);
    crate::domain::tenant::Mode => |v| Self::Text(Some(v.as_str().to_owned()));
    crate::domain::challenge::Family => |v| Self::Text(Some(v.as_str().to_owned()));
    crate::domain::challenge::MfaType => |v| Self::Text(Some(v.as_str().to_owned()));
    crate::domain::challenge::Status => |v| Self::Text(Some(v.as_str().to_owned()));
}

impl<K: Kind> From<Id<K>> for Arg {
    fn from(id: Id<K>) -> Self {
        Self::Text(Some(id.to_string()))
    }
}

impl<K: Kind> From<Option<Id<K>>> for Arg {
    fn from(id: Option<Id<K>>) -> Self {
        Self::Text(id.map(|id| id.to_string()))
    }
}

macro_rules! bind_all {
    ($name:ident, $database:ty, $arguments:ty) => {
        pub(in crate::store) fn $name(
            sql: &'static str,
            args: Vec<Arg>,
        ) -> Query<'static, $database, $arguments> {
            args.into_iter().fold(sqlx::query::<$database>(sql), |query, arg| match arg {
                Arg::Text(value) => query.bind(value),
                Arg::Int(value) => query.bind(value),
                Arg::Bytes(value) => query.bind(value),
                Arg::Bool(value) => query.bind(value),
            })
        }
    };
}
bind_all!(bind_postgres, Postgres, PgArguments);
bind_all!(bind_sqlite, Sqlite, SqliteArguments);

/// A row of either database.
pub enum Row {
    /// Postgres.
    Postgres(PgRow),
    /// SQLite.
    Sqlite(SqliteRow),
}

impl Row {
    /// A column's value.
    pub fn get<T>(&self, column: &'static str) -> Result<T>
    where
        T: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
        &'static str: ColumnIndex<PgRow> + ColumnIndex<SqliteRow>,
    {
        match self {
            Self::Postgres(row) => row.try_get(column),
            Self::Sqlite(row) => row.try_get(column),
        }
        .map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// A column whose text is parsed: an id, a mode, a status.
    pub fn parse<T: std::str::FromStr>(&self, column: &'static str) -> Result<T> {
        let text: String = self.get(column)?;
        text.parse().map_err(|_| StoreError::Corrupt(format!("column {column} holds an unknown value")))
    }

    /// The same, where the column may be NULL.
    pub fn parse_opt<T: std::str::FromStr>(&self, column: &'static str) -> Result<Option<T>> {
        let Some(text) = self.get::<Option<String>>(column)? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| StoreError::Corrupt(format!("column {column} holds an unknown value")))
    }

    /// A time.
    pub fn moment(&self, column: &'static str) -> Result<Moment> {
        self.get(column).map(Moment::from_millis)
    }

    /// A time that may be NULL.
    pub fn moment_opt(&self, column: &'static str) -> Result<Option<Moment>> {
        Ok(self.get::<Option<i64>>(column)?.map(Moment::from_millis))
    }

    /// 32 bytes.
    pub fn bytes32(&self, column: &'static str) -> Result<[u8; 32]> {
        let bytes: Vec<u8> = self.get(column)?;
        bytes.try_into().map_err(|_| StoreError::Corrupt(format!("column {column} is not 32 bytes long")))
    }

    /// A user's key.
    pub fn user_key(&self, column: &'static str) -> Result<UserKey> {
        self.bytes32(column).map(UserKey::from_bytes)
    }
}

/// Randomness for the ids of events: they are nobody's secret, and no caller has one to hand over.
pub(in crate::store) fn event_chance() -> Box<dyn rand::CryptoRng> {
    use crate::clock::Chance as _;

    crate::clock::OsChance.rng()
}

/// Maps the driver's errors: what may pass by itself is `Unavailable`; the rest is ours.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(in crate::store) fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string().into()),
    }
}
