//! What the event log tells: the acts that a tenant or an operator must be able to look up later, some of which are sent to
//! the tenant's webhooks.

use serde::Serialize;
use serde_json::Value;

use super::challenge::{MfaType, VerifiedBy};
use super::id::{ChallengeId, FactorId, MessageId};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventKind { $($(#[$doc])* $kind,)* }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The event's name, as webhooks and the event log say it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// A challenge was started.
    ChallengeStarted = "challenge.started",
    /// A user was verified.
    ChallengeApproved = "challenge.approved",
    /// A challenge's attempts are spent.
    ChallengeFailed = "challenge.failed",
    /// A challenge's life ended before it was decided.
    ChallengeExpired = "challenge.expired",
    /// A challenge was ended by the caller.
    ChallengeCanceled = "challenge.canceled",
    /// A message will not arrive: no provider took it in time, or its provider says so.
    DeliveryFailed = "delivery.failed",
    /// A factor was confirmed.
    FactorEnrolled = "factor.enrolled",
    /// A factor was removed.
    FactorRemoved = "factor.removed",
    /// A new set of backup codes was asked for.
    BackupRequested = "backup.requested",
    /// A new set of backup codes became valid.
    BackupRegenerated = "backup.regenerated",
    /// A backup code was used, and few are left.
    BackupLow = "backup.low",
    /// The user is locked.
    UserLocked = "user.locked",
    /// The caller lifted a lock and cleared the failures.
    UserUnlocked = "user.unlocked",
    /// A tenant tries an endpoint.
    WebhookTest = "webhook.test",
}

impl EventKind {
    /// The kinds that webhooks can be had for.
    pub const PUBLIC: [Self; 9] = [
        Self::ChallengeApproved,
        Self::ChallengeFailed,
        Self::ChallengeExpired,
        Self::DeliveryFailed,
        Self::UserLocked,
        Self::FactorEnrolled,
        Self::FactorRemoved,
        Self::BackupRegenerated,
        Self::BackupLow,
    ];

    /// Whether webhooks can be had for it.
    #[must_use]
    pub fn is_public(self) -> bool {
        Self::PUBLIC.contains(&self)
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// So many unused backup codes, or fewer, are few.
pub const FEW_BACKUP_CODES: i64 = 3;

/// An act worth keeping. It holds ids and the caller's own reference, and never a contact, a code or a secret; whom it is
/// about is told by the masked contact that stands beside it.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// To what, and how.
    pub about: About,
}

/// What an event is about. A field that has no meaning for its kind is absent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// The challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ChallengeId>,
    /// Its Type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<MfaType>,
    /// How the user was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<VerifiedBy>,
    /// Why, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<FactorId>,
    /// Unused backup codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_codes_remaining: Option<i64>,
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<MessageId>,
    /// The channel that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

impl Event {
    /// An event about nothing but its user.
    #[must_use]
    pub fn of(kind: EventKind) -> Self {
        Self { kind, about: About::default() }
    }

    /// An event about a challenge.
    #[must_use]
    pub fn of_challenge(
        kind: EventKind,
        challenge: ChallengeId,
        of: MfaType,
        reference: Option<&str>,
    ) -> Self {
        let about = About {
            challenge: Some(challenge),
            kind: Some(of),
            reference: reference.map(str::to_owned),
            ..About::default()
        };
        Self { kind, about }
    }

    /// A factor was confirmed or removed.
    #[must_use]
    pub fn of_factor(kind: EventKind, factor: FactorId, of: MfaType) -> Self {
        Self { kind, about: About { factor: Some(factor), kind: Some(of), ..About::default() } }
    }

    /// How the user was verified.
    #[must_use]
    pub fn by(mut self, method: VerifiedBy) -> Self {
        self.about.method = Some(method);
        self
    }

    /// The factor that was used.
    #[must_use]
    pub fn with(mut self, factor: Option<FactorId>) -> Self {
        self.about.factor = factor;
        self
    }

    /// The caller's own word.
    #[must_use]
    pub fn referring(mut self, reference: Option<&str>) -> Self {
        self.about.reference = reference.map(str::to_owned);
        self
    }

    /// Why, as a stable word.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.about.reason = Some(reason.to_owned());
        self
    }

    /// Unused backup codes.
    #[must_use]
    pub fn leaving(mut self, codes: i64) -> Self {
        self.about.backup_codes_remaining = Some(codes);
        self
    }

    /// What it is about, as JSON.
    #[must_use]
    pub fn data(&self) -> Value {
        serde_json::to_value(&self.about).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_back_from_its_name() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(EventKind::parse("challenge.Approved"), None);
        assert!(!EventKind::WebhookTest.is_public() && !EventKind::ChallengeStarted.is_public());
    }

    #[test]
    fn what_has_no_meaning_is_left_out() {
        assert_eq!(Event::of(EventKind::UserLocked).data(), serde_json::json!({}));
    }
}
