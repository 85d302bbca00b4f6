//! POST /v1/providers/{provider}/status: a provider tells what became of a message. Nothing of a report is believed before
//! its signature is checked.

use std::time::Duration;

use super::Service;
use super::error::{Result, ServiceError};
use crate::providers::{NotSigned, Posted};
use crate::store::{DeliveryReport, ReportTaken};

/// A provider that is quick reports before its answer to our request is recorded, and does not report again: a message that
/// is not known yet is looked for again after each of these.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];

/// A report as it came.
pub struct PostedReport<'a> {
    /// The provider that the path names.
    pub provider: &'a str,
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
        let reporters = &self.parts.reporters;
        let reporter = reporters.iter().find(|reporter| reporter.name() == posted.provider);
        let reporter = reporter.ok_or(ServiceError::NotFound)?;
        let now = self.now();
        // The provider signed the address that it was given, which is the public one, whatever proxy stands in between.
        let url = format!("{}{}", self.public_url(), posted.path_and_query);
        let read = reporter.read(&Posted { url: &url, header: posted.header, body: posted.body }, now);
        let report = match read {
            Err(NotSigned) => {
                count(reporter.name(), "not_signed");
                return Err(ServiceError::NotSigned);
            }
            Ok(None) => return Ok(()),
            Ok(Some(report)) => report,
        };
        let kept = DeliveryReport {
            provider: reporter.name(),
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
                    count(reporter.name(), "early");
                    tokio::time::sleep(pause).await;
                }
                // A provider that reports again finds it known by then.
                (None, ReportTaken::Early) => return Err(ServiceError::Unavailable("the service")),
                (None, _) => {
                    count(reporter.name(), "unknown");
                    return Err(ServiceError::NotFound);
                }
            }
        }
        count(reporter.name(), if report.delivered { "delivered" } else { "undelivered" });
        Ok(())
    }
}

fn count(provider: &'static str, result: &'static str) {
    metrics::counter!("rift_delivery_reports_total", "provider" => provider, "result" => result).increment(1);
}
