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
        /// A security key (`WebAuthn`).
        Hsm = "HSM",
        /// A backup code.
        Backup = "BACKUP",
    }
}

words! {
    /// What failures are counted by, and what a code may be verified as. SMS, WhatsApp and calls are one family.
    Family, "EMAIL, PHONE, DUAL, APP, HSM, BACKUP" {
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
        /// The set of backup codes was handed over and is valid.
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
