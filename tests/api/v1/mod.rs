//! `/v1`

mod manage;
mod mfa;
mod providers;
mod test_inbox;
mod test_mode;
