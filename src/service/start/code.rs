//! A start that sends codes: one message for each leg, and those that stand by for it.

use std::time::Instant;

use super::{Asked, queued, send_refused, started, to_json};
use crate::domain::challenge::Status;
use crate::domain::code::ShortCode;
use crate::domain::id::ChallengeId;
use crate::domain::message::Channel;
use crate::domain::policy::DualRequire;
use crate::domain::template::TemplateBook;
use crate::domain::time::Moment;
use crate::keyring::{CodeMac, UserKey};
use crate::methods::Leg;
use crate::service::Service;
use crate::service::answers::{Started as StartedAnswer, Time};
use crate::service::compose::{CodeMessage, Composed, code_message};
use crate::service::error::{Result, ServiceError};
use crate::service::once::{Call, Once};
use crate::service::outgoing::{Outgoing, StandBy};
use crate::store::{Deadline, NewChallenge, NewMessage, Remember, StartCode, Started};

impl Service {
    pub(super) async fn send_code(
        &self,
        call: &Call,
        once: &Once,
        asked: &Asked,
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
            country: asked.user.country(),
            reference: asked.reference.clone(),
            asked: Some(call.asker()),
            max_attempts: caller.settings().code_attempts(),
            expires_at,
        };
        let (code, second_code) = self.macs(call, &challenge.user.key, asked, legs)?;
        let own = self.templates().of(scope.app).await?;
        let words = Words { call, asked, own: &own };
        let mut messages: Vec<NewMessage> = Vec::with_capacity(legs.len());
        for leg in legs {
            messages.extend(self.code_messages(words, leg, expires_at).await?);
        }
        let standing_by = messages.iter().filter(|message| message.step > 0).count();
        let id = challenge.id;
        let start = StartCode {
            deadline: Deadline::at(call.deadline),
            challenge,
            code,
            second_code,
            quota: Self::quota(caller, legs.iter().map(|leg| &leg.to), standing_by),
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
            Started::CountryFull { until } => {
                Err(ServiceError::CountryFull { retry_after: now.retry_after(until) })
            }
        }
    }

    /// The commit itself outlasted the caller, who was told 503: what was started is ended, so that nothing is delivered. A
    /// caller with an `Idempotency-Key` asks again and is told of it, so it goes on.
    pub(in crate::service) async fn not_too_late(
        &self,
        call: &Call,
        once: &Once,
        id: ChallengeId,
    ) -> Result<()> {
        if once.ticket().is_some() || Instant::now() < call.deadline {
            return Ok(());
        }
        self.store().cancel(call.caller.scope(), id, self.now()).await?;
        Err(ServiceError::Unavailable("the database"))
    }

    /// The MACs of what verifies: of the one code; of both codes as one text; or of either.
    fn macs(
        &self,
        call: &Call,
        user: &UserKey,
        asked: &Asked,
        legs: &[Leg],
    ) -> Result<(CodeMac, Option<CodeMac>)> {
        let scope = call.caller.scope();
        let macs = |code: &str| {
            self.vault().code_macs(scope, user, asked.kind.family(), asked.action.as_deref(), code)
        };
        let none = || ServiceError::Internal("the key ring is empty".into());
        let mac = |code: &str| macs(code).into_iter().next().ok_or_else(none);
        match legs {
            [leg] => Ok((mac(leg.code.reveal())?, None)),
            [first, second] => match call.caller.settings().dual_require() {
                DualRequire::Either => {
                    let first = mac(first.code.reveal())?;
                    // The row names one root key for both, and a rotation may come in between.
                    let second = macs(second.code.reveal()).into_iter().find(|mac| mac.key == first.key);
                    Ok((first, Some(second.ok_or_else(none)?)))
                }
                DualRequire::Both => Ok((mac(&ShortCode::joined(&first.code, &second.code))?, None)),
            },
            _ => Err(ServiceError::Internal(format!("{} starts {} messages", asked.kind, legs.len()))),
        }
    }

    /// The message of a leg, and those by which its code goes on should it fail.
    async fn code_messages(
        &self,
        words: Words<'_>,
        leg: &Leg,
        expires_at: Moment,
    ) -> Result<Vec<NewMessage>> {
        let caller = &words.call.caller;
        let settings = caller.settings();
        let mut fallback: Vec<Channel> = Vec::with_capacity(leg.fallback.len());
        for channel in &leg.fallback {
            if self.carries(caller, *channel).await? {
                fallback.push(*channel);
            }
        }
        let wait = (!fallback.is_empty()).then(|| settings.sms_fallback_after());
        let message = |channel, stand_by| {
            let composed = words.of(channel, leg);
            let outgoing = Outgoing { channel, to: &leg.to, composed: &composed, expires_at, stand_by };
            self.message(caller.scope(), &outgoing)
        };
        let mut messages = vec![message(leg.channel, wait.map(|wait| StandBy { step: 0, wait }))];
        // In test mode a message arrives with its start, and nothing has to stand by for it.
        if let (Some(wait), true) = (wait, messages.iter().all(NewMessage::may_fail)) {
            for (step, channel) in (1..).zip(fallback) {
                messages.push(message(channel, Some(StandBy { step, wait })));
            }
        }
        Ok(messages)
    }
}

/// What the messages of one start are worded with.
#[derive(Clone, Copy)]
struct Words<'a> {
    call: &'a Call,
    asked: &'a Asked,
    own: &'a TemplateBook,
}

impl Words<'_> {
    fn of(&self, channel: Channel, leg: &Leg) -> Composed {
        let settings = self.call.caller.settings();
        let minutes = settings.code_ttl().as_secs() / 60;
        code_message(CodeMessage {
            channel,
            app_name: self.call.caller.app_name(),
            to: &leg.to.canonical(),
            locale: &self.asked.locale,
            default_locale: settings.locale(),
            own: self.own,
            domain: settings.sms_domain(),
            code: leg.code.reveal(),
            valid_minutes: u32::try_from(minutes).unwrap_or(1).max(1),
            action: self.asked.action.as_deref(),
        })
    }
}
