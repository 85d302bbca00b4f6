//! Test mode's magic users: contacts whose messages end in a known way, so that a tenant can try each end.

use std::time::Duration;

use super::contact::User;

/// How a magic user's messages end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Magic {
    /// Delivered at once.
    Delivered,
    /// Delivered after [`SLOW`].
    Slow,
    /// The provider refuses for good.
    Refused,
    /// Every provider is down.
    Down,
}

/// How late the messages of `slow@test.rift.dev` are.
pub const SLOW: Duration = Duration::from_secs(3);

/// The magic of a contact in test mode, if it has any.
#[must_use]
pub fn magic(user: &User) -> Option<Magic> {
    match user {
        User::Email(email) => magic_email(email.as_str()),
        User::Phone(phone) => magic_phone(phone.as_str()),
        User::Dual(email, phone) => magic_email(email.as_str()).and(magic_phone(phone.as_str())),
        User::Opaque(_) => None,
    }
}

fn magic_email(address: &str) -> Option<Magic> {
    match address.strip_suffix("@test.rift.dev")? {
        "bounce" => Some(Magic::Refused),
        "slow" => Some(Magic::Slow),
        "down" => Some(Magic::Down),
        _ => Some(Magic::Delivered),
    }
}

/// The numbers that the North American plan keeps for fiction, +1 NPA 555 0100 to 0199, and two of our own.
fn magic_phone(number: &str) -> Option<Magic> {
    match number {
        "+15005550001" => return Some(Magic::Refused),
        "+15005550002" => return Some(Magic::Down),
        _ => {}
    }
    let area_and_line = number.strip_prefix("+1")?;
    let fiction = area_and_line.len() == 10 && area_and_line.get(3..8) == Some("55501");
    fiction.then_some(Magic::Delivered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_contacts_are_magic() {
        let of = |text| magic(&User::parse_contact(text).unwrap());
        assert_eq!(of("jane@test.rift.dev"), Some(Magic::Delivered));
        assert_eq!(of("Bounce@test.rift.dev"), Some(Magic::Refused));
        assert_eq!(of("slow@test.rift.dev"), Some(Magic::Slow));
        assert_eq!(of("down@test.rift.dev"), Some(Magic::Down));
        assert_eq!(of("+15005550001"), Some(Magic::Refused));
        assert_eq!(of("+15005550002"), Some(Magic::Down));
        assert_eq!(of("+12125550100"), Some(Magic::Delivered));
        assert_eq!(of("+12125550199"), Some(Magic::Delivered));
        for plain in
            ["jane@example.com", "jane@test.rift.dev.example.com", "+12125550200", "+14155552671", "jane"]
        {
            assert_eq!(of(plain), None, "{plain}");
        }
    }
}
