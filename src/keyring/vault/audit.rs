//! The MAC of an audit log's head: who can write the database but has not the ring cannot make a new chain.

use subtle::ConstantTimeEq;

use super::{Hmac256, Vault, mac};
use crate::domain::audit::Head;
use crate::domain::id::OrgId;

impl Vault {
    /// The MAC of a chain's last line, under a data key, which rotation of the root never changes.
    #[must_use]
    pub fn audit_mac(&self, org: OrgId, seq: i64, hash: &str) -> Hmac256 {
        let (org, seq) = (org.to_string(), seq.to_string());
        mac(&self.data.user_index, &[b"audit head", org.as_bytes(), seq.as_bytes(), hash.as_bytes()])
    }

    /// Whether a head was written by this service.
    #[must_use]
    pub fn audit_head_fits(&self, org: OrgId, head: &Head) -> bool {
        self.audit_mac(org, head.seq, &head.hash).ct_eq(&head.mac).into()
    }
}
