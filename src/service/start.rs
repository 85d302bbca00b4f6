//! POST /v1/mfa: a code is sent, or a factor is enrolled or used.

use std::sync::OnceLock;
use std::time::Instant;

use super::answers::{QueuedDelivery, Started as StartedAnswer, Time};
use super::compose::{CodeMessage, code_message};
use super::error::{Result, ServiceError};
use super::fields::{self, parse_type, required};
use super::once::{Begun, Call, Once, Reply};
use super::{Outgoing, Service, factor_id_text, factor_name_row, factor_row};
use crate::domain::challenge::{MfaType, Status};
use crate::domain::contact::User;
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::message::Channel;
use crate::domain::standing::SendRefused;
use crate::domain::template::TemplateBook;
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::methods::app::Provisioning;
use crate::methods::{Leg, StartPlan};
use crate::store::{
    Deadline, NewChallenge, NewFactor, NewMessage, Remember, StartApp, StartCode, Started, StartedApp,
};

/// The fields of a start, as they came.
#[derive(Default)]
pub struct StartFields {
    /// `User`.
    pub user: Option<String>,
    /// `Type`.
    pub kind: Option<String>,
    /// `Action`.
    pub action: Option<String>,
    /// `Reference`.
    pub reference: Option<String>,
    /// `Proof`.
    pub proof: Option<String>,
    /// `Locale`.
    pub locale: Option<String>,
    /// `Name`.
    pub name: Option<String>,
    /// `Enroll`.
    pub enroll: Option<String>,
}

/// Types that can be started.
const STARTS: &[MfaType] = &[
    MfaType::Email,
    MfaType::Sms,
    MfaType::Whatsapp,
    MfaType::Phone,
    MfaType::App,
    MfaType::Dual,
    MfaType::Hsm,
];

/// The life of an unconfirmed enrolment.
const ENROLMENT: std::time::Duration = std::time::Duration::from_mins(15);

/// A start whose fields are in order.
struct Asked {
    user: User,
    kind: MfaType,
    action: Option<String>,
    reference: Option<String>,
    proof: Option<ChallengeId>,
    name: Option<String>,
    enroll: bool,
    locale: String,
}

impl Service {
    /// Starts a challenge or an enrolment.
    pub async fn start(&self, call: &Call, given: StartFields) -> Result<Reply> {
        let (asked, plan) = self.plan_start(call, &given)?;
        let once = match self.begin(call).await? {
            Begun::Done(reply) => return Ok(reply),
            Begun::Work(once) => once,
        };
        let outcome = match plan {
            StartPlan::SendCode { code, legs } => self.send_code(call, &once, &asked, &code, &legs).await,
            StartPlan::UseFactor(secret) => self.use_app(call, &once, &asked, &secret).await,
        };
        self.finish(call, once, outcome).await
    }

    fn plan_start(&self, call: &Call, given: &StartFields) -> Result<(Asked, StartPlan)> {
        let caller = &call.caller;
        let user = required(given.user.as_deref(), "User")?;
        let kind = parse_type(required(given.kind.as_deref(), "Type")?, STARTS)?;
        let method = self.method(kind)?;
        let asked = Asked {
            user: method.parse_user(user).map_err(|error| fields::contact_error(error, "User"))?,
            kind,
            action: fields::action(given.action.as_deref(), method)?,
            reference: fields::reference(given.reference.as_deref())?,
            // A text that is no id proves nothing, as an unknown id does.
            proof: given.proof.as_deref().and_then(|proof| proof.parse().ok()),
            name: fields::text(given.name.as_deref(), "Name", "invalid_name", 64)?,
            enroll: fields::enroll(given.enroll.as_deref())?,
            locale: fields::locale(given.locale.as_deref(), caller)?,
        };
        if !method.enrols() {
            for (param, present) in [
                ("Proof", given.proof.as_deref().is_some_and(|text| !text.is_empty())),
                ("Enroll", given.enroll.is_some()),
                ("Name", asked.name.is_some()),
            ] {
                if present {
                    return Err(fields::not_supported(param, kind));
                }
            }
        }
        self.allowed(caller, method)?;
        let magic = Self::is_magic(caller, &asked.user);
        let plan = method
            .start(&asked.user, caller.settings(), magic, &mut *self.parts.chance.rng())
            .ok_or_else(|| ServiceError::Internal(format!("{kind} has no start")))?;
        if let StartPlan::SendCode { legs, .. } = &plan {
            self.deliverable(call, legs)?;
        }
        Ok((asked, plan))
    }

    /// In live mode a channel needs a provider.
    pub(super) fn deliverable(&self, call: &Call, legs: &[Leg]) -> Result<()> {
        let live = call.caller.scope().mode == Mode::Live;
        match legs.iter().find(|leg| live && !self.parts.live_channels.contains(leg.channel.as_str())) {
            None => Ok(()),
            Some(leg) => Err(ServiceError::ProviderNotConfigured {
                setting: format!("[[providers.{}]]", leg.channel.as_str()),
            }),
        }
    }

    async fn send_code(
        &self,
        call: &Call,
        once: &Once,
        asked: &Asked,
        code: &crate::domain::code::ShortCode,
        legs: &[Leg],
    ) -> Result<String> {
        let caller = &call.caller;
        let scope = caller.scope();
        let now = self.now();
        let expires_at = now.plus(caller.settings().code_ttl());
        let challenge = NewChallenge {
            id: self.new_id(),
            user: self.user_ref(caller, &asked.user),
            kind: asked.kind,
            reference: asked.reference.clone(),
            max_attempts: caller.settings().code_attempts(),
            expires_at,
        };
        let macs = self.vault().code_macs(
            scope,
            &challenge.user.key,
            asked.kind.family(),
            asked.action.as_deref(),
            code.reveal(),
        );
        let own = self.templates().of(scope.app).await?;
        let messages: Vec<NewMessage> =
            legs.iter().map(|leg| self.code_message(call, asked, leg, &own, code, expires_at)).collect();
        let id = challenge.id;
        let start = StartCode {
            deadline: Deadline::at(call.deadline),
            challenge,
            code: macs
                .into_iter()
                .next()
                .ok_or_else(|| ServiceError::Internal("the key ring is empty".into()))?,
            messages,
            limits: caller.settings().sends(),
            now,
        };
        let answer = |resend_after: Moment| -> Result<String> {
            to_json(&StartedAnswer {
                deliveries: Some(queued(&start.messages)),
                resend_after: Some(Time(resend_after)),
                ..started(call, asked, id, Status::Pending, now, expires_at)
            })
        };
        let seal = |outcome: &Started| {
            let (Started::Started { resend_after }, Some(ticket)) = (outcome, once.ticket()) else {
                return None;
            };
            self.seal_ok(call, ticket, &answer(*resend_after).ok()?)
        };
        let remember = once.ticket().map(|ticket| Remember { ticket, enrolment: None, answer: &seal });
        match self.store().start_code(scope, &start, remember).await? {
            Started::Started { resend_after } => {
                self.not_too_late(call, once, id).await?;
                let json = answer(resend_after)?;
                metrics::counter!("rift_challenges_started_total", "type" => asked.kind.as_str())
                    .increment(1);
                self.hand_over(scope, id, start.messages);
                Ok(json)
            }
            Started::Locked { until } => Err(ServiceError::Locked { retry_after: now.retry_after(until) }),
            Started::Refused(refused) => Err(send_refused(refused, now)),
        }
    }

    /// The commit itself outlasted the caller, who was told 503: what was started is ended, so that nothing is delivered. A
    /// caller with an `Idempotency-Key` asks again and is told of it, so it goes on.
    pub(super) async fn not_too_late(&self, call: &Call, once: &Once, id: ChallengeId) -> Result<()> {
        if once.ticket().is_some() || Instant::now() < call.deadline {
            return Ok(());
        }
        self.store().cancel(call.caller.scope(), id, self.now()).await?;
        Err(ServiceError::Unavailable("the database"))
    }

    fn code_message(
        &self,
        call: &Call,
        asked: &Asked,
        leg: &Leg,
        own: &TemplateBook,
        code: &crate::domain::code::ShortCode,
        expires_at: Moment,
    ) -> NewMessage {
        let to = leg.to.canonical();
        let seconds = call.caller.settings().code_ttl().as_secs();
        let composed = code_message(CodeMessage {
            channel: leg.channel,
            app_name: call.caller.app_name(),
            to: &to,
            locale: &asked.locale,
            default_locale: call.caller.settings().locale(),
            own,
            domain: call.caller.settings().sms_domain(),
            code: code.reveal(),
            valid_minutes: u32::try_from(seconds / 60).unwrap_or(1).max(1),
            action: asked.action.as_deref(),
        });
        let outgoing = Outgoing { channel: leg.channel, to: &leg.to, composed: &composed, expires_at };
        self.message(call.caller.scope(), &outgoing)
    }

    async fn use_app(
        &self,
        call: &Call,
        once: &Once,
        asked: &Asked,
        secret: &crate::methods::app::TotpSecret,
    ) -> Result<String> {
        let caller = &call.caller;
        let scope = caller.scope();
        let now = self.now();
        let account = asked.name.clone().unwrap_or_else(|| asked.user.canonical());
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
                reference: asked.reference.clone(),
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

fn started(
    call: &Call,
    asked: &Asked,
    id: ChallengeId,
    status: Status,
    now: Moment,
    expires_at: Moment,
) -> StartedAnswer {
    StartedAnswer {
        object: "mfa",
        id: id.to_string(),
        livemode: call.caller.scope().mode == Mode::Live,
        kind: asked.kind,
        user: asked.user.canonical(),
        status,
        reference: asked.reference.clone(),
        deliveries: None,
        qr_code: None,
        otpauth_uri: None,
        secret: None,
        created_at: Time(now),
        expires_at: Time(expires_at),
        resend_after: None,
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

pub(super) fn queued(messages: &[NewMessage]) -> Vec<QueuedDelivery> {
    let view = |message: &NewMessage| QueuedDelivery {
        channel: Channel::as_str(message.channel).to_owned(),
        to: message.masked.clone(),
        status: "queued",
    };
    messages.iter().map(view).collect()
}

pub(super) fn send_refused(refused: SendRefused, now: Moment) -> ServiceError {
    match refused {
        SendRefused::Cooldown { until } => ServiceError::Cooldown { retry_after: now.retry_after(until) },
        SendRefused::TooMany { until } => ServiceError::TooManySends { retry_after: now.retry_after(until) },
    }
}

pub(super) fn to_json<T: serde::Serialize>(answer: &T) -> Result<String> {
    serde_json::to_string(answer).map_err(|error| ServiceError::Internal(error.to_string()))
}
