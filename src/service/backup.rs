//! POST /v1/mfa/backup: a new set of backup codes, sent to the user. The codes are in the message and nowhere else.

use super::answers::{BackupIssued, Time};
use super::compose::{BackupMessage, backup_message};
use super::error::{Result, ServiceError};
use super::fields::{self, parse_type, required};
use super::once::{Begun, Call, Once, Reply};
use super::outgoing::Outgoing;
use super::start::{queued, send_refused, to_json};
use super::{Caller, Service};
use crate::domain::challenge::MfaType;
use crate::domain::code::BackupCode;
use crate::domain::contact::User;
use crate::domain::message::Channel;
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::methods::backup;
use crate::store::{BackupHash, Deadline, NewChallenge, Remember, ShownBackup, StartBackup, Started, Told};

/// The fields of an issue of backup codes, as they came.
#[derive(Default)]
pub struct BackupFields {
    /// `User`: the contact that the set is sent to.
    pub user: Option<String>,
    /// `Type`.
    pub kind: Option<String>,
    /// `For`: the user that the set is for, where that is another.
    pub owner: Option<String>,
    /// `Reference`.
    pub reference: Option<String>,
    /// `Locale`.
    pub locale: Option<String>,
}

/// Types that backup codes can be sent by.
const SENDS: &[MfaType] = &[MfaType::Email, MfaType::Sms, MfaType::Whatsapp, MfaType::Dual];

/// How long the message may wait for its provider.
const MESSAGE_LIFE: std::time::Duration = std::time::Duration::from_mins(10);

struct Asked {
    recipient: User,
    owner: User,
    kind: MfaType,
    /// The ways that the set goes.
    ways: Vec<(Channel, User)>,
    reference: Option<String>,
    locale: String,
}

impl Service {
    /// Issues a set of backup codes.
    pub async fn issue_backup(&self, call: &Call, given: BackupFields) -> Result<Reply> {
        let asked = self.plan_backup(call, &given).await?;
        let once = match self.begin(call).await? {
            Begun::Done(reply) => return Ok(reply),
            Begun::Work(once) => once,
        };
        let outcome = self.send_backup(call, &once, &asked).await;
        self.finish(call, once, outcome).await
    }

    async fn plan_backup(&self, call: &Call, given: &BackupFields) -> Result<Asked> {
        let caller = &call.caller;
        let user = required(given.user.as_deref(), "User")?;
        let kind = parse_type(required(given.kind.as_deref(), "Type")?, SENDS)?;
        let method = self.method(kind)?;
        let recipient = method.parse_user(user).map_err(|error| fields::contact_error(error, "User"))?;
        let owner = match given.owner.as_deref().filter(|text| !text.is_empty()) {
            None => recipient.clone(),
            Some(text) => User::parse_any(text).map_err(|error| fields::contact_error(error, "For"))?,
        };
        let reference = fields::reference(given.reference.as_deref())?;
        let locale = fields::locale(given.locale.as_deref(), caller)?;
        self.allowed(caller, method)?;
        let ways = method.backup_channels(&recipient);
        if ways.is_empty() {
            return Err(ServiceError::Internal(format!("{kind} sends no backup codes")));
        }
        let borrowed: Vec<_> = ways.iter().map(|(channel, to)| (*channel, to)).collect();
        self.deliverable(caller, &borrowed).await?;
        Ok(Asked { recipient, owner, kind, ways, reference, locale })
    }

    async fn send_backup(&self, call: &Call, once: &Once, asked: &Asked) -> Result<String> {
        let caller = &call.caller;
        let scope = caller.scope();
        let settings = caller.settings();
        let codes = BackupCode::generate_set(
            settings.backup_count(),
            settings.backup_length(),
            &mut *self.parts.chance.rng(),
        );
        let hashes = self.hash_all(&codes).await?;
        let now = self.now();
        let expires_at = now.plus(MESSAGE_LIFE);
        let shown: Vec<String> = codes.iter().map(|code| code.reveal().to_string()).collect();
        let own = self.templates().of(scope.app).await?;
        let message = |(channel, to): &(Channel, User)| {
            let composed = backup_message(BackupMessage {
                channel: *channel,
                app_name: caller.app_name(),
                to: &to.canonical(),
                locale: &asked.locale,
                default_locale: settings.locale(),
                own: &own,
                codes: &shown,
            });
            let outgoing =
                Outgoing { channel: *channel, to, composed: &composed, expires_at, stand_by: None };
            self.message(scope, &outgoing)
        };
        let start = StartBackup {
            deadline: Deadline::at(call.deadline),
            challenge: NewChallenge {
                id: self.new_id(),
                user: self.user_ref(caller, &asked.owner),
                kind: asked.kind,
                country: asked.recipient.country(),
                reference: asked.reference.clone(),
                asked: Some(call.asker()),
                max_attempts: 0,
                expires_at,
            },
            recipient: self.user_ref(caller, &asked.recipient),
            codes: hashes,
            messages: asked.ways.iter().map(message).collect(),
            quota: Self::quota(caller, asked.ways.iter().map(|(_, to)| to), 0),
            limits: settings.sends(),
            now,
        };
        let answer = |resend_after: Moment| -> Result<String> {
            to_json(&BackupIssued {
                object: "mfa.backup",
                id: start.challenge.id.to_string(),
                livemode: scope.mode == Mode::Live,
                kind: asked.kind,
                user: asked.owner.canonical(),
                count: start.codes.len(),
                reference: asked.reference.clone(),
                deliveries: queued(&start.messages),
                created_at: Time(now),
                resend_after: Time(resend_after),
            })
        };
        let seal = |outcome: &Started| {
            let (Started::Started { resend_after }, Some(ticket)) = (outcome, once.ticket()) else {
                return None;
            };
            self.seal_ok(call, ticket, &answer(*resend_after).ok()?)
        };
        let remember = once.ticket().map(|ticket| Remember { ticket, enrolment: None, answer: &seal });
        match self.store().start_backup(scope, &start, remember).await? {
            Started::Started { resend_after } => {
                self.not_too_late(call, once, start.challenge.id).await?;
                let json = answer(resend_after)?;
                metrics::counter!("rift_challenges_started_total", "type" => "BACKUP").increment(1);
                self.hand_over(scope, start.challenge.id, start.messages);
                Ok(json)
            }
            Started::Locked { until } => Err(ServiceError::Locked { retry_after: now.retry_after(until) }),
            Started::Refused(refused) => Err(send_refused(refused, now)),
            Started::CountryFull { until } => {
                Err(ServiceError::CountryFull { retry_after: now.retry_after(until) })
            }
        }
    }

    /// A new set for a user who is shown it at once; it is sent nowhere.
    pub(super) async fn show_backup(&self, caller: &Caller, user: &User, told: &Told) -> Result<Vec<String>> {
        let settings = caller.settings();
        let codes = BackupCode::generate_set(
            settings.backup_count(),
            settings.backup_length(),
            &mut *self.parts.chance.rng(),
        );
        let hashes = self.hash_all(&codes).await?;
        let now = self.now();
        let shown = ShownBackup {
            challenge: NewChallenge {
                id: self.new_id(),
                user: self.user_ref(caller, user),
                kind: MfaType::Backup,
                country: None,
                reference: None,
                max_attempts: 0,
                expires_at: now.plus(MESSAGE_LIFE),
                asked: None,
            },
            codes: hashes,
            told,
            now,
        };
        self.store().show_backup(caller.scope(), &shown).await?;
        Ok(codes.iter().map(|code| code.reveal().to_string()).collect())
    }

    async fn hash_all(&self, codes: &[BackupCode]) -> Result<Vec<BackupHash>> {
        let place = self.parts.hashing.place().await?;
        let pepper = *self.vault().backup_pepper();
        let with_salts: Vec<(BackupCode, Vec<u8>)> = {
            let mut rng = self.parts.chance.rng();
            codes.iter().map(|code| (code.clone(), backup::salt(&mut *rng))).collect()
        };
        let hashed = place
            .run(move || {
                let hash_one = |(code, salt): (BackupCode, Vec<u8>)| {
                    backup::hash(code.secret(), &salt, &pepper).map(|hash| BackupHash {
                        index: code.index(),
                        salt,
                        hash: hash.to_vec(),
                    })
                };
                with_salts.into_iter().map(hash_one).collect::<std::result::Result<Vec<_>, _>>()
            })
            .await?;
        hashed.map_err(|error| ServiceError::Internal(error.to_string()))
    }
}
