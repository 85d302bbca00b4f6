//! EMAIL: a code in a mail.

use rand::CryptoRng;

use super::{GivenCode, Leg, Method, StartPlan, WrongForm, new_code, parse_sent_code};
use crate::domain::challenge::MfaType;
use crate::domain::contact::{ContactError, Email, User};
use crate::domain::message::Channel;
use crate::domain::policy::Settings;

pub(super) struct EmailCode;

impl Method for EmailCode {
    fn kind(&self) -> MfaType {
        MfaType::Email
    }

    fn takes_action(&self) -> bool {
        true
    }

    fn backup_channels(&self, user: &User) -> Vec<(Channel, User)> {
        vec![(Channel::Email, user.clone())]
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        Email::parse(text).map(User::Email)
    }

    fn parse_code(&self, text: &str, settings: &Settings, magic: bool) -> Result<GivenCode, WrongForm> {
        parse_sent_code(text, settings, magic).map(GivenCode::Sent)
    }

    fn start(
        &self,
        user: &User,
        settings: &Settings,
        magic: bool,
        rng: &mut dyn CryptoRng,
    ) -> Option<StartPlan> {
        let code = new_code(settings, magic, rng);
        let leg = Leg { channel: Channel::Email, to: user.clone(), code, fallback: Vec::new() };
        Some(StartPlan::SendCode(vec![leg]))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_start_sends_one_code_of_the_set_length_to_the_address() {
        let mut settings = Settings::everything_on();
        settings.set("code.length", "8").unwrap();
        let user = EmailCode.parse_user("Jane@example.com").unwrap();
        let plan = EmailCode.start(&user, &settings, false, &mut StdRng::seed_from_u64(1));
        let Some(StartPlan::SendCode(legs)) = plan else { panic!("no code was sent") };
        let [leg] = legs.as_slice() else { panic!("one message is sent") };
        assert_eq!((leg.channel, leg.code.reveal().len()), (Channel::Email, 8));
        assert!(leg.to == user && leg.fallback.is_empty());
    }

    #[test]
    fn the_magic_code_is_a_code_for_magic_users_only() {
        let mut settings = Settings::everything_on();
        settings.set("code.length", "8").unwrap();
        assert!(EmailCode.parse_code("424242", &settings, true).is_ok());
        assert!(EmailCode.parse_code("424242", &settings, false).is_err());
        assert!(EmailCode.parse_code("12345678", &settings, false).is_ok());
        let expected = EmailCode.parse_code("1", &settings, false).unwrap_err().expected;
        assert_eq!(expected, "the 8 digits of the message, or a backup code");
    }
}
