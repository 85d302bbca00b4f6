//! `/v1/mfa`

mod start;
