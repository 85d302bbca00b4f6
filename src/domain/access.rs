//! Who may change what in an organization: the scopes of organization keys, and members with their roles.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::id::{MemberId, OrgId, OrgKeyId};
use super::time::Moment;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What an organization key may do; the `scopes` of the management API.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        impl Permission {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name, for example `apps:write`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

permissions! {
    /// Everything, what later versions add included.
    Everything = "all";
    /// Read the organization.
    OrgRead = "org:read";
    /// Rename the organization.
    OrgWrite = "org:write";
    /// Read organization keys.
    OrgKeysRead = "org_keys:read";
    /// Make, roll and revoke organization keys.
    OrgKeysWrite = "org_keys:write";
    /// Read applications, settings and templates.
    AppsRead = "apps:read";
    /// Change applications, settings and templates.
    AppsWrite = "apps:write";
    /// Read API keys.
    KeysRead = "keys:read";
    /// Make, roll and revoke API keys.
    KeysWrite = "keys:write";
    /// Read what may be shown of applications' own providers.
    ProvidersRead = "providers:read";
    /// Put and remove applications' own providers.
    ProvidersWrite = "providers:write";
    /// Read members.
    MembersRead = "members:read";
    /// Add, change and remove members.
    MembersWrite = "members:write";
    /// Find users.
    UsersRead = "users:read";
    /// Lock, unlock and erase users, and remove factors.
    UsersWrite = "users:write";
    /// Read challenges and deliveries.
    ChallengesRead = "challenges:read";
    /// Read webhooks.
    WebhooksRead = "webhooks:read";
    /// Change and replay webhooks.
    WebhooksWrite = "webhooks:write";
    /// Read figures.
    UsageRead = "usage:read";
    /// Read the audit log.
    AuditRead = "audit:read";
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let found = Self::ALL.iter().find(|permission| permission.as_str() == text);
        found.copied().ok_or(UnknownPermission)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the scopes are: all, org:read, org:write, org_keys:read, org_keys:write, apps:read, apps:write, keys:read, \
         keys:write, providers:read, providers:write, members:read, members:write, users:read, users:write, \
         challenges:read, webhooks:read, webhooks:write, usage:read, audit:read"
)]
pub struct UnknownPermission;

/// The scopes of one key; never none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    /// A set of scopes; `None` when there is none in it.
    #[must_use]
    pub fn new(scopes: impl IntoIterator<Item = Permission>) -> Option<Self> {
        let scopes: BTreeSet<_> = scopes.into_iter().collect();
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    /// Whether a key with these may do what needs `wanted`. A write scope contains its read scope.
    #[must_use]
    pub fn allow(&self, wanted: Permission) -> bool {
        let of_write = wanted.as_str().strip_suffix(":read").map(|area| format!("{area}:write"));
        self.0.iter().any(|own| {
            *own == Permission::Everything || *own == wanted || of_write.as_deref() == Some(own.as_str())
        })
    }

    /// The first scope of `other` that these do not contain.
    #[must_use]
    pub fn lacks(&self, other: &Self) -> Option<Permission> {
        other.0.iter().copied().find(|wanted| !self.allow(*wanted))
    }

    /// The scopes, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.iter().copied()
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Permissions {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let scopes = items.map(str::parse).collect::<Result<Vec<_>, _>>()?;
        Self::new(scopes).ok_or(UnknownPermission)
    }
}

/// What is kept of an organization key.
#[derive(Clone, Debug)]
pub struct OrgKeyRecord {
    /// Its id.
    pub id: OrgKeyId,
    /// Whose it is.
    pub org: OrgId,
    /// A name for people, 1 to 100 characters.
    pub name: String,
    /// The first characters of the key.
    pub hint: String,
    /// What it may do.
    pub scopes: Permissions,
    /// When it was made.
    pub created_at: Moment,
    /// From then on it no longer works.
    pub expires_at: Option<Moment>,
    /// Since then it no longer works.
    pub revoked_at: Option<Moment>,
    /// The minute in which it was last used; a use shows about a minute later.
    pub last_used_at: Option<Moment>,
}

impl OrgKeyRecord {
    /// `active`, `expired` or `revoked`.
    #[must_use]
    pub fn state(&self, now: Moment) -> &'static str {
        super::tenant::key_state(self.revoked_at, self.expires_at, now)
    }
}

/// What a member may do in the dashboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but the organization itself.
    Admin,
    /// Applications, without users' factors.
    Developer,
    /// Look.
    Viewer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Developer, Self::Viewer];

    /// `owner`, `admin`, `developer` or `viewer`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// The scopes that a member of this role has.
    #[must_use]
    pub fn permissions(self) -> Permissions {
        use Permission as P;

        let scopes = match self {
            Self::Owner => vec![P::Everything],
            Self::Admin => {
                let all = Permission::ALL.iter().copied();
                all.filter(|scope| !matches!(scope, P::Everything | P::OrgWrite)).collect()
            }
            Self::Developer => vec![
                P::OrgRead,
                P::AppsWrite,
                P::KeysWrite,
                P::ProvidersWrite,
                P::WebhooksWrite,
                P::UsersRead,
                P::ChallengesRead,
                P::UsageRead,
                P::MembersRead,
            ],
            Self::Viewer => vec![
                P::OrgRead,
                P::AppsRead,
                P::KeysRead,
                P::ProvidersRead,
                P::MembersRead,
                P::UsersRead,
                P::ChallengesRead,
                P::WebhooksRead,
                P::UsageRead,
            ],
        };
        Permissions(scopes.into_iter().collect())
    }

    /// Whether a member of this role makes, rolls and revokes test keys only.
    #[must_use]
    pub const fn only_test_keys(self) -> bool {
        matches!(self, Self::Developer)
    }

    /// The roles that somebody with these scopes may give, change or take away: those that have no scope that he lacks.
    #[must_use]
    pub fn within(scopes: &Permissions) -> Vec<Self> {
        Self::ALL.into_iter().filter(|role| scopes.lacks(&role.permissions()).is_none()).collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = super::tenant::NotOneOf;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or(super::tenant::NotOneOf::new("owner, admin, developer, viewer"))
    }
}

/// A person who works with an organization. The address is the tenant's own staff's, never an end user's.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// The organization.
    pub org: OrgId,
    /// The address, in canonical form; unique in the organization.
    pub email: String,
    /// A name for people, 0 to 100 characters.
    pub name: String,
    /// What the member may do.
    pub role: Role,
    /// Whether the member has ever signed in.
    pub active: bool,
    /// When the member was added.
    pub created_at: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Permissions {
        text.parse().unwrap()
    }

    #[test]
    fn a_write_scope_contains_its_read_scope_and_nothing_else() {
        let keys = scopes("keys:write");
        assert!(keys.allow(Permission::KeysWrite) && keys.allow(Permission::KeysRead));
        // `org_keys` ends like `keys` and is another area.
        for other in [Permission::OrgKeysRead, Permission::OrgKeysWrite, Permission::AppsRead] {
            assert!(!keys.allow(other), "{other}");
        }
        assert!(!scopes("keys:read").allow(Permission::KeysWrite));
        assert!(!scopes("org_keys:write").allow(Permission::KeysRead));
        assert!(Permission::ALL.iter().all(|any| scopes("all").allow(*any)));
    }

    #[test]
    fn a_key_hands_on_only_what_it_has() {
        let own = scopes("apps:write,org_keys:write");
        assert_eq!(own.lacks(&scopes("apps:read,org_keys:read")), None);
        assert_eq!(own.lacks(&scopes("apps:read,users:read")), Some(Permission::UsersRead));
        assert_eq!(own.lacks(&scopes("all")), Some(Permission::Everything));
        // Every scope by name is still not `all`, which grows with later versions.
        let each = Permissions::new(Permission::ALL.iter().copied().skip(1)).unwrap();
        assert_eq!(each.lacks(&scopes("all")), Some(Permission::Everything));
        assert_eq!(scopes("all").lacks(&each), None);
    }

    #[test]
    fn nobody_gives_a_role_that_can_more_than_he_can() {
        use Role::{Admin, Developer, Owner, Viewer};

        let within = |role: Role| Role::within(&role.permissions());
        assert_eq!(within(Owner), Role::ALL);
        assert_eq!(within(Admin), [Admin, Developer, Viewer]);
        assert_eq!(within(Developer), [Developer, Viewer]);
        assert_eq!(within(Viewer), [Viewer]);
        assert_eq!(Role::within(&scopes("members:write")), []);
        let admin = Admin.permissions();
        assert!(admin.allow(Permission::OrgRead) && !admin.allow(Permission::OrgWrite));
        for role in [Developer, Viewer] {
            for scope in [
                Permission::MembersWrite,
                Permission::OrgKeysRead,
                Permission::UsersWrite,
                Permission::AuditRead,
            ] {
                assert!(!role.permissions().allow(scope), "{role} {scope}");
            }
        }
    }

    #[test]
    fn scopes_read_back_and_unknown_ones_are_refused() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(*permission));
            let named = UnknownPermission.to_string();
            assert!(named.contains(permission.as_str()), "the error does not name {permission}");
        }
        assert_eq!(scopes("users:read, apps:write").to_string(), "apps:write,users:read");
        for wrong in ["", ",", "apps", "apps:all", "APPS:READ"] {
            assert!(wrong.parse::<Permissions>().is_err(), "{wrong}");
        }
    }
}
