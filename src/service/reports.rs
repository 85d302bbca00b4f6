//! POST /v1/providers/{provider}/status, and …/status/{app}: a provider tells what became of a message. Nothing of a report
//! is believed before its signature is checked, and what an application's own account signed counts for that application's
//! messages alone.

use std::time::Duration;

use super::Service;
use super::error::{Result, ServiceError};
use crate::domain::id::AppId;
use crate::providers::Posted;
use crate::store::{DeliveryReport, ReportTaken};

/// A provider that is quick reports before its answer to our request is recorded, and does not report again: a message that
/// is not known yet is looked for again after each of these.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];

/// A report as it came.
pub struct PostedReport<'a> {
    /// The provider that the path names.
    pub provider: &'a str,
    /// The application that the path names: the provider is one of its own.
    pub app: Option<AppId>,
    /// The path and the query that were called.
    pub path_and_query: &'a str,
    /// A header's value, by its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Send + Sync),
    /// The body.
    pub body: &'a [u8],
}

impl Service {
    /// Takes a report. One that says nothing final, or is repeated, changes nothing and is fine.
    pub async fn take_report(&self, posted: PostedReport<'_>) -> Result<()> {
        let own = match posted.app {
            Some(app) => Some(self.own_providers.reporters(app).await?),
            None => None,
        };
        // An application may have several accounts at one provider, for its channels.
        let reporters = own.as_deref().unwrap_or(&self.parts.reporters);
        let of_this = reporters.iter().filter(|reporter| reporter.name() == posted.provider);
        let Some(name) = of_this.clone().next().map(|reporter| reporter.name()) else {
            // Nobody is told which applications have an account of their own.
            return Err(if own.is_some() { ServiceError::NotSigned } else { ServiceError::NotFound });
        };
        let label = if own.is_some() { "own" } else { name };
        let now = self.now();
        // The provider signed the address that it was given, which is the public one, whatever proxy stands in between.
        let url = format!("{}{}", self.public_url(), posted.path_and_query);
        let given = Posted { url: &url, header: posted.header, body: posted.body };
        let report =
            match of_this.map(|reporter| reporter.read(&given, now)).find_map(std::result::Result::ok) {
                None => {
                    count(label, "not_signed");
                    return Err(ServiceError::NotSigned);
                }
                Some(None) => return Ok(()),
                Some(Some(report)) => report,
            };
        let kept = DeliveryReport {
            provider: name,
            own: posted.app,
            provider_id: &report.provider_id,
            message: report.message_id.as_deref().and_then(|id| id.parse().ok()),
            delivered: report.delivered,
            reason: report.reason.as_deref(),
        };
        let mut pauses = PAUSES.into_iter();
        loop {
            let taken = self.store().record_report(&kept, self.now()).await?;
            if taken == ReportTaken::Taken {
                break;
            }
            match (pauses.next(), taken) {
                (Some(pause), _) => {
                    count(label, "early");
                    tokio::time::sleep(pause).await;
                }
                // A provider that reports again finds it known by then.
                (None, ReportTaken::Early) => return Err(ServiceError::Unavailable("the service")),
                (None, _) => {
                    count(label, "unknown");
                    return Err(ServiceError::NotFound);
                }
            }
        }
        count(label, if report.delivered { "delivered" } else { "undelivered" });
        Ok(())
    }
}

fn count(provider: &'static str, result: &'static str) {
    metrics::counter!("rift_delivery_reports_total", "provider" => provider, "result" => result).increment(1);
}
