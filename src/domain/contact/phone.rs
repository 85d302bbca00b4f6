//! Phone numbers: one spelling each, their country, and whether they earn their owner money.

use super::{ContactError, Expected};

/// One phone number in E.164 form: `+` and 7 to 15 digits (ITU-T E.164 §6), with a known country code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number that is E.164 already; no spaces, dashes or national form.
    pub fn parse(text: &str) -> Result<Self, ContactError> {
        let number = phonenumber::parse(None, text).ok();
        if is_e164(text) && number.is_some_and(|number| !is_misspelt(&number, text)) {
            return Ok(Self(text.to_owned()));
        }
        Err(ContactError {
            expected: Expected::Phone,
            message: "The number is not in E.164 form: a plus sign, the country code and the number, digits only.",
            suggestion: guess_e164(text),
        })
    }

    /// The number, `+` first.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country that the number belongs to (ISO 3166-1 alpha-2); `None` for numbers of no country (`+800`, satellites).
    /// Where countries share a code, the area decides: +1 416 is CA.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        let number = phonenumber::parse(None, &self.0).ok()?;
        if let Some(country) = number.country().id() {
            return Some(country.as_ref().to_owned());
        }
        // The library finds no region for numbers whose leading zero counts (+39 06…): then the code's main country.
        let regions = phonenumber::metadata::DATABASE.region(&number.code().value())?;
        regions.first().filter(|region| **region != "001").map(|region| (*region).to_owned())
    }

    /// Whether whoever calls or writes to the number pays its owner: premium rate and shared cost. A code to one earns its
    /// owner money.
    #[must_use]
    pub fn is_premium_rate(&self) -> bool {
        let Ok(number) = phonenumber::parse(None, &self.0) else { return false };
        matches!(
            number.number_type(&phonenumber::metadata::DATABASE),
            phonenumber::Type::PremiumRate | phonenumber::Type::SharedCost
        )
    }

    /// `+1•••00`: the country code and the last two digits.
    #[must_use]
    pub fn masked(&self) -> String {
        let country =
            phonenumber::parse(None, &self.0).map(|n| n.code().value().to_string()).unwrap_or_default();
        let last: String = self.0.chars().skip(self.0.len().saturating_sub(2)).collect();
        format!("+{country}•••{last}")
    }
}

/// Whether a valid number is written in another way than E.164 has it: `+4407911…` is `+447911…` with a trunk zero that does
/// not belong there, and two spellings of one number must not be two users. Where the library's own spelling is no valid
/// number, it has taken a digit for a trunk prefix that is none (`+78…`), and the text stands.
fn is_misspelt(number: &phonenumber::PhoneNumber, text: &str) -> bool {
    if without_old_prefix(text).is_some() {
        return true;
    }
    e164(number) != text
        && phonenumber::parse(None, e164(number)).is_ok_and(|spelt| phonenumber::is_valid(&spelt))
}

/// Two spellings that the library takes for numbers of their own, and networks for another's: Mexico's mobile 1, given up
/// in 2019 (+52 1 …), and North America's trunk 1 written after the country code (+1 1 …).
fn without_old_prefix(text: &str) -> Option<String> {
    let mexico = text.strip_prefix("+521").filter(|rest| rest.len() == 10).map(|rest| format!("+52{rest}"));
    mexico
        .or_else(|| text.strip_prefix("+11").filter(|rest| rest.len() == 10).map(|rest| format!("+1{rest}")))
}

fn e164(number: &phonenumber::PhoneNumber) -> String {
    phonenumber::format(number).mode(phonenumber::Mode::E164).to_string()
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// What the writer may have meant: the same digits without decoration, where that is a valid number.
fn guess_e164(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let decorated = text.chars().all(|c| c.is_ascii_digit() || "+ ().-/\t".contains(c));
    let digits = format!("+{}", digits.strip_prefix("00").unwrap_or(&digits));
    let digits = without_old_prefix(&digits).unwrap_or(digits);
    let guess = e164(&phonenumber::parse(None, digits).ok()?);
    let valid = is_e164(&guess) && phonenumber::parse(None, &guess).is_ok_and(|n| phonenumber::is_valid(&n));
    (decorated && valid).then_some(guess)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_number_and_the_fix_guesses() {
        for right in [
            "+4915112345678",
            "+15005550001",
            "+12125550100",
            "+14155552671",
            "+78123456789",
            "+390612345678",
            "+2250707070707",
        ] {
            assert!(Phone::parse(right).is_ok(), "{right}");
        }
        let guess = |text| Phone::parse(text).unwrap_err().suggestion;
        assert_eq!(guess("+49 151 12345678").as_deref(), Some("+4915112345678"));
        assert_eq!(guess("0049-151-12345678").as_deref(), Some("+4915112345678"));
        assert_eq!(guess("(415) 555-2671"), None);
        assert_eq!(guess(" +14155552671").as_deref(), Some("+14155552671"));
        assert_eq!(guess("+4407911123456").as_deref(), Some("+447911123456"));
        assert_eq!(guess("+5215512345678").as_deref(), Some("+525512345678"));
        assert_eq!(guess("+112015550123").as_deref(), Some("+12015550123"));
        for wrong in [
            "",
            "+",
            "+0151123456",
            "+1415555267a",
            "+１４１５５５５２６７１",
            "+141555526711234567",
            "+999123456789",
        ] {
            assert!(Phone::parse(wrong).is_err(), "{wrong:?} was taken");
        }
        assert_eq!(Phone::parse("+4915112345678").unwrap().masked(), "+49•••78");
    }

    #[test]
    fn a_number_knows_its_country() {
        for (number, country) in [
            ("+4915112345678", Some("DE")),
            ("+12125550100", Some("US")),
            ("+14165550100", Some("CA")),
            ("+15005550001", Some("US")),
            ("+447400123456", Some("GB")),
            ("+390612345678", Some("IT")),
            ("+393123456789", Some("IT")),
            ("+525512345678", Some("MX")),
            ("+919876543210", Some("IN")),
            ("+80012345678", None),
        ] {
            assert_eq!(Phone::parse(number).unwrap().country().as_deref(), country, "{number}");
        }
    }

    #[test]
    fn numbers_that_earn_their_owner_money_are_known() {
        for (number, premium) in [
            ("+19005551234", true),
            ("+449098790000", true),
            ("+33899123456", true),
            ("+4915112345678", false),
            ("+14155552671", false),
            ("+15005550001", false),
        ] {
            assert_eq!(Phone::parse(number).unwrap().is_premium_rate(), premium, "{number}");
        }
    }
}
