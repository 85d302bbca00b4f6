//! The user's row: the first statement of every transaction that decides something about a user.

use std::collections::{BTreeMap, BTreeSet};

use super::{Session, args};
use crate::domain::asked::Looked;
use crate::domain::challenge::Family;
use crate::domain::policy::{LockPolicy, SendLimits};
use crate::domain::standing::{SendRefused, Standing};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::UserKey;
use crate::store::challenges::UserRef;
use crate::store::{Result, StoreError};

/// A user's rows, locked until the transaction ends: one, or for a DUAL user the pair's own and both contacts'. What is
/// counted is counted in each of them, and the strictest of them speaks.
pub struct LockedUser {
    rows: Vec<LockedRow>,
}

struct LockedRow {
    key: UserKey,
    version: i64,
    standing: Standing,
}

/// Takes the user's rows, making those that are absent. From here on no other transaction decides about this user.
pub async fn lock(tx: &mut dyn Session, scope: Scope, user: &UserRef, now: Moment) -> Result<LockedUser> {
    lock_all(tx, scope, &[user], now).await
}

/// Takes the rows of several users, always in the order of their keys, so that two transactions cannot wait for each other.
pub async fn lock_all(
    tx: &mut dyn Session,
    scope: Scope,
    users: &[&UserRef],
    now: Moment,
) -> Result<LockedUser> {
    let ordered: BTreeMap<UserKey, &str> = users
        .iter()
        .flat_map(|user| std::iter::once(*user).chain(&user.contacts))
        .map(|row| (row.key, row.masked.as_str()))
        .collect();
    let mut rows = Vec::with_capacity(ordered.len());
    for (key, masked) in ordered {
        rows.push(lock_row(tx, scope, key, masked, now).await?);
    }
    Ok(LockedUser { rows })
}

async fn lock_row(
    tx: &mut dyn Session,
    scope: Scope,
    key: UserKey,
    masked: &str,
    now: Moment,
) -> Result<LockedRow> {
    let row = tx
        .row(
            "INSERT INTO users (app_id, mode, user_key, masked, standing, version, created_at, updated_at)
             VALUES ($1, $2, $3, $4, '{}', 1, $5, $5)
             ON CONFLICT (app_id, mode, user_key)
             DO UPDATE SET version = users.version + 1, updated_at = $5
             RETURNING standing, version",
            args![scope.app, scope.mode, &key, masked, now],
        )
        .await?
        .ok_or_else(|| StoreError::Corrupt("the user's row did not come back".into()))?;
    let mut standing = read_standing(&row)?;
    standing.forget_old(now);
    Ok(LockedRow { key, version: row.get("version")?, standing })
}

/// Writes the standings back; the version proves that nobody else held the row.
pub async fn save(tx: &mut dyn Session, scope: Scope, user: &LockedUser) -> Result<()> {
    for row in &user.rows {
        let standing =
            serde_json::to_string(&row.standing).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        tx.one(
            "the user's standing",
            "UPDATE users SET standing = $1, locked_until = $6
             WHERE app_id = $2 AND mode = $3 AND user_key = $4 AND version = $5",
            args![standing, scope.app, scope.mode, &row.key, row.version, row.standing.lock_end()],
        )
        .await?;
    }
    Ok(())
}

impl LockedUser {
    /// The rows of one of the users that were locked together.
    pub fn only(self, user: &UserRef) -> Self {
        let is_of = |row: &LockedRow| row.key == user.key || user.contacts.iter().any(|of| of.key == row.key);
        Self { rows: self.rows.into_iter().filter(is_of).collect() }
    }

    /// See [`Standing::locked_until`]: a lock of any row locks.
    pub fn locked_until(&self, now: Moment) -> Option<Moment> {
        self.rows.iter().filter_map(|row| row.standing.locked_until(now)).max()
    }

    /// See [`Standing::admit_send`].
    pub fn admit_send(&self, now: Moment, limits: &SendLimits) -> std::result::Result<(), SendRefused> {
        let refusals = self.rows.iter().filter_map(|row| row.standing.admit_send(now, limits).err());
        refusals.max_by_key(|refused| refused.until()).map_or(Ok(()), Err)
    }

    /// See [`Standing::look_at_sends`]: of each limit the row that has used most of it.
    pub fn look_at_sends(&self, now: Moment, limits: &SendLimits) -> Vec<Looked> {
        let rows = self.rows.iter().map(|row| row.standing.look_at_sends(now, limits));
        rows.reduce(|one, other| {
            one.into_iter().zip(other).map(|(a, b)| if b.used > a.used { b } else { a }).collect()
        })
        .unwrap_or_default()
    }

    /// See [`Standing::look_at_starts`].
    pub fn look_at_starts(&self, now: Moment, per_ten_minutes: usize) -> Vec<Looked> {
        let rows = self.rows.iter().map(|row| row.standing.look_at_starts(now, per_ten_minutes));
        rows.max_by_key(|looked| looked.used).into_iter().collect()
    }

    /// See [`Standing::record_send`].
    pub fn record_send(&mut self, now: Moment) {
        self.each(|standing| standing.record_send(now));
    }

    /// See [`Standing::next_send`].
    pub fn next_send(&self, now: Moment, limits: &SendLimits) -> Moment {
        self.rows.iter().map(|row| row.standing.next_send(now, limits)).max().unwrap_or(now)
    }

    /// See [`Standing::admit_start`].
    pub fn admit_start(
        &mut self,
        now: Moment,
        per_ten_minutes: usize,
    ) -> std::result::Result<(), SendRefused> {
        self.rows.iter_mut().try_for_each(|row| row.standing.admit_start(now, per_ten_minutes))
    }

    /// See [`Standing::failures_left`].
    pub fn failures_left(&self, policy: &LockPolicy) -> usize {
        self.rows.iter().map(|row| row.standing.failures_left(policy)).min().unwrap_or(0)
    }

    /// See [`Standing::spend`].
    pub fn spend(&mut self, family: Family, now: Moment) {
        self.each(|standing| standing.spend(family, now));
    }

    /// See [`Standing::settle`].
    pub fn settle(&mut self, now: Moment, policy: &LockPolicy) -> Option<Moment> {
        self.rows.iter_mut().filter_map(|row| row.standing.settle(now, policy)).max()
    }

    /// See [`Standing::fail`].
    pub fn fail(&mut self, family: Family, now: Moment, policy: &LockPolicy) -> Option<Moment> {
        self.spend(family, now);
        self.settle(now, policy)
    }

    /// See [`Standing::take_back`].
    pub fn take_back(&mut self, family: Family, at: Moment) {
        self.each(|standing| standing.take_back(family, at));
    }

    /// See [`Standing::succeed`].
    pub fn succeed(&mut self, family: Family, approval: bool) {
        self.each(|standing| standing.succeed(family, approval));
    }

    /// An approval. The contacts of a pair that had no part in it are `unproven`: see [`Standing::succeed_elsewhere`].
    pub fn approve(&mut self, family: Family, unproven: &[UserRef]) {
        for row in &mut self.rows {
            if unproven.iter().any(|contact| contact.key == row.key) {
                row.standing.succeed_elsewhere(family);
            } else {
                row.standing.succeed(family, true);
            }
        }
    }

    /// See [`Standing::failures`]: the row with the most of them.
    pub fn failures(&self) -> usize {
        self.rows.iter().map(|row| row.standing.failures()).max().unwrap_or(0)
    }

    /// See [`Standing::lock`]: whether it changes any row.
    pub fn lock(&mut self, until: Moment) -> bool {
        self.rows.iter_mut().map(|row| row.standing.lock(until)).filter(|changed| *changed).count() > 0
    }

    /// See [`Standing::unlock`]: whether it changes any row.
    pub fn unlock(&mut self) -> bool {
        self.rows.iter_mut().map(|row| row.standing.unlock()).filter(|changed| *changed).count() > 0
    }

    fn each(&mut self, change: impl Fn(&mut Standing)) {
        self.rows.iter_mut().for_each(|row| change(&mut row.standing));
    }
}

/// How a user stands, without a lock on the rows: to be shown only.
pub struct Seen {
    pub locked_until: Option<Moment>,
    pub failures: usize,
    /// Since when there is a row of the user, and when it was last looked at.
    pub known: Option<(Moment, Moment)>,
}

/// Looks a user up. Of a pair the strictest row speaks, and its own row is what it is known by.
pub async fn peek(tx: &mut dyn Session, scope: Scope, user: &UserRef, now: Moment) -> Result<Seen> {
    let mut seen = Seen { locked_until: None, failures: 0, known: None };
    for of in std::iter::once(user).chain(&user.contacts) {
        let row = tx
            .row(
                "SELECT standing, created_at, updated_at FROM users
                 WHERE app_id = $1 AND mode = $2 AND user_key = $3",
                args![scope.app, scope.mode, &of.key],
            )
            .await?;
        let Some(row) = row else { continue };
        let mut standing = read_standing(&row)?;
        standing.forget_old(now);
        seen.locked_until = seen.locked_until.max(standing.locked_until(now));
        seen.failures = seen.failures.max(standing.failures());
        if of.key == user.key {
            seen.known = Some((row.moment("created_at")?, row.moment("updated_at")?));
        }
    }
    Ok(seen)
}

/// The user's rows that are there already, locked; `None` where nothing is known of the user. Makes no row: a user that is
/// erased at the same moment stays erased.
pub async fn lock_known(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserRef,
    now: Moment,
) -> Result<Option<LockedUser>> {
    let keys: BTreeSet<UserKey> = std::iter::once(user).chain(&user.contacts).map(|of| of.key).collect();
    let mut rows = Vec::with_capacity(keys.len());
    for key in keys {
        let row = tx
            .row(
                "UPDATE users SET version = version + 1 WHERE app_id = $1 AND mode = $2 AND user_key = $3
                 RETURNING standing, version",
                args![scope.app, scope.mode, &key],
            )
            .await?;
        let Some(row) = row else { continue };
        let mut standing = read_standing(&row)?;
        standing.forget_old(now);
        rows.push(LockedRow { key, version: row.get("version")?, standing });
    }
    Ok((!rows.is_empty()).then_some(LockedUser { rows }))
}

fn read_standing(row: &super::Row) -> Result<Standing> {
    let text: String = row.get("standing")?;
    serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(format!("users.standing: {error}")))
}
