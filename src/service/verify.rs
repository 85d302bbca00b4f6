//! POST /v1/mfa/verify: a code is checked and, if it is right, consumed.

mod key;

use super::answers::{Time, Verification};
use super::error::{Result, ServiceError, VerificationFailed};
use super::fields::{self, action_not_supported, field, parse_type, required};
use super::once::{Begun, Call, Once, Reply};
use super::start::to_json;
use super::{Service, factor_id_text, factor_row};
use crate::domain::challenge::{Failure, Family, MfaType};
use zeroize::Zeroizing;

use crate::domain::code::{BackupCode, ShortCode};
use crate::domain::contact::User;
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::methods::app::TotpSecret;
use crate::methods::webauthn::KeyAnswer;
use crate::methods::{GivenCode, backup};
use crate::store::{
    Approval, CheckCode, CheckTotp, Checked, Enrolment, NewChallenge, Remember, SettleBackup, SpendBackup,
    SpentBackup, Told, TotpMatch, UserRef,
};

/// The fields of a check, as they came.
#[derive(Default)]
pub struct VerifyFields {
    /// `User`.
    pub user: Option<String>,
    /// `Type`.
    pub kind: Option<String>,
    /// `Code`; a security key's answer as JSON text.
    pub code: Option<String>,
    /// `Id`.
    pub id: Option<String>,
    /// `Action`.
    pub action: Option<String>,
    /// `Reference`.
    pub reference: Option<String>,
}

/// What a check may do beside saying yes or no.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) may: May,
    /// What a new factor leaves beside its event.
    pub(super) told: Option<Told>,
}

/// What a right code may be good for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum May {
    /// Whatever it fits.
    #[default]
    Both,
    /// To show that the user is here; it confirms no new factor.
    Approve,
    /// To confirm a new factor, and nothing else.
    Enrol,
    /// To confirm the user's first factor, and nothing else.
    EnrolFirst,
}

impl May {
    const fn approve(self) -> bool {
        matches!(self, Self::Both | Self::Approve)
    }

    const fn enrol(self) -> bool {
        !matches!(self, Self::Approve)
    }
}

/// A check whose fields are in order.
struct Asked {
    terms: Terms,
    user: User,
    who: UserRef,
    kind: MfaType,
    code: Code,
    id: Option<ChallengeId>,
    action: Option<String>,
    reference: Option<String>,
}

impl Asked {
    fn enrolment(&self) -> Enrolment<'_> {
        Enrolment { only_first: self.terms.may == May::EnrolFirst, told: self.terms.told.as_ref() }
    }
}

enum Code {
    /// As its MAC is made: the digits of one code, or of both with a colon between them.
    Sent(Zeroizing<String>),
    Totp(ShortCode),
    Key(Box<KeyAnswer>),
    Backup(BackupCode),
}

impl Service {
    /// Checks a code.
    pub async fn verify(&self, call: &Call, given: VerifyFields) -> Result<Reply> {
        self.verify_for(call, given, Terms::default()).await
    }

    /// Checks a code that may do what the terms say.
    pub(super) async fn verify_for(&self, call: &Call, given: VerifyFields, terms: Terms) -> Result<Reply> {
        let asked = self.plan_verify(call, &given, terms)?;
        let once = match self.begin(call).await? {
            Begun::Done(reply) => return Ok(reply),
            Begun::Work(once) => once,
        };
        let now = self.now();
        let seal = |outcome: &Checked| {
            let ticket = once.ticket()?;
            match answer(call, &asked, outcome, now) {
                Ok(json) => self.seal_ok(call, ticket, &json),
                Err(ServiceError::Failed(failed, _)) => self.seal_failed(call, ticket, &failed),
                Err(_) => None,
            }
        };
        let remember = remembering(&once, &seal);
        let checked = match &asked.code {
            Code::Sent(code) => self.check_sent(call, &asked, code, now, remember).await,
            Code::Totp(code) => self.check_totp(call, &asked, code, now, remember).await,
            Code::Key(given) => self.check_key(call, &asked, given, now, remember).await,
            Code::Backup(code) => self.check_backup(call, &asked, code, now, remember).await,
        };
        let outcome = checked.and_then(|checked| {
            count(&asked, &checked);
            answer(call, &asked, &checked, now)
        });
        self.finish(call, once, outcome).await
    }

    fn plan_verify(&self, call: &Call, given: &VerifyFields, terms: Terms) -> Result<Asked> {
        let caller = &call.caller;
        let user = required(given.user.as_deref(), "User")?;
        let kind = required(given.kind.as_deref(), "Type")?;
        let code = required(given.code.as_deref(), "Code")?;
        let kind = parse_type(kind, MfaType::ALL)?;
        let method = self.method(kind)?;
        let user = method.parse_user(user).map_err(|error| fields::contact_error(error, "User"))?;
        let magic = Self::is_magic(caller, &user);
        let code = match BackupCode::parse(code).filter(|_| terms.may.approve()) {
            Some(code) => Code::Backup(code),
            None => match method.parse_code(code, caller.settings(), magic) {
                Ok(GivenCode::Sent(code)) => Code::Sent(Zeroizing::new(code.reveal().to_owned())),
                Ok(GivenCode::Both(first, second)) => Code::Sent(ShortCode::joined(&first, &second)),
                Ok(GivenCode::Totp(code)) => Code::Totp(code),
                Ok(GivenCode::Key(answer)) => Code::Key(answer),
                Err(wrong) => {
                    let how = if kind == MfaType::Hsm { "it came" } else { "it was typed" };
                    let fix = format!("Send {}, exactly as {how}.", wrong.expected);
                    return Err(field("invalid_code_format", "Code", "Code has the wrong form.", fix).into());
                }
            },
        };
        let action = fields::action(given.action.as_deref(), method)?;
        if action.is_some() && matches!(code, Code::Backup(_)) {
            return Err(action_not_supported(MfaType::Backup).into());
        }
        let reference = fields::reference(given.reference.as_deref())?;
        self.allowed(caller, method)?;
        // A text that is no id names nothing, as an unknown id does.
        let id = match given.id.as_deref().filter(|id| !id.is_empty()) {
            None => None,
            Some(id) => Some(id.parse().map_err(|_| ServiceError::NotFound)?),
        };
        let who = self.user_ref(caller, &user);
        Ok(Asked { terms, user, who, kind, code, id, action, reference })
    }

    async fn check_sent(
        &self,
        call: &Call,
        asked: &Asked,
        code: &str,
        now: Moment,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let scope = call.caller.scope();
        let family = asked.kind.family();
        let macs = self.vault().code_macs(scope, &asked.who.key, family, asked.action.as_deref(), code);
        let lock = call.caller.settings().lock();
        let reference = asked.reference.as_deref();
        let check = CheckCode { user: &asked.who, family, macs: &macs, id: asked.id, reference, lock, now };
        Ok(self.store().check_code(scope, &check, remember).await?)
    }

    async fn check_totp(
        &self,
        call: &Call,
        asked: &Asked,
        code: &ShortCode,
        now: Moment,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let scope = call.caller.scope();
        let mut matches = Vec::new();
        let factors = self.store().totp_factors(scope, &asked.who.key, now).await?;
        let may = asked.terms.may;
        for factor in
            factors.into_iter().filter(|one| if one.unconfirmed { may.enrol() } else { may.approve() })
        {
            let id = factor_id_text(factor.id);
            let secret = self
                .vault()
                .open(factor_row(scope, &asked.who.key, &id), &factor.secret)
                .map_err(|error| ServiceError::Internal(format!("the secret of {id}: {error}")))?;
            let steps = TotpSecret::from_bytes(secret).matching_steps(code, now);
            matches.extend(steps.into_iter().map(|step| TotpMatch { factor: factor.id, step }));
        }
        // The newest step first: a code that fits two steps is taken once for both.
        matches.sort_by_key(|fit| std::cmp::Reverse(fit.step));
        let check = CheckTotp {
            user: &asked.who,
            matches: &matches,
            id: asked.id,
            record: self.record(call, asked, now),
            enrolment: asked.enrolment(),
            lock: call.caller.settings().lock(),
            now,
        };
        Ok(self.store().check_totp(scope, &check, remember).await?)
    }

    /// The attempt is spent and committed before the slow hash; the code is consumed by a conditional statement after it.
    /// A place in the pool comes first, so that a full pool costs no attempt.
    async fn check_backup(
        &self,
        call: &Call,
        asked: &Asked,
        code: &BackupCode,
        now: Moment,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let scope = call.caller.scope();
        let place = self.parts.hashing.place().await?;
        let named = asked.id.map(|id| (id, asked.kind.family()));
        let spend = SpendBackup { user: &asked.who, index: code.index(), named, now };
        let candidate = match self.store().spend_backup(scope, &spend).await? {
            SpentBackup::Unknown => return Ok(Checked::Unknown),
            SpentBackup::Spent(candidate) => candidate,
        };
        let pepper = *self.vault().backup_pepper();
        let code_to_hash = code.clone();
        // Where no row is selected a hash is computed all the same: the time tells nothing.
        let salt = candidate.as_ref().map_or_else(|| vec![0; backup::SALT_BYTES], |row| row.salt.clone());
        let computed = place
            .run(move || backup::hash(code_to_hash.secret(), &salt, &pepper))
            .await?
            .map_err(|error| ServiceError::Internal(error.to_string()))?;
        let fits =
            candidate.filter(|row| backup::is_hash(&computed, &row.hash)).map(|row| (row.set, code.index()));
        let settle = SettleBackup {
            user: &asked.who,
            fits,
            id: asked.id,
            record: self.record(call, asked, now),
            spent_at: now,
            lock: call.caller.settings().lock(),
            now,
        };
        Ok(self.store().settle_backup(scope, &settle, remember).await?)
    }

    /// The record that a check makes where no challenge waits.
    fn record(&self, call: &Call, asked: &Asked, now: Moment) -> NewChallenge {
        NewChallenge {
            id: self.new_id(),
            user: asked.who.clone(),
            kind: asked.kind,
            country: None,
            reference: asked.reference.clone(),
            asked: Some(call.asker()),
            max_attempts: 1,
            expires_at: now,
        }
    }
}

fn answer(call: &Call, asked: &Asked, checked: &Checked, now: Moment) -> Result<String> {
    let settings = call.caller.settings();
    match checked {
        Checked::Approved(approval) => to_json(&approved(call, asked, approval, now)),
        Checked::Failed { failure, attempts_remaining } => {
            let uniform = settings.uniform_failures();
            let failed = VerificationFailed {
                failure: if uniform { Failure::InvalidCode } else { *failure },
                attempts_remaining: attempts_remaining.filter(|_| !uniform),
                request_id: call.request_id,
            };
            Err(ServiceError::Failed(failed, false))
        }
        Checked::Spent { resend_after } => {
            Err(ServiceError::Spent { retry_after: now.retry_after(*resend_after) })
        }
        Checked::Locked { until } => Err(ServiceError::Locked { retry_after: now.retry_after(*until) }),
        Checked::ProofRequired => Err(ServiceError::ProofRequired),
        Checked::Unknown => Err(ServiceError::NotFound),
    }
}

fn remembering<'a>(
    once: &'a Once,
    answer: &'a (dyn Fn(&Checked) -> Option<crate::keyring::Sealed> + Send + Sync),
) -> Option<Remember<'a, Checked>> {
    once.ticket().map(|ticket| Remember { ticket, enrolment: None, answer })
}

fn approved(call: &Call, asked: &Asked, approval: &Approval, now: Moment) -> Verification {
    Verification {
        object: "mfa.verification",
        id: approval.id.to_string(),
        livemode: call.caller.scope().mode == Mode::Live,
        status: approval.status,
        kind: asked.kind,
        user: asked.user.canonical(),
        method: approval.by,
        factor: approval.factor.map(|id| id.to_string()),
        reference: asked.reference.clone().or_else(|| approval.reference.clone()),
        backup_codes_remaining: approval.backup_remaining,
        verified_at: Time(now),
    }
}

fn count(asked: &Asked, checked: &Checked) {
    let family = if matches!(asked.code, Code::Backup(_)) { Family::Backup } else { asked.kind.family() };
    let result = match checked {
        Checked::Approved(approval) => approval.status.as_str(),
        Checked::Failed { failure, .. } => failure.as_str(),
        Checked::Spent { .. } => "too_many_attempts",
        Checked::Locked { .. } => "user_locked",
        Checked::ProofRequired => "proof_required",
        Checked::Unknown => "not_found",
    };
    metrics::counter!("rift_checks_total", "type" => family.as_str(), "result" => result).increment(1);
}
