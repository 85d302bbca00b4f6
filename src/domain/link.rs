//! Links that are mailed or printed: an invitation, a password's reset, the first start. A link is its row's id and a MAC of
//! it under the key ring, so that whoever reads the database can make none.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::id::LinkId;
use super::tenant::NotOneOf;

/// What a link does, once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// Makes the first owner of an organization.
    FirstStart,
    /// Lets a member who was invited choose a password.
    Invitation,
    /// Lets a member choose another password.
    Reset,
}

impl LinkKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::FirstStart, Self::Invitation, Self::Reset];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstStart => "first_start",
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    /// How long it can be used.
    #[must_use]
    pub const fn life(self) -> Duration {
        match self {
            Self::FirstStart | Self::Invitation => Duration::from_hours(7 * 24),
            Self::Reset => Duration::from_mins(30),
        }
    }
}

impl FromStr for LinkKind {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, NotOneOf> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(NotOneOf::new("first_start, invitation, reset"))
    }
}

/// A link as it stands in an address: `lnk_….MAC`. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken {
    /// The row.
    pub id: LinkId,
    /// The MAC of it.
    pub mac: [u8; 32],
}

impl LinkToken {
    /// Reads one; `None` for what was never one. Whether the MAC is right is the vault's to say.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, mac) = text.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?.try_into().ok()?;
        Some(Self { id: id.parse().ok()?, mac })
    }

    /// For an address.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.id, URL_SAFE_NO_PAD.encode(self.mac))
    }

    /// The whole address; `public_url` has no slash at its end.
    #[must_use]
    pub fn url(&self, public_url: &str) -> String {
        format!("{public_url}/dashboard/link/{}", self.reveal())
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkToken({}.…)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::domain::time::Moment;

    #[test]
    fn a_link_reads_back_and_does_not_print() {
        let id = LinkId::new(Moment::from_millis(1_795_521_600_000), &mut StdRng::seed_from_u64(1));
        let token = LinkToken { id, mac: [7; 32] };
        let text = token.reveal();
        assert_eq!(LinkToken::parse(&text), Some(token.clone()));
        assert_eq!(token.url("https://mfa.example"), format!("https://mfa.example/dashboard/link/{text}"));
        assert_eq!(format!("{token:?}"), format!("LinkToken({id}.…)"));
        for wrong in ["", ".", &id.to_string(), &text[..text.len() - 1], &format!("{text}A"), &text[1..]] {
            assert_eq!(LinkToken::parse(wrong), None, "{wrong}");
        }
        for kind in LinkKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
