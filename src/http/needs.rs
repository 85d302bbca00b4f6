//! Scopes as types: what an extractor must find before its handler runs. There is no other way past it.

use crate::domain::access::Permission;

/// A scope as a type.
pub trait Needs: Send + Sync + 'static {
    /// The scope.
    const PERMISSION: Permission;
}

macro_rules! scopes {
    ($($name:ident)*) => {$(
        #[doc = concat!("The scope [`Permission::", stringify!($name), "`].")]
        pub enum $name {}
        impl Needs for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )*};
}

scopes! {
    OrgRead OrgWrite OrgKeysRead OrgKeysWrite AppsRead AppsWrite KeysRead KeysWrite ProvidersRead ProvidersWrite
    MembersRead MembersWrite UsersRead UsersWrite ChallengesRead WebhooksRead WebhooksWrite UsageRead AuditRead
}
