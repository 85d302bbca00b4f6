//! Types that this version knows but cannot do yet. Their fields are checked as the contract says; then they are refused.

use rand::CryptoRng;

use super::{GivenCode, Method, StartPlan, WrongForm};
use crate::domain::challenge::MfaType;
use crate::domain::code::ShortCode;
use crate::domain::contact::{ContactError, User};
use crate::domain::policy::Settings;

/// `Type=HSM`.
pub(super) struct LaterHsm;

impl Method for LaterHsm {
    fn kind(&self) -> MfaType {
        MfaType::Hsm
    }

    fn is_built(&self) -> bool {
        false
    }

    fn takes_action(&self) -> bool {
        true
    }

    fn enrols(&self) -> bool {
        true
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        User::parse_contact(text)
    }

    /// A security key's answer is JSON; its form is checked where it can be used.
    fn parse_code(&self, _: &str, _: &Settings, _: bool) -> Result<GivenCode, WrongForm> {
        Ok(GivenCode::Sent(ShortCode::magic()))
    }

    fn start(&self, _: &User, _: &Settings, _: bool, _: &mut dyn CryptoRng) -> Option<StartPlan> {
        None
    }
}
