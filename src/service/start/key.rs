//! A start of HSM: a security key is enrolled, or used.

use super::{Asked, send_refused, started, to_json};
use crate::domain::challenge::Status;
use crate::domain::id::{ChallengeId, FactorId};
use crate::keyring::UserKey;
use crate::methods::webauthn::{
    Account, BrokenCeremony, CEREMONY, Ceremony, KeyHint, RelyingParty, new_handle,
};
use crate::service::error::{Result, ServiceError};
use crate::service::once::{Call, Once};
use crate::service::{Service, factor_id_text, factor_name_row, factor_row, state_row};
use crate::store::{
    Deadline, KeyRef, NewCeremony, NewChallenge, NewFactor, Remember, StartApp, StartKey, StartedKey,
};

impl From<BrokenCeremony> for ServiceError {
    fn from(error: BrokenCeremony) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Service {
    pub(super) async fn use_key(
        &self,
        call: &Call,
        once: &Once,
        asked: &Asked,
        rp: &RelyingParty,
    ) -> Result<String> {
        let caller = &call.caller;
        let now = self.now();
        let id: ChallengeId = self.new_id();
        let registration = Ceremony::registration(rp)?;
        let assertion = Ceremony::assertion(rp)?;
        let user = self.user_ref(caller, &asked.user);
        let start = StartKey {
            rp_id: rp.id.clone(),
            handle: new_handle(&mut *self.parts.chance.rng()),
            registration: self.ceremony_row(call, asked, &user.key, id, &registration)?,
            assertion: self.ceremony_row(call, asked, &user.key, id, &assertion)?,
            start: StartApp {
                deadline: Deadline::at(call.deadline),
                factor: self.key_factor(call, asked, &user.key),
                challenge: NewChallenge {
                    id,
                    user,
                    kind: asked.kind,
                    country: None,
                    reference: asked.reference.clone(),
                    asked: Some(call.asker()),
                    max_attempts: caller.settings().code_attempts(),
                    expires_at: now.plus(CEREMONY),
                },
                asked_to_enrol: asked.enroll,
                proof: asked.proof,
                trusted: asked.vouched.verified,
                per_ten_minutes: caller.settings().starts_per_ten_minutes(),
                now,
            },
        };
        let name = asked.account();
        let answer = |outcome: &StartedKey| -> Result<String> {
            let nobody: &[u8] = &[];
            let (status, ceremony, handle, keys) = match outcome {
                StartedKey::Enrolling { handle, keys } => {
                    (Status::Enrolling, &registration, handle.as_slice(), keys.as_slice())
                }
                StartedKey::Pending { keys } => (Status::Pending, &assertion, nobody, keys.as_slice()),
                _ => return Err(ServiceError::Internal("a refused start has no options".into())),
            };
            let account = Account { handle, application: caller.app_name(), name: &name };
            let hints: Vec<KeyHint> = keys.iter().map(hint).collect();
            let mut started = started(call, asked, id, status, now, now.plus(CEREMONY));
            started.public_key = Some(ceremony.options(account, &hints)?);
            to_json(&started)
        };
        let seal = |outcome: &StartedKey| self.seal_ok(call, once.ticket()?, &answer(outcome).ok()?);
        let remember = once.ticket().map(|ticket| Remember { ticket, enrolment: Some(id), answer: &seal });
        match self.store().start_key(caller.scope(), &start, remember).await? {
            outcome @ (StartedKey::Pending { .. } | StartedKey::Enrolling { .. }) => {
                metrics::counter!("rift_challenges_started_total", "type" => asked.kind.as_str())
                    .increment(1);
                answer(&outcome)
            }
            StartedKey::ProofRequired => Err(ServiceError::ProofRequired),
            StartedKey::Locked { until } => Err(ServiceError::Locked { retry_after: now.retry_after(until) }),
            StartedKey::Refused(refused) => Err(send_refused(refused, now)),
        }
    }

    fn ceremony_row(
        &self,
        call: &Call,
        asked: &Asked,
        user: &UserKey,
        id: ChallengeId,
        ceremony: &Ceremony,
    ) -> Result<NewCeremony> {
        let scope = call.caller.scope();
        let id = id.to_string();
        let macs = self.vault().code_macs(
            scope,
            user,
            asked.kind.family(),
            asked.action.as_deref(),
            &ceremony.challenge(),
        );
        let challenge = macs.into_iter().next();
        Ok(NewCeremony {
            challenge: challenge.ok_or_else(|| ServiceError::Internal("the key ring is empty".into()))?,
            state: self.vault().seal(
                state_row(scope, user, &id),
                &ceremony.to_bytes()?,
                &mut *self.parts.chance.rng(),
            ),
        })
    }

    /// The factor of an enrolment. Its credential takes the place of the empty secret when it is confirmed.
    fn key_factor(&self, call: &Call, asked: &Asked, user: &UserKey) -> NewFactor {
        let scope = call.caller.scope();
        let id: FactorId = self.new_id();
        let text = factor_id_text(id);
        let seal = |row, content| self.vault().seal(row, content, &mut *self.parts.chance.rng());
        let name = asked.name.as_ref();
        NewFactor {
            id,
            name: name.map(|name| seal(factor_name_row(scope, user, &text), name.as_bytes())),
            secret: seal(factor_row(scope, user, &text), b""),
            expires_at: self.now().plus(CEREMONY),
        }
    }
}

fn hint(key: &KeyRef) -> KeyHint {
    KeyHint { id: key.id.clone(), transports: key.transports.split_whitespace().map(str::to_owned).collect() }
}
