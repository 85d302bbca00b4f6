//! Floor 0: what the words of this field mean here, and the decisions that need nothing but values.
//!
//! What may enter: types, their invariants, and functions from values to values. What may not: I/O, `async`,
//! databases, HTTP, the clock and global randomness. Time and randomness come in as arguments.

pub mod access;
pub mod asked;
pub mod audit;
pub mod challenge;
pub mod code;
pub mod contact;
pub mod country;
pub mod event;
pub mod factor;
pub mod gsm;
pub mod hex;
pub mod id;
pub mod link;
pub mod message;
pub mod network;
pub mod notice;
pub mod own_provider;
pub mod password;
pub mod policy;
pub mod quota;
pub mod sandbox;
pub mod secret;
pub mod session;
pub mod standing;
pub mod template;
pub mod tenant;
pub mod time;
pub mod usage;
pub mod webhook;
