//! `/v1`

mod mfa;
mod providers;
mod test_inbox;
mod test_mode;
