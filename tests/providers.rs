//! The providers that speak HTTP, each against a stand-in that holds its requests to the provider's own OpenAPI text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "providers/self_tests.rs"]
mod self_tests;
#[path = "providers/standin.rs"]
mod standin;
