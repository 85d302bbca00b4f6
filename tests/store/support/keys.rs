//! Security keys: starts, and answers whose worth is given.

use rift_mfa::domain::challenge::{Family, MfaType};
use rift_mfa::domain::id::{ChallengeId, FactorId};
use rift_mfa::keyring::{CodeMac, UserKey};
use rift_mfa::store::{
    CheckKey, Checked, Enrolment, KeyVerdict, NewCeremony, NewCredential, StartApp, StartKey, StartedKey,
    StoreError, UserRef,
};

use super::{Fixture, MINUTE, at, lock, say, sealed};

pub const RP: &str = "example.com";

/// An answer to a challenge: right with `sign_count` of the key `credential`, or wrong.
#[derive(Clone)]
pub struct KeyGuess {
    pub user: UserRef,
    pub challenge: String,
    pub answer: String,
    pub credential: String,
    pub sign_count: i64,
    /// The factor that the answer brings a key for.
    pub enrols: Option<FactorId>,
    pub wrong: Option<&'static str>,
    pub id: Option<ChallengeId>,
    pub at: i64,
}

impl Fixture {
    fn key_macs(&self, user: &UserKey, text: &str) -> Vec<CodeMac> {
        self.vault.code_macs(self.scope, user, Family::Hsm, None, text)
    }

    /// A start of HSM. Its challenge is `challenge` if the user has a key, else `challenge` with `new ` before it.
    pub fn start_of_key(&self, user: &UserRef, challenge: &str, seconds: i64) -> StartKey {
        let ceremony = |text: &str| NewCeremony {
            challenge: self.key_macs(&user.key, text).remove(0),
            state: sealed(text),
        };
        let mut start = self.start_of_app(user, seconds);
        start.challenge.kind = MfaType::Hsm;
        start.factor.expires_at = at(seconds + 5 * MINUTE);
        StartKey {
            start,
            rp_id: RP.into(),
            handle: format!("handle {challenge}").into_bytes(),
            registration: ceremony(&format!("new {challenge}")),
            assertion: ceremony(challenge),
        }
    }

    /// Makes the start and says how it ended.
    pub async fn start_key(&self, start: &StartKey) -> String {
        match self.store.start_key(self.scope, start, None).await.unwrap() {
            StartedKey::Pending { keys } => format!("pending {}", keys.len()),
            StartedKey::Enrolling { handle, keys } => {
                format!("enrolling {} {}", String::from_utf8(handle).unwrap(), keys.len())
            }
            StartedKey::ProofRequired => "proof required".into(),
            StartedKey::Locked { .. } => "locked".into(),
            StartedKey::Refused(_) => "refused".into(),
        }
    }

    pub fn key_guess(&self, user: &UserRef, challenge: &str, sign_count: i64, seconds: i64) -> KeyGuess {
        KeyGuess {
            user: user.clone(),
            challenge: challenge.into(),
            answer: format!("{challenge} {sign_count}"),
            credential: format!("key of {}", user.masked),
            sign_count,
            enrols: None,
            wrong: None,
            id: None,
            at: seconds,
        }
    }

    pub async fn try_key(&self, guess: &KeyGuess) -> Result<Checked, StoreError> {
        let (challenge, answer) =
            (self.key_macs(&guess.user.key, &guess.challenge), self.key_macs(&guess.user.key, &guess.answer));
        let id = guess.credential.clone().into_bytes();
        let verdict = match (guess.wrong, guess.enrols) {
            (Some(reason), _) => KeyVerdict::Wrong(reason),
            (None, Some(factor)) => KeyVerdict::New(NewCredential {
                rp_id: RP.into(),
                id,
                factor,
                credential: sealed("credential"),
                transports: "usb nfc".into(),
                sign_count: guess.sign_count,
                backup_eligible: false,
                backup_state: false,
            }),
            (None, None) => KeyVerdict::Used {
                rp_id: RP.into(),
                credential_id: id,
                sign_count: guess.sign_count,
                backup_state: false,
            },
        };
        let check = CheckKey {
            user: &guess.user,
            challenge: &challenge,
            answer: &answer,
            id: guess.id,
            verdict,
            enrolment: Enrolment::default(),
            reference: None,
            lock: lock(),
            now: at(guess.at),
        };
        self.store.check_key(self.scope, &check, None).await
    }

    /// Makes the check and says how it ended.
    pub async fn key_check(&self, guess: &KeyGuess) -> String {
        say(&self.try_key(guess).await.unwrap())
    }

    /// Gives a user who has none a key whose counter is at 1; its factor.
    pub async fn key_enrolled(&self, user: &UserRef, seconds: i64) -> FactorId {
        let start = self.start_of_key(user, "enrol", seconds);
        assert!(self.start_key(&start).await.starts_with("enrolling"));
        let factor = start.start.factor.id;
        let guess = KeyGuess { enrols: Some(factor), ..self.key_guess(user, "new enrol", 1, seconds) };
        assert_eq!(self.key_check(&guess).await, "enrolled");
        factor
    }

    /// A further enrolment with a proof.
    pub fn proven(&self, start: StartKey, proof: ChallengeId) -> StartKey {
        let StartKey { start: app, .. } = start;
        let app = StartApp { asked_to_enrol: true, proof: Some(proof), ..app };
        StartKey { start: app, ..start }
    }

    /// A ceremony's state alone, past the store.
    pub async fn ceremony_of(&self, user: &UserRef, seconds: i64, life: i64) {
        let state = sealed("state");
        let challenge: ChallengeId = super::id(at(seconds));
        let sql = format!(
            "INSERT INTO webauthn_states (app_id, mode, id, user_key, state_key, state, expires_at)
             VALUES ('{}', '{}', '{}', {}, '{}', {}, {})",
            self.scope.app,
            self.scope.mode,
            challenge,
            self.key(user),
            state.key,
            self.raw.bytes(&state.bytes),
            at(seconds + life).millis()
        );
        assert_eq!(self.raw.run(&sql).await, 1);
    }
}
