//! What every test of the contract has in hand: a store over a fresh database, users, codes and messages, and a way to
//! read the rows past the store.

#[path = "support/apps.rs"]
mod apps;
#[path = "support/backups.rs"]
mod backups;
#[path = "support/codes.rs"]
mod codes;
#[path = "support/hooks.rs"]
mod hooks;
#[path = "support/hours.rs"]
mod hours;
#[path = "support/keys.rs"]
mod keys;
#[path = "support/raw.rs"]
mod raw;
#[path = "support/words.rs"]
mod words;

use std::sync::Arc;
use std::time::Duration;

use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::domain::audit::{By, Line};
use rift_mfa::domain::challenge::MfaType;
use rift_mfa::domain::contact::User;
use rift_mfa::domain::id::{Id, Kind, MemberId};
use rift_mfa::domain::message::Channel;
use rift_mfa::domain::policy::{LockPolicy, SendLimits, Settings};
use rift_mfa::domain::standing::Standing;
use rift_mfa::domain::tenant::{Mode, Scope};
use rift_mfa::domain::time::Moment;
use rift_mfa::keyring::{DataKeys, KeyRing, Sealed, UserKey, Vault};
use rift_mfa::store::{
    AuditNote, Disposition, HouseUser, Lease, NewChallenge, NewMessage, Store, StoreError, Told, UserRef,
};
use zeroize::Zeroizing;

pub use apps::TotpGuess;
pub use backups::BackupGuess;
pub use codes::Guess;
pub use hours::told;
pub use keys::KeyGuess;
pub use raw::Raw;
pub use words::say;

/// The second `n` of every test. The day is arbitrary.
pub fn at(seconds: i64) -> Moment {
    Moment::from_millis(1_795_521_600_000 + seconds * 1000)
}

/// The second that a moment is; the opposite of [`at`].
pub fn second(moment: Moment) -> i64 {
    (moment.millis() - at(0).millis()) / 1000
}

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub fn lock() -> LockPolicy {
    Settings::default().lock()
}

pub fn limits() -> SendLimits {
    Settings::default().sends()
}

#[derive(Clone)]
pub struct Fixture {
    pub store: Arc<dyn Store>,
    pub raw: Raw,
    pub scope: Scope,
    pub ring: KeyRing,
    pub vault: Arc<Vault>,
}

impl Fixture {
    pub fn new(store: Arc<dyn Store>, raw: Raw) -> Self {
        let ring = KeyRing::generate(&mut *OsChance.rng());
        let data = DataKeys { user_index: Zeroizing::new([1; 32]), backup_pepper: Zeroizing::new([2; 32]) };
        let vault = Arc::new(Vault::new(&ring, data));
        let scope = Scope { app: id(at(0)), mode: Mode::Test };
        Self { store, raw, scope, ring, vault }
    }

    /// A line of an audit log that the test does not look at.
    pub fn note(&self) -> AuditNote {
        self.note_of(self.scope.app.to_string().replace("app_", "org_").parse().unwrap(), "test.changed")
    }

    pub fn note_of(&self, org: rift_mfa::domain::id::OrgId, action: &'static str) -> AuditNote {
        let line = Line {
            org,
            by: By::cli(),
            action,
            app: None,
            target_kind: "test",
            target: "thing".into(),
            changes: vec![],
        };
        AuditNote { line, vault: Arc::clone(&self.vault) }
    }

    /// A line that the test does not look at, without a mail.
    pub fn told(&self) -> Told {
        Told { note: self.note(), mail: None }
    }

    pub fn told_of(&self, org: rift_mfa::domain::id::OrgId, action: &'static str) -> Told {
        Told { note: self.note_of(org, action), mail: None }
    }

    /// Whose second factors a member's are.
    pub fn house(&self, member: MemberId) -> HouseUser {
        let user = User::Opaque(member.to_string());
        let user = UserRef::new(self.vault.user_key(Scope::HOUSE, &user), user.masked());
        HouseUser { scope: Scope::HOUSE, user }
    }

    pub async fn close(&self) {
        self.raw.close().await;
        self.store.close().await;
    }

    /// The two tenancies that must see nothing of this one.
    pub fn strangers(&self) -> [Scope; 2] {
        [Scope { mode: Mode::Live, ..self.scope }, Scope { app: id(at(0)), ..self.scope }]
    }

    pub fn user(&self, name: &str) -> UserRef {
        let mut key = [0; 32];
        key.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        UserRef::new(UserKey::from_bytes(key), format!("{}•••", &name[..1]))
    }

    pub fn challenge(&self, user: &UserRef, kind: MfaType, seconds: i64) -> NewChallenge {
        NewChallenge {
            id: id(at(seconds)),
            user: user.clone(),
            kind,
            country: None,
            reference: None,
            asked: None,
            max_attempts: 5,
            expires_at: at(seconds + 5 * MINUTE),
        }
    }

    /// A message that is leased to `node-a` for 15 seconds, as a start queues it.
    pub fn message(&self, to: &UserRef, seconds: i64) -> NewMessage {
        NewMessage {
            id: id(at(seconds)),
            to: to.key,
            masked: to.masked.clone(),
            channel: Channel::Email,
            country: None,
            payload: sealed("payload"),
            disposition: Disposition::Leased(lease("node-a", seconds + 15)),
            expires_at: at(seconds + 5 * MINUTE),
            step: 0,
            wait: None,
            segments: None,
        }
    }

    /// Puts a rotated ring into the vault.
    pub fn rotated(&self, ring: &KeyRing) -> KeyRing {
        let rotated = ring.rotated(&mut *OsChance.rng());
        self.vault.replace_ring(&rotated);
        rotated
    }

    /// The user's key in SQL.
    pub fn key(&self, user: &UserRef) -> String {
        self.raw.bytes(user.key.as_bytes())
    }

    /// How the user stands, as the row says it.
    pub async fn standing(&self, user: &UserRef, seconds: i64) -> Standing {
        let text = self
            .raw
            .text(&format!(
                "SELECT standing FROM users WHERE app_id = '{}' AND mode = '{}' AND user_key = {}",
                self.scope.app,
                self.scope.mode,
                self.key(user)
            ))
            .await;
        let mut standing: Standing =
            text.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
        standing.forget_old(at(seconds));
        standing
    }
}

pub fn id<K: Kind>(now: Moment) -> Id<K> {
    Id::new(now, &mut *OsChance.rng())
}

/// A value as the store sees a sealed one: it never opens it.
pub fn sealed(text: &str) -> Sealed {
    Sealed { key: "root-1".into(), bytes: text.as_bytes().to_vec() }
}

pub fn lease(token: &str, until: i64) -> Lease {
    Lease { token: token.into(), until: at(until) }
}

/// Runs `count` tasks that all begin together. A node that finds no free connection in time says so and has written
/// nothing; such a call is made again, so that a slow machine changes no outcome.
pub async fn at_once<T, F>(
    count: usize,
    task: impl Fn(usize) -> F + Clone + std::marker::Send + 'static,
) -> Vec<T>
where
    T: std::marker::Send + 'static,
    F: Future<Output = Result<T, StoreError>> + std::marker::Send,
{
    let gate = Arc::new(tokio::sync::Barrier::new(count));
    let mut tasks = Vec::with_capacity(count);
    for n in 0..count {
        let (gate, task) = (Arc::clone(&gate), task.clone());
        tasks.push(tokio::spawn(async move {
            gate.wait().await;
            loop {
                match task(n).await {
                    Err(StoreError::Unavailable(why)) if is_only_busy(&why.to_string()) => {}
                    outcome => return outcome.unwrap(),
                }
            }
        }));
    }
    let mut outcomes = Vec::with_capacity(count);
    for task in tasks {
        outcomes.push(tokio::time::timeout(Duration::from_mins(2), task).await.unwrap().unwrap());
    }
    outcomes
}

fn is_only_busy(why: &str) -> bool {
    ["pool timed out", "lock timeout", "database is locked", "no answer within"]
        .iter()
        .any(|known| why.contains(known))
}
