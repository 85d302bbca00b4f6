//! Mails to one member about the member's own sign-in. A link stands in them by its row's id: the courier makes it when it
//! sends, so that no row holds one.

use serde::{Deserialize, Serialize};

use crate::domain::id::LinkId;
use crate::domain::message::{Channel, Envelope};

/// What a member is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MemberNotice {
    /// The member may choose a password.
    Invited {
        /// The organization's name.
        org: String,
        /// The role.
        role: String,
        /// The link.
        link: LinkId,
    },
    /// Somebody asked for another password.
    ResetAsked {
        /// The organization's name.
        org: String,
        /// The link.
        link: LinkId,
    },
    /// The password was changed.
    PasswordChanged {
        /// The organization's name.
        org: String,
        /// When and from where.
        when: When,
    },
    /// A second factor was added.
    FactorAdded {
        /// The organization's name.
        org: String,
        /// An authenticator app, or a security key.
        factor: String,
        /// When and from where.
        when: When,
    },
    /// A second factor was removed.
    FactorRemoved {
        /// The organization's name.
        org: String,
        /// When and from where.
        when: When,
    },
    /// All backup codes were replaced.
    BackupCodesMade {
        /// The organization's name.
        org: String,
        /// When and from where.
        when: When,
    },
    /// An owner or an admin removed all second factors.
    FactorsReset {
        /// The organization's name.
        org: String,
        /// When and from where.
        when: When,
    },
}

/// When something was done, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// RFC 3339.
    pub at: String,
    /// The client's address.
    pub address: Option<String>,
}

impl When {
    fn words(&self) -> String {
        match &self.address {
            Some(address) => format!("at {} from {address}", self.at),
            None => format!("at {}", self.at),
        }
    }
}

/// A name that a tenant chose, in one line of somebody's mail: nothing in it reads as an address.
fn plain(name: &str) -> String {
    name.chars().map(|letter| if matches!(letter, ':' | '/' | '\\' | '@') { ' ' } else { letter }).collect()
}

impl MemberNotice {
    /// The name of its kind in rows.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Invited { .. } => "member.invited",
            Self::ResetAsked { .. } => "member.reset_asked",
            Self::PasswordChanged { .. } => "member.password_changed",
            Self::FactorAdded { .. } => "member.factor_added",
            Self::FactorRemoved { .. } => "member.factor_removed",
            Self::BackupCodesMade { .. } => "member.backup_codes_made",
            Self::FactorsReset { .. } => "member.factors_reset",
        }
    }

    /// The mail; `url` makes a link's whole address.
    pub(super) fn mail(&self, to: &str, url: &dyn Fn(LinkId) -> String) -> Envelope {
        let (subject, text) = self.words(url);
        let mut mail = Envelope::plain(Channel::Email, to, text);
        mail.subject = subject;
        "Rift MFA".clone_into(&mut mail.app);
        mail
    }

    fn words(&self, url: &dyn Fn(LinkId) -> String) -> (String, String) {
        const NOT_YOU: &str = "If that was not you, ask an owner of your organization to reset your second factors, and choose \
                               another password: \"Forgot your password?\" on the sign-in page.\n";
        let done = |subject: &str, org: &str, what: &str, when: &When| {
            let text = format!(
                "{what} of your account of {} in Rift MFA, {}.\n\n{NOT_YOU}",
                plain(org),
                when.words()
            );
            (subject.to_owned(), text)
        };
        match self {
            Self::Invited { org, role, link } => (
                format!("You are invited to {} in Rift MFA", plain(org)),
                format!(
                    "You are invited to the dashboard of {} in Rift MFA, as {role}. Choose a password and set up a second \
                     factor:\n\n{}\n\nThe link works once, for 7 days. If you do not know what this is about, leave it.\n",
                    plain(org),
                    url(*link)
                ),
            ),
            Self::ResetAsked { org, link } => (
                "Choose another password for Rift MFA".to_owned(),
                format!(
                    "Somebody, probably you, asked for another password for {} in Rift MFA:\n\n{}\n\nThe link works once, for \
                     30 minutes, and ends all of your sessions. Your second factors stay. If it was not you, leave it: your \
                     password is as it was.\n",
                    plain(org),
                    url(*link)
                ),
            ),
            Self::PasswordChanged { org, when } => {
                done("Your password was changed", org, "The password was changed", when)
            }
            Self::FactorAdded { org, factor, when } => done(
                "A second factor was added",
                org,
                &format!("{factor} was added as a second factor"),
                when,
            ),
            Self::FactorRemoved { org, when } => {
                done("A second factor was removed", org, "A second factor was removed", when)
            }
            Self::BackupCodesMade { org, when } => done(
                "You have new backup codes",
                org,
                "New backup codes took the place of the old ones",
                when,
            ),
            Self::FactorsReset { org, when } => (
                "Your second factors were reset".to_owned(),
                format!(
                    "All second factors and backup codes of your account of {} in Rift MFA were removed by an owner or an admin \
                     of it, {}, and your sessions ended. Sign in with your password to set new ones up.\n\nIf you did not ask \
                     for that, speak to them at once.\n",
                    plain(org),
                    when.words()
                ),
            ),
        }
    }
}
