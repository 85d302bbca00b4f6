//! The dashboard, as a browser sees it. What holds on every route is tried here; each page's own tests stand beside these.

#[path = "dashboard/attacks.rs"]
mod attacks;
#[path = "dashboard/door.rs"]
mod door;
#[path = "dashboard/headers.rs"]
mod headers;
#[path = "dashboard/members.rs"]
mod members;
#[path = "dashboard/refused.rs"]
mod refused;
#[path = "dashboard/routes.rs"]
mod routes;
#[path = "dashboard/seeing.rs"]
mod seeing;
#[path = "dashboard/setup.rs"]
mod setup;
#[path = "dashboard/visitor.rs"]
pub mod visitor;
