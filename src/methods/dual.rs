//! DUAL: one code to an address and one to a number, for organizations on the plan `enterprise`. It is made of the two methods
//! that it joins, which it is given; it knows neither by name.

use std::sync::Arc;

use rand::CryptoRng;

use super::{GivenCode, Leg, Method, StartPlan, WrongForm, parse_sent_code};
use crate::domain::challenge::MfaType;
use crate::domain::contact::{ContactError, User};
use crate::domain::message::Channel;
use crate::domain::policy::{DualRequire, Settings};
use crate::domain::tenant::Plan;

/// `Type=DUAL`.
pub(super) struct Dual {
    address: Arc<dyn Method>,
    number: Arc<dyn Method>,
}

impl Dual {
    /// Joins the method that sends to an address and the one that sends to a number.
    pub(super) fn new(address: Arc<dyn Method>, number: Arc<dyn Method>) -> Self {
        Self { address, number }
    }

    /// The two methods, each with its half of the user.
    fn halves(&self, user: &User) -> Option<[(&dyn Method, User); 2]> {
        let User::Dual(email, phone) = user else { return None };
        Some([(&*self.address, User::Email(email.clone())), (&*self.number, User::Phone(phone.clone()))])
    }
}

impl Method for Dual {
    fn kind(&self) -> MfaType {
        MfaType::Dual
    }

    fn needs_plan(&self) -> Option<Plan> {
        Some(Plan::Enterprise)
    }

    fn takes_action(&self) -> bool {
        true
    }

    fn backup_channels(&self, user: &User) -> Vec<(Channel, User)> {
        let halves = self.halves(user).into_iter().flatten();
        halves.flat_map(|(method, half)| method.backup_channels(&half)).collect()
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        User::parse_dual(text)
    }

    fn parse_code(&self, text: &str, settings: &Settings, magic: bool) -> Result<GivenCode, WrongForm> {
        match settings.dual_require() {
            // Two codes in one check would be two guesses for the price of one.
            DualRequire::Either => parse_sent_code(text, settings, magic).map(GivenCode::Sent),
            DualRequire::Both => {
                let length = settings.code_length();
                let wrong = || WrongForm {
                    expected: format!(
                        "the {length} digits of the mail and the {length} digits of the text message, joined by a colon, or a backup code"
                    ),
                };
                let (first, second) = text.split_once(':').ok_or_else(wrong)?;
                let half = |text| parse_sent_code(text, settings, magic).map_err(|_| wrong());
                Ok(GivenCode::Both(half(first)?, half(second)?))
            }
        }
    }

    fn start(
        &self,
        user: &User,
        settings: &Settings,
        magic: bool,
        rng: &mut dyn CryptoRng,
    ) -> Option<StartPlan> {
        let mut legs: Vec<Leg> = Vec::with_capacity(2);
        for (method, half) in self.halves(user)? {
            match method.start(&half, settings, magic, rng)? {
                StartPlan::SendCode(own) => legs.extend(own),
                StartPlan::UseFactor(_) | StartPlan::UseKey(_) => return None,
            }
        }
        Some(StartPlan::SendCode(legs))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::methods::Registry;

    const PAIR: &str = "jane@example.com:+4915112345678";

    fn settings(require: &str) -> Settings {
        let mut settings = Settings::everything_on();
        settings.set("dual.require", require).unwrap();
        settings
    }

    #[test]
    fn each_half_gets_a_code_of_its_own() {
        let registry = Registry::new();
        let dual = registry.get(MfaType::Dual).unwrap();
        let user = dual.parse_user(PAIR).unwrap();
        let plan = dual.start(&user, &settings("either"), false, &mut StdRng::seed_from_u64(1));
        let Some(StartPlan::SendCode(legs)) = plan else { panic!("no code was sent") };
        let [mail, sms] = legs.as_slice() else { panic!("two messages are sent") };
        assert_eq!((mail.channel, sms.channel), (Channel::Email, Channel::Sms));
        assert_eq!(
            (mail.to.canonical().as_str(), sms.to.canonical().as_str()),
            PAIR.split_once(':').unwrap()
        );
        assert!(mail.code != sms.code);
        let channels: Vec<_> = dual.backup_channels(&user).into_iter().map(|(channel, _)| channel).collect();
        assert_eq!(channels, [Channel::Email, Channel::Sms]);
    }

    #[test]
    fn either_takes_one_code_and_both_takes_two() {
        let registry = Registry::new();
        let dual = registry.get(MfaType::Dual).unwrap();
        let parse = |require: &str, text: &str| dual.parse_code(text, &settings(require), false);
        assert!(matches!(parse("either", "111111"), Ok(GivenCode::Sent(_))));
        assert!(matches!(parse("both", "111111:222222"), Ok(GivenCode::Both(..))));
        for (require, text) in [
            ("either", "111111:222222"),
            ("both", "111111"),
            ("both", "111111:"),
            ("both", ":222222"),
            ("both", "111111:222222:333333"),
            ("both", "111111 222222"),
            ("both", "11111:2222222"),
        ] {
            assert!(parse(require, text).is_err(), "{require} took {text}");
        }
    }
}
