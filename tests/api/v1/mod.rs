//! `/v1`

mod mfa;
mod test_inbox;
mod test_mode;
