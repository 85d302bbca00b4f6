//! The composition root: the one place that reads the configuration and names concrete stores and providers.
//!
//! It opens the database and the key ring, joins the parts, runs the node and ends it in order. No rule of the product
//! may enter here.

mod greeting;
mod node;
mod open;
mod own;
mod providers;
mod pulse;
pub mod ring;
mod rotate;
mod serve;
mod site;
mod telemetry;

pub use node::{Node, NodeParts, Webhooks};
pub use open::{Mode, Opened, open};
pub use own::{BaseUrls, Workshop};
pub use providers::{Built, build as build_providers};
pub use rotate::{Rotated, rotate};
pub use serve::serve;
pub use site::{site, site_behind};

/// Why the process does not start or a command does not run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration or something that it names is wrong: exit 2.
    #[error("{0}")]
    Configuration(String),
    /// Something failed that was configured right: exit 1.
    #[error("{0}")]
    Failed(String),
}

impl From<crate::store::StoreError> for AppError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failed(format!("{error}. Check that the database runs and that database.url names it."))
    }
}

impl From<crate::config::ConfigError> for AppError {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::Configuration(error.to_string())
    }
}
