//! SMS, WHATSAPP and PHONE: a code to a number, by text message, WhatsApp or a call that speaks it. One family: each verifies a
//! code that was sent by any of them.

use rand::CryptoRng;

use super::{GivenCode, Leg, Method, StartPlan, WrongForm, new_code, parse_sent_code};
use crate::domain::challenge::MfaType;
use crate::domain::contact::{ContactError, Phone, User};
use crate::domain::message::Channel;
use crate::domain::policy::Settings;

/// A Type that sends its code to a number.
pub(super) struct PhoneCode {
    kind: MfaType,
    channel: Channel,
    /// Whether a list of backup codes can go this way; nobody writes ten of them down from a call.
    carries_lists: bool,
}

impl PhoneCode {
    /// `Type=SMS`.
    pub(super) const SMS: Self = Self { kind: MfaType::Sms, channel: Channel::Sms, carries_lists: true };
    /// `Type=WHATSAPP`.
    pub(super) const WHATSAPP: Self =
        Self { kind: MfaType::Whatsapp, channel: Channel::Whatsapp, carries_lists: true };
    /// `Type=PHONE`.
    pub(super) const CALL: Self =
        Self { kind: MfaType::Phone, channel: Channel::Voice, carries_lists: false };
}

impl Method for PhoneCode {
    fn kind(&self) -> MfaType {
        self.kind
    }

    fn takes_action(&self) -> bool {
        true
    }

    fn backup_channels(&self, user: &User) -> Vec<(Channel, User)> {
        if self.carries_lists { vec![(self.channel, user.clone())] } else { Vec::new() }
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        Phone::parse(text).map(User::Phone)
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
        // The setting is about text messages: who asked for WhatsApp or a call gets that.
        let fallback = match self.channel {
            Channel::Sms => settings.sms_fallback().to_vec(),
            _ => Vec::new(),
        };
        let code = new_code(settings, magic, rng);
        let leg = Leg { channel: self.channel, to: user.clone(), code, fallback };
        Some(StartPlan::SendCode(vec![leg]))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn legs(method: &PhoneCode, settings: &Settings) -> Vec<Leg> {
        let user = method.parse_user("+4915112345678").unwrap();
        match method.start(&user, settings, false, &mut StdRng::seed_from_u64(1)) {
            Some(StartPlan::SendCode(legs)) => legs,
            _ => panic!("no code was sent"),
        }
    }

    #[test]
    fn each_type_has_its_channel_and_only_sms_falls_back() {
        let mut settings = Settings::everything_on();
        settings.set("sms.fallback", "whatsapp,voice").unwrap();
        for (method, channel, fallback) in [
            (&PhoneCode::SMS, Channel::Sms, vec![Channel::Whatsapp, Channel::Voice]),
            (&PhoneCode::WHATSAPP, Channel::Whatsapp, vec![]),
            (&PhoneCode::CALL, Channel::Voice, vec![]),
        ] {
            let legs = legs(method, &settings);
            let [leg] = legs.as_slice() else { panic!("one message is sent") };
            assert_eq!((leg.channel, &leg.fallback, leg.code.reveal().len()), (channel, &fallback, 6));
        }
    }

    #[test]
    fn only_numbers_are_users_and_calls_carry_no_lists() {
        assert!(PhoneCode::SMS.parse_user("jane@example.com").is_err());
        assert!(PhoneCode::SMS.parse_user("015112345678").is_err());
        let user = PhoneCode::SMS.parse_user("+4915112345678").unwrap();
        assert_eq!(PhoneCode::SMS.backup_channels(&user), [(Channel::Sms, user.clone())]);
        assert_eq!(PhoneCode::WHATSAPP.backup_channels(&user), [(Channel::Whatsapp, user.clone())]);
        assert!(PhoneCode::CALL.backup_channels(&user).is_empty());
    }
}
