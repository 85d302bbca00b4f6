//! What is made with the keys: MACs, sealed rows, user keys.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::ring::{KeyRing, RootKeyId};
use crate::domain::challenge::Family;
use crate::domain::contact::User;
use crate::domain::tenant::Scope;

/// 32 bytes of HMAC-SHA-256.
pub type Hmac256 = [u8; 32];

/// A user as the database knows one: a keyed hash of the contact, per application and mode. Nobody reads a contact back
/// from it without the key ring.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserKey(Hmac256);

impl UserKey {
    /// As stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From a stored row.
    #[must_use]
    pub const fn from_bytes(bytes: Hmac256) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, ..] = self.0;
        write!(f, "UserKey({a:02x}{b:02x}…)")
    }
}

/// The MAC of a code under one root key.
#[derive(Clone, Debug)]
pub struct CodeMac {
    /// The root key.
    pub key: RootKeyId,
    /// The MAC.
    pub mac: Hmac256,
}

/// An encrypted value: a random 24-byte nonce, then XChaCha20-Poly1305.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The root key under which it was sealed.
    pub key: String,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

/// A table that holds sealed values; part of every seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedTable {
    /// Secrets of authenticator apps, and the credentials of security keys.
    Factors,
    /// Labels of factors.
    FactorNames,
    /// Messages that are not sent yet.
    Messages,
    /// Test mode's messages.
    Inbox,
    /// Stored answers.
    Idempotency,
    /// What a ceremony of a security key was begun with.
    WebauthnStates,
    /// What signs a tenant's webhooks.
    WebhookSecrets,
    /// Providers of an application's own.
    AppProviders,
}

impl SealedTable {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Factors,
        Self::FactorNames,
        Self::Messages,
        Self::Inbox,
        Self::Idempotency,
        Self::WebauthnStates,
        Self::WebhookSecrets,
        Self::AppProviders,
    ];

    /// Its name in the seal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Factors => "factors",
            Self::FactorNames => "factor names",
            Self::Messages => "messages",
            Self::Inbox => "inbox",
            Self::Idempotency => "idempotency",
            Self::WebauthnStates => "webauthn states",
            Self::WebhookSecrets => "webhook secrets",
            Self::AppProviders => "app providers",
        }
    }
}

/// Where a sealed value stands; bound to it, so that a value moved to another row does not open.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Application and mode.
    pub scope: Scope,
    /// The user, where there is one.
    pub user: Option<&'a UserKey>,
    /// The table.
    pub table: SealedTable,
    /// The row's id.
    pub id: &'a str,
}

/// A sealed value does not open: its key is not on the ring, or it was changed or moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The root key is not on the ring.
    #[error("the key ring has no key {0}")]
    UnknownKey(String),
    /// The value was changed, moved to another row, or made under another key of the same name.
    #[error("a sealed value does not open under key {0}")]
    Damaged(String),
}

/// A random key that never changes, kept wrapped in the database.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DataKey {
    /// Makes [`UserKey`]s, and the MACs of idempotency keys and bodies.
    UserIndex,
    /// The secret of backup codes' hashes.
    BackupPepper,
    /// Holds nothing; opens only with the right ring.
    Canary,
}

impl DataKey {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::UserIndex, Self::BackupPepper, Self::Canary];

    /// The name of its row.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserIndex => "user-index",
            Self::BackupPepper => "backup-pepper",
            Self::Canary => "canary",
        }
    }
}

/// The data keys, open.
pub struct DataKeys {
    /// See [`DataKey::UserIndex`].
    pub user_index: Zeroizing<[u8; 32]>,
    /// See [`DataKey::BackupPepper`].
    pub backup_pepper: Zeroizing<[u8; 32]>,
}

struct LoadedKey {
    id: RootKeyId,
    code: Zeroizing<[u8; 32]>,
    seal: Zeroizing<[u8; 32]>,
    wrap: Zeroizing<[u8; 32]>,
}

/// The open ring and the data keys. One per process; a rotated ring can be put in while it is in use.
pub struct Vault {
    ring: RwLock<Arc<Vec<LoadedKey>>>,
    data: DataKeys,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

fn load(ring: &KeyRing) -> Arc<Vec<LoadedKey>> {
    let load = |key: &super::ring::RootKey| LoadedKey {
        id: key.id.clone(),
        code: key.subkey("code-mac"),
        seal: key.subkey("seal"),
        wrap: key.subkey("wrap"),
    };
    Arc::new(ring.keys().iter().map(load).collect())
}

impl Vault {
    /// A vault over a ring and the data keys that were unwrapped with it.
    #[must_use]
    pub fn new(ring: &KeyRing, data: DataKeys) -> Self {
        Self { ring: RwLock::new(load(ring)), data }
    }

    /// Puts a rotated ring in.
    pub fn replace_ring(&self, ring: &KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = load(ring);
    }

    /// The name of the primary key.
    #[must_use]
    pub fn primary(&self) -> String {
        self.keys().first().map(|key| key.id.to_string()).unwrap_or_default()
    }

    fn keys(&self) -> Arc<Vec<LoadedKey>> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The user's key in the database.
    #[must_use]
    pub fn user_key(&self, scope: Scope, user: &User) -> UserKey {
        let app = scope.app.to_string();
        let canonical = Zeroizing::new(user.canonical());
        UserKey(mac(
            &self.data.user_index,
            &[b"user", app.as_bytes(), scope.mode.as_str().as_bytes(), canonical.as_bytes()],
        ))
    }

    /// The MAC by which an idempotency key, or the body that came with it, is kept.
    #[must_use]
    pub fn idempotency_mac(&self, scope: Scope, what: &'static str, content: &[u8]) -> Hmac256 {
        let app = scope.app.to_string();
        mac(
            &self.data.user_index,
            &[b"idempotency", what.as_bytes(), app.as_bytes(), scope.mode.as_str().as_bytes(), content],
        )
    }

    /// The MACs of a code, one per root key, the primary's first. Bound to application, mode, user, family and action:
    /// a code fits nowhere else. The challenge's id is left out so that one statement can check a code.
    #[must_use]
    pub fn code_macs(
        &self,
        scope: Scope,
        user: &UserKey,
        family: Family,
        action: Option<&str>,
        code: &str,
    ) -> Vec<CodeMac> {
        let app = scope.app.to_string();
        let parts: [&[u8]; 7] = [
            b"code",
            app.as_bytes(),
            scope.mode.as_str().as_bytes(),
            user.as_bytes(),
            family.as_str().as_bytes(),
            action.unwrap_or_default().as_bytes(),
            code.as_bytes(),
        ];
        self.keys().iter().map(|key| CodeMac { key: key.id.clone(), mac: mac(&key.code, &parts) }).collect()
    }

    /// The secret that goes into the hash of every backup code.
    #[must_use]
    pub fn backup_pepper(&self) -> &[u8; 32] {
        &self.data.backup_pepper
    }

    /// Seals a value for one row, under the primary key.
    pub fn seal(&self, row: Row<'_>, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Sealed {
        let keys = self.keys();
        match keys.first() {
            Some(key) => {
                Sealed { key: key.id.to_string(), bytes: encrypt(&key.seal, &aad(row), plaintext, rng) }
            }
            None => Sealed { key: String::new(), bytes: Vec::new() },
        }
    }

    /// Opens a sealed value of one row.
    pub fn open(&self, row: Row<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let keys = self.keys();
        let key = keys
            .iter()
            .find(|key| key.id.as_str() == sealed.key)
            .ok_or_else(|| OpenError::UnknownKey(sealed.key.clone()))?;
        decrypt(&key.seal, &aad(row), &sealed.bytes).ok_or_else(|| OpenError::Damaged(sealed.key.clone()))
    }
}

impl KeyRing {
    /// Wraps a data key under the primary key.
    pub fn wrap(&self, which: DataKey, key: &[u8; 32], rng: &mut dyn CryptoRng) -> Sealed {
        let keys = load(self);
        match keys.first() {
            Some(root) => Sealed {
                key: root.id.to_string(),
                bytes: encrypt(&root.wrap, which.name().as_bytes(), key, rng),
            },
            None => Sealed { key: String::new(), bytes: Vec::new() },
        }
    }

    /// Unwraps a data key.
    pub fn unwrap_key(&self, which: DataKey, wrapped: &Sealed) -> Result<Zeroizing<[u8; 32]>, OpenError> {
        let keys = load(self);
        let root = keys
            .iter()
            .find(|key| key.id.as_str() == wrapped.key)
            .ok_or_else(|| OpenError::UnknownKey(wrapped.key.clone()))?;
        decrypt(&root.wrap, which.name().as_bytes(), &wrapped.bytes)
            .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
            .map(Zeroizing::new)
            .ok_or_else(|| OpenError::Damaged(wrapped.key.clone()))
    }
}

const NONCE: usize = 24;

fn encrypt(key: &[u8; 32], aad: &[u8], plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad });
    debug_assert!(sealed.is_ok(), "XChaCha20-Poly1305 fails only past 256 GiB");
    let mut bytes = nonce.to_vec();
    bytes.extend(sealed.unwrap_or_default());
    bytes
}

fn decrypt(key: &[u8; 32], aad: &[u8], bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
    let nonce = XNonce::from(<[u8; NONCE]>::try_from(nonce).ok()?);
    XChaCha20Poly1305::new(key.into()).decrypt(&nonce, Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
}

fn aad(row: Row<'_>) -> Vec<u8> {
    let app = row.scope.app.to_string();
    let user: &[u8] = row.user.map_or(&[], |user| user.as_bytes());
    framed(&[
        row.table.name().as_bytes(),
        app.as_bytes(),
        row.scope.mode.as_str().as_bytes(),
        user,
        row.id.as_bytes(),
    ])
}

/// Each part behind its length, so that no two lists of parts make the same bytes.
fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend(*part);
    }
    bytes
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac256 {
    // A key shorter than the hash's block is padded with zeros (RFC 2104 §2); 32 bytes always fit.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(&Zeroizing::new(framed(parts)));
    mac.finalize().into_bytes().into()
}

mod audit;
mod members;
#[cfg(test)]
mod tests;
