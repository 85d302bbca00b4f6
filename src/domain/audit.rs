//! The audit log: who changed what, from where, when. Each line holds the hash of the one before it, so that a line that was
//! changed, removed or put elsewhere shows.
//!
//! No secret and no end user's contact may enter a line.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex::hex;
use super::id::{AppId, AuditId, OrgId, RequestId};
use super::time::Moment;

/// What stands in the place of a secret's value.
pub const SECRET_SET: &str = "set";

/// The hash before the first line's.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Who acts.
#[derive(Clone, Debug)]
pub struct Actor {
    kind: &'static str,
    id: Option<String>,
    name: Option<String>,
}

impl Actor {
    /// An organization key.
    #[must_use]
    pub fn org_key(id: super::id::OrgKeyId, name: &str) -> Self {
        Self { kind: "org_key", id: Some(id.to_string()), name: Some(name.to_owned()) }
    }

    /// An application's API key.
    #[must_use]
    pub fn api_key(id: super::id::KeyId, name: &str) -> Self {
        Self { kind: "api_key", id: Some(id.to_string()), name: Some(name.to_owned()) }
    }

    /// A member, by the address.
    #[must_use]
    pub fn member(id: super::id::MemberId, email: &str) -> Self {
        Self { kind: "member", id: Some(id.to_string()), name: Some(email.to_owned()) }
    }

    /// The operator at the command line.
    #[must_use]
    pub const fn cli() -> Self {
        Self { kind: "cli", id: None, name: None }
    }

    /// The service by itself.
    #[must_use]
    pub const fn system() -> Self {
        Self { kind: "system", id: None, name: None }
    }
}

/// Who acts, and from where.
#[derive(Clone, Debug)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// The address that the request came from.
    pub address: Option<IpAddr>,
    /// The request.
    pub request: Option<RequestId>,
}

impl By {
    /// The operator at the command line.
    #[must_use]
    pub const fn cli() -> Self {
        Self { actor: Actor::cli(), address: None, request: None }
    }

    /// The service by itself.
    #[must_use]
    pub const fn system() -> Self {
        Self { actor: Actor::system(), address: None, request: None }
    }
}

/// A field that was changed. A secret's value is [`SECRET_SET`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What it was.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
}

impl Change {
    /// A field that is new.
    #[must_use]
    pub fn to(field: &str, new: impl Into<String>) -> Self {
        Self { field: field.to_owned(), old: None, new: Some(new.into()) }
    }

    /// A field that was `old`.
    #[must_use]
    pub fn from_to(field: &str, old: impl Into<String>, new: impl Into<String>) -> Self {
        Self { field: field.to_owned(), old: Some(old.into()), new: Some(new.into()) }
    }
}

/// A line before it has its place in the chain.
#[derive(Clone, Debug)]
pub struct Line {
    /// Whose log it is.
    pub org: OrgId,
    /// Who acts.
    pub by: By,
    /// What was done, for example `app.created`.
    pub action: &'static str,
    /// The application that it is about.
    pub app: Option<AppId>,
    /// The kind of thing that was changed.
    pub target_kind: &'static str,
    /// Its id, or a user's masked form.
    pub target: String,
    /// The fields.
    pub changes: Vec<Change>,
}

/// A line in its place, as it is stored: what is hashed is exactly this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from 1.
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// When.
    pub at: Moment,
    /// `org_key`, `api_key`, `member`, `cli` or `system`.
    pub actor_kind: String,
    /// The actor's id.
    pub actor_id: Option<String>,
    /// The actor's name at that time.
    pub actor_name: Option<String>,
    /// The address that the request came from.
    pub address: Option<String>,
    /// The request's id.
    pub request: Option<String>,
    /// What was done.
    pub action: String,
    /// The application's id.
    pub app: Option<String>,
    /// The kind of thing that was changed.
    pub target_kind: String,
    /// Its id.
    pub target: String,
    /// JSON: a list of [`Change`]s.
    pub changes: String,
    /// The hash of the line before.
    pub previous_hash: String,
    /// This line's.
    pub hash: String,
}

impl Entry {
    /// The line that comes after `previous` with number `seq - 1`.
    #[must_use]
    pub fn after(previous_hash: &str, seq: i64, line: &Line, id: AuditId, at: Moment) -> Self {
        let mut entry = Self {
            seq,
            id: id.to_string(),
            at,
            actor_kind: line.by.actor.kind.to_owned(),
            actor_id: line.by.actor.id.clone(),
            // An empty name is none: the two have the same hash.
            actor_name: line.by.actor.name.clone().filter(|name| !name.is_empty()),
            address: line.by.address.map(|address| address.to_canonical().to_string()),
            request: line.by.request.map(|request| request.to_string()),
            action: line.action.to_owned(),
            app: line.app.map(|app| app.to_string()),
            target_kind: line.target_kind.to_owned(),
            target: line.target.clone(),
            // By way of a value, whose names are in order: whoever reads an export writes the same text again.
            changes: serde_json::to_value(&line.changes)
                .map(|changes| changes.to_string())
                .unwrap_or_default(),
            previous_hash: previous_hash.to_owned(),
            hash: String::new(),
        };
        entry.hash = entry.computed_hash();
        entry
    }

    /// SHA-256 over all fields, each with its length before it; in hexadecimal.
    #[must_use]
    pub fn computed_hash(&self) -> String {
        let (seq, at) = (self.seq.to_string(), self.at.millis().to_string());
        let optional = |field: &Option<String>| field.clone().unwrap_or_default();
        let fields = [
            "rift-audit-1",
            &seq,
            &self.id,
            &at,
            &self.actor_kind,
            &optional(&self.actor_id),
            &optional(&self.actor_name),
            &optional(&self.address),
            &optional(&self.request),
            &self.action,
            &optional(&self.app),
            &self.target_kind,
            &self.target,
            &self.changes,
            &self.previous_hash,
        ];
        let mut hash = Sha256::new();
        for field in fields {
            hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex(&hash.finalize())
    }
}

impl Entry {
    /// Whether a field that may be absent is empty instead. The service writes no such line, and its hash would not tell the
    /// two apart.
    fn has_empty(&self) -> bool {
        [&self.actor_id, &self.actor_name, &self.address, &self.request, &self.app]
            .into_iter()
            .any(|field| field.as_deref() == Some(""))
    }
}

/// What is wrong with a chain, and from which line on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The chain does not begin with the making of its organization.
    #[error(
        "the log does not begin with `org.created` of its organization: the lines from the first one on are gone"
    )]
    Beginning,
    /// A number is missing or stands twice.
    #[error("line {expected} is missing; line {found} stands in its place")]
    Gap {
        /// The number that should stand here.
        expected: i64,
        /// The one that does.
        found: i64,
    },
    /// A line does not name the one before it.
    #[error("line {0} does not follow from the line before it: one of them was replaced")]
    Unlinked(i64),
    /// A line's fields do not give its hash.
    #[error("line {0} was changed")]
    Changed(i64),
    /// The last lines are gone, or lines were added.
    #[error("the log ends with line {found}, and it should end with line {expected}")]
    End {
        /// The number of the last line by the head.
        expected: i64,
        /// The last line that there is.
        found: i64,
    },
    /// The head's hash is not the last line's, or its MAC does not fit.
    #[error(
        "the head of the log is not the one that the service wrote: line {0} or lines before it were made anew"
    )]
    Head(i64),
}

/// The head of a chain as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last line.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// The MAC of organization, number and hash.
    pub mac: Vec<u8>,
}

/// Walks a chain line by line.
#[derive(Clone, Debug)]
pub struct Walk {
    seq: i64,
    hash: String,
}

impl Default for Walk {
    fn default() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned() }
    }
}

impl Walk {
    /// The next line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn step(&mut self, entry: &Entry) -> Result<(), Broken> {
        let expected = self.seq.saturating_add(1);
        if entry.seq != expected {
            return Err(Broken::Gap { expected, found: entry.seq });
        }
        if entry.previous_hash != self.hash {
            return Err(Broken::Unlinked(entry.seq));
        }
        if entry.has_empty() || entry.computed_hash() != entry.hash {
            return Err(Broken::Changed(entry.seq));
        }
        self.seq = entry.seq;
        self.hash.clone_from(&entry.hash);
        Ok(())
    }

    /// The end of the chain: `fits` says whether the head's MAC is the service's own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn finish(&self, head: Option<&Head>, fits: impl FnOnce(&Head) -> bool) -> Result<(), Broken> {
        let Some(head) = head else {
            return if self.seq == 0 { Ok(()) } else { Err(Broken::End { expected: 0, found: self.seq }) };
        };
        if !fits(head) {
            return Err(Broken::Head(head.seq));
        }
        if head.seq != self.seq {
            return Err(Broken::End { expected: head.seq, found: self.seq });
        }
        if head.hash != self.hash {
            return Err(Broken::Head(head.seq));
        }
        Ok(())
    }

    /// How many lines were walked.
    #[must_use]
    pub fn lines(&self) -> i64 {
        self.seq
    }

    /// The last line's hash.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

#[cfg(test)]
mod tests;
