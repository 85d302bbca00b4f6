//! The courier from outside: real processes of the service, real sockets to stand-ins of the providers, real signals.
//!
//! What is promised of a send is looked at where it arrives. `RIFT_LAB=full` runs the long forms, too (script/test-all).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly, and prints its draws and times"
)]

#[path = "delivery/lab.rs"]
mod lab;
#[allow(dead_code, reason = "shared with the tests of the command line")]
#[path = "cli/place.rs"]
mod place;
#[path = "support/receiver.rs"]
mod receiver;
#[path = "delivery/reports.rs"]
mod reports;
#[path = "support/smtp.rs"]
mod smtp;
#[allow(dead_code, reason = "shared with the tests of the providers")]
#[path = "providers/standin.rs"]
mod standin;

#[path = "delivery/dual.rs"]
mod dual;
#[path = "delivery/failover.rs"]
mod failover;
#[path = "delivery/fallback.rs"]
mod fallback;
#[path = "delivery/hooks.rs"]
mod hooks;
#[path = "delivery/killed.rs"]
mod killed;
#[path = "delivery/slow.rs"]
mod slow;
