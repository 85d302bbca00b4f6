//! An application tried by hand: a start and a check in test mode, by a member without a key. Their callers were let in with the
//! scope `apps:write`.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Manage;
use crate::service::error::{Result, ServiceError};
use crate::service::{Call, Caller, Reply, Service, StartFields, VerifyFields};

/// How long the page waits.
const PATIENCE: Duration = Duration::from_millis(1800);

impl Manage {
    /// Starts as `POST /v1/mfa` with a test key does, and answers as it does.
    ///
    /// # Errors
    /// 404, and those of a start.
    pub async fn try_start(&self, service: &Service, app: &str, fields: StartFields) -> Result<Value> {
        let call = self.call_by_hand(service, app).await?;
        read(&service.start(&call, fields).await?)
    }

    /// Checks as `POST /v1/mfa/verify` with a test key does, and answers as it does.
    ///
    /// # Errors
    /// 404, and those of a check.
    pub async fn try_verify(&self, service: &Service, app: &str, fields: VerifyFields) -> Result<Value> {
        let call = self.call_by_hand(service, app).await?;
        read(&service.verify(&call, fields).await?)
    }

    async fn call_by_hand(&self, service: &Service, app: &str) -> Result<Call> {
        let deadline = Instant::now() + PATIENCE;
        let app = self.live_app(app).await?;
        let org = self.desk.store.org(self.org).await?.ok_or(ServiceError::NotFound)?;
        let by = self.desk.by();
        Ok(Call {
            caller: Caller::by_hand(self, app, org.plan)?,
            request_id: by.request.unwrap_or_else(|| service.request_id()),
            address: by.address,
            idempotency_key: None,
            fingerprint: Vec::new(),
            deadline,
        })
    }
}

fn read(reply: &Reply) -> Result<Value> {
    serde_json::from_str(&reply.json).map_err(|error| ServiceError::Internal(error.to_string()))
}
