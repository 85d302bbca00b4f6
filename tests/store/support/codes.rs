//! Sent codes: starts and guesses.

use rift_mfa::domain::challenge::{Family, MfaType};
use rift_mfa::domain::id::ChallengeId;
use rift_mfa::domain::tenant::Scope;
use rift_mfa::keyring::CodeMac;
use rift_mfa::store::{CheckCode, Checked, Deadline, Remember, StartCode, Started, StoreError, UserRef};

use super::{Fixture, at, limits, lock};

/// A check of a sent code. The fields say where it differs from the plainest one.
#[derive(Clone)]
pub struct Guess {
    pub scope: Scope,
    pub user: UserRef,
    pub family: Family,
    pub macs: Vec<CodeMac>,
    pub id: Option<ChallengeId>,
    pub at: i64,
}

impl Fixture {
    /// The MACs of a code. They are the same for every user, family and tenant, so that only the store's own conditions
    /// keep those apart.
    pub fn code(&self, code: &str) -> Vec<CodeMac> {
        self.vault.code_macs(self.scope, &self.user("anybody").key, Family::Email, None, code)
    }

    pub fn start(&self, user: &UserRef, code: &str, seconds: i64) -> StartCode {
        StartCode {
            deadline: Deadline::never(),
            challenge: self.challenge(user, MfaType::Email, seconds),
            code: self.code(code).swap_remove(0),
            second_code: None,
            messages: vec![self.message(user, seconds)],
            quota: None,
            limits: limits(),
            now: at(seconds),
        }
    }

    /// Starts a challenge, which must succeed.
    pub async fn started(&self, user: &UserRef, code: &str, seconds: i64) -> ChallengeId {
        let start = self.start(user, code, seconds);
        let outcome = self.store.start_code(self.scope, &start, None).await.unwrap();
        assert!(matches!(outcome, Started::Started { .. }), "{outcome:?}");
        start.challenge.id
    }

    pub fn guess(&self, user: &UserRef, code: &str, seconds: i64) -> Guess {
        let macs = self.code(code);
        Guess { scope: self.scope, user: user.clone(), family: Family::Email, macs, id: None, at: seconds }
    }

    pub async fn try_check(&self, guess: &Guess) -> Result<Checked, StoreError> {
        self.check_remembering(guess, None).await
    }

    pub async fn check_remembering(
        &self,
        guess: &Guess,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked, StoreError> {
        let check = CheckCode {
            user: &guess.user,
            family: guess.family,
            macs: &guess.macs,
            id: guess.id,
            reference: None,
            lock: lock(),
            now: at(guess.at),
        };
        self.store.check_code(guess.scope, &check, remember).await
    }

    /// Makes the guess and says how it ended.
    pub async fn check(&self, guess: Guess) -> String {
        super::say(&self.try_check(&guess).await.unwrap())
    }

    /// Counts `count` failures against the user, with nothing to guess at.
    pub async fn fail(&self, user: &UserRef, count: usize, seconds: i64) -> String {
        let mut last = String::new();
        for _ in 0..count {
            last = self.check(self.guess(user, "999999", seconds)).await;
        }
        last
    }
}
