//! Challenges as they are shown, with what happened to them.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::domain::asked::{Asker, Looked};
use crate::domain::challenge::{Family, MfaType, Status, VerifiedBy};
use crate::domain::time::Moment;
use crate::store::{AttemptRow, ChallengeRecord, CheckRow, Delivery, Trace};

/// A challenge as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeView {
    /// `mfa`; `mfa.backup` for the issue of a backup set; `mfa.notice` for a mail that tells of a removed factor.
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// Whether a live key was used.
    pub livemode: bool,
    /// Its Type.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: MfaType,
    /// The user, masked: the full contact is not stored.
    pub user: String,
    /// Its status now.
    #[schema(value_type = String)]
    pub status: Status,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How its user was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub method: Option<VerifiedBy>,
    /// Guesses so far.
    pub attempts: i64,
    /// Guesses that it allows, for a code that was sent and a security key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<i64>,
    /// The factor that it enrols or enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// Codes in the backup set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When its life ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Time>,
    /// When the next message was allowed, as told at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resend_after: Option<Time>,
    /// When it was approved or enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Time>,
}

/// A challenge and all that happened to it, kept for 30 days.
#[derive(Debug, Serialize, ToSchema)]
pub struct TraceView {
    /// The challenge.
    #[serde(flatten)]
    pub challenge: ChallengeView,
    /// Who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<AskerView>,
    /// The limits that its start was held to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitView>,
    /// Its messages, each with its tries.
    pub deliveries: Vec<DeliveryView>,
    /// Its checks, each with its reason.
    pub checks: Vec<CheckView>,
}

/// Who asked for a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskerView {
    /// The API key, or `dashboard` where a member tried it by hand.
    pub key: String,
    /// The address that your back-end called from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The request.
    pub request_id: String,
}

/// A limit that a start was held to.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitView {
    /// The setting that it is.
    #[schema(example = "sends.per_day")]
    pub limit: String,
    /// How much of it was used before.
    pub used: u64,
    /// How much may be.
    pub most: u64,
}

/// A message of a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The channel.
    pub channel: String,
    /// The masked contact.
    pub to: String,
    /// `queued`; `held` while it stands by for another channel; `sent`: a provider has taken it; `delivered` and `undelivered`
    /// as the provider reports; `failed`; `expired`: its code's life ended first; `skipped`: another channel did.
    pub status: String,
    /// Why it failed, did not arrive, or was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many parts an SMS is sent in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<i64>,
    /// When it was queued.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it was handed over, or ended otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Time>,
    /// When the provider reported whether it arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reported_at: Option<Time>,
    /// Its tries, in order.
    pub attempts: Vec<AttemptView>,
}

/// A try of a message at a provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    /// The provider.
    pub provider: String,
    /// `sent`, `retry` or `refused`.
    pub status: String,
    /// The reason as a code: the provider's own where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The message's id at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Time,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    pub ended_at: Time,
}

/// A check of a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// `approved`, `enrolled`, or why it failed.
    pub result: String,
}

/// A page of challenges, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeList {
    /// The challenges.
    pub data: Vec<ChallengeView>,
    /// Whether there are more after the last one.
    pub has_more: bool,
}

impl ChallengeView {
    pub(in crate::service) fn of(record: &ChallengeRecord, livemode: bool, now: Moment) -> Self {
        let object = match record.family {
            Family::Notice => "mfa.notice",
            _ if record.backup_count.is_some() => "mfa.backup",
            _ => "mfa",
        };
        let limited = matches!(record.family, Family::Email | Family::Phone | Family::Dual | Family::Hsm);
        let status = record.status.at(now, record.expires_at);
        let verified = matches!(status, Status::Approved | Status::Enrolled);
        Self {
            object,
            id: record.id.to_string(),
            livemode,
            kind: record.kind,
            user: record.masked.clone(),
            status,
            reference: record.reference.clone(),
            method: verified.then(|| record.verified_by.unwrap_or(VerifiedBy::of(record.kind))),
            attempts: record.attempts,
            max_attempts: limited.then_some(record.max_attempts),
            factor: record.factor.map(|id| id.to_string()),
            count: record.backup_count,
            created_at: Time(record.created_at),
            expires_at: record.expires_at.map(Time),
            resend_after: record.resend_after.map(Time),
            verified_at: record.decided_at.filter(|_| verified).map(Time),
        }
    }
}

impl TraceView {
    pub(in crate::service) fn of(trace: Trace, livemode: bool, now: Moment) -> Self {
        Self {
            challenge: ChallengeView::of(&trace.challenge, livemode, now),
            asked_by: trace.asked.map(AskerView::from),
            limits: trace.limits.into_iter().map(LimitView::from).collect(),
            deliveries: trace.deliveries.into_iter().map(DeliveryView::from).collect(),
            checks: trace.checks.into_iter().map(CheckView::from).collect(),
        }
    }
}

impl From<Asker> for AskerView {
    fn from(Asker { key, address, request }: Asker) -> Self {
        Self { key, address, request_id: request }
    }
}

impl From<Looked> for LimitView {
    fn from(Looked { limit, used, most }: Looked) -> Self {
        Self { limit, used, most }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            channel: delivery.channel,
            to: delivery.masked,
            status: delivery.status,
            reason: delivery.reason,
            created_at: Time(delivery.created_at),
            ended_at: delivery.ended_at.map(Time),
            segments: delivery.segments,
            reported_at: delivery.reported_at.map(Time),
            attempts: delivery.attempts.into_iter().map(AttemptView::from).collect(),
        }
    }
}

impl From<AttemptRow> for AttemptView {
    fn from(attempt: AttemptRow) -> Self {
        Self {
            provider: attempt.provider,
            status: attempt.result,
            reason: attempt.reason,
            detail: attempt.detail,
            provider_id: attempt.provider_id,
            started_at: Time(attempt.started_at),
            ended_at: Time(attempt.ended_at),
        }
    }
}

impl From<CheckRow> for CheckView {
    fn from(check: CheckRow) -> Self {
        Self { at: Time(check.at), result: check.result }
    }
}
