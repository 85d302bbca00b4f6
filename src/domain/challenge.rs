//! Challenges: what was asked of a user, what became of it, and why a check failed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::tenant::NotOneOf;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $expected:literal { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word that stands for it in the API and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Matches without case.
        impl FromStr for $name {
            type Err = NotOneOf;

            fn from_str(text: &str) -> Result<Self, NotOneOf> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text)).ok_or(NotOneOf::new($expected))
            }
        }
    };
}

words! {
    /// The field `Type` of the API.
    MfaType, "EMAIL, SMS, WHATSAPP, PHONE, APP, DUAL, HSM, BACKUP" {
        /// A code by e-mail.
        Email = "EMAIL",
        /// A code by SMS.
        Sms = "SMS",
        /// A code by WhatsApp.
        Whatsapp = "WHATSAPP",
        /// A code by a call.
        Phone = "PHONE",
        /// An authenticator app (TOTP, RFC 6238).
        App = "APP",
        /// A code to an address and one to a number.
        Dual = "DUAL",
        /// A security key (WebAuthn).
        Hsm = "HSM",
        /// A backup code.
        Backup = "BACKUP",
    }
}

words! {
    /// What failures are counted by, and what a code may be verified as. SMS, WhatsApp and calls are one family.
    Family, "EMAIL, PHONE, DUAL, APP, HSM, BACKUP, NOTICE" {
        /// Codes by e-mail.
        Email = "EMAIL",
        /// Codes by SMS, WhatsApp or call.
        Phone = "PHONE",
        /// Codes to both.
        Dual = "DUAL",
        /// Authenticator apps.
        App = "APP",
        /// Security keys.
        Hsm = "HSM",
        /// Backup codes.
        Backup = "BACKUP",
        /// None of them: the user is only told of something, and nothing can be verified.
        Notice = "NOTICE",
    }
}

words! {
    /// Where a challenge stands.
    Status, "pending, enrolling, approved, enrolled, expired, exhausted, superseded, canceled, issued, failed" {
        /// It waits for a code.
        Pending = "pending",
        /// It waits for the first right code of a new factor.
        Enrolling = "enrolling",
        /// The user was verified.
        Approved = "approved",
        /// The new factor was confirmed.
        Enrolled = "enrolled",
        /// Its life ended.
        Expired = "expired",
        /// Its attempts are spent.
        Exhausted = "exhausted",
        /// A newer one took its place.
        Superseded = "superseded",
        /// The caller ended it.
        Canceled = "canceled",
        /// The set of backup codes was handed over and is valid; or it is a notice, which asks nothing of its user.
        Issued = "issued",
        /// The set of backup codes could not be handed over; the older set stays.
        Failed = "failed",
    }
}

words! {
    /// How a user was verified; the field `method` of an approval.
    VerifiedBy, "email, sms, whatsapp, voice, totp, webauthn, backup_code" {
        /// A code by e-mail.
        Email = "email",
        /// A code by SMS.
        Sms = "sms",
        /// A code by WhatsApp.
        Whatsapp = "whatsapp",
        /// A code by a call.
        Voice = "voice",
        /// A code of an authenticator app.
        Totp = "totp",
        /// A security key.
        Webauthn = "webauthn",
        /// A backup code.
        BackupCode = "backup_code",
    }
}

words! {
    /// Why a check failed: `401`, `type: verification_failed`.
    Failure, "invalid_code, code_expired, code_already_used, no_pending_code, not_enrolled" {
        /// The code is wrong.
        InvalidCode = "invalid_code",
        /// The challenge's life has ended.
        CodeExpired = "code_expired",
        /// The code was right, and was accepted before.
        CodeAlreadyUsed = "code_already_used",
        /// Nothing waits for a code.
        NoPendingCode = "no_pending_code",
        /// The user has no such factor.
        NotEnrolled = "not_enrolled",
    }
}

impl MfaType {
    /// The family of this type.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::Email => Family::Email,
            Self::Sms | Self::Whatsapp | Self::Phone => Family::Phone,
            Self::App => Family::App,
            Self::Dual => Family::Dual,
            Self::Hsm => Family::Hsm,
            Self::Backup => Family::Backup,
        }
    }
}

impl Status {
    /// A waiting challenge whose life has ended reads as expired; nothing has to come by and mark it.
    #[must_use]
    pub fn at(self, now: super::time::Moment, expires_at: Option<super::time::Moment>) -> Self {
        let waiting = matches!(self, Self::Pending | Self::Enrolling);
        if waiting && expires_at.is_some_and(|end| end <= now) { Self::Expired } else { self }
    }
}

impl VerifiedBy {
    /// How a sent code of this Type verifies its user.
    #[must_use]
    pub const fn of(kind: MfaType) -> Self {
        match kind {
            MfaType::Email | MfaType::Dual => Self::Email,
            MfaType::Sms => Self::Sms,
            MfaType::Whatsapp => Self::Whatsapp,
            MfaType::Phone => Self::Voice,
            MfaType::App => Self::Totp,
            MfaType::Hsm => Self::Webauthn,
            MfaType::Backup => Self::BackupCode,
        }
    }
}

/// What is known of the user's latest challenge when no code was consumed.
#[derive(Clone, Copy, Debug)]
pub struct Latest {
    /// Its status as it reads now.
    pub status: Status,
    /// The code that was given is the one that it had.
    pub same_code: bool,
    /// When it was approved.
    pub decided_at: Option<super::time::Moment>,
    /// When its life ends.
    pub expires_at: Option<super::time::Moment>,
}

/// Why a code was not accepted, and whether that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A failure of the contract's table.
    Failure {
        /// Which.
        failure: Failure,
        /// Whether it counts against the user.
        counts: bool,
    },
    /// The attempts are spent; nothing is evaluated any more.
    Spent,
}

/// A code that was accepted this recently and comes again is a repeated request, not a guess.
pub const REPEAT: std::time::Duration = std::time::Duration::from_mins(1);

/// Why no code was consumed: decided on the user's latest challenge of the family, or on the one that was named.
#[must_use]
pub fn refusal(latest: Option<Latest>, now: super::time::Moment) -> Refusal {
    let counted = |failure| Refusal::Failure { failure, counts: true };
    let Some(latest) = latest else { return counted(Failure::NoPendingCode) };
    match latest.status {
        Status::Exhausted if latest.expires_at.is_some_and(|end| end > now) => Refusal::Spent,
        Status::Exhausted | Status::Expired => counted(Failure::CodeExpired),
        Status::Approved | Status::Enrolled if latest.same_code => {
            let repeated = latest.decided_at.is_some_and(|at| at.plus(REPEAT) > now);
            Refusal::Failure { failure: Failure::CodeAlreadyUsed, counts: !repeated }
        }
        // It still waits, and yet took no attempt: what was given is the code that was accepted a moment ago.
        Status::Pending => Refusal::Failure { failure: Failure::CodeAlreadyUsed, counts: false },
        _ => counted(Failure::NoPendingCode),
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::Moment;
    use super::*;

    #[test]
    fn words_match_without_case() {
        assert_eq!("email".parse(), Ok(MfaType::Email));
        assert_eq!("WhatsApp".parse(), Ok(MfaType::Whatsapp));
        assert!("E-MAIL".parse::<MfaType>().is_err());
        assert_eq!(serde_json::to_string(&Family::Phone).unwrap(), "\"PHONE\"");
    }

    #[test]
    fn each_dead_challenge_says_why() {
        let now = Moment::from_millis(1_000_000);
        let ago = |seconds: u64| now.minus(std::time::Duration::from_secs(seconds));
        let end = Some(now.plus(REPEAT));
        let of = |status, same_code, decided_at, expires_at| {
            refusal(Some(Latest { status, same_code, decided_at, expires_at }), now)
        };
        let failure = |failure, counts| Refusal::Failure { failure, counts };
        assert_eq!(refusal(None, now), failure(Failure::NoPendingCode, true));
        assert_eq!(of(Status::Expired, false, None, Some(now)), failure(Failure::CodeExpired, true));
        assert_eq!(of(Status::Exhausted, false, None, end), Refusal::Spent);
        assert_eq!(of(Status::Exhausted, false, None, Some(now)), failure(Failure::CodeExpired, true));
        assert_eq!(of(Status::Approved, true, Some(ago(59)), end), failure(Failure::CodeAlreadyUsed, false));
        assert_eq!(of(Status::Approved, true, Some(ago(60)), end), failure(Failure::CodeAlreadyUsed, true));
        assert_eq!(of(Status::Approved, false, Some(ago(1)), end), failure(Failure::NoPendingCode, true));
        assert_eq!(of(Status::Canceled, true, Some(ago(1)), end), failure(Failure::NoPendingCode, true));
        assert_eq!(of(Status::Superseded, true, None, end), failure(Failure::NoPendingCode, true));
    }

    #[test]
    fn a_waiting_challenge_expires_by_itself_and_no_other_does() {
        let now = Moment::from_millis(1_000);
        assert_eq!(Status::Pending.at(now, Some(now)), Status::Expired);
        assert_eq!(Status::Pending.at(now, Some(Moment::from_millis(1_001))), Status::Pending);
        assert_eq!(Status::Approved.at(now, Some(now)), Status::Approved);
    }
}
