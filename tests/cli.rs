//! The program itself, as an operator runs it: in a folder of its own, set up by variables, and ended by its own id.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "cli/place.rs"]
mod place;
#[path = "cli/served.rs"]
mod served;

#[path = "cli/configuration.rs"]
mod configuration;
#[path = "cli/keyring.rs"]
mod keyring;
#[path = "cli/manage.rs"]
mod manage;
#[path = "cli/rotation.rs"]
mod rotation;
#[path = "cli/serving.rs"]
mod serving;
#[path = "cli/template.rs"]
mod template;
#[path = "cli/words.rs"]
mod words;
