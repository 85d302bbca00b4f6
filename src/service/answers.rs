//! The bodies of successful answers, as the contract has them. Absent fields are left out.

mod traces;
mod users;

pub use traces::{
    AskerView, AttemptView, ChallengeList, ChallengeView, CheckView, DeliveryView, LimitView, TraceView,
};
pub use users::{UserErasure, UserView};

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::challenge::{MfaType, Status, VerifiedBy};
use crate::domain::time::Moment;

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
#[derive(Serialize, ToSchema)]
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
    /// HSM: the options for `PublicKeyCredential.parseCreationOptionsFromJSON` where the status is `enrolling`, else for
    /// `parseRequestOptionsFromJSON` (WebAuthn Level 3 §5.1.8–5.1.9).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub public_key: Option<serde_json::Value>,
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
    /// When its enrolment began.
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
#[derive(Serialize, ToSchema)]
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

/// An enrolment's answer holds its secret.
impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Started").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}

/// A message holds its code and its contact.
impl std::fmt::Debug for InboxMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxMessage").field("id", &self.id).finish_non_exhaustive()
    }
}
