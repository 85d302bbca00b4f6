//! The check of a security key's answer: judged outside the database, consumed within it.

use super::{Asked, Call, Service};
use crate::domain::challenge::{Family, Status};
use crate::domain::id::FactorId;
use crate::domain::time::Moment;
use crate::methods::webauthn::{Ceremony, KeyAnswer, NewKey, OwnKey, Right, Wrong};
use crate::service::error::{Result, ServiceError};
use crate::service::{factor_id_text, factor_row, state_row};
use crate::store::{CheckKey, Checked, KeyFacts, KeyRow, KeyVerdict, NewCredential, OpenCeremony, Remember};

impl Service {
    pub(super) async fn check_key(
        &self,
        call: &Call,
        asked: &Asked,
        given: &KeyAnswer,
        now: Moment,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let scope = call.caller.scope();
        let user = &asked.who.key;
        let macs =
            |text: &str| self.vault().code_macs(scope, user, Family::Hsm, asked.action.as_deref(), text);
        let challenge = macs(given.challenge());
        let answer = macs(&format!("answer {}", given.digest()));
        let facts = self.store().key_facts(scope, user, &challenge, now).await?;
        let check = CheckKey {
            user: &asked.who,
            challenge: &challenge,
            answer: &answer,
            id: asked.id,
            verdict: self.judge(call, asked, given, &facts)?,
            enrolment: asked.enrolment(),
            reference: asked.reference.as_deref(),
            lock: call.caller.settings().lock(),
            now,
        };
        Ok(self.store().check_key(scope, &check, remember).await?)
    }

    /// What the answer is worth. It is a pure function of what was read, so it needs no lock; whether it may still be used
    /// is decided in the transaction.
    fn judge(&self, call: &Call, asked: &Asked, given: &KeyAnswer, facts: &KeyFacts) -> Result<KeyVerdict> {
        let Some(open) = &facts.ceremony else { return Ok(KeyVerdict::Wrong(Wrong::Challenge.as_str())) };
        let ceremony = self.ceremony(call, asked, open)?;
        let here = facts.keys.iter().filter(|key| key.rp_id == ceremony.rp_id());
        let keys: Vec<OwnKey> = here.map(|key| self.own_key(call, asked, key)).collect::<Result<_>>()?;
        let rp_id = ceremony.rp_id().to_owned();
        Ok(match ceremony.judge(given, call.caller.settings().webauthn_origins(), &keys) {
            Err(wrong) => KeyVerdict::Wrong(wrong.as_str()),
            Ok(Right::Used(_)) if !asked.terms.may.approve() => KeyVerdict::Wrong(Wrong::Type.as_str()),
            Ok(Right::New(_)) if !asked.terms.may.enrol() => KeyVerdict::Wrong(Wrong::Type.as_str()),
            Ok(Right::Used(used)) => KeyVerdict::Used {
                rp_id,
                credential_id: used.id,
                sign_count: i64::from(used.sign_count),
                backup_state: used.backup_state,
            },
            Ok(Right::New(new)) => match open.factor.filter(|_| open.status == Status::Enrolling) {
                Some(factor) => KeyVerdict::New(self.new_credential(call, asked, rp_id, factor, &new)),
                None => KeyVerdict::Wrong(Wrong::Type.as_str()),
            },
        })
    }

    fn ceremony(&self, call: &Call, asked: &Asked, open: &OpenCeremony) -> Result<Ceremony> {
        let id = open.id.to_string();
        let state = self
            .vault()
            .open(state_row(call.caller.scope(), &asked.who.key, &id), &open.state)
            .map_err(|error| ServiceError::Internal(format!("the ceremony of {id}: {error}")))?;
        Ok(Ceremony::from_bytes(&state)?)
    }

    fn own_key(&self, call: &Call, asked: &Asked, key: &KeyRow) -> Result<OwnKey> {
        let id = factor_id_text(key.factor);
        let credential = self
            .vault()
            .open(factor_row(call.caller.scope(), &asked.who.key, &id), &key.credential)
            .map_err(|error| ServiceError::Internal(format!("the credential of {id}: {error}")))?;
        let sign_count = u32::try_from(key.sign_count)
            .map_err(|_| ServiceError::Internal(format!("the counter of {id} is no counter")))?;
        Ok(OwnKey::from_row(&credential, sign_count, key.backup_state, key.handle.clone())?)
    }

    fn new_credential(
        &self,
        call: &Call,
        asked: &Asked,
        rp_id: String,
        factor: FactorId,
        new: &NewKey,
    ) -> NewCredential {
        let id = factor_id_text(factor);
        let row = factor_row(call.caller.scope(), &asked.who.key, &id);
        NewCredential {
            rp_id,
            id: new.hint.id.clone(),
            factor,
            credential: self.vault().seal(row, &new.credential, &mut *self.parts.chance.rng()),
            transports: new.hint.transports.join(" "),
            sign_count: i64::from(new.sign_count),
            backup_eligible: new.backup_eligible,
            backup_state: new.backup_state,
        }
    }
}
