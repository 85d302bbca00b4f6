//! The dashboard, as a browser sees it. Each page's own tests stand beside this file.

#[path = "dashboard/attacks.rs"]
mod attacks;
#[path = "dashboard/door.rs"]
mod door;
#[allow(dead_code, reason = "its rooms are being furnished")]
#[path = "dashboard/members.rs"]
mod members;
#[allow(dead_code, reason = "its rooms are being furnished")]
#[path = "dashboard/visitor.rs"]
pub mod visitor;
