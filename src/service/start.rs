//! POST /v1/mfa: a code is sent (`code`), or a factor is enrolled or used (`app`, `key`).

mod app;
mod code;
mod key;

use super::Service;
use super::answers::{QueuedDelivery, Started as StartedAnswer, Time};
use super::error::{Result, ServiceError};
use super::fields::{self, parse_type, required};
use super::once::{Begun, Call, Reply};
use crate::domain::challenge::{MfaType, Status};
use crate::domain::contact::User;
use crate::domain::id::ChallengeId;
use crate::domain::standing::SendRefused;
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::methods::StartPlan;
use crate::store::NewMessage;

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

/// What the service itself says about a start, beside the caller's fields.
#[derive(Default)]
pub(super) struct Vouched {
    /// The user was verified just now.
    pub(super) verified: bool,
    /// What apps and keys show as the account, where that is not the contact.
    pub(super) account: Option<String>,
}

/// A start whose fields are in order.
struct Asked {
    vouched: Vouched,
    user: User,
    kind: MfaType,
    action: Option<String>,
    reference: Option<String>,
    proof: Option<ChallengeId>,
    name: Option<String>,
    enroll: bool,
    locale: String,
}

impl Asked {
    /// What apps and keys show as the account: the caller's label, else the contact.
    fn account(&self) -> String {
        let given = self.vouched.account.as_ref().or(self.name.as_ref());
        given.cloned().unwrap_or_else(|| self.user.canonical())
    }
}

impl Service {
    /// Starts a challenge or an enrolment.
    pub async fn start(&self, call: &Call, given: StartFields) -> Result<Reply> {
        self.start_for(call, given, Vouched::default()).await
    }

    /// Starts for a user of whom the service itself knows something.
    pub(super) async fn start_for(&self, call: &Call, given: StartFields, vouched: Vouched) -> Result<Reply> {
        let (asked, plan) = self.plan_start(call, &given, vouched).await?;
        let once = match self.begin(call).await? {
            Begun::Done(reply) => return Ok(reply),
            Begun::Work(once) => once,
        };
        let outcome = match plan {
            StartPlan::SendCode(legs) => self.send_code(call, &once, &asked, &legs).await,
            StartPlan::UseFactor(secret) => self.use_app(call, &once, &asked, &secret).await,
            StartPlan::UseKey(rp) => self.use_key(call, &once, &asked, &rp).await,
        };
        self.finish(call, once, outcome).await
    }

    async fn plan_start(
        &self,
        call: &Call,
        given: &StartFields,
        vouched: Vouched,
    ) -> Result<(Asked, StartPlan)> {
        let caller = &call.caller;
        let user = required(given.user.as_deref(), "User")?;
        let kind = parse_type(required(given.kind.as_deref(), "Type")?, STARTS)?;
        let method = self.method(kind)?;
        let asked = Asked {
            vouched,
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
        Self::configured(caller, method)?;
        let magic = Self::is_magic(caller, &asked.user);
        let plan = method
            .start(&asked.user, caller.settings(), magic, &mut *self.parts.chance.rng())
            .ok_or_else(|| ServiceError::Internal(format!("{kind} has no start")))?;
        if let StartPlan::SendCode(legs) = &plan {
            let ways: Vec<_> = legs.iter().map(|leg| (leg.channel, &leg.to)).collect();
            self.deliverable(caller, &ways).await?;
        }
        Ok((asked, plan))
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
        public_key: None,
        created_at: Time(now),
        expires_at: Time(expires_at),
        resend_after: None,
    }
}

/// The messages that go out now; those that stand by are told in the trace.
pub(super) fn queued(messages: &[NewMessage]) -> Vec<QueuedDelivery> {
    let view = |message: &NewMessage| QueuedDelivery {
        channel: message.channel.as_str().to_owned(),
        to: message.masked.clone(),
        status: "queued",
    };
    messages.iter().filter(|message| message.step == 0).map(view).collect()
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
