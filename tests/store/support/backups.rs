//! Backup codes: sets, and the check in its two steps.

use rift_mfa::domain::challenge::MfaType;
use rift_mfa::domain::id::ChallengeId;
use rift_mfa::store::{
    BackupHash, Checked, ClaimedMessage, Deadline, Next, Remember, SettleBackup, SpendBackup, SpentBackup,
    StartBackup, Started, StoreError, UserRef,
};

use super::{Fixture, at, lease, limits, lock, say};

/// A check of a backup code: the index that was typed, and whether the hash of what followed it fits.
#[derive(Clone)]
pub struct BackupGuess {
    pub user: UserRef,
    pub index: char,
    pub fits: bool,
    pub id: Option<ChallengeId>,
    pub kind: MfaType,
    pub at: i64,
}

impl Fixture {
    /// A set of the codes 1, 2 and 3.
    pub fn start_of_set(&self, user: &UserRef, seconds: i64) -> StartBackup {
        let code =
            |index| BackupHash { index, salt: vec![1], hash: format!("{index} at {seconds}").into_bytes() };
        StartBackup {
            deadline: Deadline::never(),
            challenge: self.challenge(user, MfaType::Backup, seconds),
            recipient: user.clone(),
            codes: ['1', '2', '3'].map(code).to_vec(),
            messages: vec![self.message(user, seconds)],
            quota: None,
            limits: limits(),
            now: at(seconds),
        }
    }

    /// Starts a set whose message waits.
    pub async fn requested(&self, start: &StartBackup) -> ChallengeId {
        let outcome = self.store.start_backup(self.scope, start, None).await.unwrap();
        assert!(matches!(outcome, Started::Started { .. }), "{outcome:?}");
        start.challenge.id
    }

    /// Gives the user a valid set.
    pub async fn issued(&self, user: &UserRef, seconds: i64) -> ChallengeId {
        let start = self.start_of_set(user, seconds);
        let set = self.requested(&start).await;
        let message = self.queued(&start, 0, user);
        assert!(self.record(&message, &Next::Sent { inbox: None }, seconds).await);
        set
    }

    /// A message of the start, as its own node holds it.
    pub fn queued(&self, start: &StartBackup, n: usize, to: &UserRef) -> ClaimedMessage {
        let message = &start.messages[n];
        ClaimedMessage {
            scope: self.scope,
            id: message.id,
            challenge: start.challenge.id,
            to: to.key,
            channel: message.channel,
            payload: message.payload.clone(),
            lease: lease("node-a", 0),
            tries: 0,
            created_at: start.now,
            expires_at: message.expires_at,
            step: message.step,
            wait: message.wait,
        }
    }

    pub async fn record(&self, message: &ClaimedMessage, next: &Next, seconds: i64) -> bool {
        self.store.record_attempt(message, None, next, at(seconds)).await.unwrap()
    }

    pub fn backup_guess(&self, user: &UserRef, index: char, seconds: i64) -> BackupGuess {
        BackupGuess { user: user.clone(), index, fits: true, id: None, kind: MfaType::Backup, at: seconds }
    }

    /// Both steps, one after the other, at the same second.
    pub async fn try_backup(&self, guess: &BackupGuess) -> Result<Checked, StoreError> {
        let named = guess.id.map(|id| (id, guess.kind.family()));
        let spend = SpendBackup { user: &guess.user, index: guess.index, named, now: at(guess.at) };
        let candidate = match self.store.spend_backup(self.scope, &spend).await? {
            SpentBackup::Unknown => return Ok(Checked::Unknown),
            SpentBackup::Spent(candidate) => candidate,
        };
        let fits = candidate.filter(|_| guess.fits).map(|candidate| (candidate.set, guess.index));
        self.settle(guess, fits).await
    }

    pub async fn settle(
        &self,
        guess: &BackupGuess,
        fits: Option<(ChallengeId, char)>,
    ) -> Result<Checked, StoreError> {
        self.settle_remembering(guess, fits, None).await
    }

    pub async fn settle_remembering(
        &self,
        guess: &BackupGuess,
        fits: Option<(ChallengeId, char)>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked, StoreError> {
        let settle = SettleBackup {
            user: &guess.user,
            fits,
            id: guess.id,
            record: self.challenge(&guess.user, guess.kind, guess.at),
            spent_at: at(guess.at),
            lock: lock(),
            now: at(guess.at),
        };
        self.store.settle_backup(self.scope, &settle, remember).await
    }

    pub async fn backup(&self, guess: BackupGuess) -> String {
        say(&self.try_backup(&guess).await.unwrap())
    }

    /// How many codes of the valid set are unused.
    pub async fn codes_left(&self, user: &UserRef) -> i64 {
        self.store.summary(self.scope, user, at(0)).await.unwrap().backup_codes_remaining
    }
}
