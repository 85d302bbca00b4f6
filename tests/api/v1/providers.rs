//! `/v1/providers`

mod status;
