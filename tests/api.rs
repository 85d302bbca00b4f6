//! The HTTP API, over both stores. The tree mirrors the URLs; bodies are checked by snapshot.
//!
//! Each test runs on `SQLite` and on a real `PostgreSQL`, against the whole service without a socket, with a clock that
//! the test moves.

// clippy.toml allows these in a `#[test]`; here the body of a test is a function that two of those call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "api/harness.rs"]
mod harness;
#[path = "support/smtp.rs"]
#[allow(dead_code)]
mod smtp;

#[path = "api/v1/mod.rs"]
mod v1;

#[path = "api/pages.rs"]
mod pages;
