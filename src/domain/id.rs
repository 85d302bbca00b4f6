//! Public identifiers: a prefix that names the kind, and 26 lower-case Crockford base32 characters of a UUIDv7
//! (RFC 9562 §5.7), so that ids of one kind sort by their time of creation.
//!
//! The kind is part of the type: a challenge's id cannot be handed to a function that wants a factor's.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use rand::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::time::Moment;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// What an [`Id`] names; implemented by the marker types of this module.
pub trait Kind {
    /// The prefix with its underscore, for example `mfa_`.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $marker:ident, $alias:ident, $prefix:literal;)*) => {$(
        #[doc = concat!("Marker of ids that begin with `", $prefix, "`.")]
        pub enum $marker {}
        impl Kind for $marker {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$marker>;
    )*};
}

kinds! {
    /// A challenge, a one-shot check or the issue of a backup set: everything that has a trace.
    Challenge, ChallengeId, "mfa_";
    /// One HTTP request.
    Request, RequestId, "req_";
    /// An application of a tenant.
    Application, AppId, "app_";
    /// A tenant.
    Organization, OrgId, "org_";
    /// An API key.
    Key, KeyId, "key_";
    /// An authenticator app or a security key of a user.
    Factor, FactorId, "fac_";
    /// An entry of the event log.
    Event, EventId, "evt_";
    /// An organization key.
    OrgKey, OrgKeyId, "ork_";
    /// A member of an organization.
    Member, MemberId, "mem_";
    /// A line of the audit log.
    Audit, AuditId, "aud_";
    /// A message in the outbox.
    Message, MessageId, "msg_";
    /// An endpoint of a tenant to which events are sent.
    Webhook, WebhookId, "whk_";
    /// One event on its way to one endpoint.
    HookDelivery, HookDeliveryId, "whd_";
    /// A mail to a member of a tenant.
    Notice, NoticeId, "ntc_";
    /// A member's session.
    Session, SessionId, "ses_";
    /// A link that is mailed or printed.
    Link, LinkId, "lnk_";
}

/// An identifier of kind `K`. Text form: `K::PREFIX` and 26 characters.
pub struct Id<K> {
    bits: u128,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// A new id: 48 bits of `now`, 74 random bits.
    pub fn new(now: Moment, rng: &mut dyn CryptoRng) -> Self {
        let mut random = [0; 10];
        rng.fill_bytes(&mut random);
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        Self { bits: uuid.as_u128(), kind: PhantomData }
    }

    /// An id that no call of [`Self::new`] makes (it has no version): for what the service has itself.
    #[must_use]
    pub const fn reserved(number: u8) -> Self {
        // No `From` in a constant: the bytes are put together by hand.
        Self {
            bits: u128::from_be_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number]),
            kind: PhantomData,
        }
    }

    /// The lowest id that can be made at `moment`: none that was made before sorts behind it.
    #[must_use]
    pub fn first_of(moment: Moment) -> Self {
        let millis = u128::try_from(moment.millis()).unwrap_or(0).min((1 << 48) - 1);
        Self { bits: millis << 80, kind: PhantomData }
    }
}

/// The text is not an id of the wanted kind. Over HTTP that reads as "no such thing": 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind: `{prefix}` and 26 characters are expected")]
pub struct NotAnId {
    prefix: &'static str,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = NotAnId { prefix: K::PREFIX };
        let body = text.strip_prefix(K::PREFIX).ok_or(wrong)?;
        if body.len() != LENGTH || body.bytes().next().is_none_or(|first| first > b'7') {
            return Err(wrong);
        }
        let mut bits: u128 = 0;
        for byte in body.bytes() {
            let digit = ALPHABET.iter().position(|&letter| letter == byte).ok_or(wrong)?;
            bits = (bits << 5) | u128::try_from(digit).map_err(|_| wrong)?;
        }
        Ok(Self { bits, kind: PhantomData })
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(K::PREFIX)?;
        for place in (0..LENGTH).rev() {
            let digit = usize::try_from((self.bits >> (place * 5)) & 31).unwrap_or(0);
            let letter = ALPHABET.get(digit).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<K> Eq for Id<K> {}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn ids_read_back_sort_by_time_and_refuse_all_other_forms() {
        let mut rng = StdRng::seed_from_u64(7);
        let early = ChallengeId::new(Moment::from_millis(1_795_521_600_000), &mut rng);
        let late = ChallengeId::new(Moment::from_millis(1_795_521_600_001), &mut rng);
        let text = early.to_string();
        assert_eq!(text.len(), 4 + 26);
        assert_eq!(text.parse(), Ok(early));
        assert!(text < late.to_string());
        let first = ChallengeId::first_of(Moment::from_millis(1_795_521_600_001)).to_string();
        assert!(text < first && first < late.to_string());
        let earliest = |millis| ChallengeId::first_of(Moment::from_millis(millis)).to_string();
        assert!(earliest(1_795_521_600_000) < text && text < earliest(1_795_521_600_001));
        assert_eq!(earliest(-1), format!("mfa_{}", "0".repeat(26)));

        let body = text.trim_start_matches("mfa_");
        for wrong in [
            String::new(),
            "mfa_".into(),
            format!("app_{body}"),
            format!("mfa_{}", body.to_uppercase()),
            format!("mfa_8{}", &body[1..]),
            format!("{text}0"),
            format!("mfa_{}u", &body[..25]),
            format!("mfa_{}é", &body[..24]),
        ] {
            assert!(wrong.parse::<ChallengeId>().is_err(), "{wrong} was taken");
        }
    }
}
