//! The bodies of successful answers, as the contract has them. Absent fields are left out.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::challenge::{Family, MfaType, Status, VerifiedBy};
use crate::domain::time::Moment;
use crate::store::{AttemptRow, ChallengeRecord, CheckRow, Delivery, Trace, UserSummary};

/// A message of a start, as it is told at once: the trace tells how it went.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueuedDelivery {
    /// The channel: `email`, `sms`, `whatsapp` or `voice`.
    #[schema(example = "email")]
    pub channel: String,
    /// The masked contact.
    #[schema(example = "j•••@example.com")]
    pub to: String,
    /// `queued`.
    #[schema(example = "queued")]
    pub status: &'static str,
}

/// The answer to a start.
#[derive(Debug, Serialize, ToSchema)]
pub struct Started {
    /// `mfa`.
    #[schema(example = "mfa")]
    pub object: &'static str,
    /// The challenge's id.
    #[schema(example = "mfa_01jd8zq5e8f0v9y7x6w5t4s3r2")]
    pub id: String,
    /// Whether a live key was used.
    pub livemode: bool,
    /// The Type.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "EMAIL")]
    pub kind: MfaType,
    /// The user, in canonical form.
    #[schema(example = "jane@example.com")]
    pub user: String,
    /// `pending`, or `enrolling` where a new factor waits for its first code.
    #[schema(value_type = String, example = "pending")]
    pub status: Status,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The messages; none for an authenticator app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<Vec<QueuedDelivery>>,
    /// APP, enrolling: base64 of a PNG of the QR code, without a `data:` prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr_code: Option<String>,
    /// APP, enrolling: the URI that the QR code holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otpauth_uri: Option<String>,
    /// APP, enrolling: the secret in base32, for typing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When its life ends.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Time,
    /// When the next message to this user is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resend_after: Option<Time>,
}

/// The answer to a right code.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verification {
    /// `mfa.verification`.
    #[schema(example = "mfa.verification")]
    pub object: &'static str,
    /// The record's id; with status `approved` it can be a `Proof`.
    pub id: String,
    /// Whether a live key was used.
    pub livemode: bool,
    /// `approved`, or `enrolled` where the code confirmed a new factor. Only `approved` lets a user in.
    #[schema(value_type = String, example = "approved")]
    pub status: Status,
    /// The Type that was asked for.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "EMAIL")]
    pub kind: MfaType,
    /// The user, in canonical form.
    pub user: String,
    /// How: `email`, `sms`, `whatsapp`, `voice`, `totp`, `webauthn` or `backup_code`.
    #[schema(value_type = String, example = "email")]
    pub method: VerifiedBy,
    /// The factor that was confirmed or used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Unused backup codes, where one was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_codes_remaining: Option<i64>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub verified_at: Time,
}

/// The answer to an issue of backup codes. The codes stand in the message only.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupIssued {
    /// `mfa.backup`.
    #[schema(example = "mfa.backup")]
    pub object: &'static str,
    /// The id; its trace tells how the message went.
    pub id: String,
    /// Whether a live key was used.
    pub livemode: bool,
    /// The Type that the message went by.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "EMAIL")]
    pub kind: MfaType,
    /// The user that the set is for, in canonical form.
    pub user: String,
    /// Codes in the set.
    pub count: usize,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The messages.
    pub deliveries: Vec<QueuedDelivery>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When the next message to this contact is allowed.
    #[schema(value_type = String, format = DateTime)]
    pub resend_after: Time,
}

/// A time as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy)]
pub struct Time(pub Moment);

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A challenge as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeView {
    /// `mfa`, or `mfa.backup` for the issue of a backup set.
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
    /// Guesses that it allows, for a code that was sent.
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
    /// Its messages, each with its tries.
    pub deliveries: Vec<DeliveryView>,
    /// Its checks, each with its reason.
    pub checks: Vec<CheckView>,
}

/// A message of a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The channel.
    pub channel: String,
    /// The masked contact.
    pub to: String,
    /// `queued`, `sent`, `delivered`, `failed` or `expired`.
    pub status: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was queued.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Time>,
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

/// What a user has.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorList {
    /// `mfa.factors`.
    #[schema(example = "mfa.factors")]
    pub object: &'static str,
    /// Confirmed factors; empty for a user that is not known.
    pub data: Vec<FactorView>,
    /// Unused codes of the valid backup set.
    pub backup_codes_remaining: i64,
    /// Until when failures lock the user; null where they do not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub locked_until: Option<Time>,
}

/// A factor.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorView {
    /// Its id.
    pub id: String,
    /// `APP` or `HSM`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: MfaType,
    /// The name given at its enrolment.
    pub name: Option<String>,
    /// When it was enrolled.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it last verified its user.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Time>,
}

/// The answer to the removal of a factor.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorRemoved {
    /// `mfa.factor`.
    #[schema(example = "mfa.factor")]
    pub object: &'static str,
    /// Its id.
    pub id: String,
    /// `true`.
    pub deleted: bool,
}

/// The answer to an unlock.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unlocked {
    /// `mfa.unlock`.
    #[schema(example = "mfa.unlock")]
    pub object: &'static str,
    /// The user, in canonical form.
    pub user: String,
}

/// The last messages of test mode to a contact, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Inbox {
    /// The messages.
    pub data: Vec<InboxMessage>,
}

/// A message of test mode. The one place that shows a code.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxMessage {
    /// Its id.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// The contact.
    pub to: String,
    /// The code; absent for a set of backup codes, which stand in `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The message's text.
    pub text: String,
    /// When it arrived.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
}

impl ChallengeView {
    pub(super) fn of(record: &ChallengeRecord, livemode: bool, now: Moment) -> Self {
        let backup_set = record.backup_count.is_some();
        let sent_code = matches!(record.family, Family::Email | Family::Phone | Family::Dual);
        let status = record.status.at(now, record.expires_at);
        let verified = matches!(status, Status::Approved | Status::Enrolled);
        Self {
            object: if backup_set { "mfa.backup" } else { "mfa" },
            id: record.id.to_string(),
            livemode,
            kind: record.kind,
            user: record.masked.clone(),
            status,
            reference: record.reference.clone(),
            method: verified.then(|| record.verified_by.unwrap_or(VerifiedBy::of(record.kind))),
            attempts: record.attempts,
            max_attempts: sent_code.then_some(record.max_attempts),
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
    pub(super) fn of(trace: Trace, livemode: bool, now: Moment) -> Self {
        Self {
            challenge: ChallengeView::of(&trace.challenge, livemode, now),
            deliveries: trace.deliveries.into_iter().map(DeliveryView::from).collect(),
            checks: trace.checks.into_iter().map(CheckView::from).collect(),
        }
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

impl From<UserSummary> for FactorList {
    fn from(summary: UserSummary) -> Self {
        let view = |factor: crate::domain::factor::Factor| FactorView {
            id: factor.id.to_string(),
            kind: factor.kind,
            name: factor.name,
            created_at: Time(factor.created_at),
            last_used_at: factor.last_used_at.map(Time),
        };
        Self {
            object: "mfa.factors",
            data: summary.factors.into_iter().map(view).collect(),
            backup_codes_remaining: summary.backup_codes_remaining,
            locked_until: summary.locked_until.map(Time),
        }
    }
}
