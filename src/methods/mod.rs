//! Floor 1: what each Type does, as decisions without I/O. A method takes texts and settings and gives back values; the
//! service stores and sends. One file per method; no method knows another.
//!
//! No database, no provider, no clock and no HTTP may enter here.

pub mod app;
pub mod backup;
mod dual;
mod email;
mod phone;
mod registry;
pub mod webauthn;

pub use registry::Registry;

use rand::CryptoRng;

use crate::domain::challenge::MfaType;
use crate::domain::code::ShortCode;
use crate::domain::contact::{ContactError, User};
use crate::domain::message::Channel;
use crate::domain::policy::Settings;
use crate::domain::tenant::Plan;

/// What a start comes to.
pub enum StartPlan {
    /// Codes are made and sent, one for each leg. What verifies, one of them or all, the setting of the method says.
    SendCode(Vec<Leg>),
    /// A factor is used, or enrolled where the user has none; the secret is for the enrolment.
    UseFactor(app::TotpSecret),
    /// A security key is used, or enrolled where the user has none, at this relying party.
    UseKey(webauthn::RelyingParty),
}

/// One code of a start and its way.
#[derive(Clone, Debug)]
pub struct Leg {
    /// By which channel.
    pub channel: Channel,
    /// To whom.
    pub to: User,
    /// The code.
    pub code: ShortCode,
    /// The channels that the same code goes on by, in turn, where the first one fails.
    pub fallback: Vec<Channel>,
}

/// What the caller typed as code, in the form of its method.
#[derive(Clone, Debug)]
pub enum GivenCode {
    /// A code that was sent.
    Sent(ShortCode),
    /// The codes of both legs of a DUAL start: the mail's, then the text message's.
    Both(ShortCode, ShortCode),
    /// A code of an authenticator app.
    Totp(ShortCode),
    /// A security key's answer.
    Key(Box<webauthn::KeyAnswer>),
}

/// The code has the wrong form; that costs no attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongForm {
    /// What is expected, as the end of a sentence.
    pub expected: String,
}

/// A Type of the API.
pub trait Method: Send + Sync {
    /// Which one.
    fn kind(&self) -> MfaType;
    /// The settings that a start needs and that are not set.
    fn lacks(&self, _settings: &Settings) -> &'static [&'static str] {
        &[]
    }
    /// The plan that an organization needs for it.
    fn needs_plan(&self) -> Option<Plan> {
        None
    }
    /// Whether the code can be bound to an `Action`.
    fn takes_action(&self) -> bool {
        false
    }
    /// Whether it enrols, so that `Proof`, `Enroll` and `Name` have a meaning.
    fn enrols(&self) -> bool {
        false
    }
    /// The ways that a set of backup codes is sent to this user; none where this Type cannot send one.
    fn backup_channels(&self, _user: &User) -> Vec<(Channel, User)> {
        Vec::new()
    }
    /// Reads the field `User`.
    fn parse_user(&self, text: &str) -> Result<User, ContactError>;
    /// Reads the field `Code`. `magic` says that the fixed code of test mode's magic users is one too.
    fn parse_code(&self, text: &str, settings: &Settings, magic: bool) -> Result<GivenCode, WrongForm>;
    /// What a start comes to; `None` where [`Method::lacks`] something, or there is no start.
    fn start(
        &self,
        user: &User,
        settings: &Settings,
        magic: bool,
        rng: &mut dyn CryptoRng,
    ) -> Option<StartPlan>;
}

fn new_code(settings: &Settings, magic: bool, rng: &mut dyn CryptoRng) -> ShortCode {
    if magic { ShortCode::magic() } else { ShortCode::generate(settings.code_length(), rng) }
}

fn parse_sent_code(text: &str, settings: &Settings, magic: bool) -> Result<ShortCode, WrongForm> {
    let length = settings.code_length();
    ShortCode::parse(text, length)
        .or_else(|| (magic && text == crate::domain::code::MAGIC).then(ShortCode::magic))
        .ok_or_else(|| WrongForm {
            expected: format!("the {length} digits of the message, or a backup code"),
        })
}
