//! Floor 0: the key ring, and all that is made with it: MACs of codes, sealed rows, user keys.
//!
//! The ring holds root keys; a root key is used only through HKDF subkeys, one per purpose. The first root key is
//! primary: new rows are made under it, older ones still open. Two data keys (users' index, backup codes' pepper) are
//! random, stored wrapped by a root key, and never change. Nothing here reads files or the database.

mod ring;
mod vault;

pub use ring::{KeyRing, RingError, RootKeyId};
pub use vault::{CodeMac, DataKey, DataKeys, Hmac256, OpenError, Row, Sealed, SealedTable, UserKey, Vault};
