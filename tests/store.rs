//! The contract of the store: one suite, run over `SQLite` and over Postgres.
//!
//! `store/contract/` holds the suite, one file a subject; `store/sqlite.rs` and `store/postgres.rs` make a fresh database
//! for each test. Time is an argument everywhere: nothing here sleeps, and no assertion depends on speed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]
#![allow(clippy::unused_self, reason = "all that a test has in hand is asked of its fixture")]

#[macro_use]
#[path = "store/contract.rs"]
mod contract;
#[path = "support/database.rs"]
mod database;
#[path = "store/postgres.rs"]
mod postgres;
#[path = "store/sqlite.rs"]
mod sqlite;
#[path = "store/support.rs"]
mod support;
