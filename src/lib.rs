//! Rift MFA: a multi-tenant service that sends and verifies one-time codes, enrols authenticator apps and issues
//! backup codes, behind one HTTP API.
//!
//! The house has floors; an import may only go down (`tests/architecture.rs` holds that, `docs/architecture.md` draws
//! it): `http → service → {methods, providers, store} → {domain, clock, keyring}`.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod courier;
pub mod dashboard;
pub mod domain;
pub mod http;
pub mod keyring;
pub mod methods;
pub mod providers;
pub mod service;
pub mod store;
