//! What every page stands in: who looks at it, its fields, its answer, its errors.
//!
//! [`Visit`] and [`Act`] are the permission: a handler that takes one has a member with a full session whose role has the scope
//! that its type names, and for an act also the request's token and origin. There is no other way to get one.

mod assets;
mod cookie;
mod csrf;
mod done;
mod entry;
mod error;
mod given;
mod headers;
mod next;
mod shell;
mod visit;
mod when;

pub use assets::assets;
pub use cookie::Cookies;
pub use csrf::origins;
pub use entry::{Half, HalfAct, Passing, PassingAct};
pub use error::{PageError, Trouble, page, page_with, see_other};
pub use given::Given;
pub use headers::{page_headers, sandboxed_html};
pub use next::Next;
pub use shell::{Bare, Here, Shell};
pub use visit::{Act, ActConfirmed, Visit, Visit as VisitOf, VisitConfirmed};
pub use when::{minute, when};
