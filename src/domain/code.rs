//! Codes that people type: short ones of digits, and backup codes.
//!
//! A code is taken exactly as it was given: no trimming, no full-width digits. A code of the wrong form is told apart
//! from a wrong code, since it costs no attempt.

use std::fmt;

use rand::{CryptoRng, RngExt};
use zeroize::Zeroizing;

/// Crockford's base32 alphabet in upper case: no I, L, O, U.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code of every live challenge of a magic user in test mode.
pub const MAGIC: &str = "424242";

/// A one-time code of 6 to 10 decimal digits, leading zeros kept. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ShortCode(Zeroizing<String>);

impl ShortCode {
    /// A uniformly random code of `length` digits (NIST SP 800-63B-4 §3.1.3.2 asks for at least 6).
    pub fn generate(length: u8, rng: &mut dyn CryptoRng) -> Self {
        Self(Zeroizing::new((0..length).map(|_| char::from(b'0' + rng.random_range(0..10_u8))).collect()))
    }

    /// The fixed code of magic users.
    #[must_use]
    pub fn magic() -> Self {
        Self(Zeroizing::new(MAGIC.to_owned()))
    }

    /// Takes a text of exactly `length` ASCII digits.
    #[must_use]
    pub fn parse(text: &str, length: u8) -> Option<Self> {
        let fits = text.len() == usize::from(length) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Two codes that are asked for together, as `Code=111111:222222` gives them.
    #[must_use]
    pub fn joined(first: &Self, second: &Self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}:{}", first.reveal(), second.reveal()))
    }

    /// The digits, for the message and for the MAC.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortCode(…)")
    }
}

/// A backup code: one public index character, which selects the row, and 13 to 24 random ones (65 to 120 bits; NIST
/// SP 800-63B-4 §4.2.1.1 asks for 64). It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct BackupCode {
    index: char,
    secret: Zeroizing<String>,
}

/// The shortest and the longest random part of a backup code.
pub const BACKUP_LENGTH: std::ops::RangeInclusive<usize> = 13..=24;

impl BackupCode {
    /// A set of `count` codes, at most 32, with the index characters `0`, `1`, `2`, … in order.
    pub fn generate_set(count: u8, length: u8, rng: &mut dyn CryptoRng) -> Vec<Self> {
        CROCKFORD
            .iter()
            .take(usize::from(count))
            .map(|&index| Self {
                index: char::from(index),
                secret: Zeroizing::new((0..length).map(|_| random_letter(rng)).collect()),
            })
            .collect()
    }

    /// Reads a code in any case, with or without dashes. Look-alikes are read as Crockford's alphabet says: I and L
    /// as 1, O as 0. `None` when the form is not a backup code's; no other code of the service has this form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Zeroizing::new(String::with_capacity(text.len()));
        for letter in text.chars().filter(|&letter| letter != '-') {
            letters.push(match letter.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                letter if letter.is_ascii() && CROCKFORD.iter().any(|&known| char::from(known) == letter) => {
                    letter
                }
                _ => return None,
            });
        }
        let index = letters.chars().next()?;
        let secret = Zeroizing::new(letters.chars().skip(1).collect::<String>());
        BACKUP_LENGTH.contains(&secret.len()).then_some(Self { index, secret })
    }

    /// The public character that selects the row.
    #[must_use]
    pub fn index(&self) -> char {
        self.index
    }

    /// The random part, for the hash.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The code as it is shown, `3-7KQ2M-9XD4-TPBW`: the index, then groups of at most 5, the longer ones first.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let groups = self.secret.len().div_ceil(5).max(1);
        let (size, longer) = (self.secret.len() / groups, self.secret.len() % groups);
        let mut shown = Zeroizing::new(String::from(self.index));
        let mut letters = self.secret.chars();
        for group in 0..groups {
            shown.push('-');
            shown.extend(letters.by_ref().take(size + usize::from(group < longer)));
        }
        shown
    }
}

impl fmt::Debug for BackupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCode(…)")
    }
}

fn random_letter(rng: &mut dyn CryptoRng) -> char {
    let at = rng.random_range(0..CROCKFORD.len());
    char::from(CROCKFORD.get(at).copied().unwrap_or(b'0'))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn short_codes_are_uniform_and_keep_leading_zeros() {
        let mut rng = StdRng::seed_from_u64(3);
        let mut seen = [[0_u32; 10]; 6];
        for _ in 0..100_000 {
            let code = ShortCode::generate(6, &mut rng);
            assert_eq!(code.reveal().len(), 6);
            for (place, digit) in code.reveal().bytes().enumerate() {
                seen[place][usize::from(digit - b'0')] += 1;
            }
        }
        // χ² with 9 degrees of freedom: 33.7 is passed once in 10,000 by chance; the seed is fixed.
        for place in seen {
            let chi: f64 = place.iter().map(|&n| (f64::from(n) - 10_000.0).powi(2) / 10_000.0).sum();
            assert!(chi < 33.7, "{chi}");
        }
    }

    #[test]
    fn only_ascii_digits_of_the_right_length_are_a_short_code() {
        assert!(ShortCode::parse("012345", 6).is_some());
        for wrong in
            ["12345", "1234567", "12345a", " 12345", "123456 ", "１２３４５６", "12345\0", "", "+12345"]
        {
            assert!(ShortCode::parse(wrong, 6).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn backup_codes_read_in_any_case_and_grouping() {
        let set = BackupCode::generate_set(20, 13, &mut StdRng::seed_from_u64(5));
        assert_eq!(set.len(), 20);
        for code in &set {
            let shown = code.reveal();
            assert_eq!(BackupCode::parse(&shown).as_ref(), Some(code));
            assert_eq!(BackupCode::parse(&shown.to_lowercase()).as_ref(), Some(code));
            assert_eq!(BackupCode::parse(&shown.replace('-', "")).as_ref(), Some(code));
            assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [1, 5, 4, 4]);
        }
        for wrong in [
            "",
            "3",
            "3-7KQ2M-9XD4-TPB",
            "3-7KQ2M-9XD4-TPBU",
            "3 7KQ2M 9XD4 TPBW",
            "123456",
            "3-7KQ2M-9XD4-TPBé",
        ] {
            assert!(BackupCode::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn codes_never_print_themselves() {
        let code = ShortCode::parse("123456", 6).unwrap();
        assert_eq!(format!("{code:?}"), "ShortCode(…)");
    }
}
