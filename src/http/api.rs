//! The endpoints, one file each: the fields that it takes, its entry in the OpenAPI document, and the handler.

pub(super) mod backup;
pub(super) mod cancel;
pub(super) mod factors;
pub(super) mod inbox;
pub(super) mod list;
pub(super) mod remove_factor;
pub(super) mod start;
pub(super) mod status;
pub(super) mod trace;
pub(super) mod unlock;
pub(super) mod verify;
