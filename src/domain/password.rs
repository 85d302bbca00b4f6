//! A member's password: 10 to 128 characters, any of them, and none that is common.
//!
//! NIST SP 800-63B-4 §3.1.1.2 asks for a list of common passwords and forbids rules of composition. The list is the crate
//! `zxcvbn`'s (MIT; leaked passwords, names, words and keyboard walks by their frequency) and not a file of our own: it is
//! kept by others, and it also knows `P4ssw0rd2026!` for what it is, which no list of whole passwords does.
//! Text is put into NFC (RFC 8265 §4.2), so that one password typed on two keyboards is one password.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::Score;

/// Characters of a password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// Characters that are judged. Who must guess these must guess the rest as well, and the time grows with their square: of
/// a text that was made for it, 128 take seconds.
const JUDGED: usize = 40;

/// What people make passwords of for this very service.
const PRODUCT: [&str; 3] = ["rift", "mfa", "riftmfa"];

/// A password as it was typed. It does not print itself, and is wiped when it is dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a text may not become a password. The sentences are for the person who types it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than 10 characters.
    #[error("The password has fewer than 10 characters.")]
    TooShort,
    /// More than 128 characters.
    #[error("The password has more than 128 characters.")]
    TooLong,
    /// The address, a part of it, or the product's name.
    #[error("The password is made of your address or of this service's name.")]
    Guessable,
    /// It is common, or made of what is.
    #[error("The password is common, or made of common words: others would guess it.")]
    Common,
}

impl Password {
    /// A password as it was typed, to be compared with the one that is kept. What may become a new one says
    /// [`Self::check_new`].
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.nfc().collect()))
    }

    /// For the hash.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it may become the password of the member with this address.
    ///
    /// # Errors
    /// Why it may not.
    pub fn check_new(&self, email: &str) -> Result<(), WeakPassword> {
        let length = self.0.chars().count();
        if length < *LENGTH.start() {
            return Err(WeakPassword::TooShort);
        }
        if length > *LENGTH.end() {
            return Err(WeakPassword::TooLong);
        }
        let local = email.split('@').next().unwrap_or_default();
        let own = [email, local].into_iter().chain(PRODUCT).filter(|word| !word.is_empty());
        if own.clone().any(|word| is_repeated(&self.0, word)) {
            return Err(WeakPassword::Guessable);
        }
        let own: Vec<&str> = own.collect();
        let judged = Zeroizing::new(self.0.chars().take(JUDGED).collect::<String>());
        if zxcvbn::zxcvbn(&judged, &own).score() < Score::Three {
            return Err(WeakPassword::Common);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Whether a text is a word and nothing else, once or more, whatever stands in between that is no letter.
fn is_repeated(text: &str, word: &str) -> bool {
    let letters = |text: &str| -> Zeroizing<String> {
        Zeroizing::new(text.to_lowercase().chars().filter(|letter| letter.is_alphabetic()).collect())
    };
    let (text, word) = (letters(text), letters(word));
    !word.is_empty() && !text.is_empty() && text.replace(word.as_str(), "").is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), WeakPassword> {
        Password::new(text).check_new("jane.doe@example.com")
    }

    #[test]
    fn what_others_would_guess_is_refused() {
        for (text, why) in [
            ("", WeakPassword::TooShort),
            ("k7#Qp2!xV", WeakPassword::TooShort),
            ("jane.doe@example.com", WeakPassword::Guessable),
            ("Jane.Doe.Jane.Doe", WeakPassword::Guessable),
            ("janedoe-2026", WeakPassword::Guessable),
            ("Rift-MFA Rift-MFA", WeakPassword::Guessable),
            ("rift mfa 2026!", WeakPassword::Guessable),
            ("password123", WeakPassword::Common),
            ("P4ssw0rd2026!", WeakPassword::Common),
            ("qwertyuiop", WeakPassword::Common),
            ("1234567890", WeakPassword::Common),
            ("aaaaaaaaaaaaaaaa", WeakPassword::Common),
            ("iloveyou2026", WeakPassword::Common),
        ] {
            assert_eq!(check(text), Err(why), "{text}");
        }
        assert_eq!(check(&"ö7 ".repeat(43)), Err(WeakPassword::TooLong));
        assert_eq!(check(&format!("{}tK3-vbQ9rm", "a".repeat(100))), Err(WeakPassword::Common));
    }

    #[test]
    fn other_passwords_are_taken_whatever_they_are_made_of() {
        for text in [
            "correct horse battery staple",
            "tK3-vbQ9rm",
            "тихий вечер над рекой",
            "ブルーベリー畑の朝ごはん",
            "  leading and trailing  ",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn two_spellings_of_one_password_are_one_and_none_prints() {
        let (one, other) = (Password::new("cre\u{301}me"), Password::new("cr\u{e9}me"));
        assert_eq!(one.reveal(), other.reveal());
        assert_eq!(format!("{one:?}"), "Password(…)");
        assert_ne!(Password::new("Abcdefghij").reveal(), Password::new("abcdefghij").reveal());
    }
}
