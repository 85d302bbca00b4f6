//! The HTTP API, over both stores. The tree mirrors the URLs; bodies are checked by snapshot.
//!
//! Each test runs on SQLite and on a real PostgreSQL, against the whole service without a socket, with a clock that the
//! test moves.

// A test states what must hold by unwrapping it; clippy.toml allows that only inside of #[test] functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/database.rs"]
mod database;
#[path = "api/harness.rs"]
mod harness;
#[allow(dead_code, reason = "shared with the tests of deliveries")]
#[path = "support/receiver.rs"]
mod receiver;
#[path = "support/smtp.rs"]
mod smtp;
#[allow(dead_code, reason = "shared with the tests of the providers")]
#[path = "providers/standin.rs"]
mod standin;

#[path = "api/v1/mod.rs"]
mod v1;

#[path = "api/auth.rs"]
mod auth;
#[path = "api/bodies.rs"]
mod bodies;
#[path = "api/concurrency.rs"]
mod concurrency;
#[path = "api/dashboard.rs"]
mod dashboard;
#[path = "api/delivery.rs"]
mod delivery;
#[path = "api/idempotency.rs"]
mod idempotency;
#[path = "api/leaks.rs"]
mod leaks;
#[path = "api/own_providers.rs"]
mod own_providers;
#[path = "api/pages.rs"]
mod pages;
#[path = "api/sign_in.rs"]
mod sign_in;
