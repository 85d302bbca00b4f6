//! A start of APP: a factor is enrolled, or used.

use std::sync::OnceLock;

use super::{Asked, ENROLMENT, send_refused, started, to_json};
use crate::domain::challenge::Status;
use crate::domain::id::{ChallengeId, FactorId};
use crate::methods::app::{Provisioning, TotpSecret};
use crate::service::answers::Started as StartedAnswer;
use crate::service::error::{Result, ServiceError};
use crate::service::once::{Call, Once};
use crate::service::{Service, factor_id_text, factor_name_row, factor_row};
use crate::store::{Deadline, NewChallenge, NewFactor, Remember, StartApp, StartedApp};

impl Service {
    pub(super) async fn use_app(
        &self,
        call: &Call,
        once: &Once,
        asked: &Asked,
        secret: &TotpSecret,
    ) -> Result<String> {
        let caller = &call.caller;
        let scope = caller.scope();
        let now = self.now();
        let account = asked.account();
        let user = self.user_ref(caller, &asked.user);
        let factor_id: FactorId = self.new_id();
        let id: ChallengeId = self.new_id();
        let enrolment_ends = now.plus(ENROLMENT);
        let challenge_ends = now.plus(caller.settings().code_ttl());
        let factor_text = factor_id_text(factor_id);
        let seal = |row, content| self.vault().seal(row, content, &mut *self.parts.chance.rng());
        let sealed = seal(factor_row(scope, &user.key, &factor_text), secret.reveal());
        let sealed_name = asked
            .name
            .as_ref()
            .map(|name| seal(factor_name_row(scope, &user.key, &factor_text), name.as_bytes()));
        let start = StartApp {
            deadline: Deadline::at(call.deadline),
            challenge: NewChallenge {
                id,
                user,
                kind: asked.kind,
                country: None,
                reference: asked.reference.clone(),
                asked: Some(call.asker()),
                max_attempts: 0,
                expires_at: challenge_ends,
            },
            factor: NewFactor {
                id: factor_id,
                name: sealed_name,
                secret: sealed,
                expires_at: enrolment_ends,
            },
            asked_to_enrol: asked.enroll,
            proof: asked.proof,
            trusted: asked.vouched.verified,
            per_ten_minutes: caller.settings().starts_per_ten_minutes(),
            now,
        };
        // Drawn once, and only where the user enrols.
        let shown = OnceLock::new();
        let answer = |outcome: &StartedApp| -> Result<String> {
            match outcome {
                StartedApp::Enrolling => {
                    let shown = shown.get_or_init(|| secret.provisioning(caller.app_name(), &account));
                    let shown = shown.as_ref().map_err(|error| ServiceError::Internal(error.to_string()))?;
                    to_json(&enrolling(
                        started(call, asked, id, Status::Enrolling, now, enrolment_ends),
                        shown,
                    ))
                }
                _ => to_json(&started(call, asked, id, Status::Pending, now, challenge_ends)),
            }
        };
        let seal = |outcome: &StartedApp| self.seal_ok(call, once.ticket()?, &answer(outcome).ok()?);
        let remember = once.ticket().map(|ticket| Remember { ticket, enrolment: Some(id), answer: &seal });
        match self.store().start_app(scope, &start, remember).await? {
            outcome @ (StartedApp::Pending | StartedApp::Enrolling) => {
                metrics::counter!("rift_challenges_started_total", "type" => asked.kind.as_str())
                    .increment(1);
                answer(&outcome)
            }
            StartedApp::ProofRequired => Err(ServiceError::ProofRequired),
            StartedApp::Locked { until } => Err(ServiceError::Locked { retry_after: now.retry_after(until) }),
            StartedApp::Refused(refused) => Err(send_refused(refused, now)),
        }
    }
}

fn enrolling(answer: StartedAnswer, shown: &Provisioning) -> StartedAnswer {
    StartedAnswer {
        qr_code: Some(shown.qr_code.to_string()),
        otpauth_uri: Some(shown.uri.to_string()),
        secret: Some(shown.secret.to_string()),
        ..answer
    }
}
