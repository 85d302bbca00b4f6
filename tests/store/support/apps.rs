//! Authenticator apps: starts and checks.

use rift_mfa::domain::challenge::MfaType;
use rift_mfa::domain::id::{ChallengeId, FactorId};
use rift_mfa::store::{
    CheckTotp, Checked, Deadline, Enrolment, NewFactor, Remember, StartApp, StartedApp, StoreError,
    TotpMatch, UserRef,
};

use super::{Fixture, MINUTE, at, id, lock, say, sealed};

/// A start of APP that was made.
#[derive(Clone, Copy)]
pub struct AppStart {
    pub challenge: ChallengeId,
    pub factor: FactorId,
}

/// A check of a TOTP code that fits the factor at the step.
#[derive(Clone)]
pub struct TotpGuess {
    pub user: UserRef,
    pub factor: FactorId,
    pub step: i64,
    pub id: Option<ChallengeId>,
    pub at: i64,
}

impl Fixture {
    pub fn start_of_app(&self, user: &UserRef, seconds: i64) -> StartApp {
        StartApp {
            deadline: Deadline::never(),
            challenge: self.challenge(user, MfaType::App, seconds),
            factor: NewFactor {
                id: id(at(seconds)),
                name: Some(sealed("Phone")),
                secret: sealed("secret"),
                expires_at: at(seconds + 15 * MINUTE),
            },
            asked_to_enrol: false,
            proof: None,
            trusted: false,
            per_ten_minutes: 30,
            now: at(seconds),
        }
    }

    /// Makes the start and says how it ended.
    pub async fn start_app(&self, start: &StartApp) -> String {
        say(&self.store.start_app(self.scope, start, None).await.unwrap())
    }

    /// Begins an enrolment, which must succeed.
    pub async fn enrolling(&self, user: &UserRef, proof: Option<ChallengeId>, seconds: i64) -> AppStart {
        let start = StartApp { asked_to_enrol: proof.is_some(), proof, ..self.start_of_app(user, seconds) };
        let outcome = self.store.start_app(self.scope, &start, None).await.unwrap();
        assert!(matches!(outcome, StartedApp::Enrolling), "{outcome:?}");
        AppStart { challenge: start.challenge.id, factor: start.factor.id }
    }

    /// Gives the user a confirmed factor whose last step is 100.
    pub async fn enrolled(&self, user: &UserRef, seconds: i64) -> FactorId {
        let started = self.enrolling(user, None, seconds).await;
        assert_eq!(self.totp(self.totp_guess(user, started.factor, 100, seconds)).await, "enrolled");
        started.factor
    }

    pub fn totp_guess(&self, user: &UserRef, factor: FactorId, step: i64, seconds: i64) -> TotpGuess {
        TotpGuess { user: user.clone(), factor, step, id: None, at: seconds }
    }

    pub async fn try_totp(&self, guess: &TotpGuess) -> Result<Checked, StoreError> {
        self.totp_remembering(guess, None).await
    }

    /// The check of a code that fits `matches`, and nothing where there are none.
    pub async fn totp_of(&self, guess: &TotpGuess, matches: &[TotpMatch]) -> Result<Checked, StoreError> {
        self.check_matches(guess, matches, None).await
    }

    pub async fn totp_remembering(
        &self,
        guess: &TotpGuess,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked, StoreError> {
        self.check_matches(guess, &[TotpMatch { factor: guess.factor, step: guess.step }], remember).await
    }

    async fn check_matches(
        &self,
        guess: &TotpGuess,
        matches: &[TotpMatch],
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked, StoreError> {
        let check = CheckTotp {
            user: &guess.user,
            matches,
            id: guess.id,
            record: self.challenge(&guess.user, MfaType::App, guess.at),
            enrolment: Enrolment::default(),
            lock: lock(),
            now: at(guess.at),
        };
        self.store.check_totp(self.scope, &check, remember).await
    }

    /// Makes the check and says how it ended.
    pub async fn totp(&self, guess: TotpGuess) -> String {
        say(&self.try_totp(&guess).await.unwrap())
    }

    /// An approved verification of the user by e-mail: a proof.
    pub async fn proof(&self, user: &UserRef, seconds: i64) -> ChallengeId {
        let id = self.started(user, "123456", seconds).await;
        assert_eq!(self.check(self.guess(user, "123456", seconds)).await, "approved");
        id
    }
}
