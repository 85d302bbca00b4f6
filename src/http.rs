//! Floor 3: HTTP. Reads a request, calls one use case, writes the answer. Decides nothing.
//!
//! No SQL, no store, no provider and no method may enter here. One file per endpoint in `api/`; `router` reads as a table
//! of contents.

mod api;
pub mod body;
mod client;
mod docs;
mod elements;
mod error;
mod extract;
pub mod form;
mod layers;
mod manage;
pub mod needs;
mod ops;
mod router;
pub mod serve;

pub use client::TrustedProxies;
pub use error::{ApiError, DOC_CODES, Told, refusal};
pub use extract::to_its_end;
pub use layers::RequestContext;
pub use manage::{ExportFormat, export_stream};
pub use ops::{Readiness, ops_router};
pub use router::{openapi, router_with};
