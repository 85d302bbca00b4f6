//! What the trace of a challenge tells of its beginning: who asked for it, and which limits were looked at.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::id::RequestId;

/// Who asked for a challenge. Kept as JSON beside it, and as long as it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The API key, or `dashboard` where a member tried it by hand.
    pub key: String,
    /// The address that the tenant's back-end called from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The request.
    pub request: String,
}

impl Asker {
    /// A back-end with its key, or a member.
    #[must_use]
    pub fn new(key: String, address: Option<IpAddr>, request: RequestId) -> Self {
        let address = address.map(|address| address.to_canonical().to_string());
        Self { key, address, request: request.to_string() }
    }
}

/// A limit that a start kept to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The setting that it is: `sends.per_day`.
    pub limit: String,
    /// How much of it was used before this start.
    pub used: u64,
    /// How much may be.
    pub most: u64,
}

impl Looked {
    /// A limit by the name of its setting.
    #[must_use]
    pub fn at(limit: &str, used: usize, most: usize) -> Self {
        let [used, most] = [used, most].map(|many| u64::try_from(many).unwrap_or(u64::MAX));
        Self { limit: limit.to_owned(), used, most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_as_people_write_it() {
        let mapped: IpAddr = "::ffff:203.0.113.7".parse().unwrap();
        let key = || "key_01jd8zq5e8f0v9y7x6w5t4s3r2".to_owned();
        let request = RequestId::first_of(crate::domain::time::Moment::from_millis(0));
        let asker = Asker::new(key(), Some(mapped), request);
        assert_eq!(asker.address.as_deref(), Some("203.0.113.7"));
        let without = serde_json::to_string(&Asker::new(key(), None, request)).unwrap();
        assert!(!without.contains("address"), "{without}");
        assert_eq!(serde_json::from_str::<Asker>(&without).unwrap().address, None);
    }
}
