//! Types that this version knows but cannot do yet. Their fields are checked as the contract says; then they are refused.

use rand::CryptoRng;

use super::{GivenCode, Method, StartPlan, WrongForm, parse_sent_code};
use crate::domain::challenge::MfaType;
use crate::domain::code::ShortCode;
use crate::domain::contact::{ContactError, Phone, User};
use crate::domain::message::Channel;
use crate::domain::policy::Settings;
use crate::domain::tenant::Plan;

pub(super) struct Later(pub(super) MfaType);

impl Method for Later {
    fn kind(&self) -> MfaType {
        self.0
    }

    fn is_built(&self) -> bool {
        false
    }

    fn needs_plan(&self) -> Option<Plan> {
        (self.0 == MfaType::Dual).then_some(Plan::Enterprise)
    }

    fn takes_action(&self) -> bool {
        true
    }

    fn enrols(&self) -> bool {
        self.0 == MfaType::Hsm
    }

    fn backup_channel(&self) -> Option<Channel> {
        match self.0 {
            MfaType::Sms | MfaType::Dual => Some(Channel::Sms),
            MfaType::Whatsapp => Some(Channel::Whatsapp),
            _ => None,
        }
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        match self.0 {
            MfaType::Sms | MfaType::Whatsapp | MfaType::Phone => Phone::parse(text).map(User::Phone),
            MfaType::Dual => User::parse_dual(text),
            _ => User::parse_contact(text),
        }
    }

    fn parse_code(&self, text: &str, settings: &Settings, magic: bool) -> Result<GivenCode, WrongForm> {
        match self.0 {
            // A security key's answer is JSON; its form is checked where it can be used.
            MfaType::Hsm => Ok(GivenCode::Sent(ShortCode::magic())),
            MfaType::Dual => {
                let mut halves = text.split(':').map(|half| parse_sent_code(half, settings, magic));
                match (halves.next(), halves.next(), halves.next()) {
                    (Some(first), None, None) => first,
                    (Some(first), Some(second), None) => first.and(second),
                    _ => Err(WrongForm { expected: "one code, or two joined by a colon".into() }),
                }
            }
            _ => parse_sent_code(text, settings, magic),
        }
    }

    fn start(&self, _: &User, _: &Settings, _: bool, _: &mut dyn CryptoRng) -> Option<StartPlan> {
        None
    }
}
