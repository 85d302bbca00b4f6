//! Who a code is for: e-mail addresses, phone numbers and opaque ids in one canonical form each.
//!
//! Two spellings of one address are one user with one failure counter; look-alikes are different users. A message
//! goes only to the canonical form, which is what was looked up.

mod phone;

use std::fmt;

pub use phone::Phone;
use unicode_normalization::UnicodeNormalization;

/// Why a text is not a contact. The sentence is for the developer who sent it; it never repeats the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ContactError {
    /// What kind of contact was expected.
    pub expected: Expected,
    /// What is wrong.
    pub message: &'static str,
    /// A right form, where one can be guessed.
    pub suggestion: Option<String>,
}

/// The kind of contact that a [`ContactError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// An address, a number, or an opaque id.
    User,
}

/// One e-mail address: trimmed, NFC, lower case, its domain in IDNA A-label form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads one address (RFC 5321 §4.1.2, without quoted local parts and address literals): at most 254 bytes, 64 of
    /// them before the `@`.
    pub fn parse(text: &str) -> Result<Self, ContactError> {
        let wrong = |message| ContactError { expected: Expected::Email, message, suggestion: None };
        if text.chars().any(char::is_control) {
            return Err(wrong("The address holds a control character such as CR, LF or NUL."));
        }
        let text = text.trim().nfc().collect::<String>().to_lowercase().nfc().collect::<String>();
        let (local, domain) = text.rsplit_once('@').ok_or_else(|| wrong("The address has no @."))?;
        if local.contains('"') {
            return Err(wrong("The address has a quoted local part."));
        }
        if local.is_empty() || local.len() > 64 {
            return Err(wrong("The part before the @ must have 1 to 64 bytes."));
        }
        let forbidden = |c: char| c.is_whitespace() || "@,;:<>()[]\\".contains(c) || is_invisible(c);
        if local.chars().any(forbidden) {
            return Err(wrong("One address is expected, without spaces, lists, comments or a second @."));
        }
        if local.split('.').any(str::is_empty) {
            return Err(wrong(
                "The part before the @ must not begin or end with a dot or hold two in a row.",
            ));
        }
        let domain = idna::domain_to_ascii_strict(domain)
            .map_err(|_| wrong("The part after the @ is not a valid domain name."))?;
        if !domain.contains('.') || domain.ends_with('.') || domain.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(wrong("The part after the @ must be a full domain name, such as example.com."));
        }
        let address = format!("{local}@{domain}");
        if address.len() > 254 {
            return Err(wrong("The address is longer than 254 bytes."));
        }
        Ok(Self(address))
    }

    /// The canonical address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `j•••@example.com`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
    }
}

/// Characters that no reader sees: an address that holds one looks like another address.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

/// Whom a challenge, a factor or a backup set belongs to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum User {
    /// Known by an address.
    Email(Email),
    /// Known by a number.
    Phone(Phone),
    /// Known by both at once.
    Dual(Email, Phone),
    /// Known by an id of the caller's own, 1 to 128 of `[A-Za-z0-9._-]`.
    Opaque(String),
}

impl User {
    /// `EMAIL:PHONE`, as DUAL takes it.
    pub fn parse_dual(text: &str) -> Result<Self, ContactError> {
        let wrong = |message| ContactError { expected: Expected::User, message, suggestion: None };
        let (email, phone) =
            text.split_once(':').ok_or_else(|| wrong("Type=DUAL takes EMAIL:PHONE, joined by one colon."))?;
        if phone.contains(':') {
            return Err(wrong("Type=DUAL takes one address and one number, joined by one colon."));
        }
        Ok(Self::Dual(Email::parse(email)?, Phone::parse(phone)?))
    }

    /// The product page's "contact": an address, a number, or an opaque id.
    pub fn parse_contact(text: &str) -> Result<Self, ContactError> {
        if text.contains('@') {
            return Email::parse(text).map(Self::Email);
        }
        if text.starts_with('+') {
            return Phone::parse(text).map(Self::Phone);
        }
        let opaque = (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        opaque.then(|| Self::Opaque(text.to_owned())).ok_or(ContactError {
            expected: Expected::User,
            message: "An e-mail address, an E.164 number, or an id of 1 to 128 of A-Z a-z 0-9 . _ - is expected.",
            suggestion: None,
        })
    }

    /// Any form at all, for the calls that only look a user up.
    pub fn parse_any(text: &str) -> Result<Self, ContactError> {
        if text.contains(':') { Self::parse_dual(text) } else { Self::parse_contact(text) }
    }

    /// The one text that stands for this user. The kinds cannot collide: only addresses hold an `@`, only numbers
    /// begin with `+`, only pairs hold a colon.
    #[must_use]
    pub fn canonical(&self) -> String {
        match self {
            Self::Email(email) => email.as_str().to_owned(),
            Self::Phone(phone) => phone.as_str().to_owned(),
            Self::Dual(email, phone) => format!("{}:{}", email.as_str(), phone.as_str()),
            Self::Opaque(id) => id.clone(),
        }
    }

    /// The country of its number, where it has one; see [`Phone::country`].
    #[must_use]
    pub fn country(&self) -> Option<String> {
        match self {
            Self::Phone(phone) | Self::Dual(_, phone) => phone.country(),
            Self::Email(_) | Self::Opaque(_) => None,
        }
    }

    /// The form that may be stored, shown and logged.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Email(email) => email.masked(),
            Self::Phone(phone) => phone.masked(),
            Self::Dual(email, phone) => format!("{}:{}", email.masked(), phone.masked()),
            Self::Opaque(id) => format!("{}•••", id.chars().next().unwrap_or('•')),
        }
    }
}

macro_rules! masked_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.masked())
            }
        }
    )*};
}
masked_debug!(Email, Phone, User);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one_user_and_look_alikes_are_not() {
        let canonical = |text| Email::parse(text).unwrap().as_str().to_owned();
        for (given, same) in [
            ("Jane@Example.COM", "jane@example.com"),
            ("  jane@example.com ", "jane@example.com"),
            ("jane+a@example.com", "jane+a@example.com"),
            ("jane@bücher.example", "jane@xn--bcher-kva.example"),
            ("jane@BÜCHER.example", "jane@xn--bcher-kva.example"),
            ("re\u{301}ne@example.com", "réne@example.com"),
        ] {
            assert_eq!(canonical(given), same);
        }
        assert_ne!(canonical("mıke@example.com"), canonical("mike@example.com"));
        assert_eq!(format!("{:?}", Email::parse("jane@example.com").unwrap()), "Email(j•••@example.com)");
    }

    #[test]
    fn whatever_is_not_one_plain_address_is_refused() {
        for wrong in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "jane@localhost",
            "a@b@example.com",
            "a@example.com,b@example.com",
            "a@example.com;b@example.com",
            "jane@example.com\r\nBcc: x@example.com",
            "jane@example.com\n",
            "jane\0@example.com",
            "\"jane\"@example.com",
            "jane doe@example.com",
            ".jane@example.com",
            "ja..ne@example.com",
            "jane@[127.0.0.1]",
            "jane@127.0.0.1",
            "jane@exa mple.com",
            "jane@example.com.",
            "Jane <jane@example.com>",
            "jane(x)@example.com",
            "ja\u{200b}ne@example.com",
            "a:b@example.com",
            "jane@-example.com",
            "jane@exam_ple.com",
        ] {
            assert!(Email::parse(wrong).is_err(), "{wrong:?} was taken");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.com", "a.".repeat(130))).is_err());
    }

    #[test]
    fn contacts_are_told_apart_by_their_form() {
        assert!(matches!(User::parse_contact("jane@example.com"), Ok(User::Email(_))));
        assert!(matches!(User::parse_contact("+14155552671"), Ok(User::Phone(_))));
        assert!(matches!(User::parse_contact("user_42.a-b"), Ok(User::Opaque(_))));
        for wrong in ["", "a b", "a:b", "ü", &"a".repeat(129)] {
            assert!(User::parse_contact(wrong).is_err(), "{wrong:?} was taken");
        }
        let dual = User::parse_dual("Jane@example.com:+14155552671").unwrap();
        assert_eq!(dual.canonical(), "jane@example.com:+14155552671");
        for wrong in [
            "jane@example.com",
            "jane@example.com:",
            "jane@example.com::+14155552671",
            "+14155552671:jane@example.com",
        ] {
            assert!(User::parse_dual(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
