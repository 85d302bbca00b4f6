//! What happens in an application.

pub mod chart;
